//! What a document is made of; where a name is defined, and who mentions it.
//!
//! The store records which names each document defines and mentions (the graph that `authority`
//! ranks), but not where: a row for each mention would cost more than the text. So documents are
//! found in the records, and places in them by parsing their stored text again, with the parser
//! that read them first. An answer is of one generation, and its lines are those of citations.
//!
//! Names are all that is known: no type is inferred, and two things of one name are two definitions
//! of it. A *qualified* name (`Server::close`, `queue.worker.run`) keeps the definitions whose
//! enclosing part, owner or file is named so; mentions are found by the last part alone.
//!
//! Order: things of a program before headings and keys, the documents that others lean on most
//! first, then by path and line.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::document::{DocumentId, DocumentKind};
use crate::error::Result;
use crate::language::Language;
use crate::parse;
use crate::passage::{Definition, Outline, SymbolKind};
use crate::store::{DocumentRow, Reader};
use crate::terms;
use crate::text::{LineIndex, Span};

/// The documents that are parsed to find the places of mentions; those that the most code leans on.
pub const MENTIONING_DOCUMENTS_MAX: usize = 200;
/// The documents that are parsed to find the places of definitions.
pub const DEFINING_DOCUMENTS_MAX: usize = 200;
/// A longer line or signature is cut: it is shown to be recognised, not to be read.
const LINE_CHARS_MAX: usize = 160;
/// What stands between the names of a qualified name.
const SEPARATORS: [char; 5] = [':', '.', '#', '/', '>'];

/// One named part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The name as written.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// Its signature on one line, at most 160 characters.
    pub signature: String,
    /// The names of the parts around it, outermost first, joined with ` › `; empty at top level.
    pub breadcrumb: String,
    /// How many parts are around it.
    pub depth: u32,
    /// Its first line, with its documentation; 1-based.
    pub first_line: u32,
    /// Its last line, 1-based, inclusive.
    pub last_line: u32,
    /// The line on which its signature starts, 1-based.
    pub line: u32,
}

/// The named parts of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOutline {
    /// The document's path.
    pub path: String,
    /// The document's id in a library; `None` for a file.
    pub document_id: Option<String>,
    /// The language.
    pub language: Language,
    /// The number of lines.
    pub lines: u32,
    /// The parts by position, outer before inner.
    pub parts: Vec<Part>,
    /// Whether the file on disk is not what was indexed; never so in a library.
    pub changed: bool,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The root of the workspace; the library's database for a document of a library.
    pub root: PathBuf,
    /// The document's path.
    pub path: String,
    /// The document's id in a library; `None` for a file.
    pub document_id: Option<String>,
}

/// One definition of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDefinition {
    /// Its document.
    pub origin: Origin,
    /// The part that defines it.
    pub part: Part,
}

/// One mention of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Its document.
    pub origin: Origin,
    /// The line, 1-based.
    pub line: u32,
    /// The line's text without its indentation, at most 160 characters.
    pub text: String,
}

/// A function or method that mentions a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its document.
    pub origin: Origin,
    /// The function or method.
    pub part: Part,
    /// How often it mentions the name.
    pub mentions: u32,
}

/// The most that an answer about a name lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolLimits {
    /// The most definitions.
    pub definitions_max: usize,
    /// The most mentions, and the most callers.
    pub mentions_max: usize,
}

impl Default for SymbolLimits {
    fn default() -> Self {
        Self { definitions_max: 20, mentions_max: 50 }
    }
}

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SymbolAnswer {
    /// The name as it was asked for.
    pub name: String,
    /// Its definitions.
    pub definitions: Vec<FoundDefinition>,
    /// How many were found before the limit; those of further documents than
    /// [`DEFINING_DOCUMENTS_MAX`] are not counted.
    pub definitions_total: usize,
    /// The functions and methods that mention it.
    pub callers: Vec<Caller>,
    /// How many were found before the limit.
    pub callers_total: usize,
    /// Its mentions.
    pub mentions: Vec<Mention>,
    /// How many there are in all documents, as recorded.
    pub mentions_total: u64,
    /// The documents that mention it, as recorded.
    pub mentioning_documents: usize,
    /// How many of them were looked into: [`MENTIONING_DOCUMENTS_MAX`] of a store at most.
    pub searched_documents: usize,
}

/// The named parts of a document.
///
/// # Errors
/// Any failure of the store.
pub fn outline(reader: &Reader, document: &DocumentRow, changed: bool) -> Result<DocumentOutline> {
    let parsed = Parsed::read(reader, document)?;
    Ok(DocumentOutline {
        path: document.path.clone(),
        document_id: document.library_id.clone(),
        language: document.language,
        lines: parsed.lines.lines(),
        parts: (0..parsed.outline.definitions.len()).map(|at| parsed.part(at)).collect(),
        changed,
    })
}

