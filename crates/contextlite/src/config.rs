//! The settings, in layers: built-in defaults, the user's file, the workspace's file, what `index`
//! was told to remember, the environment, arguments. A higher layer replaces a value whole.
//!
//! The user's file is `contextlite.toml` in the platform's configuration folder. The workspace's
//! file is `contextlite.toml` in its root; since a repository may come from anybody, it can say
//! what of itself is indexed, and nothing else. The variable of the key `answer.budget` is
//! `CONTEXTLITE_ANSWER_BUDGET`; a list is separated by `;` there.
//!
//! [`KEYS`] is the one table of all keys. A file with an unknown key or a wrong value is an error
//! that names the file, the key and the nearest known one; an unknown variable is only reported,
//! because it may be meant for something else.

use std::fmt;
use std::path::{Path, PathBuf};

use contextlite_engine::error::{Error, Result};
use contextlite_engine::token::Tokenizer;
use serde::Serialize;

use crate::args;
use crate::place::Choice;

/// The name of both files.
pub const FILE_NAME: &str = "contextlite.toml";
/// What the names of all variables start with.
const VARIABLE_PREFIX: &str = "CONTEXTLITE_";
/// Variables that stand for arguments rather than for keys.
const ARGUMENT_VARIABLES: [&str; 3] =
    ["CONTEXTLITE_DATABASE", "CONTEXTLITE_CONFIG", "CONTEXTLITE_TOKEN"];
/// Names less alike than this are not worth a suggestion; 1 is equality.
const ALIKE_MIN: f64 = 0.75;

/// What may stand for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A number of tokens, also as text with a unit.
    Tokens,
    /// A size in bytes, also as text with a unit.
    Bytes,
    /// A number from 1 to this.
    Count(u64),
    /// true or false.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a tokenizer.
    Tokenizer,
    /// A list of globs.
    Globs,
    /// A folder.
    Folder,
    /// A number from 0 to this.
    Number(u64),
    /// Any text; what it is.
    Text(&'static str),
    /// A list of texts; what they are.
    Texts(&'static str),
}

/// One thing that can be set.
#[derive(Debug)]
pub struct Key {
    /// The name, `section.key`.
    pub name: &'static str,
    kind: Kind,
    /// What it does, in a few words.
    pub about: &'static str,
    /// Whether a workspace's file may set it.
    in_workspace: bool,
}

/// Everything that can be set, in the order of printing.
pub const KEYS: &[Key] = &[
    key("answer.budget", Kind::Tokens, "the most tokens of an answer"),
    key("answer.tokenizer", Kind::Tokenizer, "how tokens are counted"),
    key("answer.order", Kind::Word(&["document", "score"]), "the order of passages"),
    key("answer.format", Kind::Word(&["text", "json", "list"]), "the form of `context`"),
    key("answer.limit", Kind::Count(args::RESULTS_MAX), "the most results of `search`"),
    key("answer.refresh", Kind::Flag, "index what changed before answering"),
    of_workspace("index.include", Kind::Globs, "index only these files"),
    of_workspace("index.exclude", Kind::Globs, "do not index these files"),
    of_workspace("index.hidden", Kind::Flag, "index names that start with a dot"),
    key("index.secrets", Kind::Flag, "index likely secrets"),
    of_workspace("index.size_max", Kind::Bytes, "the largest file that is indexed, in bytes"),
    key("mcp.budget", Kind::Tokens, "the most tokens of an answer to an assistant that names none"),
    key("mcp.budget_max", Kind::Tokens, "the most tokens that an assistant may ask for"),
    key("server.host", Kind::Text("an address, as \"127.0.0.1\""), "where the server listens"),
    key("server.port", Kind::Number(u16::MAX as u64), "the server's port; 0 for any free one"),
    key("server.token_file", Kind::Folder, "the file of the server's token"),
    key("server.roots", Kind::Texts(FOLDERS), "folders that the server answers about"),
    key("server.hosts", Kind::Texts(HOSTS), "further names that the server is called by"),
    key("server.origins", Kind::Texts(ORIGINS), "web pages elsewhere that may call the server"),
    key("server.proxies", Kind::Texts(NETWORKS), "proxies whose forwarded addresses are believed"),
    key("server.body_max", Kind::Bytes, "the largest request, in bytes"),
    key("server.concurrency", Kind::Count(1024), "requests that are worked on at once"),
    key("server.queue", Kind::Count(100_000), "requests that may wait"),
    key("server.timeout", Kind::Count(3600), "the longest wait for an answer, in seconds"),
    key("server.rate", Kind::Count(1_000_000), "requests a second of one client elsewhere"),
    key("server.cache", Kind::Bytes, "the size of all kept answers, in bytes"),
    key("server.log", Kind::Word(&["auto", "error", "warn", "info", "debug"]), "what is logged"),
    key("store.folder", Kind::Folder, "where indexes are kept"),
    key("terminal.color", Kind::Word(&["auto", "always", "never"]), "when to use colours"),
];

const FOLDERS: &str = "a list of folders, as [\"/home/me/project\"]";
const HOSTS: &str = "a list of host names, as [\"context.example.org\"]";
const ORIGINS: &str = "a list of origins, as [\"https://app.example.org\"]";
const NETWORKS: &str = "a list of addresses or networks, as [\"10.0.0.0/8\"]";

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about, in_workspace: false }
}

