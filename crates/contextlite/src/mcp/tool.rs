//! The tools: their names, what they say of themselves, and what they do.
//!
//! Names and descriptions are all that a model sees before it calls; so the first sentence carries
//! the meaning, and nothing is promised that the code does not do. The order is fixed.

use std::ffi::OsStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contextlite_engine::context::{Listed, Question};
use contextlite_engine::engine::{self, Step};
use contextlite_engine::error::{Error, Result};
use contextlite_engine::symbol::SymbolLimits;
use contextlite_engine::token::Tokenizer;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use super::argument::{
    self, ContextArguments, OutlineArguments, ReadArguments, RootArguments, SearchArguments,
    SymbolArguments, TOKENS_MIN,
};
use super::reply::{Refused, Reply};
use super::text::{self, Page};
use crate::citation::Citation;
use crate::place::Choice;
use crate::service::job::State;
use crate::service::root::Root;
use crate::service::space::{Source, Space, Wanted};
use crate::service::{Prepared, Service};
use crate::terminal::{ago, count, duration, grouped, one_line};
use crate::wire::{
    ContextWire, ExcerptWire, IndexWire, OutlineWire, SearchWire, StatusWire, SymbolAnswerWire,
    Times, text_of,
};

/// What the lines after the passages may cost; a quarter of a small budget.
const FOOTER_TOKENS: u32 = 100;
/// How long `index` waits for the end of a run.
const INDEX_WAIT: Duration = Duration::from_secs(45);
/// How often a job is looked at while it is waited for.
const TICK: Duration = Duration::from_millis(250);
/// The places of a search where the call does not say.
const SEARCH_LIMIT: u32 = 10;
/// The callers and lines of a name where the call does not say.
const SYMBOL_LIMIT: u32 = 30;

/// What a tool works with.
pub struct Call<'c> {
    /// The state of the process.
    pub service: &'c Arc<Service>,
    /// How long it may wait for the index.
    pub patience: Duration,
    /// Is told how far the index is.
    pub on_step: &'c dyn Fn(Step),
}

type Answer = std::result::Result<Reply, Refused>;

/// One tool.
struct Definition {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    is_read_only: bool,
    properties: fn() -> Value,
    required: &'static [&'static str],
    call: fn(&Call<'_>, Option<JsonObject>) -> Answer,
}

