//! A list of servers as text, with us in it or without: pure.
//!
//! Comments, order and layout of everything else stay as they are, because the text is edited by a
//! parser that keeps them and never written anew. What cannot be parsed is refused, so that no file
//! is replaced by a guess.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Value, json};
use toml_edit::{Array, DocumentMut, Item, Table};

/// Our name in every list.
pub const NAME: &str = "contextlite";

/// How a server stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// In JSON with comments: below a key of the whole.
    Json {
        /// The key of the list.
        key: &'static str,
        /// The shape of an entry.
        kind: Kind,
    },
    /// In TOML: a table below a table.
    Toml {
        /// The name of the outer table.
        table: &'static str,
    },
}

/// The shape of an entry in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `command` and `args`.
    Plain,
    /// The same after `type: stdio`.
    Typed,
    /// The same after `source: custom`.
    Sourced,
    /// One list of program and arguments, after `type: local`.
    Listed,
}

impl Kind {
    fn entry(self, program: &str, arguments: &[&str]) -> Value {
        match self {
            Self::Plain => json!({"command": program, "args": arguments}),
            Self::Typed => json!({"type": "stdio", "command": program, "args": arguments}),
            Self::Sourced => {
                json!({"source": "custom", "command": program, "args": arguments, "env": {}})
            }
            Self::Listed => {
                let command: Vec<&str> =
                    std::iter::once(program).chain(arguments.iter().copied()).collect();
                json!({"type": "local", "command": command, "enabled": true})
            }
        }
    }
}

impl Form {
    /// The text with us in its list; the very same text if we are in it so already.
    ///
    /// # Errors
    /// Why the text cannot be edited, as a phrase.
    pub fn with(self, text: &str, program: &str, arguments: &[&str]) -> Result<String, String> {
        match self {
            Self::Json { key, kind } => {
                let root = parse_json(text)?;
                let whole = whole(&root)?;
                let entry = kind.entry(program, arguments);
                let list = match whole.get(key) {
                    None => whole.object_value_or_set(key),
                    Some(_) => list(&whole, key)?.ok_or_else(|| no_list(key))?,
                };
                match list.get(NAME) {
                    Some(known) if known.to_serde_value() == Some(entry.clone()) => {
                        return Ok(text.to_owned());
                    }
                    Some(known) => known.set_value(input(&entry)),
                    None => {
                        list.append(NAME, input(&entry));
                    }
                }
                Ok(ended(root.to_string()))
            }
            Self::Toml { table } => {
                let mut whole = parse_toml(text)?;
                let servers = whole.entry(table).or_insert_with(implicit_table);
                let servers = servers.as_table_like_mut().ok_or_else(|| no_list(table))?;
                let mut entry = Table::new();
                entry.insert("command", toml_edit::value(program));
                let arguments: Array = arguments.iter().copied().collect();
                entry.insert("args", toml_edit::value(arguments));
                let is_same = servers.get(NAME).is_some_and(|known| {
                    let of = |item: &Item, key: &str| item.get(key).map(ToString::to_string);
                    let entry = Item::Table(entry.clone());
                    ["command", "args"].iter().all(|key| {
                        of(known, key).map(|it| it.trim().to_owned())
                            == of(&entry, key).map(|it| it.trim().to_owned())
                    })
                });
                if is_same {
                    return Ok(text.to_owned());
                }
                servers.insert(NAME, Item::Table(entry));
                Ok(ended(whole.to_string()))
            }
        }
    }

    /// The text without us in its list; `None` if we are not in it.
    ///
    /// # Errors
    /// Why the text cannot be edited, as a phrase.
    pub fn without(self, text: &str) -> Result<Option<String>, String> {
        match self {
            Self::Json { key, .. } => {
                let root = parse_json(text)?;
                let list = list(&whole(&root)?, key)?;
                let Some(known) = list.and_then(|list| list.get(NAME)) else { return Ok(None) };
                known.remove();
                Ok(Some(root.to_string()))
            }
            Self::Toml { table } => {
                let mut whole = parse_toml(text)?;
                let servers = whole.get_mut(table).and_then(Item::as_table_like_mut);
                let removed = servers.and_then(|servers| servers.remove(NAME));
                Ok(removed.map(|_| whole.to_string()))
            }
        }
    }

    /// The program that is started for us; `None` if we are not in the list.
    ///
    /// # Errors
    /// Why the text cannot be read, as a phrase.
    pub fn program(self, text: &str) -> Result<Option<String>, String> {
        match self {
            Self::Json { key, .. } => {
                let root = parse_json(text)?;
                let list = list(&whole(&root)?, key)?;
                let entry = list.and_then(|list| list.get(NAME)).and_then(|it| it.to_serde_value());
                Ok(entry.map(|entry| {
                    match &entry["command"] {
                        Value::Array(words) => words.first().and_then(Value::as_str),
                        word => word.as_str(),
                    }
                    .unwrap_or_default()
                    .to_owned()
                }))
            }
            Self::Toml { table } => {
                let whole = parse_toml(text)?;
                let entry = whole.get(table).and_then(|servers| servers.get(NAME));
                let program = |entry: &Item| {
                    let command = entry.get("command").and_then(Item::as_str);
                    command.unwrap_or_default().to_owned()
                };
                Ok(entry.map(program))
            }
        }
    }
}

