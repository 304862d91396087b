//! What may be typed: the arguments of every subcommand, as clap reads them.
//!
//! An argument that also stands in the configuration has no default here: its absence means that
//! the next lower layer decides (see `config`). Help texts are the documentation, also of the man
//! page, so they say units and ranges.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use contextlite_engine::context::Order;
use contextlite_engine::token::Tokenizer;

use crate::instance::InstanceFormat;

/// The most results that one search lists; more is a listing of the repository.
pub const RESULTS_MAX: u64 = 10_000;

/// What stands at the end of `--help` and in the man page.
const AFTER_HELP: &str = "\
Exit codes:
  0    the command did what was asked
  1    the answer is negative: nothing was found, or `doctor` found a problem
  2    the input is wrong: arguments, configuration, question
  3    a named thing does not exist: root, document, index
  4    the file system refused to read or write
  5    the store is damaged, too new for this version, or cannot be written
  6    another process is indexing and did not finish in time
  7    the wishes contradict each other: no selection keeps them all
  8    `verify` found a claim that does not hold
  130  stopped by Ctrl-C; what was committed is kept

With --json a question that found nothing exits with 0: the answer says so itself.

Examples:
  contextlite context \"how are retries done\" --budget 8000
  contextlite search parse_args --limit 5
  contextlite show src/main.rs:10-40
  contextlite symbol Server::close
  contextlite context \"how are retries done\" --pin src/retry.rs --max-passages 5
  git diff | contextlite context - --root ../api --root ../web";

/// Finds the passages to read for a question, within a token budget.
///
/// ContextLite indexes the repositories that it is asked about on this machine, keeps the index
/// up to date by itself, and answers with cited passages: path, first line, last line. It needs
/// no configuration, no service and no network.
#[derive(Debug, Parser)]
#[command(
    name = "contextlite",
    version,
    after_long_help = AFTER_HELP,
    after_help = "Run `contextlite --help` for exit codes and examples.",
    max_term_width = 100,
    subcommand_value_name = "COMMAND",
    args_override_self = true
)]
pub struct Arguments {
    /// The arguments that every subcommand takes.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// Check that this program works on this machine: index and answer in a temporary folder
    #[arg(long, exclusive = true)]
    pub selftest: bool,
    /// As `serve`: what programs say that start the server without a subcommand.
    #[command(flatten)]
    pub listen: ListenArguments,
    /// As `onboard`: what programs of earlier versions say
    #[arg(long, exclusive = true)]
    pub onboard: bool,
    /// Ask the server at --host and --port whether it lives, for containers; exits with 0 if so
    #[arg(long)]
    pub health_check: bool,
    /// What to do; without it the help is printed.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The arguments that every subcommand takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct GlobalArguments {
    /// Keep the index in this database file instead of the data directory
    #[arg(long, global = true, value_name = "FILE", env = "CONTEXTLITE_DATABASE", hide_env = true)]
    pub database: Option<PathBuf>,
    /// Read this configuration file instead of the user's
    #[arg(long, global = true, value_name = "FILE", env = "CONTEXTLITE_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,
    /// Print JSON for programs, errors included
    #[arg(long, global = true)]
    pub json: bool,
    /// Print the answer and errors only: no progress, no footer, no notes
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colours and the layout for people
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub color: Option<When>,
}

/// Where a server listens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of the server")]
pub struct ListenArguments {
    /// The port; 0 takes any free one and prints it [default: 8080]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// The address; any other than this machine's own needs a token [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
}

/// The arguments of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArguments {
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenArguments,
    /// A folder that questions are about if they name none; may be repeated [default: the
    /// repository around the current folder]
    #[arg(long = "root", short, value_name = "DIR")]
    pub roots: Vec<PathBuf>,
    /// Answer only about stored documents and the workspaces that a request names
    #[arg(long, conflicts_with = "roots")]
    pub no_root: bool,
    /// The file of the token that requests must bear; made, with a new token, if it is absent
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Stop when standard input ends, as it does when the program dies that started the server
    #[arg(long)]
    pub stop_with_stdin: bool,
}