/// Adds to `answer`, which knows its name, what one store knows of it.
///
/// # Errors
/// Any failure of the store.
pub fn find(reader: &Reader, root: &Path, answer: &mut SymbolAnswer) -> Result<()> {
    let (qualifier, name) = split(&answer.name);
    let found = definitions(reader, root, qualifier, name)?;
    // A name is often typed in the wrong case; mentions are of the name as it is written.
    let written = match found.first() {
        Some((_, definition)) => definition.part.name.clone(),
        None => name.to_owned(),
    };
    answer.definitions.extend(found.into_iter().map(|(_, definition)| definition));
    answer.definitions_total = answer.definitions.len();
    mentions(reader, root, &written, answer)
}

/// Keeps of an answer what its limits allow.
pub fn limit(answer: &mut SymbolAnswer, limits: SymbolLimits) {
    answer.callers_total = answer.callers.len();
    answer.definitions.truncate(limits.definitions_max);
    answer.callers.truncate(limits.mentions_max);
    answer.mentions.truncate(limits.mentions_max);
}

/// The names around a name, if it is qualified, and the name itself.
fn split(name: &str) -> (Option<&str>, &str) {
    let name = name.trim().trim_end_matches("()");
    match name.rfind(SEPARATORS) {
        Some(at) if at + 1 < name.len() => {
            let before = name[..at].trim_end_matches(SEPARATORS).trim_end_matches('-');
            let around = before.rsplit(SEPARATORS).next().filter(|around| !around.is_empty());
            (around, &name[at + 1..])
        }
        _ => (None, name),
    }
}

/// What definitions are ordered by.
type Standing = (bool, bool, Reverse<u32>, String, u32);

/// How a definition stands in what the name around it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// In a part, or with an owner, of that name.
    Part,
    /// In a file or folder of that name.
    File,
}