const fn of_workspace(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, about, in_workspace: true }
}

impl Key {
    /// The environment variable of this key.
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase())
    }
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// For counts, tokens and bytes.
    Number(u64),
    /// For flags.
    Flag(bool),
    /// For words, tokenizers and folders.
    Text(String),
    /// For globs.
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(out, "{number}"),
            Self::Flag(flag) => write!(out, "{flag}"),
            Self::Text(text) => write!(out, "{text:?}"),
            Self::List(list) => write!(out, "{list:?}"),
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A configuration file.
    File(PathBuf),
    /// An earlier `index` of this workspace.
    Remembered,
    /// An environment variable.
    Variable(String),
    /// An argument of this command.
    Argument(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File(path) => write!(out, "{}", path.display()),
            Self::Remembered => out.write_str("remembered by `contextlite index`"),
            Self::Variable(name) => out.write_str(name),
            Self::Argument(name) => out.write_str(name),
        }
    }
}

/// A key's value in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value.
    pub value: Value,
    /// The layer that it is from.
    pub origin: Origin,
}

/// Some keys' values from one place.
type Layer = Vec<(usize, Setting)>;

/// The layers that do not depend on a workspace.
#[derive(Debug, Clone)]
pub struct Configuration {
    data_folder: PathBuf,
    file: Layer,
    environment: Layer,
    arguments: Layer,
    /// Variables that start like ours and that nothing reads, each with what is wrong.
    pub stray_variables: Vec<String>,
}

impl Configuration {
    /// Reads the user's file, if it exists, and the environment's variables.
    ///
    /// `data_folder` is the default of `store.folder`. `must_exist` is for a file that was named.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] on `configuration`; [`Error::NotFound`] for a named file.
    pub fn read(
        data_folder: PathBuf,
        file: Option<&Path>,
        must_exist: bool,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let layer = file.map(|path| read_file(path, |_| true)).transpose()?.flatten();
        if must_exist && layer.is_none() {
            let name = file.map(|path| path.display().to_string()).unwrap_or_default();
            return Err(Error::NotFound { what: "configuration file", name });
        }
        let (environment, stray_variables) = read_variables(variables)?;
        let file = layer.unwrap_or_default();
        Ok(Self { data_folder, file, environment, arguments: Vec::new(), stray_variables })
    }