const TOOLS: [Definition; 7] = [
    Definition {
        name: "context",
        title: "Context for a question",
        description: "Find the passages of this codebase that answer a question, and return their \
            text with path:lines, within a token budget. Use it first, before reading files: for \
            how something works, where it is done, what to change. The question can be plain \
            words, an identifier, an error message, a stack trace or a whole issue.",
        is_read_only: true,
        properties: || {
            json!({
                "question": text_schema("Plain words, identifiers, an error, an issue."),
                "max_tokens": tokens_schema("The most tokens of the answer; 5000 by default."),
                "root": root_schema(),
                "include": globs_schema("Only documents whose path matches one of these globs."),
                "exclude": globs_schema("No documents whose path matches one of these globs."),
                "format": form_schema(),
            })
        },
        required: &["question"],
        call: context,
    },
    Definition {
        name: "search",
        title: "Search passages",
        description: "List the best matching places of this codebase for words or an identifier, \
            best first, as path:lines with the names defined there, without their text. Use it to \
            get an overview; `read` gives the text of a place.",
        is_read_only: true,
        properties: || {
            json!({
                "query": text_schema("Words, an identifier, a question; no syntax can be wrong."),
                "limit": limit_schema("The most places; 10 by default."),
                "root": root_schema(),
                "include": globs_schema("Only documents whose path matches one of these globs."),
                "exclude": globs_schema("No documents whose path matches one of these globs."),
                "format": form_schema(),
            })
        },
        required: &["query"],
        call: search,
    },
    Definition {
        name: "read",
        title: "Read a citation",
        description: "Return the exact lines of an indexed document that a citation names, as \
            path, path:line or path:first-last. Lines count from 1. Use it for the places that \
            the other tools cite.",
        is_read_only: true,
        properties: || {
            json!({
                "citation": text_schema("path:first-last, as src/main.rs:10-40; or path."),
                "max_tokens": tokens_schema("The most tokens of the answer; 5000 by default."),
                "root": root_schema(),
                "format": form_schema(),
            })
        },
        required: &["citation"],
        call: read,
    },
    Definition {
        name: "outline",
        title: "Outline of a file",
        description: "List the named parts of a file (types, functions, methods, headings, keys) \
            with their lines and signatures, without their bodies. Use it before reading a long \
            file.",
        is_read_only: true,
        properties: || {
            json!({
                "path": text_schema("The path of the file, relative to the root."),
                "root": root_schema(),
                "format": form_schema(),
            })
        },
        required: &["path"],
        call: outline,
    },
    Definition {
        name: "symbol",
        title: "Definition and uses of a name",
        description: "Find where a name is defined, which functions mention it, and the lines that \
            do. Use it for who calls this, where is this defined, what breaks if it changes. Names \
            are matched, types are not inferred; Type::method or module.function picks one of \
            several definitions.",
        is_read_only: true,
        properties: || {
            json!({
                "name": text_schema("The name, as close, Server::close or worker.run."),
                "limit": limit_schema("The most callers and the most lines; 30 by default."),
                "root": root_schema(),
                "format": form_schema(),
            })
        },
        required: &["name"],
        call: symbol,
    },
    Definition {
        name: "status",
        title: "State of the index",
        description: "Say what is indexed, whether it matches the files on disk now, how far a \
            running index run is, and which commit is checked out.",
        is_read_only: true,
        properties: || json!({ "root": root_schema(), "format": form_schema() }),
        required: &[],
        call: status,
    },
    Definition {
        name: "index",
        title: "Bring the index up to date",
        description: "Index what changed on disk, and wait up to 45 seconds for it. Seldom needed: \
            every other tool does so by itself before it answers. It writes only the index, which \
            lies outside of the repository.",
        is_read_only: false,
        properties: || json!({ "root": root_schema(), "format": form_schema() }),
        required: &[],
        call: index,
    },
];

fn text_schema(about: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "description": about })
}

fn tokens_schema(about: &str) -> Value {
    json!({ "type": "integer", "minimum": TOKENS_MIN, "description": about })
}

fn limit_schema(about: &str) -> Value {
    let most = argument::LIMIT_MAX;
    json!({ "type": "integer", "minimum": 1, "maximum": most, "description": about })
}

fn globs_schema(about: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": about })
}

fn root_schema() -> Value {
    json!({
        "type": "string",
        "description": "The absolute path of the repository; by default the one that the server \
            was started in.",
    })
}

fn form_schema() -> Value {
    json!({
        "type": "string",
        "enum": ["text", "json"],
        "default": "text",
        "description": "json is for programs: all numbers, also as structured content.",
    })
}

/// All tools, as they are listed.
pub fn list() -> Vec<Tool> {
    let tool = |definition: &Definition| {
        let schema = json!({
            "type": "object",
            "properties": (definition.properties)(),
            "required": definition.required,
            "additionalProperties": false,
        });
        let Value::Object(schema) = schema else { unreachable!("it is written as an object") };
        let annotations = ToolAnnotations::with_title(definition.title)
            .read_only(definition.is_read_only)
            .destructive(false)
            .idempotent(true)
            .open_world(false);
        Tool::new(definition.name, definition.description, schema)
            .with_title(definition.title)
            .with_annotations(annotations)
    };
    TOOLS.iter().map(tool).collect()
}

/// Whether there is a tool of this name.
pub fn is_known(name: &str) -> bool {
    TOOLS.iter().any(|definition| definition.name == name)
}

/// Calls a tool, which must be known.
pub fn call(call: &Call<'_>, name: &str, arguments: Option<JsonObject>) -> Answer {
    let definition = TOOLS.iter().find(|definition| definition.name == name);
    (definition.expect("the name was checked").call)(call, arguments)
}

