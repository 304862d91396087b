//! Text for a model: how answers are written, and that they keep to their budget.

use std::fmt::Write as _;
use std::path::Path;

use contextlite_engine::citation::Citation;
use contextlite_engine::context::CitedPassage;
use contextlite_engine::engine::{Excerpt, Stage, Step};
use contextlite_engine::symbol::{DocumentOutline, Origin, Part, SymbolAnswer};
use contextlite_engine::token::Tokenizer;

use crate::service::Unfinished;
use crate::terminal::{count, grouped, one_line};

/// Lines that are written until a budget is reached; what is left out is counted.
pub struct Page {
    text: String,
    budget_tokens: u32,
    used_tokens: u32,
    left_out: usize,
    tokenizer: Tokenizer,
}

/// What the line about lines that were left out may cost.
const REST_TOKENS: u32 = 40;

impl Page {
    /// An empty page.
    pub fn new(budget_tokens: u32, tokenizer: Tokenizer) -> Self {
        let budget_tokens = budget_tokens.saturating_sub(REST_TOKENS).max(1);
        Self { text: String::new(), budget_tokens, used_tokens: 0, left_out: 0, tokenizer }
    }

    /// Writes a line, if it still fits; after one that did not, no other does.
    pub fn line(&mut self, line: &str) {
        // Parts counted alone are never fewer tokens than the whole, up to the joints; one more
        // for each line is more than those can cost.
        let tokens = self.tokenizer.count(line) + 2;
        if 0 < self.left_out || self.budget_tokens < self.used_tokens + tokens {
            self.left_out += 1;
            return;
        }
        self.used_tokens += tokens;
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The text, with a line about what does not fit.
    pub fn finish(mut self, advice: &str) -> String {
        if 0 < self.left_out {
            let lines = count(self.left_out as u64, "more line", "more lines");
            writeln!(self.text, "({lines} left out: {advice})").expect("a string takes any text");
        }
        self.text
    }
}

/// A place of a search on one line.
pub fn found(passage: &CitedPassage, is_rooted: bool) -> String {
    let path = full_path(&passage.path, &passage.root, is_rooted);
    let mut line = format!("{path}:{}-{}", passage.first_line, passage.last_line);
    let names: Vec<&str> = passage.symbols.iter().map(|symbol| symbol.name.as_str()).collect();
    let names = names.join(", ");
    let mut around = vec![passage.breadcrumb.as_str(), &names];
    around.retain(|part| !part.is_empty());
    let place = one_line(&around.join(" › "));
    if !place.is_empty() {
        write!(line, "  {place}").expect("a string takes any text");
    }
    write!(line, "  ({:.3})", passage.score).expect("a string takes any text");
    line
}

fn full_path(path: &str, root: &Path, is_rooted: bool) -> String {
    let path = if is_rooted { format!("{}/{path}", root.display()) } else { path.to_owned() };
    one_line(&path)
}

/// Lines of a document under their citation, as many as fit; how many did.
pub fn excerpt(excerpt: &Excerpt, budget_tokens: u32, tokenizer: Tokenizer) -> String {
    let block = |text: &str, last_line: u32| {
        Citation {
            path: &excerpt.path,
            first_line: excerpt.first_line,
            last_line,
            breadcrumb: "",
            language: excerpt.language,
            library_id: excerpt.document_id.as_deref(),
            root: None,
        }
        .block(text)
    };
    let whole = block(&excerpt.text, excerpt.last_line);
    let said = |shown_to: u32| {
        let mut said = format!("Line {shown_to} of {}.", grouped(excerpt.lines.into()));
        if excerpt.first_line < shown_to {
            said = format!(
                "Lines {}-{shown_to} of {}.",
                excerpt.first_line,
                grouped(excerpt.lines.into())
            );
        }
        if excerpt.changed {
            said.push_str(" The file has changed since it was indexed.");
        }
        said
    };
    let end = said(excerpt.last_line);
    if tokenizer.count(&whole) + tokenizer.count(&end) + 2 <= budget_tokens {
        return whole + &end + "\n";
    }
    let mut kept = 0;
    let mut last_line = excerpt.first_line;
    let mut tokens = tokenizer.count(&block("", excerpt.last_line)) + 2 * REST_TOKENS;
    for (line, number) in excerpt.text.split_inclusive('\n').zip(excerpt.first_line..) {
        tokens += tokenizer.count(line) + 1;
        if budget_tokens < tokens {
            break;
        }
        kept += line.len();
        last_line = number;
    }
    if kept == 0 {
        return format!(
            "Line {} of {} is longer than {budget_tokens} tokens; ask for more with max_tokens.\n",
            excerpt.first_line,
            one_line(&excerpt.path)
        );
    }
    let (path, next) = (one_line(&excerpt.path), last_line + 1);
    format!(
        "{}{} Truncated; read {path}:{next}-{} for the rest.\n",
        block(&excerpt.text[..kept], last_line),
        said(last_line),
        excerpt.last_line
    )
}

/// The parts of a document, a line each.
pub fn outline(outline: &DocumentOutline, page: &mut Page) {
    let path = one_line(&outline.path);
    let lines = count(outline.lines.into(), "line", "lines");
    page.line(&format!("{path} ({}, {lines})", outline.language.name()));
    if outline.parts.is_empty() {
        page.line("It has no named parts; read it by its lines.");
    }
    for part in &outline.parts {
        let indent = "  ".repeat(part.depth as usize);
        let (first, last) = (part.first_line, part.last_line);
        let signature = one_line(&part.signature);
        page.line(&format!("{first}-{last}  {indent}{signature}  [{}]", part.kind.name()));
    }
    if outline.changed {
        page.line("The file has changed since it was indexed.");
    }
}

/// What is known of a name.
pub fn symbol(answer: &SymbolAnswer, is_rooted: bool, page: &mut Page) {
    let name = one_line(&answer.name);
    if answer.definitions.is_empty() && answer.mentions.is_empty() {
        page.line(&format!(
            "No indexed document defines or mentions {name}; `search` finds text and similar words."
        ));
        return;
    }
    let place = |origin: &Origin, part: &Part| {
        let path = full_path(&origin.path, &origin.root, is_rooted);
        format!("{path}:{}-{}", part.first_line, part.last_line)
    };
    page.line(&of("Definitions", answer.definitions.len(), answer.definitions_total as u64));
    for found in &answer.definitions {
        let around = one_line(&found.part.breadcrumb);
        let around = if around.is_empty() { around } else { format!(", in {around}") };
        let (kind, signature) = (found.part.kind.name(), one_line(&found.part.signature));
        page.line(&format!(
            "  {}  {signature}  [{kind}{around}]",
            place(&found.origin, &found.part)
        ));
    }
    page.line(&of("Functions that mention it", answer.callers.len(), answer.callers_total as u64));
    for caller in &answer.callers {
        let times =
            if 1 < caller.mentions { format!("  × {}", caller.mentions) } else { String::new() };
        let signature = one_line(&caller.part.signature);
        page.line(&format!("  {}  {signature}{times}", place(&caller.origin, &caller.part)));
    }
    page.line(&of("Lines that mention it", answer.mentions.len(), answer.mentions_total));
    for mention in &answer.mentions {
        let path = full_path(&mention.origin.path, &mention.origin.root, is_rooted);
        page.line(&format!("  {path}:{}  {}", mention.line, one_line(&mention.text)));
    }
    if answer.searched_documents < answer.mentioning_documents {
        page.line(&format!(
            "Only {} of {} documents that mention it were looked into.",
            grouped(answer.searched_documents as u64),
            grouped(answer.mentioning_documents as u64)
        ));
    }
}

fn of(what: &str, shown: usize, total: u64) -> String {
    match total {
        0 => format!("{what}: none"),
        total if total == shown as u64 => format!("{what} ({}):", grouped(total)),
        total => format!("{what} ({shown} of {}):", grouped(total)),
    }
}

/// How far an index run is, in words.
pub fn step(step: Option<Step>) -> String {
    let Some(step) = step else { return "it waits for another process that indexes".to_owned() };
    match step.stage {
        Stage::List => "looking at the files".to_owned(),
        Stage::Heal => "repairing the full-text index".to_owned(),
        Stage::History => "reading the git history".to_owned(),
        Stage::Index if 0 < step.total => {
            format!("{} of {} files are done", grouped(step.done), grouped(step.total))
        }
        Stage::Index => "reading files".to_owned(),
        Stage::Finish => "computing ranks".to_owned(),
    }
}

/// That an answer is not complete, and how far it is.
pub fn unfinished(unfinished: &Unfinished) -> String {
    let root = one_line(&unfinished.root.display().to_string());
    let step = step(unfinished.step);
    match unfinished.documents {
        0 => format!(
            "INCOMPLETE: {root} is being indexed and nothing of it can be found yet ({step}). \
             Ask again in a few seconds."
        ),
        documents => format!(
            "INCOMPLETE: {root} is being indexed ({step}); this answer is from the {} that \
             are indexed so far and may lack new or changed files. Ask again for all of it.",
            count(documents, "document", "documents")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_to_its_budget_and_counts_the_rest() {
        for budget in [64, 100, 300] {
            let mut page = Page::new(budget, Tokenizer::O200k);
            (0..200).for_each(|number| page.line(&format!("src/file_{number}.rs:1-20  name")));
            let text = page.finish("ask for fewer");
            assert!(Tokenizer::O200k.count(&text) <= budget, "{budget}: {text}");
            assert!(text.contains("more lines left out: ask for fewer"), "{text}");
        }
    }

    #[test]
    fn an_excerpt_is_cut_at_a_line_and_says_how_to_go_on() {
        let lines: Vec<String> =
            (1..=400).map(|line| format!("let value_{line} = {line};\n")).collect();
        let text = lines.concat();
        let excerpt = |text: &str, lines: u32| Excerpt {
            path: "src/a.rs".to_owned(),
            document_id: None,
            first_line: 1,
            last_line: lines,
            lines,
            language: contextlite_engine::language::Language::Rust,
            text: text.to_owned(),
            changed: false,
            document_hash: String::new(),
        };
        let long = excerpt(&text, 400);
        let cut = super::excerpt(&long, 500, Tokenizer::O200k);
        assert!(Tokenizer::O200k.count(&cut) <= 500, "{cut}");
        let (_, rest) = cut.split_once("Truncated; read src/a.rs:").unwrap();
        let next: u32 = rest.split('-').next().unwrap().parse().unwrap();
        assert!(cut.contains(&format!("let value_{} = ", next - 1)), "{cut}");
        assert!(!cut.contains(&format!("let value_{next} = ")), "{cut}");
        let whole = super::excerpt(&excerpt("a\nb\n", 2), 500, Tokenizer::O200k);
        assert_eq!(whole, "## src/a.rs:1-2\n```rust\na\nb\n```\n\nLines 1-2 of 2.\n");
    }
}
