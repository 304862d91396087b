//! A question, read: its terms, the names and paths it mentions, and what kind of answer it wants.
//!
//! Any text is a question: plain words, one identifier, a path, a stack trace, a long issue. No
//! text is an error and none reaches a query language. From the text are taken
//!
//! - **terms** (`terms`), each once, weighed by where it stands: the first line of a long text is
//!   its subject and counts in full, the rest is background and counts less;
//! - **compounds of neighbours**: "segment updater" may be written `SegmentUpdater`, so the joined
//!   form of each two and three neighbouring words is a term too, at a lower weight;
//! - **synonyms** (`lexicon`), as alternates of their term: they can stand in for it, not add to
//!   it;
//! - **names**: words that look like identifiers, or a question of one word, to be compared with
//!   what passages define;
//! - **paths**: words that look like file names or paths, as in stack traces;
//! - **intent**: whether tests, prose, examples or configuration are asked for, which lifts the
//!   reserve that ranking otherwise has about such files.

use rustc_hash::FxHashMap;

use crate::language::Language;
use crate::lexicon;
use crate::terms::{self, TermKind};

/// Text beyond this many bytes of a question is not read; issue texts are shorter.
pub const QUESTION_BYTES_MAX: usize = 64 * 1024;
/// At most this many terms are kept, the weightiest first.
pub const TERMS_MAX: usize = 96;
/// At most this many names are kept.
pub const NAMES_MAX: usize = 32;

/// The weight of a term that stands only after the first line of a long question.
const BACKGROUND_WEIGHT: f32 = 0.4;
/// The weight of the joined form of neighbouring words.
const JOINED_WEIGHT: f32 = 0.6;
/// How far repeating a word raises its weight: `(k + 1) n / (k + n)`, BM25's `k₃`.
const REPEAT_K: f32 = 4.0;

/// Stems that ask for something in most questions and so tell little of its place, sorted.
const REQUEST_STEMS: &[&str] = &[
    "actual",
    "add",
    "allow",
    "avoid",
    "behavior",
    "behaviour",
    "bug",
    "call",
    "case",
    "chang",
    "code",
    "correct",
    "current",
    "defin",
    "detail",
    "ensur",
    "error",
    "exampl",
    "exist",
    "expect",
    "feat",
    "featur",
    "file",
    "fix",
    "follow",
    "function",
    "get",
    "give",
    "handl",
    "implement",
    "improv",
    "incorrect",
    "instead",
    "introduc",
    "issu",
    "logic",
    "make",
    "method",
    "minor",
    "miss",
    "move",
    "name",
    "need",
    "new",
    "note",
    "now",
    "pleas",
    "prevent",
    "problem",
    "proper",
    "provid",
    "refactor",
    "remov",
    "report",
    "set",
    "show",
    "simpl",
    "support",
    "tri",
    "updat",
    "use",
    "user",
    "valu",
    "want",
    "way",
    "work",
    "wrong",
];

/// One term of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryTerm {
    /// The term, as `terms` makes it.
    pub term: String,
    /// Its hash, as records hold it.
    pub hash: u32,
    /// Its weight by place, kind and count, before rarity.
    pub weight: f32,
    /// Whether it says what to do rather than where.
    pub is_request: bool,
    /// How often it occurs in the question.
    pub count: u32,
    /// What it was made from.
    pub kind: TermKind,
    /// Whether it stands in the subject.
    pub is_subject: bool,
    /// Whether it was made by joining neighbouring words.
    pub is_joined: bool,
    /// The programming language that it names.
    pub language: Option<Language>,
}

/// A word that may stand for a term, with the share of the term's weight that it gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternate {
    /// The position of the term in [`Query::terms`] that this stands in for.
    pub stands_for: usize,
    /// The other word, as a stem.
    pub term: String,
    /// Its hash.
    pub hash: u32,
}

/// A word that looks like an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryName {
    /// The name as written.
    pub text: String,
    /// Lower-case, as the symbol table is keyed.
    pub key: String,
    /// Whether it stands in the subject.
    pub is_subject: bool,
}