    /// Sets a key by an argument.
    pub fn set(&mut self, name: &str, argument: &'static str, value: Value) {
        let origin = Origin::Argument(argument);
        self.arguments.push((position_of(name), Setting { value, origin }));
    }

    /// The folder of all indexes; empty if there is no home to put it in.
    pub fn store_folder(&self) -> PathBuf {
        let settings = self.settings();
        let setting = &settings.0[position_of("store.folder")];
        match setting.origin {
            Origin::Default => self.data_folder.clone(),
            _ => PathBuf::from(settings.text("store.folder")),
        }
    }

    /// The settings without those of a workspace.
    pub fn settings(&self) -> Settings {
        self.compose(Vec::new(), &Choice::default())
    }

    /// The settings for one workspace: its file and what `index` was told to remember.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] on `configuration` for a wrong file in the root.
    pub fn settings_for(&self, root: &Path, remembered: &Choice) -> Result<Settings> {
        let file = root.join(FILE_NAME);
        let layer = read_file(&file, |key| key.in_workspace)?.unwrap_or_default();
        Ok(self.compose(layer, remembered))
    }

    fn compose(&self, workspace: Layer, remembered: &Choice) -> Settings {
        let mut settings = defaults(&self.data_folder);
        let layers = [
            self.file.clone(),
            workspace,
            remembered_layer(remembered),
            self.environment.clone(),
            self.arguments.clone(),
        ];
        for (at, setting) in layers.into_iter().flatten() {
            settings[at] = setting;
        }
        Settings(settings)
    }
}

/// A value in force for every key.
#[derive(Debug, Clone)]
pub struct Settings(Vec<Setting>);

impl Settings {
    /// All keys with their settings, in the order of [`KEYS`].
    pub fn all(&self) -> impl Iterator<Item = (&'static Key, &Setting)> {
        KEYS.iter().zip(&self.0)
    }

    /// The number of a key for tokens, bytes or a count.
    pub fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Value::Number(number) => *number,
            other => unreachable!("{name} is a number, not {other}"),
        }
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        match self.value(name) {
            Value::Flag(flag) => *flag,
            other => unreachable!("{name} is a flag, not {other}"),
        }
    }

    /// The text of a word, a tokenizer or a folder.
    pub fn text(&self, name: &str) -> &str {
        match self.value(name) {
            Value::Text(text) => text,
            other => unreachable!("{name} is text, not {other}"),
        }
    }

    /// The globs of a key.
    pub fn list(&self, name: &str) -> &[String] {
        match self.value(name) {
            Value::List(list) => list,
            other => unreachable!("{name} is a list, not {other}"),
        }
    }

    fn value(&self, name: &str) -> &Value {
        &self.0[position_of(name)].value
    }
}

fn position_of(name: &str) -> usize {
    KEYS.iter().position(|key| key.name == name).expect("only keys of the table are asked for")
}

fn defaults(data_folder: &Path) -> Vec<Setting> {
    let value = |key: &Key| match key.name {
        "answer.budget" => Value::Number(contextlite_engine::context::BUDGET_TOKENS_DEFAULT.into()),
        "answer.limit" => Value::Number(10),
        "answer.tokenizer" => Value::Text(Tokenizer::default().name().to_owned()),
        "answer.refresh" => Value::Flag(true),
        "index.size_max" => Value::Number(contextlite_engine::files::SIZE_MAX_BYTES),
        "mcp.budget" => Value::Number(5000),
        "mcp.budget_max" => Value::Number(20_000),
        "server.host" => Value::Text("127.0.0.1".to_owned()),
        "server.port" => Value::Number(8080),
        "server.body_max" => Value::Number(32 << 20),
        "server.concurrency" => Value::Number(cores().clamp(2, 64) * 2),
        "server.queue" => Value::Number(512),
        "server.timeout" => Value::Number(60),
        "server.rate" => Value::Number(50),
        "server.cache" => Value::Number(64 << 20),
        "server.token_file" => Value::Text(String::new()),
        "store.folder" => Value::Text(data_folder.to_string_lossy().into_owned()),
        _ => match key.kind {
            Kind::Flag => Value::Flag(false),
            Kind::Globs | Kind::Texts(_) => Value::List(Vec::new()),
            Kind::Word(words) => Value::Text(words[0].to_owned()),
            _ => unreachable!("{} has a default of its own", key.name),
        },
    };
    KEYS.iter().map(|key| Setting { value: value(key), origin: Origin::Default }).collect()
}

