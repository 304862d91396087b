//! docs/http.md: every example runs, and every route is in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Machine;
use crate::server::Server;

fn manual() -> String {
    std::fs::read_to_string(root().join("docs/http.md")).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The examples: each command with the answer that stands below it.
fn examples(manual: &str) -> Vec<(String, Value)> {
    let mut parts = manual.split("```sh\n");
    parts.next();
    let example = |part: &str| {
        let (command, rest) = part.split_once("```\n").unwrap();
        let answer = rest.strip_prefix("```json\n").expect("an answer stands below each command");
        let answer = serde_json::from_str(answer.split_once("```").unwrap().0);
        (command.to_owned(), answer.unwrap_or_else(|error| panic!("{command}: {error}")))
    };
    parts.map(example).collect()
}

/// Whether everything that is shown is there, of its kind.
fn differs(shown: &Value, found: &Value) -> Option<String> {
    match (shown, found) {
        (Value::Object(shown), Value::Object(found)) => shown.iter().find_map(|(name, value)| {
            let Some(other) = found.get(name) else { return Some(format!("no {name}")) };
            differs(value, other).map(|inner| format!("{name}: {inner}"))
        }),
        (Value::Array(shown), Value::Array(found)) => match (shown.first(), found.first()) {
            (Some(shown), Some(found)) => differs(shown, found),
            (Some(_), None) => Some("it is empty".to_owned()),
            _ => None,
        },
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Null, Value::Null) => None,
        (Value::Bool(shown), Value::Bool(found)) if shown == found => None,
        (shown, found) => Some(format!("{found}, not {shown}")),
    }
}

#[test]
#[cfg(unix)]
fn the_examples_of_the_manual_run() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let examples = examples(&manual());
    assert!(examples.len() > 20, "{}", examples.len());
    for (command, shown) in examples {
        let here = command.replace("http://127.0.0.1:8080", &server.url);
        assert_ne!(here, command, "it asks this server");
        let run = Command::new("sh").arg("-c").arg(&here).current_dir(machine.root()).output();
        let run = run.unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        let found: Value = serde_json::from_str(&said)
            .unwrap_or_else(|_| panic!("{command}{said}{}", String::from_utf8_lossy(&run.stderr)));
        assert_eq!(differs(&shown, &found), None, "{command}{found:#}");
    }
}

#[test]
fn every_route_is_in_the_manual() {
    let api = std::fs::read(root().join("docs/openapi.json")).unwrap();
    let api: Value = serde_json::from_slice(&api).unwrap();
    let manual = manual();
    for path in api["paths"].as_object().unwrap().keys() {
        let plain = path.split('{').next().unwrap();
        assert!(manual.contains(plain), "{path}");
    }
}

#[test]
fn the_dashboard_asks_for_metrics_that_there_are() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    server.settle(&serde_json::json!({"query": "retry"}));
    let metrics = server.get("/metrics").text;
    let file = root().join("packaging/grafana/contextlite.json");
    let board: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut asked = 0;
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            for name in expression.split(|letter| !is_part(letter)) {
                if name.starts_with("contextlite_") {
                    let is_there = metrics.lines().any(|line| {
                        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']))
                    });
                    assert!(is_there, "{name}: {metrics}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked >= 10, "{asked}");
}
