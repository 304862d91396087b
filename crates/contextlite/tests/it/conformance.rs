//! The server's side of `clients/conformance`: what the clients rely on, asked over HTTP.
//!
//! The README there says what a file means. A story runs on a machine and a server of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::Machine;
use crate::server::Server;

/// Numbers are equal within this share of the greater one.
const TOLERANCE: f64 = 1e-6;

/// What stands for `{name}` in texts.
type Kept = BTreeMap<String, Value>;

fn files(folder: &str) -> Vec<(PathBuf, Value)> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/conformance").join(folder);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, serde_json::from_str(&text).unwrap())
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_story_is_told_as_it_is_written() {
    for (path, story) in files("cases") {
        let machine = Machine::empty();
        for (name, text) in story["files"].as_object().unwrap_or(&Map::new()) {
            machine.write(name, text.as_str().unwrap());
        }
        let root = machine.root();
        let outside = machine.home().join(".outside");
        std::fs::create_dir(&outside).unwrap();
        let words = texts(&story["server"]);
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        if !arguments.contains(&"--no-root") {
            arguments.extend(["--root", root.to_str().unwrap()]);
        }
        let server = Server::start(&machine, &arguments);
        let mut kept = Kept::from([
            ("root".to_owned(), json!(root.to_str())),
            ("outside".to_owned(), json!(outside.to_str())),
        ]);
        for (index, step) in story["steps"].as_array().unwrap().iter().enumerate() {
            if let Err(problem) = told(&server, step, &mut kept) {
                panic!("{}, step {index} ({}): {problem}", path.display(), step["call"]);
            }
        }
    }
}

/// Asks what a step asks, and compares what comes back.
fn told(server: &Server, step: &Value, kept: &mut Kept) -> Result<(), String> {
    let request = filled(&step["request"], kept);
    let mut path = request["path"].as_str().unwrap().to_owned();
    if let Some(query) = request["query"].as_object() {
        let mut encoder = form_urlencoded::Serializer::new(String::new());
        for (name, value) in query {
            encoder.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
        }
        path += "?";
        path += &encoder.finish();
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in request["headers"].as_object().unwrap_or(&Map::new()) {
        headers.push((name.clone(), value.as_str().unwrap().to_owned()));
    }
    let body = request.get("body").map(ToString::to_string).unwrap_or_default();
    if !body.is_empty() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = server.ask(request["method"].as_str().unwrap(), &path, &headers, &body);
    if answer.status != step["status"] {
        return Err(format!("status {}: {}", answer.status, answer.text));
    }
    let Some(error) = step.get("error") else {
        return fits(&filled(&step["answer"], kept), &answer.json, "answer", kept);
    };
    let mut expected = error.as_object().unwrap().clone();
    match expected.remove("status") {
        Some(status) if answer.status != status => Err(format!("status {}", answer.status)),
        _ => fits(&Value::Object(expected), &answer.json, "error", kept),
    }
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// The same with what was kept in the place of its name.
fn filled(value: &Value, kept: &Kept) -> Value {
    match value {
        Value::String(text) => {
            let is_all = |name: &&String| *text == format!("{{{name}}}");
            if let Some(name) = kept.keys().find(is_all) {
                return kept[name].clone();
            }
            let fill = |text: String, (name, value): (&String, &Value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.replace(&format!("{{{name}}}"), &value)
            };
            Value::String(kept.iter().fold(text.clone(), fill))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, kept)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, kept))).collect()
        }
        other => other.clone(),
    }
}

/// Whether a value is what is expected of it; the README has the table.
fn fits(expected: &Value, found: &Value, at: &str, kept: &mut Kept) -> Result<(), String> {
    let differs = || Err(format!("{at}: expected {expected}, found {found}"));
    match expected {
        Value::Object(fields) if fields.keys().any(|name| name.starts_with('$')) => fields
            .iter()
            .try_for_each(|(operator, operand)| holds((operator, operand), found, at, kept)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, expected)| {
            let at = format!("{at}.{name}");
            let inner = found.get(name).ok_or_else(|| format!("{at} is absent"))?;
            fits(expected, inner, &at, kept)
        }),
        Value::Array(items) => match found.as_array() {
            Some(others) if others.len() == items.len() => items
                .iter()
                .zip(others)
                .enumerate()
                .try_for_each(|(place, (a, b))| fits(a, b, &format!("{at}[{place}]"), kept)),
            _ => differs(),
        },
        Value::Number(_) => match (expected.as_f64(), found.as_f64()) {
            (Some(a), Some(b)) if (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()) => Ok(()),
            _ => differs(),
        },
        _ if expected == found => Ok(()),
        _ => differs(),
    }
}

