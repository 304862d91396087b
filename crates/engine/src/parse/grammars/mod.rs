//! The descriptions of the grammars, one file for each language or family.

use std::cell::RefCell;

use super::grammar::{Lazy, Table};
use crate::language::Language;

mod bash;
mod c;
mod csharp;
mod elixir;
mod go;
mod haskell;
mod java;
mod javascript;
mod json;
mod kotlin;
mod lua;
mod php;
mod python;
mod ruby;
mod rust;
mod scala;
mod swift;
mod toml;
mod zig;

static RUST: Lazy = Lazy::new(&rust::GRAMMAR);
static PYTHON: Lazy = Lazy::new(&python::GRAMMAR);
static JAVASCRIPT: Lazy = Lazy::new(&javascript::GRAMMAR);
static TYPESCRIPT: Lazy = Lazy::new(&javascript::TYPESCRIPT);
static TSX: Lazy = Lazy::new(&javascript::TSX);
static GO: Lazy = Lazy::new(&go::GRAMMAR);
static JAVA: Lazy = Lazy::new(&java::GRAMMAR);
static C: Lazy = Lazy::new(&c::GRAMMAR);
static CPP: Lazy = Lazy::new(&c::CPP);
static BASH: Lazy = Lazy::new(&bash::GRAMMAR);
static CSHARP: Lazy = Lazy::new(&csharp::GRAMMAR);
static ELIXIR: Lazy = Lazy::new(&elixir::GRAMMAR);
static HASKELL: Lazy = Lazy::new(&haskell::GRAMMAR);
static KOTLIN: Lazy = Lazy::new(&kotlin::GRAMMAR);
static LUA: Lazy = Lazy::new(&lua::GRAMMAR);
static PHP: Lazy = Lazy::new(&php::GRAMMAR);
static RUBY: Lazy = Lazy::new(&ruby::GRAMMAR);
static SCALA: Lazy = Lazy::new(&scala::GRAMMAR);
static SWIFT: Lazy = Lazy::new(&swift::GRAMMAR);
static ZIG: Lazy = Lazy::new(&zig::GRAMMAR);
static JSON: Lazy = Lazy::new(&json::GRAMMAR);
static TOML: Lazy = Lazy::new(&toml::GRAMMAR);

/// The compiled description of a language's grammar, where the engine has one.
pub(super) fn table(language: Language) -> Option<&'static Table> {
    let lazy = match language {
        Language::Rust => &RUST,
        Language::Python => &PYTHON,
        Language::JavaScript => &JAVASCRIPT,
        Language::TypeScript => &TYPESCRIPT,
        Language::Tsx => &TSX,
        Language::Go => &GO,
        Language::Java => &JAVA,
        Language::C => &C,
        Language::Cpp => &CPP,
        Language::Bash => &BASH,
        Language::CSharp => &CSHARP,
        Language::Elixir => &ELIXIR,
        Language::Haskell => &HASKELL,
        Language::Kotlin => &KOTLIN,
        Language::Lua => &LUA,
        Language::Php => &PHP,
        Language::Ruby => &RUBY,
        Language::Scala => &SCALA,
        Language::Swift => &SWIFT,
        Language::Zig => &ZIG,
        Language::Json => &JSON,
        Language::Toml => &TOML,
        _ => return None,
    };
    Some(lazy.table())
}

/// The number of languages that a thread keeps a parser for.
const LANGUAGES_MAX: usize = 32;

thread_local! {
    static PARSERS: RefCell<Vec<Option<tree_sitter::Parser>>> = const { RefCell::new(Vec::new()) };
}

/// Lends the thread's parser of a language; `None` when the grammar does not fit the library.
pub(super) fn with_parser<T>(
    language: Language,
    table: &Table,
    work: impl FnOnce(&mut tree_sitter::Parser) -> T,
) -> Option<T> {
    let at = language as usize;
    assert!(at < LANGUAGES_MAX, "a language number is below the number of parsers kept");
    PARSERS.with_borrow_mut(|parsers| {
        parsers.resize_with(LANGUAGES_MAX, || None);
        if parsers[at].is_none() {
            let mut parser = tree_sitter::Parser::new();
            parser.set_language(&table.language).ok()?;
            parsers[at] = Some(parser);
        }
        parsers[at].as_mut().map(work)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::grammar::tests::check_words;

    #[test]
    fn every_word_of_a_description_is_in_its_grammar() {
        for number in 0..LANGUAGES_MAX as u8 {
            let Some(language) = Language::from_number(number) else { continue };
            if let Some(table) = table(language) {
                check_words(language.name(), table.grammar);
            }
        }
    }
}