/// The arguments of `mcp`.
#[derive(Debug, Clone, Default, Args)]
pub struct McpArguments {
    /// A folder that questions are about if they name none; may be repeated. With it, only these
    /// and folders that are indexed already can be named [default: the repository around the
    /// current folder]
    #[arg(long = "root", short, value_name = "DIR")]
    pub roots: Vec<PathBuf>,
}

/// How deep repositories are looked for: HOME/work/company/repository is found.
const DEPTH_DEFAULT: usize = 4;

/// The arguments of `onboard`.
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct OnboardArguments {
    /// Where repositories are looked for [default: the home directory]
    #[arg(value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// How deep they are looked for
    #[arg(long, value_name = "N", default_value_t = DEPTH_DEFAULT)]
    pub depth: usize,
    /// Register with this assistant only, whether or not it is found; may be repeated
    #[arg(long = "assistant", value_name = "NAME")]
    pub assistants: Vec<String>,
    /// Register only, index nothing
    #[arg(long)]
    pub no_index: bool,
    /// Index only, register with no assistant
    #[arg(long, conflicts_with = "assistants")]
    pub no_assistants: bool,
    /// Do it without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}

impl OnboardArguments {
    /// What is meant where nothing is said.
    pub fn usual() -> Self {
        Self { depth: DEPTH_DEFAULT, ..Self::default() }
    }
}

/// The arguments of `offboard`.
#[derive(Debug, Clone, Args)]
pub struct OffboardArguments {
    /// Only this assistant; may be repeated
    #[arg(long = "assistant", value_name = "NAME")]
    pub assistants: Vec<String>,
    /// Do it without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}

/// The arguments of `agents`.
#[derive(Debug, Clone, Args)]
pub struct AgentsArguments {
    /// The file [default: AGENTS.md of the repository, and its CLAUDE.md where there is one]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Take the section out
    #[arg(long)]
    pub remove: bool,
    /// Print the section, and write nothing
    #[arg(long, conflicts_with = "remove")]
    pub print: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also into pipes and files.
    Always,
    /// Never.
    Never,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer a question with the passages to read, within a token budget
    Context(ContextArguments),
    /// List the best passages for a question, best first, without regard to a budget
    Search(SearchArguments),
    /// Print lines of a document as they were indexed
    Show(ShowArguments),
    /// List the named parts of a document with their lines
    Outline(OutlineArguments),
    /// Say where a name is defined, which functions use it, and where it is mentioned
    Symbol(SymbolArguments),
    /// Check the certificate of an exported instance, without the search that made it
    Verify(VerifyArguments),
    /// Bring the index of a repository up to date
    Index(IndexArguments),
    /// Say what is indexed and whether it is fresh
    Status(RootArguments),
    /// List all indexed workspaces on this machine
    Workspaces,
    /// Delete the index of a workspace; the files themselves are not touched
    Forget(ForgetArguments),
    /// Show the configuration and where it comes from
    Config {
        /// What to show.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Answer over HTTP, with a web page, until it is stopped
    Serve(ServeArguments),
    /// Answer an AI assistant over standard input and output (MCP); assistants start this
    Mcp(McpArguments),
    /// List the servers that run on this machine for this user
    Instances,
    /// Find repositories, index them, and register with the assistants of this machine
    Onboard(OnboardArguments),
    /// Undo what `onboard` wrote into the files of assistants
    Offboard(OffboardArguments),
    /// Write a section for agents into AGENTS.md, and CLAUDE.md where there is one
    Agents(AgentsArguments),
    /// Check that everything works here, and say how to fix what does not
    Doctor(RootArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one page per command
    Man {
        /// Write the pages into this folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// Which workspaces are meant.
#[derive(Debug, Clone, Default, Args)]
pub struct RootArguments {
    /// The folder to work on; may be repeated where a question is asked [default: the repository
    /// around the current folder, else the current folder]
    #[arg(long = "root", short, value_name = "DIR")]
    pub roots: Vec<PathBuf>,
    /// Accept a root that is hardly meant, as `/` or the home directory
    #[arg(long)]
    pub any_root: bool,
}

/// What restricts an answer to some documents, and how they are counted.
#[derive(Debug, Clone, Args)]
pub struct QuestionArguments {
    /// The question: plain words, an identifier, a path, a stack trace, an issue; `-` reads it
    /// from standard input
    #[arg(required = true, value_name = "QUESTION")]
    pub words: Vec<String>,
    /// The workspaces that are asked.
    #[command(flatten)]
    pub scope: RootArguments,
    /// Answer only from documents whose path matches this glob; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Answer without documents whose path matches this glob, or without the passages at
    /// PATH:LINE or PATH:FIRST-LAST, as an answer cites them; may be repeated
    #[arg(long, value_name = "GLOB|PATH:A-B")]
    pub exclude: Vec<OsString>,
    /// How tokens are counted: o200k and cl100k exactly, claude and chars as estimates
    #[arg(long, value_name = "NAME", value_parser = parse_tokenizer)]
    pub tokenizer: Option<Tokenizer>,
    /// Show why: the features and the utility of each passage; with --json `context` also says what
    /// was left out, and why
    #[arg(long)]
    pub explain: bool,
    /// Answer from the index as it is, without looking for changed files
    #[arg(long)]
    pub no_index: bool,
}

/// The arguments of `context`.
#[derive(Debug, Args)]
pub struct ContextArguments {
    /// The question and its restrictions.
    #[command(flatten)]
    pub question: QuestionArguments,
    /// The most tokens that the answer may have, as 8000 or 8k [default: 4000]
    #[arg(long, short, value_name = "TOKENS", value_parser = parse_tokens,
          allow_negative_numbers = true)]
    pub budget: Option<u32>,
    /// The order of the passages [default: document]
    #[arg(long, value_enum)]
    pub order: Option<OrderArgument>,
    /// The form of the answer [default: text]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// How the passages are chosen.
    #[command(flatten)]
    pub selection: SelectionArguments,
}

/// How the passages of an answer are chosen.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Choice of passages")]
pub struct SelectionArguments {
    /// Have this document, or its passages at these lines, in the answer; may be repeated
    #[arg(long, value_name = "PATH[:A-B]")]
    pub pin: Vec<OsString>,
    /// The most passages, and so the most documents, of the answer
    #[arg(long, value_name = "COUNT", visible_alias = "max-documents")]
    pub max_passages: Option<u32>,
    /// The most passages of one document
    #[arg(long, value_name = "COUNT")]
    pub per_document: Option<u32>,
    /// What is best: the weighted sum of worth, coherence and redundancy; or worth, then little
    /// redundancy, then coherence, then recency; or the sum under the bounds below
    /// [default: weighted-sum, and epsilon-constraint with a bound]
    #[arg(long, value_enum, value_name = "STYLE")]
    pub objective_style: Option<StyleArgument>,
    /// Bound: the most redundancy of all passages together; the best passage's worth is 1
    #[arg(long, value_name = "WORTH", allow_negative_numbers = true)]
    pub redundancy_max: Option<f64>,
    /// Bound: the least coherence of all passages together; the best passage's worth is 1
    #[arg(long, value_name = "WORTH", allow_negative_numbers = true)]
    pub coherence_min: Option<f64>,
    /// Bound: the least mean recency of the passages, 0 to 1
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub recency_min: Option<f64>,
    /// Accept a choice that may be this many percent below the best [default: 0]
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent,
          allow_negative_numbers = true)]
    pub gap: Option<u32>,
    /// Stop proving after this many milliseconds; the answer then says its gap
    #[arg(long, value_name = "MS")]
    pub time_limit_ms: Option<u64>,
    /// Show what a greedy choice and plain ranked lists, by utility and by BM25, would have been
    /// worth
    #[arg(long)]
    pub compare: bool,
    /// Write the numbers that were solved and the certificate into this file: .json for
    /// `contextlite verify`, .lp and .smt2 for other solvers
    #[arg(long, value_name = "FILE")]
    pub export_instance: Option<PathBuf>,
    /// The form of that file [default: by its ending, else json]
    #[arg(long, value_enum, value_name = "FORM", requires = "export_instance")]
    pub export_format: Option<InstanceFormat>,
}

/// What is best, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StyleArgument {
    /// The sum of worth, coherence and negative redundancy.
    WeightedSum,
    /// Worth (up to 1 % of it is given away), then redundancy, then coherence, then recency.
    Lexicographic,
    /// The sum, within --redundancy-max, --coherence-min and --recency-min.
    EpsilonConstraint,
}

/// The arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The file that `context --export-instance` wrote, as JSON; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// The arguments of `search`.
#[derive(Debug, Args)]
pub struct SearchArguments {
    /// The question and its restrictions.
    #[command(flatten)]
    pub question: QuestionArguments,
    /// The most passages that are listed, 1 to 10000 [default: 10]
    #[arg(long, short = 'n', value_name = "COUNT", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(1..=RESULTS_MAX))]
    pub limit: Option<u64>,
}

/// The arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// What to print: PATH, PATH:LINE or PATH:FIRST-LAST; lines are 1-based and inclusive, the
    /// path is relative to the root or to the current folder
    #[arg(value_name = "PATH:FIRST-LAST")]
    pub citation: std::ffi::OsString,
    /// The workspaces that are looked through, in this order.
    #[command(flatten)]
    pub scope: RootArguments,
}