/// How many threads this machine runs at once.
fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

fn remembered_layer(choice: &Choice) -> Layer {
    let values = [
        ("index.include", choice.include.clone().map(Value::List)),
        ("index.exclude", choice.exclude.clone().map(Value::List)),
        ("index.hidden", choice.hidden.map(Value::Flag)),
        ("index.secrets", choice.secrets.map(Value::Flag)),
        ("index.size_max", choice.size_max.map(Value::Number)),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| {
            value.map(|value| (position_of(name), Setting { value, origin: Origin::Remembered }))
        })
        .collect()
}

/// Reads a configuration file of `section.key` values; `None` if there is no such file.
fn read_file(path: &Path, may_set: impl Fn(&Key) -> bool) -> Result<Option<Layer>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io(path, source)),
    };
    let wrong = |message: String| invalid(format!("{}: {message}", path.display()));
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
        wrong(format!("line {line}: {}", error.message().replace('\n', ", ")))
    })?;
    let mut layer = Layer::new();
    for (section, content) in table {
        let toml::Value::Table(content) = content else {
            return Err(wrong(unknown(&section, "a key stands in a section, as [answer]")));
        };
        for (name, value) in content {
            let name = format!("{section}.{name}");
            let Some(at) = KEYS.iter().position(|key| key.name == name) else {
                return Err(wrong(unknown(&name, "see `contextlite config show` for all keys")));
            };
            if !may_set(&KEYS[at]) {
                let message = format!("`{name}` can be set in the user's own file only");
                return Err(wrong(message));
            }
            let value = value_of_toml(KEYS[at].kind, &value)
                .map_err(|expected| wrong(format!("`{name}` must be {expected}, not {value}")))?;
            layer.push((at, Setting { value, origin: Origin::File(path.to_owned()) }));
        }
    }
    Ok(Some(layer))
}

