//! `package.json` of a client: read in its order, filled in, and written again.
//!
//! The order of keys has a meaning in `exports`, where the first condition that holds wins, so
//! every value is carried over as it is written. What the release knows is not in the file: the
//! version and the addresses of the repository. What only the sources need is left out of a
//! package: the scripts, so that none can run where it is installed, and the tools.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::pack::archive::Member;

use super::Load;

/// The file.
pub const NAME: &str = "package.json";

/// What the release fills in.
const FILLED: [&str; 4] = ["version", "repository", "homepage", "bugs"];

/// What a package must not have: it holds all that it needs.
const UNWANTED: [&str; 4] =
    ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"];

/// What only the sources need.
const OF_SOURCES: [&str; 3] = ["private", "scripts", "devDependencies"];

/// The file, beside what was built, that says from which sources.
const SOURCES: &str = "SOURCES";

/// The keys of the file with their values as they are written.
#[derive(Debug)]
pub struct PackageJson {
    fields: Vec<(String, String)>,
}

/// A file as an ordered list, which a map of the library would sort.
struct Ordered(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Ordered;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    fields.push((key, value.get().to_owned()));
                }
                Ok(Ordered(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl PackageJson {
    /// Reads the file of a client, without what only the sources need.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: keys that come twice, that the release fills in, or that
    /// a package must not have.
    pub fn read(client: &[Member]) -> Result<Self, Vec<String>> {
        let member = client.iter().find(|member| member.path == NAME);
        let member = member.ok_or_else(|| vec![format!("{NAME} is missing")])?;
        let Ordered(mut fields) = serde_json::from_slice(&member.bytes)
            .map_err(|error| vec![format!("{NAME} is no object of JSON: {error}")])?;
        let mut problems = Vec::new();
        for (at, (key, _)) in fields.iter().enumerate() {
            if fields[..at].iter().any(|(other, _)| other == key) {
                problems.push(format!("{NAME} has {key} twice"));
            }
            if FILLED.contains(&key.as_str()) {
                problems.push(format!("{NAME} has {key}, which the release fills in"));
            }
            if UNWANTED.contains(&key.as_str()) {
                problems.push(format!("{NAME} has {key}; a package holds all that it needs"));
            }
        }
        fields.retain(|(key, _)| !OF_SOURCES.contains(&key.as_str()));
        if problems.is_empty() { Ok(Self { fields }) } else { Err(problems) }
    }

    /// The keys, in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(key, _)| key.as_str())
    }

    /// The value of a key; null if it is absent.
    pub fn value(&self, key: &str) -> Value {
        let field = self.fields.iter().find(|(name, _)| name == key);
        field.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The line of text of a key.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn line(&self, key: &str) -> Result<String, String> {
        let value = self.value(key);
        let line = value.as_str().filter(|text| !text.is_empty() && !text.contains(['\n', '\r']));
        let line = line.ok_or_else(|| format!("{NAME} {key} has to be one line of text"))?;
        Ok(line.to_owned())
    }

    /// The texts of a key; none if it is absent.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn lines(&self, key: &str) -> Result<Vec<String>, String> {
        let value = self.value(key);
        let texts = value.as_array().map_or(&[][..], Vec::as_slice).iter();
        let texts: Option<Vec<String>> =
            texts.map(|text| text.as_str().map(str::to_owned)).collect();
        let is_list = value.is_null() || value.is_array();
        texts.filter(|_| is_list).ok_or_else(|| format!("{NAME} {key} has to be a list of texts"))
    }

    /// Sets a key, in its place or behind all others.
    pub fn set(&mut self, key: &str, value: &Value) {
        let text = serde_json::to_string_pretty(value).expect("a value can be written");
        let text = text.replace('\n', "\n  ");
        match self.fields.iter_mut().find(|(name, _)| name == key) {
            Some((_, place)) => *place = text,
            None => self.fields.push((key.to_owned(), text)),
        }
    }

    /// Fills in what the release knows; `folder` is the client's below the root.
    pub fn fill(&mut self, folder: &str, load: &Load<'_>) {
        let repository = load.repository;
        self.set("version", &load.tag.version().to_string().into());
        self.set("homepage", &format!("{repository}#readme").into());
        self.set("bugs", &serde_json::json!({ "url": format!("{repository}/issues") }));
        let source = serde_json::json!({
            "type": "git", "url": format!("git+{repository}.git"), "directory": folder,
        });
        self.set("repository", &source);
        self.fields.sort_by_key(|(key, _)| match key.as_str() {
            "name" => 0,
            "version" => 1,
            _ => 2,
        });
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let lines: Vec<String> = self
            .fields
            .iter()
            .map(|(key, text)| format!("  {}: {text}", Value::from(key.as_str())))
            .collect();
        format!("{{\n{}\n}}\n", lines.join(",\n")).into_bytes()
    }
}

/// Takes what was built out of a client's files, if it was built from the sources that are there.
///
/// A builder writes `SOURCES` beside it: a line for each file below `src`, digest and path, as
/// `sha256sum` does. So what is packed is never from sources of another day.
///
/// # Errors
///
/// What is missing or from other sources, each with the command that builds it.
pub fn built(client: &[Member], folder: &str) -> Result<Vec<Member>, Vec<String>> {
    let start = format!("{folder}/");
    let list = format!("{start}{SOURCES}");
    let Some(list) = client.iter().find(|member| member.path == list) else {
        return Err(vec![format!("{list} is missing; run `npm run build` there")]);
    };
    let mut expected: Vec<String> = client
        .iter()
        .filter(|member| member.path.starts_with("src/"))
        .map(|member| format!("{}  {}", hex(&Sha256::digest(&member.bytes)), member.path))
        .collect();
    expected.sort();
    let text = String::from_utf8_lossy(&list.bytes);
    let mut said: Vec<&str> = text.lines().collect();
    said.sort_unstable();
    if said != expected {
        return Err(vec![format!("{folder} is not built from src; run `npm run build` there")]);
    }
    let is_built = |member: &&Member| member.path.starts_with(&start) && member.path != list.path;
    Ok(client.iter().filter(is_built).cloned().collect())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{PackageJson, built};
    use crate::pack::archive::Member;

    fn read(text: &str) -> Result<PackageJson, Vec<String>> {
        PackageJson::read(&[Member::paper("package.json", text)])
    }

    #[test]
    fn keys_keep_their_order_and_values_their_form() {
        let text = "{\n  \"name\": \"lite\",\n  \"exports\": {\n    \"types\": \"a\",\n    \
                    \"default\": \"b\"\n  },\n  \"files\": []\n}\n";
        let mut file = read(text).expect("a manifest");
        assert_eq!(String::from_utf8_lossy(&file.bytes()), text);
        file.set("files", &json!(["x"]));
        file.set("more", &json!(1));
        let expected = text.replace("[]\n", "[\n    \"x\"\n  ],\n  \"more\": 1\n");
        assert_eq!(String::from_utf8_lossy(&file.bytes()), expected);
    }

    #[test]
    fn what_only_the_sources_need_is_left_out() {
        let file = read(r#"{"private": true, "name": "lite", "scripts": {}, "main": "a"}"#);
        let file = file.expect("a manifest");
        assert_eq!(file.bytes(), b"{\n  \"name\": \"lite\",\n  \"main\": \"a\"\n}\n");
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(read(text).expect_err("refused"), expected);
        };
        check(
            r#"{"name": "a", "version": "1", "name": "b", "dependencies": {}}"#,
            &[
                "package.json has version, which the release fills in",
                "package.json has name twice",
                "package.json has dependencies; a package holds all that it needs",
            ],
        );
        check(
            "[]",
            &["package.json is no object of JSON: invalid type: sequence, expected an object \
              at line 1 column 0"],
        );
        let file = read(r#"{"a": 1, "b": "x\ny", "c": ["x", 1], "d": {}}"#).expect("a manifest");
        for key in ["a", "b", "absent"] {
            let expected = format!("package.json {key} has to be one line of text");
            assert_eq!(file.line(key), Err(expected));
        }
        for key in ["a", "c", "d"] {
            let expected = format!("package.json {key} has to be a list of texts");
            assert_eq!(file.lines(key), Err(expected));
        }
        assert_eq!(file.lines("absent"), Ok(Vec::new()));
    }

    #[test]
    fn only_what_was_built_from_these_sources_is_taken() {
        // The digest of "a" followed by a line end: `echo a | sha256sum`.
        let digest = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7";
        let mut client = vec![
            Member::paper("lib/SOURCES", format!("{digest}  src/a.ts\n")),
            Member::paper("lib/a.js", "a"),
            Member::paper("library.txt", "no"),
            Member::paper("src/a.ts", "a\n"),
        ];
        assert_eq!(built(&client, "lib").expect("built"), [Member::paper("lib/a.js", "a")]);
        client.push(Member::paper("src/b.ts", "b\n"));
        let stale = ["lib is not built from src; run `npm run build` there"];
        assert_eq!(built(&client, "lib").expect_err("stale"), stale);
        let absent = ["out/SOURCES is missing; run `npm run build` there"];
        assert_eq!(built(&client, "out").expect_err("absent"), absent);
    }
}