impl Call<'_> {
    fn space(&self, root: Option<&str>) -> std::result::Result<Space, Refused> {
        let space = self.service.spaces.resolve(Wanted { path: root, id: None })?;
        if root.is_none() && space.roots.is_empty() {
            let has_library = match &space.library {
                Some(name) => self.service.spaces.library(name)?.is_some(),
                None => false,
            };
            if !has_library {
                return Err(Refused::Call(
                    "root: the server was not started in a repository; name one by its absolute \
                     path"
                        .to_owned(),
                ));
            }
        }
        Ok(space)
    }

    fn prepared(&self, root: Option<&str>) -> std::result::Result<Prepared, Refused> {
        let space = self.space(root)?;
        Ok(self.service.prepare_within(&space, self.patience, self.on_step)?)
    }

    fn budget(&self, given: Option<u32>) -> std::result::Result<(u32, Option<String>), Refused> {
        let settings = self.service.spaces.grounds.configuration.settings();
        let most = settings.number("mcp.budget_max") as u32;
        match given {
            None => Ok(((settings.number("mcp.budget") as u32).min(most), None)),
            Some(tokens) if tokens < TOKENS_MIN => Err(Refused::Call(format!(
                "max_tokens: {tokens} is too few; ask for {TOKENS_MIN} or more"
            ))),
            Some(tokens) if most < tokens => {
                let note = format!("max_tokens is at most {most} (the setting mcp.budget_max).");
                Ok((most, Some(note)))
            }
            Some(tokens) => Ok((tokens, None)),
        }
    }

    fn tokenizer(&self) -> Result<Tokenizer> {
        let settings = self.service.spaces.grounds.configuration.settings();
        Tokenizer::from_name(settings.text("answer.tokenizer"))
    }
}

/// That an answer is not complete, a line for each root; nothing if it is.
fn incomplete(prepared: &Prepared) -> impl Iterator<Item = String> {
    let lacks = prepared.lacks.iter().map(|lack| format!("INCOMPLETE: {}", one_line(lack)));
    prepared.unfinished.iter().map(text::unfinished).chain(lacks)
}

/// What an answer begins with.
fn head(prepared: &Prepared) -> String {
    incomplete(prepared).map(|line| line + "\n\n").collect()
}

/// All that should be known about an answer, as programs read it.
fn notes(prepared: &Prepared) -> Vec<String> {
    incomplete(prepared).chain(prepared.notes.iter().cloned()).collect()
}

/// Whether paths alone do not say which root they are of.
fn is_rooted(prepared: &Prepared) -> bool {
    1 < prepared.sources.len()
}

/// The first lines of an answer if nothing can be asked yet.
fn nothing_yet(prepared: &Prepared) -> Option<Reply> {
    let is_empty = prepared.sources.is_empty() && !prepared.unfinished.is_empty();
    is_empty.then(|| Reply::Text(head(prepared).trim_end().to_owned() + "\n"))
}

fn asked(text: String, field: &'static str) -> Result<String> {
    if text.trim().is_empty() {
        let message = "it is empty; say what you look for".to_owned();
        return Err(Error::InvalidInput { field, message });
    }
    Ok(text)
}