fn parse_json(text: &str) -> Result<CstRootNode, String> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    CstRootNode::parse(text, &options).map_err(|error| format!("it is not JSON: {error}"))
}

/// The object that a file is; one without a value becomes an empty one.
fn whole(root: &CstRootNode) -> Result<CstObject, String> {
    match root.value() {
        None => Ok(root.object_value_or_set()),
        Some(_) => root.object_value().ok_or_else(|| "it is not a JSON object".to_owned()),
    }
}

fn list(whole: &CstObject, key: &str) -> Result<Option<CstObject>, String> {
    match whole.get(key) {
        None => Ok(None),
        Some(_) => whole.object_value(key).map(Some).ok_or_else(|| no_list(key)),
    }
}

fn no_list(key: &str) -> String {
    format!("`{key}` in it is not a list of servers by name")
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(value) => CstInputValue::Number(value.to_string()),
        Value::String(value) => CstInputValue::String(value.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(values) => CstInputValue::Object(
            values.iter().map(|(name, value)| (name.clone(), input(value))).collect(),
        ),
    }
}

fn parse_toml(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let sentence = error.message().to_owned();
        let line = error.span().map(|span| text[..span.start].lines().count().max(1));
        match line {
            Some(line) => format!("it is not TOML: {sentence}, line {line}"),
            None => format!("it is not TOML: {sentence}"),
        }
    })
}

fn implicit_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn ended(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::assistant::ASSISTANTS;

    /// What may be found in a file: nothing, other servers, comments.
    fn samples(id: &str, key: &str) -> Vec<(&'static str, String)> {
        if id == "codex" {
            let existing = "model = \"m\"\n\n[mcp_servers.other]\ncommand = \"other\"\n";
            let commented = "# mine\nmodel = \"m\" # the best\n\n[mcp_servers] # all\n";
            return vec![
                ("empty", String::new()),
                ("existing", existing.to_owned()),
                ("commented", commented.to_owned()),
            ];
        }
        let existing = format!(
            "{{\n    \"theme\": \"dark\",\n    \"{key}\": {{\n        \
            \"other\": {{ \"command\": \"other\" }}\n    }}\n}}\n"
        );
        let commented = format!(
            "// mine\n{{\n  /* the list */\n  \"{key}\": {{\n    // nothing \
            yet\n  }}, // end\n  \"zoom\": 1,\n}}\n"
        );
        vec![("empty", String::new()), ("existing", existing), ("commented", commented)]
    }

    fn key_of(form: super::Form) -> &'static str {
        match form {
            super::Form::Json { key, .. } => key,
            super::Form::Toml { table } => table,
        }
    }

    #[test]
    fn every_list_takes_us_in_and_lets_us_go() {
        let mut shown = String::new();
        for assistant in ASSISTANTS {
            let form = assistant.form;
            for (name, before) in samples(assistant.id, key_of(form)) {
                let with = form.with(&before, "/bin/contextlite", &["mcp"]).expect("it is sound");
                assert_eq!(form.program(&before), Ok(None));
                assert_eq!(form.program(&with), Ok(Some("/bin/contextlite".to_owned())));
                let again = form.with(&with, "/bin/contextlite", &["mcp"]);
                assert_eq!(again.as_deref(), Ok(with.as_str()), "twice is once");
                let moved = form.with(&with, "/opt/contextlite", &["mcp"]).expect("it is sound");
                assert_eq!(form.program(&moved), Ok(Some("/opt/contextlite".to_owned())));
                let without = form.without(&with).expect("it is sound").expect("we are in it");
                assert_eq!(form.program(&without), Ok(None));
                assert_eq!(form.without(&without), Ok(None));
                for word in ["other", "theme", "// mine", "# the best", "// end", "zoom"] {
                    assert_eq!(before.contains(word), without.contains(word), "{word}");
                    assert!(!before.contains(word) || with.contains(word), "{word}");
                }
                let _ = write!(shown, "== {} {name}\n{with}-- and back\n{without}", assistant.id);
            }
        }
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn what_is_broken_is_refused() {
        for assistant in ASSISTANTS {
            let form = assistant.form;
            let key = key_of(form);
            let broken: Vec<String> = if assistant.id == "codex" {
                vec!["[mcp_servers\n".into(), "mcp_servers = 1\n".into()]
            } else {
                vec!["{\"a\": ".into(), "[]".into(), format!("{{\"{key}\": []}}"), "{a: 1}".into()]
            };
            for text in broken {
                let refused = form.with(&text, "c", &[]).expect_err("it is broken");
                assert!(refused.starts_with("it is not") || refused.contains(key), "{refused}");
            }
        }
    }
}
