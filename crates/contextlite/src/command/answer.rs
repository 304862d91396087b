//! What `context` and `search` have in common: the question that is read, passages that are shown.

use std::io::Read as _;
use std::path::Path;

use contextlite_engine::context::{CitedPassage, Question};
use contextlite_engine::error::{Error, Result};
use contextlite_engine::feature::FEATURE_NAMES;
use contextlite_engine::query::QUESTION_BYTES_MAX;
use contextlite_engine::symbol::Part;
use contextlite_engine::token::Tokenizer;

use super::Session;
use crate::args::QuestionArguments;
use crate::citation::{ALL_LINES, Citation};
use crate::operation::Target;
use crate::terminal::{FAINT, FIGURE, HEADING, Terminal, one_line, size, table, visible};

/// A longer standard input is not a question but a mistake.
const INPUT_BYTES_MAX: u64 = 16 << 20;

/// Short heads for the features, in the order of `Features::values`.
const FEATURE_HEADS: [&str; FEATURE_NAMES.len()] =
    ["relev.", "recent", "entang.", "prior", "author.", "specif.", "uncert."];

/// Makes the question from words or standard input, with what restricts it.
///
/// # Errors
/// [`Error::InvalidInput`] if there is no question, [`Error::Io`] if it cannot be read.
pub fn question(arguments: &QuestionArguments, session: &Session<'_>) -> Result<Question> {
    let text = match arguments.words.as_slice() {
        [word] if word == "-" => from_standard_input()?,
        words => words.join(" "),
    };
    if text.trim().is_empty() {
        return Err(Error::InvalidInput {
            field: "QUESTION",
            message: "it is empty; say what you look for".to_owned(),
        });
    }
    let settings = session.configuration.settings();
    let tokenizer = match arguments.tokenizer {
        Some(tokenizer) => tokenizer,
        None => Tokenizer::from_name(settings.text("answer.tokenizer"))?,
    };
    let mut question =
        Question { tokenizer, include: arguments.include.clone(), ..Question::new(text) };
    for unwanted in &arguments.exclude {
        let citation = Citation::parse(unwanted, "--exclude")?;
        if citation.lines == ALL_LINES {
            question.exclude.push(unwanted.to_string_lossy().into_owned());
        } else {
            question.without.push(citation.place(&session.places.current));
        }
    }
    Ok(question)
}

/// Reads standard input to its end, because its writer may wait for that before it reads the
/// answer;
/// what the engine would not look at is dropped.
fn from_standard_input() -> Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(INPUT_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::io("standard input", source))?;
    if INPUT_BYTES_MAX < bytes.len() as u64 {
        return Err(Error::InvalidInput {
            field: "QUESTION",
            message: format!("standard input is longer than {}", size(INPUT_BYTES_MAX)),
        });
    }
    bytes.truncate(QUESTION_BYTES_MAX);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether the index is brought up to date before the answer, unless `no_index` was said.
pub fn is_refreshed(no_index: bool, session: &Session<'_>) -> bool {
    !no_index && session.configuration.settings().flag("answer.refresh")
}

/// The citation of a passage; with several roots the path is absolute, so that it says which.
pub fn citation(passage: &CitedPassage, targets: &[Target]) -> String {
    let lines = format!("{}-{}", passage.first_line, passage.last_line);
    format!("{}:{lines}", one_line(&full_path(&passage.path, &passage.root, targets)))
}

/// A path as it is cited; with several roots it is absolute, so that it says which.
pub fn full_path(path: &str, root: &Path, targets: &[Target]) -> String {
    match targets {
        [_, _, ..] => format!("{}/{path}", root.display()),
        _ => path.to_owned(),
    }
}

/// Writes one line for a passage: citation, score, tokens, place; for programs separated by tabs.
///
/// # Errors
/// [`Error::Io`] on standard output.
pub fn list(passage: &CitedPassage, targets: &[Target], terminal: &mut Terminal) -> Result<()> {
    let citation = citation(passage, targets);
    let place = one_line(&place(passage));
    if !terminal.is_for_people() {
        return terminal
            .line(format_args!("{citation}\t{:.4}\t{}\t{place}", passage.score, passage.tokens));
    }
    let line = format!(
        "{}  {}  {}",
        terminal.paint(HEADING, citation),
        terminal.paint(FIGURE, format_args!("{:.3}", passage.score)),
        terminal.paint(FAINT, place),
    );
    terminal.line(line.trim_end())
}

/// Where in its document a passage is: the names around it and those that it defines.
fn place(passage: &CitedPassage) -> String {
    let symbols: Vec<&str> = passage.symbols.iter().map(|symbol| symbol.name.as_str()).collect();
    let defined = symbols.join(", ");
    match (passage.breadcrumb.is_empty(), defined.is_empty()) {
        (true, _) => defined,
        (false, true) => passage.breadcrumb.clone(),
        (false, false) => format!("{} › {defined}", passage.breadcrumb),
    }
}

/// The name of a part with the names around it.
pub fn qualified(part: &Part) -> String {
    match part.breadcrumb.as_str() {
        "" => part.name.clone(),
        around => format!("{around} › {}", part.name),
    }
}

/// Writes numbered lines of a document for people.
///
/// # Errors
/// [`Error::Io`] on standard output.
pub fn numbered(text: &str, first_line: u32, terminal: &mut Terminal) -> Result<()> {
    let lines = text.lines().count() as u32;
    let width = (first_line + lines).to_string().len();
    for (number, line) in (first_line..).zip(text.lines()) {
        let gutter = terminal.paint(FAINT, format_args!("{number:>width$} │"));
        terminal.line(format_args!("{gutter} {}", visible(line)))?;
    }
    Ok(())
}

/// Why these passages: a table of scores and features, in the order of the answer.
pub fn explanation(passages: &[CitedPassage], targets: &[Target]) -> String {
    let head = ["utility", "tokens"].into_iter().chain(FEATURE_HEADS).chain(["passage"]);
    let mut rows = vec![head.map(str::to_owned).collect::<Vec<_>>()];
    for passage in passages {
        let mut row = vec![format!("{:.4}", passage.score), passage.tokens.to_string()];
        row.extend(passage.features.values().iter().map(|value| format!("{value:.3}")));
        row.push(citation(passage, targets));
        rows.push(row);
    }
    table(&rows)
}

/// Shows the explanation: in the answer for people, beside it for programs.
///
/// # Errors
/// [`Error::Io`] on standard output.
pub fn explain(
    passages: &[CitedPassage],
    targets: &[Target],
    terminal: &mut Terminal,
) -> Result<()> {
    let text = explanation(passages, targets);
    if terminal.is_for_people() {
        return terminal.write(&format!("\n{text}"));
    }
    terminal.footer(text.trim_end());
    Ok(())
}