/// The arguments of `outline`.
#[derive(Debug, Args)]
pub struct OutlineArguments {
    /// The document; its path is relative to the root or to the current folder
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The workspaces that are looked through, in this order.
    #[command(flatten)]
    pub scope: RootArguments,
    /// Answer from the index as it is, without looking for changed files
    #[arg(long)]
    pub no_index: bool,
}

/// The arguments of `symbol`.
#[derive(Debug, Args)]
pub struct SymbolArguments {
    /// The name of a function, type, constant, heading or key, as `close`; or with the name of what
    /// it stands in, as `Server::close`, `worker.run`
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The workspaces that are asked.
    #[command(flatten)]
    pub scope: RootArguments,
    /// The most functions and the most mentions that are listed, 1 to 10000 [default: 50]
    #[arg(long, short = 'n', value_name = "COUNT", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(1..=RESULTS_MAX))]
    pub limit: Option<u64>,
    /// Answer from the index as it is, without looking for changed files
    #[arg(long)]
    pub no_index: bool,
}

/// The arguments of `index`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Debug, Default, Args)]
pub struct IndexArguments {
    /// The folder to index [default: the repository around the current folder]
    #[arg(value_name = "ROOT", conflicts_with = "roots")]
    pub root: Option<PathBuf>,
    /// The same as ROOT.
    #[command(flatten)]
    pub scope: RootArguments,
    /// List every file that was left out, and why
    #[arg(long)]
    pub explain: bool,
    /// Only say what would be indexed; nothing is written
    #[arg(long)]
    pub dry_run: bool,
    /// Read and parse every file again, also unchanged ones
    #[arg(long)]
    pub rebuild: bool,
    /// What is indexed.
    #[command(flatten)]
    pub choice: ChoiceArguments,
    /// Drop the choice of files that an earlier run was told to remember
    #[arg(long)]
    pub reset: bool,
}