/// Takes our variables out of the environment; also says which ones nothing reads.
fn read_variables(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<(Layer, Vec<String>)> {
    let mut layer = Layer::new();
    let mut stray = Vec::new();
    for (name, text) in variables {
        if !name.starts_with(VARIABLE_PREFIX) || ARGUMENT_VARIABLES.contains(&name.as_str()) {
            continue;
        }
        let Some(at) = KEYS.iter().position(|key| key.variable() == name) else {
            let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
            let near = nearest(&name, known.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            stray.push(format!("the variable {name} is not read by this version{near}"));
            continue;
        };
        let value = value_of_text(KEYS[at].kind, &text)
            .map_err(|expected| invalid(format!("{name} must be {expected}, not {text:?}")))?;
        layer.push((at, Setting { value, origin: Origin::Variable(name) }));
    }
    stray.sort();
    Ok((layer, stray))
}

/// The value that a file gives, or what would have been right.
fn value_of_toml(kind: Kind, value: &toml::Value) -> std::result::Result<Value, String> {
    match (kind, value) {
        (Kind::Flag, toml::Value::Boolean(flag)) => Ok(Value::Flag(*flag)),
        (Kind::Globs | Kind::Texts(_), toml::Value::Array(list)) => list
            .iter()
            .map(|each| each.as_str().map(str::to_owned).ok_or_else(|| expected(kind)))
            .collect::<std::result::Result<_, _>>()
            .map(Value::List),
        (
            Kind::Tokens | Kind::Bytes | Kind::Count(_) | Kind::Number(_),
            toml::Value::Integer(number),
        ) => value_of_text(kind, &number.to_string()),
        (
            Kind::Tokens
            | Kind::Bytes
            | Kind::Word(_)
            | Kind::Tokenizer
            | Kind::Folder
            | Kind::Text(_),
            toml::Value::String(text),
        ) => value_of_text(kind, text),
        _ => Err(expected(kind)),
    }
}

/// The value that a variable gives, or what would have been right.
fn value_of_text(kind: Kind, text: &str) -> std::result::Result<Value, String> {
    let value = match kind {
        Kind::Tokens => args::parse_tokens(text).ok().map(|tokens| Value::Number(tokens.into())),
        Kind::Bytes => args::parse_bytes(text).ok().map(Value::Number),
        Kind::Count(max) => {
            text.parse().ok().filter(|count| (1..=max).contains(count)).map(Value::Number)
        }
        Kind::Number(max) => text.parse().ok().filter(|number| *number <= max).map(Value::Number),
        Kind::Flag => match text {
            "1" | "true" | "yes" | "on" => Some(Value::Flag(true)),
            "0" | "false" | "no" | "off" | "" => Some(Value::Flag(false)),
            _ => None,
        },
        Kind::Word(words) => words.contains(&text).then(|| Value::Text(text.to_owned())),
        Kind::Tokenizer => {
            Tokenizer::from_name(text).ok().map(|found| Value::Text(found.name().to_owned()))
        }
        Kind::Text(_) => (!text.is_empty()).then(|| Value::Text(text.to_owned())),
        Kind::Globs | Kind::Texts(_) => Some(Value::List(
            text.split(';').filter(|each| !each.is_empty()).map(str::to_owned).collect(),
        )),
        Kind::Folder => Path::new(text).is_absolute().then(|| Value::Text(text.to_owned())),
    };
    value.ok_or_else(|| expected(kind))
}

fn expected(kind: Kind) -> String {
    match kind {
        Kind::Tokens => "a number of tokens, as 8000 or \"8k\"".to_owned(),
        Kind::Bytes => "a size in bytes, as 300000 or \"512k\"".to_owned(),
        Kind::Count(max) => format!("a number from 1 to {max}"),
        Kind::Flag => "true or false".to_owned(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Tokenizer => {
            let names: Vec<&str> = Tokenizer::ALL.iter().map(|each| each.name()).collect();
            format!("one of {}", names.join(", "))
        }
        Kind::Globs => "a list of globs, as [\"docs/**\"]".to_owned(),
        Kind::Folder => "an absolute path".to_owned(),
        Kind::Number(max) => format!("a number from 0 to {max}"),
        Kind::Text(what) | Kind::Texts(what) => what.to_owned(),
    }
}

/// The sentence about an unknown key, with the nearest known one or else with `advice`.
fn unknown(name: &str, advice: &str) -> String {
    match nearest(name, KEYS.iter().map(|key| key.name)) {
        Some(near) => format!("unknown key `{name}`; did you mean `{near}`?"),
        None => format!("unknown key `{name}`; {advice}"),
    }
}

/// The known name that is most like `name`, if any is like it.
///
/// A key without its section is like the key of that name.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |full: &'a str| full.rsplit('.').next().unwrap_or(full);
    let alike = |full: &'a str| {
        let whole = strsim::normalized_damerau_levenshtein(name, full);
        whole.max(strsim::normalized_damerau_levenshtein(name, last(full)))
    };
    known
        .map(|full| (alike(full), full))
        .filter(|(alike, _)| ALIKE_MIN <= *alike)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)))
        .map(|(_, full)| full)
}

