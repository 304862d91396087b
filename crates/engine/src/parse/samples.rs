//! A rich sample of each language that has a grammar with the outline that is expected of it.
//!
//! `samples/LANGUAGE.txt` holds the text, a line `-----`, and the expected listing: a line for each
//! definition (see `tests::check`) and, after `=`, the references.

use crate::language::Language;

/// What stands between a text and its listing.
const BORDER: &str = "\n-----\n";

const FILES: &[(Language, &str)] = &[
    (Language::Rust, include_str!("samples/rust.txt")),
    (Language::Python, include_str!("samples/python.txt")),
    (Language::JavaScript, include_str!("samples/javascript.txt")),
    (Language::TypeScript, include_str!("samples/typescript.txt")),
    (Language::Go, include_str!("samples/go.txt")),
    (Language::Java, include_str!("samples/java.txt")),
    (Language::C, include_str!("samples/c.txt")),
    (Language::Cpp, include_str!("samples/cpp.txt")),
    (Language::CSharp, include_str!("samples/csharp.txt")),
    (Language::Ruby, include_str!("samples/ruby.txt")),
    (Language::Php, include_str!("samples/php.txt")),
    (Language::Swift, include_str!("samples/swift.txt")),
    (Language::Kotlin, include_str!("samples/kotlin.txt")),
    (Language::Scala, include_str!("samples/scala.txt")),
    (Language::Bash, include_str!("samples/bash.txt")),
    (Language::Lua, include_str!("samples/lua.txt")),
    (Language::Elixir, include_str!("samples/elixir.txt")),
    (Language::Haskell, include_str!("samples/haskell.txt")),
    (Language::Zig, include_str!("samples/zig.txt")),
    (Language::Json, include_str!("samples/json.txt")),
    (Language::Toml, include_str!("samples/toml.txt")),
];

/// Each sample: a language, a text, and its expected listing.
pub(crate) fn samples() -> Vec<(Language, &'static str, &'static str)> {
    let split = |&(language, file): &(Language, &'static str)| {
        let (text, listing) = file.split_once(BORDER).expect("a sample has a border");
        (language, text, listing.trim_end_matches('\n'))
    };
    FILES.iter().map(split).collect()
}
