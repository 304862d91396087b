//! A Rust file as the rules see it: code without comments and literals, functions, named paths.
//!
//! This is no parser. Comments, strings and characters are blanked, so that what remains is code;
//! then words and braces tell enough. It knows the literals of the language (raw, byte and C
//! strings, characters against lifetimes, nested comments), which is all that could mislead it.

/// A Rust file.
pub struct Source {
    /// The path from the top of the repository.
    pub path: String,
    /// The content.
    pub text: String,
    /// The content with every comment and literal blanked, line by line at the same place.
    code: String,
}

/// A function with a body.
pub struct Function {
    /// The file that it stands in.
    pub path: String,
    /// Its name.
    pub name: String,
    /// The 1-based line with `fn`.
    pub line: usize,
    /// The lines from `fn` to the closing brace.
    pub lines: usize,
}

/// A path of names, such as `crate::text::Span`, with the 1-based line where it starts.
pub struct NamedPath {
    /// The line.
    pub line: usize,
    /// The names, the first one being `crate`, `super`, `self` or `std`.
    pub names: Vec<String>,
}

/// The words that can start a path of interest.
const PATH_STARTS: [&str; 4] = ["crate", "super", "self", "std"];

impl Source {
    /// Reads a file's text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned(), code: blank(text) }
    }

    /// The code before the unit tests; nothing in a file that holds only those.
    pub fn product(&self) -> &str {
        let end = if self.path.ends_with("/tests.rs") {
            Some(0)
        } else {
            let tests = |(at, found): &(usize, &str)| {
                self.code[at + found.len()..].trim_start().starts_with("mod ")
            };
            self.code.match_indices("#[cfg(test)]").find(tests).map(|(at, _)| at)
        };
        &self.code[..end.filter(|_| self.is_product()).unwrap_or(self.code.len())]
    }

    /// The number of lines before the unit tests.
    pub fn product_lines(&self) -> usize {
        self.product().lines().count()
    }

    /// Whether this is part of a crate itself and not of its integration tests or benchmarks.
    pub fn is_product(&self) -> bool {
        self.path.contains("/src/")
    }

    /// The position of a 1-based line.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// The modules that the product declares in files of their own, in order.
    pub fn modules(&self) -> Vec<String> {
        declared(self.product())
    }

    /// The same with those of the unit tests.
    pub fn all_modules(&self) -> Vec<String> {
        declared(&self.code)
    }

    /// The lines of the product that have `name` as a whole: `rusqlite`, `Instant::now`, `dbg!`.
    pub fn lines_naming(&self, name: &str) -> Vec<usize> {
        let has_it = |line: &str| {
            line.match_indices(name).any(|(at, found)| {
                let before = line[..at].chars().next_back();
                let after = line[at + found.len()..].chars().next();
                !before.is_some_and(is_word) && !after.is_some_and(is_word)
            })
        };
        let lines = self.product().lines().enumerate();
        lines.filter(|(_, line)| has_it(line)).map(|(at, _)| at + 1).collect()
    }

    /// The functions of the product that have a body.
    pub fn functions(&self) -> Vec<Function> {
        let code = self.product();
        let function_at = |(start, _): (usize, &str)| {
            let after = &code[start + "fn".len()..];
            let (_, name) = words(after).next()?;
            let end = start + body_end(&code[start..])?;
            Some(Function {
                path: self.path.clone(),
                name: name.to_owned(),
                line: line_at(code, start),
                lines: code[start..end].lines().count(),
            })
        };
        words(code).filter(|(_, word)| *word == "fn").filter_map(function_at).collect()
    }

    /// The paths in the product that start with one of [`PATH_STARTS`], groups taken apart.
    pub fn named_paths(&self) -> Vec<NamedPath> {
        let code = self.product();
        let mut paths = Vec::new();
        for (start, word) in words(code).filter(|(_, word)| PATH_STARTS.contains(word)) {
            let is_inner = code[..start].ends_with("::") || code[..start].ends_with('$');
            let rest = &code[start + word.len()..];
            if is_inner || !rest.starts_with("::") {
                continue;
            }
            let mut found = Vec::new();
            expand(rest, vec![word.to_owned()], &mut found);
            let line = line_at(code, start);
            paths.extend(found.into_iter().map(|names| NamedPath { line, names }));
        }
        paths
    }
}