fn context(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: ContextArguments = argument::read(arguments)?;
    let (max_tokens, over) = call.budget(arguments.max_tokens)?;
    let tokenizer = call.tokenizer()?;
    let text = asked(arguments.question, "question")?;
    let prepared = call.prepared(arguments.root.as_deref())?;
    if let Some(reply) = nothing_yet(&prepared) {
        return Ok(reply);
    }
    let head = head(&prepared);
    let footer_tokens = FOOTER_TOKENS.min(max_tokens / 4) + tokenizer.count(&head);
    let question = Question {
        budget_tokens: max_tokens.saturating_sub(footer_tokens),
        tokenizer,
        include: arguments.include,
        exclude: arguments.exclude,
        ..Question::new(text)
    };
    let start = Instant::now();
    let answer = call.service.context_from(&prepared, &question, true)?;
    let context = &answer.content.0;
    let notes: Vec<String> = notes(&prepared).into_iter().chain(over.clone()).collect();
    let times = Times { index: answer.index, answer: start.elapsed() };
    let text = || {
        let documents = count(context.documents, "document", "documents");
        let mut footer = vec![match (context.passages.len(), context.selection.candidates) {
            (0, 0) => format!("Nothing was found in {documents}; try other words."),
            (0, _) => format!("No passage fits into {max_tokens} tokens; raise max_tokens."),
            (passages, _) => format!(
                "{} of {documents}, {} of {max_tokens} tokens ({}).",
                count(passages as u64, "passage", "passages"),
                context.total_tokens,
                tokenizer.name(),
            ),
        }];
        footer.extend(over);
        footer.extend(prepared.notes.iter().map(|note| one_line(note)));
        // What does not fit is the least important, which comes last.
        let limit = max_tokens.saturating_sub(context.total_tokens + tokenizer.count(&head));
        while 1 < footer.len() && limit < tokenizer.count(&footer.join("\n")) + 2 {
            footer.pop();
        }
        format!("{head}{}{}\n", context.text, footer.join("\n"))
    };
    Ok(Reply::of(arguments.format, text, || ContextWire::new(context, times, &notes)))
}

fn search(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: SearchArguments = argument::read(arguments)?;
    let limit = argument::limit(arguments.limit, SEARCH_LIMIT)?;
    let (max_tokens, _) = call.budget(None)?;
    let tokenizer = call.tokenizer()?;
    let query = asked(arguments.query, "query")?;
    let prepared = call.prepared(arguments.root.as_deref())?;
    if let Some(reply) = nothing_yet(&prepared) {
        return Ok(reply);
    }
    let question =
        Question { include: arguments.include, exclude: arguments.exclude, ..Question::new(query) };
    let start = Instant::now();
    let answer = call.service.search_from(&prepared, &question, Listed::Passages, limit)?;
    let times = Times { index: prepared.index, answer: start.elapsed() };
    let notes = notes(&prepared);
    let text = || {
        let mut page = Page::new(max_tokens, tokenizer);
        notes.iter().for_each(|note| page.line(&one_line(note)));
        if answer.results.is_empty() {
            page.line("Nothing was found; try other words.");
        }
        let is_rooted = is_rooted(&prepared);
        answer.results.iter().for_each(|each| page.line(&text::found(each, is_rooted)));
        page.finish("ask with a smaller limit or a narrower query")
    };
    Ok(Reply::of(arguments.format, text, || SearchWire::new(&answer, times, &notes)))
}

/// The first source that holds what is named, and what it gives.
fn first<T>(
    prepared: &Prepared,
    get: impl Fn(&Source) -> Result<T>,
) -> std::result::Result<(&Source, T), Refused> {
    let mut missing = None;
    for source in &prepared.sources {
        match get(source) {
            Ok(found) => return Ok((source, found)),
            Err(error @ Error::NotFound { .. }) => missing = missing.or(Some(error)),
            Err(error) => return Err(error.into()),
        }
    }
    let nothing = || Error::NotFound { what: "index", name: "of any root".to_owned() };
    let error = missing.unwrap_or_else(nothing);
    Err(match prepared.unfinished.first() {
        Some(root) => Refused::Call(format!("{error}. {}", text::unfinished(root))),
        None => Refused::Call(format!(
            "{error}. paths are relative to the root; `search` finds documents, and ignored or \
             binary files are not indexed"
        )),
    })
}

fn read(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: ReadArguments = argument::read(arguments)?;
    let (max_tokens, _) = call.budget(arguments.max_tokens)?;
    let tokenizer = call.tokenizer()?;
    let typed = asked(arguments.citation, "citation")?;
    let citation = Citation::parse(OsStr::new(&typed), "citation")?;
    let path = citation.path.to_string_lossy().into_owned();
    let prepared = call.prepared(arguments.root.as_deref())?;
    let (source, excerpt) = first(&prepared, |source| source.excerpt(&path, citation.lines))?;
    let text = || head(&prepared) + &text::excerpt(&excerpt, max_tokens, tokenizer);
    let root = source.name();
    Ok(Reply::of(arguments.format, text, || ExcerptWire::new(&excerpt, root.as_ref())))
}

