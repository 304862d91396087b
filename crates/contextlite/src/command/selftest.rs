//! `contextlite --selftest`: does this binary work on this machine?
//!
//! A package that was built for another platform, packed wrongly or damaged on its way should say
//! so before anyone relies on it. So one small file is written to a temporary folder, indexed,
//! asked about, and the answer is held against what is known of it. Every part that differs
//! between platforms is used once: files, threads, grammar, store, index, ranking, selection and
//! its certificate, tokenizer. The user's configuration, environment and data are neither read nor
//! written.

use std::fs::File;
use std::path::{Path, PathBuf};

use contextlite_engine::context::{CitedPassage, Context, Question, SelectionStatus};
use contextlite_engine::error::{Error, Result};

use crate::config::Configuration;
use crate::operation::{self, Scope, Target};
use crate::outcome::{Ended, Outcome};
use crate::place::Places;
use crate::terminal::{Terminal, count};

/// The file that is indexed, and what is in it.
const FILE: (&str, &str) = (
    "lighthouse.rs",
    "//! The lamp of a lighthouse.\n\n/// How many seconds the lamp needs for one turn.\n\
     pub const TURN_SECONDS: u32 = 12;\n\n/// Returns how often the lamp turns in an hour.\n\
     pub fn turns_per_hour() -> u32 {\n    3600 / TURN_SECONDS\n}\n",
);

/// What is asked about it.
const QUESTION: &str = "how often does the lamp turn in an hour";

/// A text of the passage that answers.
const EXPECTED: &str = "fn turns_per_hour";

/// The most tokens that the answer may have; the whole file has fewer.
const BUDGET_TOKENS: u32 = 300;

/// The line that says so. It stands in the binary as one text: where a binary cannot be run, its
/// version is read from its file between the words around it.
macro_rules! line {
    ($rest:literal) => {
        concat!("contextlite ", env!("CARGO_PKG_VERSION"), " works: ", $rest)
    };
}

/// Indexes, asks, checks, and prints one line.
pub fn run(terminal: &mut Terminal) -> Ended {
    let folder = tempfile::Builder::new().prefix("contextlite-selftest-").tempdir();
    let folder = folder.map_err(|source| Error::io(std::env::temp_dir(), source))?;
    let (name, text) = FILE;
    let root = folder.path().join("files");
    let file = root.join(name);
    std::fs::create_dir(&root).map_err(|source| Error::io(&root, source))?;
    std::fs::write(&file, text).map_err(|source| Error::io(&file, source))?;

    let mut targets = targets(folder.path(), root)?;
    let mut question = Question { budget_tokens: BUDGET_TOKENS, ..Question::new(QUESTION) };
    question.selection.record = true;
    let answer = operation::context(&mut targets, &question, Some(&|_| true))?.answer;
    let certificate = folder.path().join("selftest.json");
    let found = match fault(&answer, &targets)? {
        None => doubt(&answer, &certificate)?,
        some => some,
    };
    if let Some(fault) = found {
        let version = env!("CARGO_PKG_VERSION");
        terminal.note(format_args!("contextlite {version} does not work here: {fault}"));
        return Ok(Outcome::Negative);
    }
    terminal.line(format_args!(
        line!("{} of {}, {} of {} tokens, selection proven optimal and verified"),
        count(answer.passages.len() as u64, "passage", "passages"),
        name,
        answer.total_tokens,
        BUDGET_TOKENS,
    ))?;
    Ok(Outcome::Done)
}

/// The workspace in a folder of its own, by default settings.
fn targets(folder: &Path, root: PathBuf) -> Result<Vec<Target>> {
    let places = Places::from_environment()?;
    let configuration = Configuration::read(PathBuf::new(), None, false, std::iter::empty())?;
    let database = folder.join("selftest.db");
    let scope = Scope { roots: &[root], any_root: false, database: Some(&database) };
    operation::targets(scope, &places, &configuration)
}

/// What is wrong with the answer, if anything is.
fn fault(answer: &Context, targets: &[Target]) -> Result<Option<String>> {
    let (name, text) = FILE;
    if answer.documents != 1 {
        return Ok(Some(format!("{} documents were indexed, not 1", answer.documents)));
    }
    let is_answer = |passage: &CitedPassage| passage.text.contains(EXPECTED);
    let Some(passage) = answer.passages.iter().find(|passage| is_answer(passage)) else {
        return Ok(Some(format!("`{EXPECTED}` was not found by `{QUESTION}`")));
    };
    let lines = (passage.first_line, passage.last_line);
    let (_, excerpt) = operation::show(targets, |_| vec![name.to_owned()], lines)?;
    if excerpt.text != passage.text || !text.contains(passage.text.trim_end()) {
        return Ok(Some(format!("lines {}-{} of {name} are read back wrong", lines.0, lines.1)));
    }
    if BUDGET_TOKENS < answer.total_tokens {
        return Ok(Some(format!("the answer has {} tokens", answer.total_tokens)));
    }
    let counted = answer.tokenizer.count(&answer.text);
    if counted != answer.total_tokens {
        return Ok(Some(format!("{counted} tokens were announced as {}", answer.total_tokens)));
    }
    let selection = &answer.selection;
    let is_proven = selection.status == SelectionStatus::Optimal
        && 0 < selection.objective
        && selection.objective <= selection.upper_bound
        && selection.gap <= 0.0;
    Ok((!is_proven).then(|| format!("the selection is not proven optimal: {selection:?}")))
}

/// Why the proof of the selection does not hold, if it does not: it is written to a file, read
/// back and checked without the search that made it.
fn doubt(answer: &Context, file: &Path) -> Result<Option<String>> {
    let Some(instance) = &answer.instance else {
        return Ok(Some("the answer came without its certificate".to_owned()));
    };
    operation::export(instance, file, None)?;
    let written = File::open(file).map_err(|source| Error::io(file, source))?;
    Ok(match operation::verify(file, written)?.verdict {
        Ok(verdict) if verdict.is_bound_checked => None,
        Ok(_) => Some("the bound of the certificate could not be checked".to_owned()),
        Err(error) => Some(format!("the certificate does not hold: {error}")),
    })
}