fn declared(code: &str) -> Vec<String> {
    let module_of = |line: &str| {
        let (visibility, name) = line.trim().strip_suffix(';')?.split_once("mod ")?;
        let is_declaration = visibility.is_empty() || visibility.starts_with("pub");
        is_declaration.then(|| name.trim().to_owned())
    };
    code.lines().filter_map(module_of).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The words of `code` with their offsets.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.split(|c| !is_word(c))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// Where the body of the function that starts `code` ends; `None` if it has no body.
fn body_end(code: &str) -> Option<usize> {
    let mut depth = 0;
    let mut brackets = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets -= 1,
            ';' if depth == 0 && brackets == 0 => return None,
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => continue,
        }
        if c == '}' && depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// Follows a path after its first names and gathers all paths of a group; gives what is left.
fn expand<'a>(rest: &'a str, names: Vec<String>, found: &mut Vec<Vec<String>>) -> &'a str {
    let Some(after) = rest.strip_prefix("::") else {
        found.push(names);
        return rest;
    };
    if let Some(group) = after.strip_prefix('{') {
        let mut rest = group.trim_start();
        while !rest.is_empty() && !rest.starts_with('}') {
            rest = expand_name(rest, &names, found);
            rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        }
        return rest.strip_prefix('}').unwrap_or(rest);
    }
    expand_name(after, &names, found)
}

fn expand_name<'a>(rest: &'a str, names: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    let mut longer = names.to_vec();
    if end == 0 {
        found.push(longer);
        // A `*`, a turbofish or a macro variable: the path ends here.
        return rest.trim_start_matches(|c: char| !matches!(c, ',' | '}'));
    }
    longer.push(rest[..end].to_owned());
    let rest = expand(&rest[end..], longer, found);
    // Inside a group, `Name as Other` goes on to the comma.
    rest.strip_prefix(" as ").map_or(rest, |other| other.trim_start_matches(is_word))
}

/// Replaces all comments and literals by spaces; line ends stay, and so does every offset.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let follows_word = code.chars().next_back().is_some_and(is_word);
        let literal = if follows_word { None } else { literal_len(rest) };
        if let Some(len) = literal {
            let (gone, after) = rest.split_at(len);
            code.extend(gone.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
            rest = after;
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

/// The length of the comment or literal that starts `rest`, if one does.
fn literal_len(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment_len(rest));
    }
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| {
            let raw = prefix.ends_with('r') && after.trim_start_matches('#').starts_with('"');
            raw || (!prefix.ends_with('r') && after.starts_with(['"', '\'']))
        })
    });
    let prefix = prefix.unwrap_or_default();
    let after = &rest[prefix.len()..];
    let inner = if prefix.ends_with('r') {
        raw_string_len(after)
    } else if after.starts_with('"') {
        quoted_len(after, '"')
    } else if after.starts_with('\'') {
        character_len(after)?
    } else {
        return None;
    };
    Some(prefix.len() + inner)
}

fn block_comment_len(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `#"…"#` with any number of `#`.
fn raw_string_len(rest: &str) -> usize {
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    let start = hashes + 1;
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

fn quoted_len(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The length of `'x'` or `'\n'`; `None` for a lifetime.
fn character_len(rest: &str) -> Option<usize> {
    let mut chars = rest.chars().skip(1);
    let first = chars.next()?;
    if first == '\\' {
        return Some(quoted_len(rest, '\''));
    }
    (chars.next() == Some('\'')).then(|| 2 + first.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let check = |text: &str, expected: &str| assert_eq!(blank(text), expected, "{text}");
        check("a // b\nc", "a     \nc");
        check("a /* b /* c */ d */ e", "a                   e");
        check("f(\"a\\\"b\", 'x', '\\'')", "f(      ,    ,     )");
        check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
        check("r#\"a\"b\"#;b\"c\"", "        ;    ");
        check("number\"s\"", "number\"s\"");
    }

    #[test]
    fn paths_are_taken_apart() {
        let source =
            Source::new("x/src/y.rs", "use crate::{a, b::{self, C as D}, e::*};\nsuper::f::<G>();");
        let paths: Vec<String> =
            source.named_paths().iter().map(|path| path.names.join("::")).collect();
        assert_eq!(paths, ["crate::a", "crate::b::self", "crate::b::C", "crate::e", "super::f"]);
    }

    #[test]
    fn the_product_ends_where_its_tests_start() {
        let check = |path: &str, text: &str, lines: usize| {
            assert_eq!(Source::new(path, text).product_lines(), lines, "{path}: {text}");
        };
        check("crates/a/src/b.rs", "a\nb\n#[cfg(test)]\nmod tests {}\n", 2);
        check("crates/a/src/b.rs", "a\n#[cfg(test)]\nuse b;\n// #[cfg(test)]\n", 4);
        check("crates/a/src/b/tests.rs", "a\n", 0);
        check("crates/a/tests/it/b.rs", "a\n#[cfg(test)]\nmod tests {}\n", 3);
    }

    #[test]
    fn functions_are_measured() {
        let code =
            "fn a(x: [u8; 2]) {\n  {}\n}\ntrait T {\n  fn b();\n  fn c() {}\n}\nstruct D(fn());\n";
        let functions = Source::new("x/src/y.rs", code).functions();
        let found: Vec<_> =
            functions.iter().map(|found| (found.name.as_str(), found.line, found.lines)).collect();
        assert_eq!(found, [("a", 1, 3), ("c", 6, 1)]);
    }
}