fn outline(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: OutlineArguments = argument::read(arguments)?;
    let (max_tokens, _) = call.budget(None)?;
    let tokenizer = call.tokenizer()?;
    let path = asked(arguments.path, "path")?;
    let prepared = call.prepared(arguments.root.as_deref())?;
    let (source, outline) = first(&prepared, |source| source.outline(&path))?;
    let (root, notes) = (source.name(), notes(&prepared));
    let text = || {
        let mut page = Page::new(max_tokens, tokenizer);
        notes.iter().for_each(|note| page.line(&one_line(note)));
        text::outline(&outline, &mut page);
        page.finish("`symbol` finds a part by its name")
    };
    Ok(Reply::of(arguments.format, text, || OutlineWire::new(&outline, root.as_ref(), &notes)))
}

fn symbol(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: SymbolArguments = argument::read(arguments)?;
    let limit = argument::limit(arguments.limit, SYMBOL_LIMIT)?;
    let (max_tokens, _) = call.budget(None)?;
    let tokenizer = call.tokenizer()?;
    let name = asked(arguments.name, "name")?;
    let prepared = call.prepared(arguments.root.as_deref())?;
    if let Some(reply) = nothing_yet(&prepared) {
        return Ok(reply);
    }
    let limits = SymbolLimits { mentions_max: limit, ..SymbolLimits::default() };
    let answer = engine::symbol(prepared.sources.iter().map(Source::asked), &name, limits)?;
    let notes = notes(&prepared);
    let text = || {
        let mut page = Page::new(max_tokens, tokenizer);
        notes.iter().for_each(|note| page.line(&one_line(note)));
        text::symbol(&answer, is_rooted(&prepared), &mut page);
        page.finish("ask with a smaller limit")
    };
    Ok(Reply::of(arguments.format, text, || SymbolAnswerWire::new(&answer, &notes)))
}

fn status(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: RootArguments = argument::read(arguments)?;
    let space = call.space(arguments.root.as_deref())?;
    let grounds = &call.service.spaces.grounds;
    let mut lines = Vec::new();
    let mut wires = Vec::new();
    if let Some(name) = &space.library
        && let Some(library) = call.service.spaces.library(name)?
    {
        let documents = count(library.count()?, "document", "documents");
        lines.push(format!("library {}: {documents} that are not files", one_line(name)));
    }
    for root in &space.roots {
        let target = root.target(grounds)?;
        let step = root.step().map(|step| text::step(Some(step)));
        lines.push(format!("root: {}", one_line(&root.path().display().to_string())));
        match root.workspace(grounds) {
            Ok(workspace) => {
                let status = workspace.status(&target.walk())?;
                lines.extend(status_lines(&status));
                let location = workspace.location();
                let wire = StatusWire::new(&location.root, &location.database, &status);
                let mut wire = serde_json::to_value(wire).expect("it is made of what JSON has");
                wire["watched"] = root.watching().into();
                wires.push(wire);
            }
            Err(Error::NotFound { .. }) => {
                lines.push("index: none yet; the first question makes it".to_owned());
                let nothing = json!({ "root": text_of(root.path()), "freshness": null });
                wires.push(nothing);
            }
            Err(error) => return Err(error.into()),
        }
        lines.extend(step.map(|step| format!("indexing: {step}")));
        lines.push(format!("watched: {}", root.watching()));
    }
    Ok(Reply::of(arguments.format, || lines.join("\n") + "\n", || json!({ "workspaces": wires })))
}

