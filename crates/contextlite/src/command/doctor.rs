//! `contextlite doctor`: does everything work here, and if not, what to do.
//!
//! Each check makes one finding: good, worth a look, or a problem with its fix. A check that
//! depends on one that failed is not made. Nothing is repaired and nothing of the user's is
//! written; the data folder gets a file that is deleted at once.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use contextlite_engine::engine::{Workspace, WorkspaceStatus};
use contextlite_engine::error::Error;
use contextlite_engine::token::Tokenizer;
use serde::Serialize;

use super::Session;
use crate::args::{RootArguments, ServeArguments};
use crate::assistant::{ASSISTANTS, Assistant, Standing};
use crate::http::probe;
use crate::operation::Target;
use crate::outcome::{Ended, Outcome, hint};
use crate::place;
use crate::service::watch::{self, Unwatched};
use crate::terminal::{BAD, CAUTION, FAINT, GOOD, count, one_line, size};

/// With less free space than this, indexing a large repository may fail.
const SPACE_LOW_BYTES: u64 = 1 << 30;
/// With less free space than this, indexing anything may fail.
const SPACE_NONE_BYTES: u64 = 32 << 20;
/// With fewer watches, a server of several large repositories runs out of them.
const WATCHES_FEW: u64 = 32_768;
/// A text and the number of its tokens in both exact vocabularies.
const TOKEN_PROBE: (&str, u32) = ("hello world", 2);

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    Caution,
    Problem,
}

/// What a check found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Good, detail: detail.into(), fix: None }
    }

    fn caution(check: &'static str, detail: impl Into<String>, fix: &str) -> Self {
        let fix = Some(fix.to_owned());
        Self { check, verdict: Verdict::Caution, detail: detail.into(), fix }
    }

    fn problem(check: &'static str, detail: impl Into<String>, fix: &str) -> Self {
        Self { verdict: Verdict::Problem, ..Self::caution(check, detail, fix) }
    }

    /// A failure; its sentence says the next step, or the hint does.
    fn failure(check: &'static str, error: &Error) -> Self {
        let fix = hint(error);
        Self { check, verdict: Verdict::Problem, detail: error.to_string(), fix }
    }
}

#[derive(Serialize)]
struct Report<'a> {
    healthy: bool,
    version: &'static str,
    findings: &'a [Finding],
}

/// Makes all checks.
pub fn run(arguments: &RootArguments, session: &mut Session<'_>) -> Ended {
    let mut findings = vec![installation()];
    findings.extend(configuration(session));
    findings.extend(tokenizers());
    findings.push(port(session));
    findings.extend(assistants(session));
    match session.targets(arguments) {
        Ok(targets) => targets.iter().for_each(|target| findings.extend(workspace(target))),
        Err(error) => findings.push(Finding::failure("root", &error)),
    }
    let healthy = findings.iter().all(|finding| finding.verdict != Verdict::Problem);
    print(&Report { healthy, version: env!("CARGO_PKG_VERSION"), findings: &findings }, session)?;
    Ok(if healthy { Outcome::Done } else { Outcome::Negative })
}

fn print(report: &Report<'_>, session: &mut Session<'_>) -> Result<(), Error> {
    let terminal = &mut *session.terminal;
    if terminal.is_json() {
        return terminal.json(report);
    }
    for finding in report.findings {
        let verdict = match finding.verdict {
            Verdict::Good => terminal.paint(GOOD, "good   "),
            Verdict::Caution => terminal.paint(CAUTION, "look   "),
            Verdict::Problem => terminal.paint(BAD, "problem"),
        };
        terminal.line(format_args!(
            "{verdict}  {}: {}",
            finding.check,
            one_line(&finding.detail)
        ))?;
        if let Some(fix) = &finding.fix {
            let fix = terminal.paint(FAINT, format_args!("         fix: {fix}"));
            terminal.line(fix)?;
        }
    }
    Ok(())
}

