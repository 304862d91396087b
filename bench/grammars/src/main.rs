//! What the parsers that the engine could use for markup, styles and data cost and survive.
//!
//! `cargo run --release --manifest-path bench/grammars/Cargo.toml --target-dir target/grammars --
//! PARSER < LIST` parses the files that the list names, one a line, and prints how many there are
//! and in how many the parser found errors. Take the time with `time`; the list may name a file
//! several times. `PARSER` is one of `md html css scss yaml` (tree-sitter), `cmark`, `html5gum`,
//! `saphyr`.

use std::io::Read;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("name a parser, such as `md`")?;
    let mut list = String::new();
    std::io::stdin().read_to_string(&mut list)?;
    let mut has_error = parser(&name)?;
    let (mut files, mut bytes, mut errors) = (0, 0, 0);
    for path in list.lines() {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        files += 1;
        bytes += text.len();
        errors += usize::from(has_error(&text));
    }
    println!("{name}: {files} files, {bytes} bytes, {errors} files with errors");
    Ok(())
}

/// A parser that says whether a text has errors.
type Check = Box<dyn FnMut(&str) -> bool>;

fn parser(name: &str) -> Result<Check, Box<dyn std::error::Error>> {
    let language: tree_sitter::Language = match name {
        "cmark" => return Ok(Box::new(cmark)),
        "html5gum" => return Ok(Box::new(html)),
        "saphyr" => {
            return Ok(Box::new(|text| {
                saphyr_parser::Parser::new_from_str(text).any(|event| event.is_err())
            }));
        }
        "md" => tree_sitter_md::LANGUAGE.into(),
        "html" => tree_sitter_html::LANGUAGE.into(),
        "css" => tree_sitter_css::LANGUAGE.into(),
        "scss" => tree_sitter_scss::language(),
        "yaml" => tree_sitter_yaml::LANGUAGE.into(),
        other => return Err(format!("no parser {other}").into()),
    };
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&language)?;
    Ok(Box::new(move |text| {
        parser.parse(text, None).is_none_or(|tree| tree.root_node().has_error())
    }))
}

/// Markdown has no errors.
fn cmark(text: &str) -> bool {
    let options = pulldown_cmark::Options::ENABLE_TABLES;
    pulldown_cmark::Parser::new_ext(text, options).into_offset_iter().count() == usize::MAX
}

/// HTML as browsers read it has no errors that matter.
fn html(text: &str) -> bool {
    html5gum::Tokenizer::new(text).count() == usize::MAX
}