/// Which files are indexed. What is given here is remembered for the workspace.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Choice of files (remembered for later runs)")]
pub struct ChoiceArguments {
    /// Index only files whose path matches this glob; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Do not index files whose path matches this glob; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Index files whose name starts with a dot, too
    #[arg(long)]
    pub hidden: bool,
    /// Index files that look like they hold secrets, too
    #[arg(long)]
    pub secrets: bool,
    /// The largest file that is indexed, as 300000, 512k or 2M [default: 1M]
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    pub size_max: Option<u64>,
}

/// The arguments of `forget`.
#[derive(Debug, Args)]
pub struct ForgetArguments {
    /// The workspace.
    #[command(flatten)]
    pub scope: RootArguments,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// The subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print each setting, its value and where the value comes from
    Show(RootArguments),
    /// Print the files that are looked for, and whether they exist
    Path(RootArguments),
}

/// The order of an answer, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OrderArgument {
    /// Documents by their best passage, inside a document by line.
    Document,
    /// Passages by score, best first.
    Score,
}

impl From<OrderArgument> for Order {
    fn from(order: OrderArgument) -> Self {
        match order {
            OrderArgument::Document => Self::Document,
            OrderArgument::Score => Self::Score,
        }
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The passages with their text.
    Text,
    /// For programs.
    Json,
    /// One line for each passage.
    List,
}

/// Reads a number of tokens: digits, `_` between them, `k` for a thousand.
pub fn parse_tokens(text: &str) -> Result<u32, String> {
    scaled(text, &[("k", 1000), ("K", 1000), ("M", 1_000_000)])
        .and_then(|tokens| u32::try_from(tokens).ok())
        .ok_or_else(|| format!("not a number of tokens from 0 to {}, as 8000 or 8k", u32::MAX))
}

/// Reads a size in bytes: digits, with `k`, `M`, `G` for powers of 1024; `kB`, `KiB` too.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let short = lower.trim_end_matches('b').trim_end_matches('i');
    scaled(short, &[("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)])
        .ok_or_else(|| "not a size in bytes, as 300000, 512k or 2M".to_owned())
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, factor) = units
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, *factor)))
        .unwrap_or((text, 1));
    let digits = digits.trim_end();
    let is_plain = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|each| each.is_ascii_digit() || each == '_');
    let number: u64 = digits.replace('_', "").parse().ok().filter(|_| is_plain)?;
    number.checked_mul(factor)
}