fn definitions(
    reader: &Reader,
    root: &Path,
    qualifier: Option<&str>,
    name: &str,
) -> Result<Vec<((Place, Standing), FoundDefinition)>> {
    let mut found = Vec::new();
    for document in by_authority(reader, reader.definers_of(name)?, DEFINING_DOCUMENTS_MAX)? {
        let parsed = Parsed::read(reader, &document)?;
        let origin = origin(root, &document);
        for (at, definition) in parsed.outline.definitions.iter().enumerate() {
            if definition.name.to_lowercase() != name.to_lowercase() {
                continue;
            }
            let place = match qualifier {
                Some(around) => parsed.place_in(at, around, &document),
                None => Some(Place::Part),
            };
            let Some(place) = place else { continue };
            let part = parsed.part(at);
            let standing = (place, standing(&document, &part));
            found.push((standing, FoundDefinition { origin: origin.clone(), part }));
        }
    }
    // What stands in a part of that name is meant rather than what stands in such a file.
    if found.iter().any(|((place, _), _)| *place == Place::Part) {
        found.retain(|((place, _), _)| *place == Place::Part);
    }
    if found.iter().any(|(_, definition)| definition.part.name == name) {
        found.retain(|(_, definition)| definition.part.name == name);
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

fn standing(document: &DocumentRow, part: &Part) -> Standing {
    let is_of_program = !matches!(part.kind, SymbolKind::Section | SymbolKind::Key);
    let is_first_hand = matches!(document.kind, DocumentKind::Source);
    let authority = Reverse((document.rank.authority * 1e6) as u32);
    (!is_of_program, !is_first_hand, authority, document.key().to_owned(), part.line)
}

fn mentions(reader: &Reader, root: &Path, name: &str, answer: &mut SymbolAnswer) -> Result<()> {
    let mentioning = reader.mentioners_of(terms::hash(name))?;
    answer.mentions_total += mentioning.iter().map(|&(_, count)| u64::from(count)).sum::<u64>();
    answer.mentioning_documents += mentioning.len();
    let ids = mentioning.into_iter().map(|(id, _)| id).collect();
    for document in by_authority(reader, ids, MENTIONING_DOCUMENTS_MAX)? {
        answer.searched_documents += 1;
        let parsed = Parsed::read(reader, &document)?;
        let origin = origin(root, &document);
        let mut callers: BTreeMap<usize, u32> = BTreeMap::new();
        let mut last_line = 0;
        let mentions = parsed.outline.references.iter().filter(|mention| mention.name == name);
        for mention in mentions {
            if let Some(at) = parsed.function_around(mention.offset) {
                *callers.entry(at).or_default() += 1;
            }
            let line = parsed.lines.line_at(mention.offset);
            if line != last_line {
                let text = parsed.lines.span_of(line, line).of(&parsed.text);
                let text = one_line(text);
                answer.mentions.push(Mention { origin: origin.clone(), line, text });
            }
            last_line = line;
        }
        answer.callers.extend(callers.into_iter().map(|(at, mentions)| Caller {
            origin: origin.clone(),
            part: parsed.part(at),
            mentions,
        }));
    }
    Ok(())
}

/// The documents of these numbers that the most code leans on, `most` of them.
fn by_authority(
    reader: &Reader,
    mut ids: Vec<DocumentId>,
    most: usize,
) -> Result<Vec<DocumentRow>> {
    let mut ranked = Vec::with_capacity(ids.len());
    for id in ids.drain(..) {
        ranked.push((Reverse((reader.rank(id)?.authority * 1e6) as u32), id));
    }
    ranked.sort_unstable();
    ranked.truncate(most);
    let ids: Vec<DocumentId> = ranked.into_iter().map(|(_, id)| id).collect();
    let mut documents = reader.documents(&ids)?;
    documents.sort_by(|a, b| {
        b.rank.authority.total_cmp(&a.rank.authority).then_with(|| a.key().cmp(b.key()))
    });
    Ok(documents)
}

fn origin(root: &Path, document: &DocumentRow) -> Origin {
    Origin {
        root: root.to_owned(),
        path: document.path.clone(),
        document_id: document.library_id.clone(),
    }
}

/// A document whose text was parsed again.
struct Parsed {
    text: String,
    outline: Outline,
    lines: LineIndex,
}

impl Parsed {
    fn read(reader: &Reader, document: &DocumentRow) -> Result<Self> {
        let text = reader.text(document.id)?;
        let outline = parse::outline(document.language, &text);
        let lines = LineIndex::new(&text);
        Ok(Self { text, outline, lines })
    }

    fn part(&self, at: usize) -> Part {
        let definition = &self.outline.definitions[at];
        let around = self.names_around(definition);
        let (first_line, last_line) = self.lines.lines_of(trimmed(&self.text, definition.span));
        Part {
            name: definition.name.clone(),
            kind: definition.kind,
            signature: one_line(definition.signature.of(&self.text)),
            breadcrumb: around.join(" › "),
            depth: self.parents(definition).count() as u32,
            first_line,
            last_line,
            line: self.lines.line_at(definition.signature.start),
        }
    }

    fn parents<'p>(&'p self, of: &'p Definition) -> impl Iterator<Item = &'p Definition> {
        let parent = |of: &Definition| Some(&self.outline.definitions[of.parent? as usize]);
        std::iter::successors(parent(of), move |definition| parent(definition))
    }

    /// Outermost first; with the owner that is written beside the name and not around it.
    fn names_around<'p>(&'p self, of: &'p Definition) -> Vec<&'p str> {
        let mut names: Vec<&str> = of.owner.as_deref().into_iter().collect();
        names.extend(self.parents(of).map(|parent| parent.name.as_str()));
        names.reverse();
        names
    }

    /// How a definition stands in something of a name, if it does.
    fn place_in(&self, at: usize, around: &str, document: &DocumentRow) -> Option<Place> {
        let is = |name: &str| name.eq_ignore_ascii_case(around);
        if self.names_around(&self.outline.definitions[at]).into_iter().any(is) {
            return Some(Place::Part);
        }
        let file = document.path.rsplit('/').next().unwrap_or_default();
        let stem = file.split('.').next().unwrap_or_default();
        let folder = document.path.rsplit('/').nth(1).unwrap_or_default();
        (is(stem) || is(folder)).then_some(Place::File)
    }

    /// The innermost function or method around an offset.
    fn function_around(&self, offset: u32) -> Option<usize> {
        let holds = |definition: &Definition| {
            matches!(definition.kind, SymbolKind::Function | SymbolKind::Method)
                && definition.span.contains(offset)
        };
        self.outline.definitions.iter().rposition(holds)
    }
}

/// The span without the line ends at its end, so that it does not reach into the next line.
fn trimmed(text: &str, span: Span) -> Span {
    let kept = span.of(text).trim_end().len() as u32;
    Span::new(span.start, span.start + kept.max(u32::from(!span.is_empty())))
}

/// A text on one line, its runs of blanks as one, cut where it is long.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qualified_name_is_split() {
        let table = [
            ("run", (None, "run")),
            ("run()", (None, "run")),
            ("Server::close", (Some("Server"), "close")),
            ("a::Server::close", (Some("Server"), "close")),
            ("queue.worker.run", (Some("worker"), "run")),
            ("Type#method", (Some("Type"), "method")),
            ("self->field", (Some("self"), "field")),
            ("::close", (None, "close")),
            ("close::", (None, "close::")),
            ("", (None, "")),
        ];
        for (name, expected) in table {
            assert_eq!(split(name), expected, "{name}");
        }
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        assert_eq!(one_line("  fn a(\n    b: u8,\n  )"), "fn a( b: u8, )");
        let long = "ä".repeat(LINE_CHARS_MAX + 1);
        assert_eq!(one_line(&long).chars().count(), LINE_CHARS_MAX + 1);
    }
}
