//! `contextlite verify FILE`: checks a certificate without the search that made it.
//!
//! It needs no index and no configuration: the file is all there is.

use std::fs::File;
use std::path::Path;

use contextlite_engine::error::Error;
use contextlite_select::Verdict;

use crate::args::VerifyArguments;
use crate::operation;
use crate::outcome::{Ended, Outcome};
use crate::terminal::{BAD, CAUTION, GOOD, Terminal, count, grouped};
use crate::wire::{BILLIONTHS, Verification, VerificationWire};

/// Checks the certificate of an instance, and says what was checked.
pub fn run(arguments: &VerifyArguments, terminal: &mut Terminal) -> Ended {
    let file = &arguments.file;
    let found = if file == Path::new("-") {
        operation::verify(Path::new("standard input"), std::io::stdin())?
    } else {
        let open = File::open(file).map_err(|source| Error::io(file, source))?;
        operation::verify(file, open)?
    };
    if terminal.is_json() {
        terminal.json(&VerificationWire::from(&found))?;
    } else {
        describe(&found, terminal)?;
    }
    Ok(match &found.verdict {
        Err(_) => Outcome::Rejected,
        Ok(verdict) if !verdict.is_bound_checked => Outcome::Negative,
        Ok(_) => Outcome::Done,
    })
}

fn describe(found: &Verification, terminal: &mut Terminal) -> Result<(), Error> {
    terminal.line(format_args!(
        "instance   {}, {}, budget {}; style {}",
        count(found.candidates as u64, "candidate", "candidates"),
        count(found.pairs as u64, "pair", "pairs"),
        count(found.budget_tokens.into(), "token", "tokens"),
        found.style,
    ))?;
    let verdict = match &found.verdict {
        Ok(verdict) => verdict,
        Err(error) => {
            return terminal
                .line(format_args!("verdict    {}: {error}", terminal.paint(BAD, "rejected")));
        }
    };
    terminal.line(format_args!("digest     {}: as certified", found.digest))?;
    let units = |billionths: i64| format!("{:.9}", billionths as f64 / BILLIONTHS);
    if let Some(objective) = verdict.objective {
        let chosen = count(found.chosen as u64, "passage", "passages");
        let tokens = grouped(found.tokens);
        terminal.line(format_args!("choice     {chosen}, {tokens} tokens: within all limits"))?;
        terminal.line(format_args!("objective  {}: recomputed", units(objective)))?;
    }
    let bound = units(verdict.upper_bound);
    if verdict.is_bound_checked {
        let steps = count(found.steps as u64, "step", "steps");
        terminal.line(format_args!("bound      {bound}: holds, by {steps} replayed"))?;
    } else {
        terminal.line(format_args!("bound      {bound}: claimed, without a record to check"))?;
    }
    let word = found.word();
    let style = if verdict.is_proven { GOOD } else { CAUTION };
    terminal.line(format_args!(
        "verdict    {}: {}",
        terminal.paint(style, word),
        meaning(word, verdict)
    ))
}

fn meaning(word: &str, verdict: &Verdict) -> String {
    match (word, verdict.objective) {
        ("optimal", _) => "no permitted selection has a greater objective".to_owned(),
        ("infeasible", _) => "no selection is permitted".to_owned(),
        ("gap", Some(objective)) => {
            // As floats, because a hostile file may claim any bound.
            let missing = verdict.upper_bound as f64 - objective as f64;
            let percent = 100.0 * missing / verdict.upper_bound.max(1) as f64;
            // Rounded up, so that it stays a bound.
            format!("the choice is at most {} % below the best", (percent * 100.0).ceil() / 100.0)
        }
        ("gap", None) => "neither a selection was found nor that there is none".to_owned(),
        _ => "the choice is sound, how good it is was not checked".to_owned(),
    }
}