/// Reads a percentage in millionths of the whole: `1`, `0.5`, `2%`.
pub fn parse_percent(text: &str) -> Result<u32, String> {
    let digits = text.trim().trim_end_matches('%').trim_end();
    let percent: Option<f64> = digits.parse().ok().filter(|p| (0.0..=100.0).contains(p));
    let millionths = percent.map(|percent| (percent * 1e4).floor() as u32);
    millionths.ok_or_else(|| "not a percentage from 0 to 100, as 1 or 0.5%".to_owned())
}

fn parse_tokenizer(name: &str) -> Result<Tokenizer, String> {
    Tokenizer::from_name(name).map_err(|error| {
        let text = error.to_string();
        text.strip_prefix("tokenizer: ").map(str::to_owned).unwrap_or(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn numbers_are_read_with_their_units() {
        let tokens = [("0", 0), ("8000", 8000), ("8k", 8000), ("1_000", 1000), ("2M", 2_000_000)];
        for (text, expected) in tokens {
            assert_eq!(parse_tokens(text), Ok(expected), "{text}");
        }
        for text in ["", "k", "-1", "1.5k", "+3", "_1", "4294967296", "99999999999999999999M"] {
            assert!(parse_tokens(text).is_err(), "{text}");
        }
        let bytes =
            [("300000", 300_000), ("512k", 512 << 10), ("2MiB", 2 << 20), ("1 GB", 1 << 30)];
        for (text, expected) in bytes {
            assert_eq!(parse_bytes(text), Ok(expected), "{text}");
        }
        for text in ["", "b", "MB", "1x", "-1"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
        for (text, expected) in [("0", 0), ("1", 10_000), ("0.5%", 5_000), ("100 %", 1_000_000)] {
            assert_eq!(parse_percent(text), Ok(expected), "{text}");
        }
        for text in ["", "%", "-1", "101", "nan", "inf", "1e9"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }
}