fn holds(
    (operator, operand): (&str, &Value),
    found: &Value,
    at: &str,
    kept: &mut Kept,
) -> Result<(), String> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let holds = match operator {
        "$is" => match operand.as_str().unwrap() {
            "number" => found.is_number(),
            "string" => found.is_string(),
            "boolean" => found.is_boolean(),
            "list" => found.is_array(),
            "object" => found.is_object(),
            "null" => found.is_null(),
            kind => panic!("no kind is called {kind}"),
        },
        "$least" => number(operand) <= number(found),
        "$most" => number(found) <= number(operand),
        "$has_text" => found.as_str().is_some_and(|text| text.contains(operand.as_str().unwrap())),
        "$length" => {
            let list = found.as_array().map(Vec::len);
            list.or_else(|| Some(found.as_str()?.chars().count())) == Some(count(operand))
        }
        "$keep" => {
            kept.insert(operand.as_str().unwrap().to_owned(), found.clone());
            true
        }
        "$each" | "$has" => {
            let items = found.as_array().map(Vec::as_slice).unwrap_or_default();
            let mut each = items.iter().map(|item| fits(operand, item, at, kept));
            if operator == "$has" {
                each.any(|fit| fit.is_ok())
            } else {
                !items.is_empty() && each.collect::<Result<(), _>>().map(|()| true)?
            }
        }
        _ => panic!("nothing is called {operator}"),
    };
    holds.then_some(()).ok_or_else(|| format!("{at}: {operator} {operand} fails for {found}"))
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[test]
fn what_does_not_fit_is_seen() {
    let check = |expected: Value, found: Value, is_fit: bool| {
        let fit = fits(&expected, &found, "it", &mut Kept::new());
        assert_eq!(fit.is_ok(), is_fit, "{expected} {found}");
    };
    check(json!({"a": 1}), json!({"a": 1.000_000_01, "b": 2}), true);
    check(json!({"a": 1}), json!({"a": 1.1}), false);
    check(json!({"a": null}), json!({}), false);
    check(json!([1]), json!([1, 1]), false);
    check(json!({"$is": "number"}), json!("1"), false);
    check(json!({"$least": 1, "$most": 2}), json!(3), false);
    check(json!({"$least": 1}), json!("x"), false);
    check(json!({"$has_text": "x"}), json!("axb"), true);
    check(json!({"$has_text": "x"}), json!(["x"]), false);
    check(json!({"$each": 1}), json!([]), false);
    check(json!({"$each": 1}), json!([1, 2]), false);
    check(json!({"$has": 1}), json!([2, 1]), true);
    check(json!({"$has": 1}), json!([]), false);
    check(json!({"$length": 2}), json!("äb"), true);
    check(json!({"$length": 2}), json!([1]), false);
    let mut kept = Kept::new();
    assert!(fits(&json!({"$keep": "n"}), &json!(7), "it", &mut kept).is_ok());
    assert_eq!(filled(&json!(["{n}", "/{n}/", "{m}"]), &kept), json!([7, "/7/", "{m}"]));
}

/// A played server must be asked for what the real one has: each request names one of its routes.
#[test]
fn what_is_played_is_the_servers() {
    let api: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let routes: Vec<(&String, &Value)> = api["paths"].as_object().unwrap().iter().collect();
    let is_route = |path: &str, pattern: &str| {
        let (path, pattern): (Vec<&str>, Vec<&str>) =
            (path.split('/').collect(), pattern.split('/').collect());
        let is_part = |(part, wanted): (&&str, &&str)| part == wanted || wanted.starts_with('{');
        path.len() == pattern.len() && path.iter().zip(&pattern).all(is_part)
    };
    for (file, story) in files("wire") {
        for exchange in story["exchanges"].as_array().unwrap() {
            let request = &exchange["request"];
            let path = request["path"].as_str().unwrap();
            let method = request["method"].as_str().unwrap().to_lowercase();
            let is_known = |(pattern, route): (&String, &Value)| {
                is_route(path, pattern) && route.get(&method).is_some()
            };
            assert!(routes.iter().copied().any(is_known), "{}: {request}", file.display());
        }
    }
}