/// A word that looks like a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryPath {
    /// Lower-case, `/`-separated, without leading `./` or `/`.
    pub path: String,
    /// The line that followed it, as in `src/main.rs:12`.
    pub line: Option<u32>,
}

/// What kind of file a question asks for besides program text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "five independent wishes, not states")]
pub struct Intent {
    /// Tests.
    pub tests: bool,
    /// Documentation.
    pub prose: bool,
    /// Documentation before anything else: "documentation about …", "where is … documented".
    pub prose_first: bool,
    /// Examples.
    pub examples: bool,
    /// Build, packaging, continuous integration, configuration files.
    pub configuration: bool,
}

/// A question, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The text, cut at [`QUESTION_BYTES_MAX`].
    pub text: String,
    /// The distinct terms, the weightiest first, at most [`TERMS_MAX`].
    pub terms: Vec<QueryTerm>,
    /// Synonyms of the terms.
    pub alternates: Vec<Alternate>,
    /// The names, in order of appearance, distinct by key.
    pub names: Vec<QueryName>,
    /// The paths, in order of appearance.
    pub paths: Vec<QueryPath>,
    /// What kind of file is asked for.
    pub intent: Intent,
    /// Whether the question is a single word.
    pub is_single_word: bool,
}

/// Reads a question.
pub fn parse(text: &str) -> Query {
    let text = clip(text, QUESTION_BYTES_MAX);
    let (subject, background) = subject_and_background(text);
    let words: Vec<&str> = subject.split_whitespace().collect();
    let is_single_word = words.len() == 1 && background.is_empty();
    let mut gathered = Terms::default();
    gathered.take(subject, 1.0, true);
    gathered.take(background, BACKGROUND_WEIGHT, false);
    gathered.take_joined(subject);
    gathered.take_languages(subject);
    let terms = gathered.finish();
    let alternates = alternates(&terms);
    let mut names = Vec::new();
    gather_names(subject, true, is_single_word, &mut names);
    gather_names(background, false, false, &mut names);
    names.truncate(NAMES_MAX);
    Query {
        text: text.to_owned(),
        alternates,
        names,
        paths: paths(text),
        intent: Intent { prose_first: asks_for_prose_first(subject), ..intent(&terms) },
        is_single_word,
        terms,
    }
}