fn status_lines(status: &engine::WorkspaceStatus) -> Vec<String> {
    let fresh = match status.changed + status.new + status.deleted {
        0 if status.is_fresh() => "yes, the index matches the files on disk".to_owned(),
        0 => "no: the history of a new commit; the next question reads it".to_owned(),
        _ => format!(
            "no: {} changed, {} new, {} deleted; the next question indexes them",
            status.changed, status.new, status.deleted
        ),
    };
    let mut lines = vec![
        format!(
            "index: {}, {}, indexed {}, generation {}",
            count(status.documents, "document", "documents"),
            count(status.passages, "passage", "passages"),
            status.indexed_s.map_or_else(|| "never".to_owned(), ago),
            grouped(status.generation)
        ),
        format!("fresh: {fresh}"),
    ];
    if let Some(now) = &status.head_now {
        let branch = now.branch.as_deref().map_or("no branch", |branch| branch);
        let read = match &status.head {
            Some(read) if *read == now.id => "its history is indexed".to_owned(),
            Some(read) => format!("history is indexed up to {}", &read[..read.len().min(12)]),
            None => "history is not indexed yet".to_owned(),
        };
        let id = &now.id[..now.id.len().min(12)];
        lines.push(format!("git: {id} on {}; {read}", one_line(branch)));
    }
    lines
}

fn index(call: &Call<'_>, arguments: Option<JsonObject>) -> Answer {
    let arguments: RootArguments = argument::read(arguments)?;
    let space = call.space(arguments.root.as_deref())?;
    let start = Instant::now();
    let mut lines = Vec::new();
    let mut wires = Vec::new();
    for root in &space.roots {
        let left = INDEX_WAIT.saturating_sub(start.elapsed()).min(call.patience * 6);
        let (line, wire) = index_one(call, root, left)?;
        lines.push(line);
        wires.push(wire);
    }
    if lines.is_empty() {
        lines.push("There is no root to index; name one with root.".to_owned());
    }
    Ok(Reply::of(arguments.format, || lines.join("\n") + "\n", || json!({ "workspaces": wires })))
}

fn index_one(
    call: &Call<'_>,
    root: &Arc<Root>,
    wait: Duration,
) -> std::result::Result<(String, Value), Refused> {
    let job = call.service.index(root, Choice::default(), None)?;
    let deadline = Instant::now() + wait;
    let path = one_line(&root.path().display().to_string());
    loop {
        match job.wait(TICK) {
            (State::Running(step), _) if Instant::now() < deadline => (call.on_step)(step),
            (State::Running(step), _) => {
                let said = text::step(Some(step));
                let line = format!("{path}: indexing goes on in the background; {said}.");
                let wire = json!({
                    "root": text_of(root.path()), "done": step.done, "total": step.total,
                    "is_running": true,
                });
                return Ok((line, wire));
            }
            (State::Done(report), took) => {
                let line = format!(
                    "{path}: {} indexed, {} removed, {} unchanged, {} left out, in {}.",
                    count(report.indexed + report.refreshed, "document", "documents"),
                    grouped(report.removed),
                    grouped(report.unchanged),
                    grouped(report.skipped.len() as u64),
                    duration(took)
                );
                let wire = IndexWire::new(root.path(), &report, false, took, &report.warnings);
                let wire = serde_json::to_value(wire).expect("it is made of what JSON has");
                return Ok((line, wire));
            }
            (State::Failed(reason), _) => return Err(Refused::Call(format!("{path}: {reason}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What clients put before a name: `mcp__contextlite__`, all of it in 64 characters for some.
    const NAME_CHARS_MAX: usize = 40;

    #[test]
    fn every_tool_says_what_it_takes_and_does() {
        let tools = list();
        for tool in &tools {
            let schema = &tool.input_schema;
            assert!(tool.name.len() <= NAME_CHARS_MAX, "{}", tool.name);
            assert_eq!(schema["additionalProperties"], false, "{}", tool.name);
            let properties = schema["properties"].as_object().unwrap();
            for required in schema["required"].as_array().unwrap() {
                assert!(properties.contains_key(required.as_str().unwrap()), "{}", tool.name);
            }
            assert!(tool.output_schema.is_none(), "{}: text is the answer", tool.name);
            let annotations = tool.annotations.as_ref().unwrap();
            assert_eq!(annotations.read_only_hint, Some(tool.name != "index"));
            assert_eq!(annotations.open_world_hint, Some(false));
        }
        let size = serde_json::to_string(&tools).unwrap().len();
        assert!(size < 10_000, "{size} bytes of every conversation");
    }
}