/// The files were read when the session began; what is left are variables that nothing reads.
fn configuration(session: &Session<'_>) -> Vec<Finding> {
    let stray = &session.configuration.stray_variables;
    if stray.is_empty() {
        return vec![Finding::good("configuration", "every key and variable is known")];
    }
    let fix = "correct its name or unset it";
    stray.iter().map(|stray| Finding::caution("configuration", stray, fix)).collect()
}

/// Whether the program that a shell finds by our name is this one.
fn installation() -> Finding {
    let Ok(program) = std::env::current_exe() else {
        let fix = "start it by its full path";
        return Finding::caution("installation", "this program does not know its own file", fix);
    };
    let name = format!("contextlite{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(&name));
    let here = program.display();
    match found.into_iter().find(|file| file.is_file()) {
        Some(file) if same_file::is_same_file(&file, &program).unwrap_or(false) => {
            Finding::good("installation", format!("{here}, found by its name"))
        }
        Some(file) => Finding::caution(
            "installation",
            format!("this is {here}; a shell finds {}", file.display()),
            "put the folder of the one that is meant first in PATH, or remove the other",
        ),
        None => Finding::good("installation", format!("{here}, not in PATH")),
    }
}

/// Whether the server's port is free, or has a server of ours.
fn port(session: &Session<'_>) -> Finding {
    let settings = session.configuration.settings();
    let (host, port) = super::serve::address(&ServeArguments::default(), &settings);
    match TcpListener::bind((host.as_str(), port)) {
        Ok(_) => Finding::good("port", format!("{port} of {host} is free for `contextlite serve`")),
        Err(_) if probe::is_alive(&host, port).is_ok() => {
            Finding::good("port", format!("a server answers at port {port} of {host}"))
        }
        Err(error) => Finding::caution(
            "port",
            format!("{port} of {host} cannot be used: {error}"),
            "`contextlite serve --port 0` takes a free one; `server.port` sets another",
        ),
    }
}

/// How we stand with each assistant that is installed.
fn assistants(session: &Session<'_>) -> Vec<Finding> {
    let check = "assistant";
    let (folders, registrations) =
        match (super::onboard::folders(session), super::onboard::registrations(session)) {
            (Ok(folders), Ok(registrations)) => (folders, registrations),
            (Err(error), _) | (_, Err(error)) => return vec![Finding::failure(check, &error)],
        };
    let present = ASSISTANTS.iter().filter(|assistant| assistant.is_present(&folders));
    let finding = |assistant: &Assistant| {
        let (title, id) = (assistant.title, assistant.id);
        let again = format!("`contextlite onboard --no-index --assistant {id}` registers it");
        match registrations.standing(assistant) {
            Standing::Registered => Finding::good(check, format!("{title} starts this program")),
            Standing::Absent => Finding::caution(check, format!("{title} has no entry"), &again),
            Standing::Other(program) if Path::new(&program).is_file() => {
                Finding::good(check, format!("{title} starts {program}"))
            }
            Standing::Other(program) => {
                let detail = format!("{title} starts {program}, which is not a file");
                Finding::problem(check, detail, &again)
            }
            Standing::Broken(reason) => {
                let file = assistant.file(&folders).display().to_string();
                Finding::caution(check, format!("{title}: {file}: {reason}"), "mend the file")
            }
        }
    };
    present.map(finding).collect()
}

fn tokenizers() -> Vec<Finding> {
    let (text, tokens) = TOKEN_PROBE;
    let exact = Tokenizer::ALL.into_iter().filter(|tokenizer| tokenizer.is_exact());
    exact
        .map(|tokenizer| match tokenizer.count(text) {
            count if count == tokens => {
                Finding::good("tokenizer", format!("{} counts exactly", tokenizer.name()))
            }
            count => Finding::problem(
                "tokenizer",
                format!("{} counts {count} tokens in {text:?}, not {tokens}", tokenizer.name()),
                "the program file is damaged; install it again",
            ),
        })
        .collect()
}

/// The checks of one root and its index.
fn workspace(target: &Target) -> Vec<Finding> {
    let mut findings = vec![Finding::good("root", target.root().display().to_string())];
    findings.push(git(target.root()));
    findings.extend(data_folder(place::folder_of(&target.location.database)));
    findings.extend(watching(target.root()));
    findings.extend(store(target));
    findings
}

fn git(root: &Path) -> Finding {
    match root.ancestors().find(|folder| folder.join(".git").exists()) {
        Some(folder) => Finding::good("git", format!("history of {}", folder.display())),
        None => Finding::good("git", "no repository here; answers do without history"),
    }
}

/// Whether the folder of the database can be written, and how much fits into it.
fn data_folder(folder: &Path) -> Vec<Finding> {
    let nearest = folder.ancestors().find(|folder| folder.exists()).unwrap_or(folder);
    let probe: PathBuf = nearest.join(format!(".contextlite-probe-{}", std::process::id()));
    let written = std::fs::write(&probe, "probe");
    let _ = std::fs::remove_file(&probe);
    let place = folder.display();
    let mut findings = vec![match written {
        Ok(()) => Finding::good("data folder", format!("{place} can be written")),
        Err(error) => Finding::problem(
            "data folder",
            format!("{place} cannot be written: {error}"),
            "make it writable, or choose another with --database or `store.folder`",
        ),
    }];
    if let Ok(free) = fs4::available_space(nearest) {
        let detail = format!("{} free in {place}", size(free));
        let fix = "free some space, or choose another disk with --database or `store.folder`";
        findings.push(match free {
            0..SPACE_NONE_BYTES => Finding::problem("disk", detail, fix),
            SPACE_NONE_BYTES..SPACE_LOW_BYTES => Finding::caution("disk", detail, fix),
            _ => Finding::good("disk", detail),
        });
    }
    findings
}

/// Whether a server could watch the root, and several more.
fn watching(root: &Path) -> Option<Finding> {
    let check = "watching";
    let looks = "every question looks at all files, which takes longer";
    let shown = root.display();
    match (watch::probe(root), watches_max()) {
        (Err(Unwatched::System), _) => None,
        (Err(reason), _) => {
            let detail = format!("{shown} cannot be watched: {reason}; {looks}");
            Some(match reason.fix() {
                Some(fix) => Finding::caution(check, detail, fix),
                None => Finding::good(check, detail),
            })
        }
        (Ok(()), Some(most)) if most < WATCHES_FEW => {
            let detail = format!("only {} can be watched", count(most, "folder", "folders"));
            let fix = Unwatched::Watches.fix().expect("a limit can be raised");
            Some(Finding::caution(check, detail, fix))
        }
        (Ok(()), _) => {
            Some(Finding::good(check, format!("the system tells of changes in {shown}")))
        }
    }
}

/// How many folders this user may watch, where the system has a limit.
fn watches_max() -> Option<u64> {
    let file = "/proc/sys/fs/inotify/max_user_watches";
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Whether the store can be opened, is sound, and is up to date.
fn store(target: &Target) -> Vec<Finding> {
    let workspace = match Workspace::open_existing(&target.location) {
        Ok(Some(workspace)) => workspace,
        Ok(None) => {
            let fix = "`contextlite index` makes it; a question makes it by itself";
            return vec![Finding::caution("database", "there is no index yet", fix)];
        }
        Err(error) => return vec![Finding::failure("database", &error)],
    };
    let mut findings = match workspace.check() {
        Ok(()) => vec![Finding::good("database", "database and full-text index are sound")],
        Err(error) => vec![Finding::failure("database", &error)],
    };
    findings.push(match workspace.status(&target.walk()) {
        Ok(status) => freshness(&status),
        Err(error) => Finding::failure("freshness", &error),
    });
    findings
}

fn freshness(status: &WorkspaceStatus) -> Finding {
    let documents = count(status.documents, "document", "documents");
    let generation = status.generation;
    let stale = status.changed + status.new + status.deleted;
    if status.is_fresh() {
        return Finding::good("freshness", format!("{documents}, generation {generation}"));
    }
    if stale == 0 {
        let detail = format!("{documents}; the next question reads the history of the new commit");
        return Finding::good("freshness", detail);
    }
    Finding::good(
        "freshness",
        format!("{documents}, generation {generation}; the next question indexes {stale} more"),
    )
}