fn clip(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The first line that says something, and the rest.
fn subject_and_background(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once('\n').map_or((text, ""), |(subject, rest)| (subject.trim(), rest.trim()))
}

/// Gathers distinct terms with their greatest weight.
#[derive(Default)]
struct Terms {
    positions: FxHashMap<String, usize>,
    terms: Vec<QueryTerm>,
}

impl Terms {
    fn take(&mut self, text: &str, weight: f32, is_subject: bool) {
        terms::each_term(text, |term, kind| {
            let is_request = kind == TermKind::Part && REQUEST_STEMS.binary_search(&term).is_ok();
            self.put(QueryTerm {
                term: term.to_owned(),
                hash: terms::hash(term),
                weight,
                is_request,
                count: 1,
                kind,
                is_subject,
                is_joined: false,
                language: None,
            });
        });
    }

    /// Joins each two and three neighbouring words.
    fn take_joined(&mut self, text: &str) {
        let mut words: Vec<String> = Vec::new();
        terms::each_word(text, |word| {
            let lower = word.to_lowercase();
            if lower.is_ascii() && !terms::is_stop_word(&lower) && lower.len() <= 24 {
                words.push(lower.replace('_', ""));
            }
        });
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for window in words.windows(2).chain(words.windows(3)) {
            let term = terms::joined(window);
            self.put(QueryTerm {
                hash: terms::hash(&term),
                term,
                weight: JOINED_WEIGHT,
                is_request: false,
                count: 1,
                kind: TermKind::Compound,
                is_subject: true,
                is_joined: true,
                language: None,
            });
        }
    }

    /// Marks the terms that name a programming language. Names that are also plain words, such as
    /// Go and C, are left alone.
    fn take_languages(&mut self, text: &str) {
        terms::each_word(text, |word| {
            let name = word.to_lowercase();
            let language = Language::from_name(&name).filter(|l| l.is_program() && 3 < name.len());
            let at = self.positions.get(&terms::joined(&[&name]));
            if let (Some(language), Some(&at)) = (language, at) {
                self.terms[at].language = Some(language);
            }
        });
    }

    fn put(&mut self, term: QueryTerm) {
        match self.positions.get(&term.term) {
            Some(&at) => {
                let known = &mut self.terms[at];
                known.weight = known.weight.max(term.weight);
                known.count += u32::from(!term.is_joined);
                known.is_subject |= term.is_subject;
            }
            None => {
                self.positions.insert(term.term.clone(), self.terms.len());
                self.terms.push(term);
            }
        }
    }

    fn finish(mut self) -> Vec<QueryTerm> {
        for term in &mut self.terms {
            let count = term.count as f32;
            term.weight *= (REPEAT_K + 1.0) * count / (REPEAT_K + count);
        }
        self.terms.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        self.terms.truncate(TERMS_MAX);
        self.terms
    }
}

fn alternates(terms: &[QueryTerm]) -> Vec<Alternate> {
    let mut alternates = Vec::new();
    for (stands_for, term) in terms.iter().enumerate().filter(|(_, term)| term.is_subject) {
        for synonym in lexicon::synonyms_of(&term.term) {
            if terms.iter().all(|other| other.term != *synonym) {
                alternates.push(Alternate {
                    stands_for,
                    term: synonym.clone(),
                    hash: terms::hash(synonym),
                });
            }
        }
    }
    alternates
}

/// Whether a word looks like an identifier rather than like English.
fn looks_like_name(word: &str) -> bool {
    let inner_upper =
        word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    let has_underscore = word.trim_matches('_').contains('_');
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    inner_upper || has_underscore || has_digit
}

fn gather_names(text: &str, is_subject: bool, take_all: bool, names: &mut Vec<QueryName>) {
    let bytes = text.as_bytes();
    terms::each_word(text, |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let before = start.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(start + word.len());
        let is_marked = (before == Some(b'`') && after.is_some())
            || after == Some(&b'(')
            || (before == Some(b':') && start >= 2 && bytes[start - 2] == b':')
            || bytes[start + word.len()..].starts_with(b"::")
            || (before == Some(b'.') && start >= 2 && bytes[start - 2].is_ascii_alphanumeric());
        let is_letter = word.len() == 1 && !matches!(word, "a" | "A" | "I" | "s" | "t" | "d" | "x");
        let is_letter = is_letter && bytes[start].is_ascii_alphabetic() && before != Some(b'\'');
        let is_quoted = before == Some(b'`') && after == Some(&b'`');
        let is_name = take_all
            || is_quoted
            || (is_letter && is_subject)
            || looks_like_name(word)
            || (is_marked && word.len() > 2);
        let key = word.to_lowercase();
        if is_name && names.iter().all(|known| known.key != key) {
            names.push(QueryName { text: word.to_owned(), key, is_subject });
        }
    });
}

/// Words with a `/` between parts or a file extension.
fn paths(text: &str) -> Vec<QueryPath> {
    let mut paths: Vec<QueryPath> = Vec::new();
    let is_edge = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '/' | '\\' | '.' | '-'));
    for word in text.split(|c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | ',' | '<' | '>')
    }) {
        let word = word.trim_matches(is_edge).trim_end_matches(['.', ':', ';']);
        let mut pieces = word.split(':');
        let path = pieces.next().unwrap_or_default().replace('\\', "/");
        let line = pieces.next().and_then(|digits| digits.parse().ok());
        let path = path.trim_start_matches(['.', '/']).to_ascii_lowercase();
        if is_path(&path) && paths.iter().all(|known| known.path != path) {
            paths.push(QueryPath { path, line });
        }
    }
    paths
}

fn is_path(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or(text);
    let has_extension = name.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && (1..=6).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && extension.bytes().any(|byte| byte.is_ascii_alphabetic())
            && stem.bytes().any(|byte| byte.is_ascii_alphabetic())
    });
    let has_folder = text.contains('/')
        && text.split('/').all(|part| !part.is_empty())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    (has_extension && text.len() >= 4) || has_folder
}