fn invalid(message: String) -> Error {
    Error::InvalidInput { field: "configuration", message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, variables: &[(&str, &str)]) -> Result<(Configuration, Settings)> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE_NAME);
        std::fs::write(&file, text).unwrap();
        let variables = variables.iter().map(|(name, text)| (name.to_string(), text.to_string()));
        let read = Configuration::read("/data".into(), Some(&file), true, variables)?;
        let settings = read.settings();
        Ok((read, settings))
    }

    fn refused(text: &str) -> String {
        let message = read(text, &[]).unwrap_err().to_string();
        message.rsplit("contextlite.toml: ").next().unwrap().to_owned()
    }

    #[test]
    fn every_key_has_a_default_and_a_variable() {
        let (_, settings) = read("", &[]).unwrap();
        assert_eq!(settings.number("answer.budget"), 4000);
        assert_eq!(settings.text("store.folder"), "/data");
        assert!(settings.all().all(|(_, setting)| setting.origin == Origin::Default));
        assert_eq!(KEYS[0].variable(), "CONTEXTLITE_ANSWER_BUDGET");
    }

    #[test]
    fn the_higher_layer_wins() {
        let text = "[answer]\nbudget = \"8k\"\nlimit = 3\n[index]\nexclude = [\"a\", \"b\"]\n";
        let variables = [("CONTEXTLITE_ANSWER_LIMIT", "4"), ("PATH", "/bin")];
        let (read, settings) = read(text, &variables).unwrap();
        assert_eq!(settings.number("answer.budget"), 8000);
        assert_eq!(settings.number("answer.limit"), 4);
        let choice = Choice { exclude: Some(vec!["c".to_owned()]), ..Choice::default() };
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join(FILE_NAME), "[index]\nhidden = true\nexclude = []")
            .unwrap();
        let settings = read.settings_for(root.path(), &choice).unwrap();
        assert_eq!(settings.list("index.exclude"), ["c"]);
        assert!(settings.flag("index.hidden"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cases = [
            ("[answer]\nbugdet = 1", "unknown key `answer.bugdet`; did you mean `answer.budget`?"),
            ("budget = 1", "unknown key `budget`; did you mean `answer.budget`?"),
            ("[x]\ny = 1", "unknown key `x.y`; see `contextlite config show` for all keys"),
            (
                "[answer]\nbudget = -1",
                "`answer.budget` must be a number of tokens, as 8000 or \"8k\", not -1",
            ),
            (
                "[index]\nexclude = [1]",
                "`index.exclude` must be a list of globs, as [\"docs/**\"], not [1]",
            ),
            ("[answer]\norder = \"x\"", "`answer.order` must be one of document, score, not \"x\""),
            ("[answer]\nlimit = 0", "`answer.limit` must be a number from 1 to 10000, not 0"),
        ];
        for (text, expected) in cases {
            assert_eq!(refused(text), expected, "{text}");
        }
        assert!(refused("[answer]\n[b").starts_with("line 2: "), "{}", refused("[answer]\n[b"));
    }

    #[test]
    fn a_repository_cannot_set_what_is_not_its_own() {
        let (read, _) = read("", &[]).unwrap();
        let root = tempfile::tempdir().unwrap();
        for text in ["[index]\nsecrets = true", "[store]\nfolder = \"/x\"", "[answer]\nbudget = 1"]
        {
            std::fs::write(root.path().join(FILE_NAME), text).unwrap();
            let error = read.settings_for(root.path(), &Choice::default()).unwrap_err();
            assert!(error.to_string().contains("user's own file"), "{error}");
        }
    }

    #[test]
    fn variables_are_checked_or_reported() {
        let (read, _) = read("", &[("CONTEXTLITE_ANSWER_BUGET", "1")]).unwrap();
        assert_eq!(
            read.stray_variables,
            ["the variable CONTEXTLITE_ANSWER_BUGET is not read by this version; \
              did you mean CONTEXTLITE_ANSWER_BUDGET?"]
        );
        let error = super::tests::read("", &[("CONTEXTLITE_ANSWER_REFRESH", "maybe")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "configuration: CONTEXTLITE_ANSWER_REFRESH must be true or false, not \"maybe\""
        );
    }
}