/// Whether the words of a question ask for a page, not for what a page may be about. A commit
/// message that begins with `docs:` does not.
fn asks_for_prose_first(subject: &str) -> bool {
    const PAGES: [&str; 6] = ["documentation", "docs", "guide", "manual", "readme", "tutorial"];
    const ABOUT: [&str; 5] = ["about", "for", "how", "of", "on"];
    const LEADING: [&str; 8] = ["all", "any", "are", "find", "is", "show", "the", "there"];
    let words: Vec<String> = subject.split_whitespace().map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(|word| word.trim_end_matches('?')).collect();
    let mut rest = words.iter().skip_while(|word| LEADING.contains(word));
    let names_page = rest.next().is_some_and(|word| PAGES.contains(word))
        && rest.next().is_some_and(|word| ABOUT.contains(word));
    names_page || (words.contains(&"where") && words.contains(&"documented"))
}

fn intent(terms: &[QueryTerm]) -> Intent {
    let any = |stems: &[&str]| {
        terms.iter().any(|term| term.is_subject && stems.contains(&term.term.as_str()))
    };
    Intent {
        tests: any(&[
            "test",
            "spec",
            "unittest",
            "fixtur",
            "mock",
            "bench",
            "benchmark",
            "assert",
            "coverag",
            "flaki",
        ]),
        prose: any(&[
            "doc",
            "docs",
            "document",
            "readm",
            "changelog",
            "guid",
            "tutori",
            "typo",
            "wiki",
            "licens",
        ]),
        prose_first: false,
        examples: any(&["exampl", "sampl", "demo", "quickstart", "playground"]),
        configuration: any(&[
            "ci",
            "workflow",
            "makefil",
            "docker",
            "dockerfil",
            "cmake",
            "gradl",
            "packag",
            "depend",
            "config",
            "lint",
            "bump",
            "yaml",
            "toml",
            "github",
            "action",
            "build",
            "pipelin",
            "releas",
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> String {
        parse(text).names.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn path_list(text: &str) -> String {
        let show = |p: &QueryPath| match p.line {
            Some(line) => format!("{}:{line}", p.path),
            None => p.path.clone(),
        };
        parse(text).paths.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_what_looks_like_code() {
        assert_eq!(
            names("Move `SegmentUpdater::list_files` to `Index`"),
            "SegmentUpdater list_files Index"
        );
        assert_eq!(names("Axios"), "Axios");
        assert_eq!(names("how are retries done"), "");
        assert_eq!(names("call parse() twice"), "parse");
    }

    #[test]
    fn paths_and_frames_are_found() {
        assert_eq!(path_list("crash at src/core/index.rs:41:7 in main"), "src/core/index.rs:41");
        assert_eq!(path_list("File \"app/models.py\", line 3"), "app/models.py");
        assert_eq!(path_list("see README.md."), "readme.md");
        assert_eq!(path_list("either/or e.g. 1.5 i.e."), "either/or");
    }

    #[test]
    fn a_page_is_asked_for_in_words() {
        let asks = |text: &str| parse(text).intent.prose_first;
        for text in
            ["documentation about retries", "show the docs on auth", "where is it documented?"]
        {
            assert!(asks(text), "{text}");
        }
        for text in ["docs: fix a typo", "how are docs built", "Move docs of the crate to a file"] {
            assert!(!asks(text), "{text}");
        }
    }

    #[test]
    fn the_subject_counts_more_than_the_rest() {
        let query = parse("fix header parsing\nthe tokenizer is slow");
        let weight =
            |stem: &str| query.terms.iter().find(|t| t.term == stem).map_or(0.0, |t| t.weight);
        assert!(weight("token") < weight("header"));
        assert!(query.terms.iter().all(|t| t.is_request == (t.term == "fix")), "{query:?}");
        assert!(query.terms.iter().any(|t| t.term == "headerpars" && t.is_joined));
    }

    #[test]
    fn request_stems_are_sorted_for_the_search() {
        assert!(REQUEST_STEMS.is_sorted());
    }

    proptest! {
        #[test]
        fn any_text_is_a_question(text in "\\PC{0,200}") {
            let query = parse(&text);
            prop_assert!(query.terms.len() <= TERMS_MAX);
        }
    }
}
