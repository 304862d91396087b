//! Names and outlines: `outline` and `symbol`, in every form.

use serde_json::Value;

use crate::Machine;

/// A machine whose repository has two types with a method of one name, and callers of both.
fn machine() -> Machine {
    let machine = Machine::new();
    machine.write(
        "src/server.rs",
        "use crate::retry::backoff_delay;\n\n/// Listens.\npub struct Server;\n\n\
         impl Server {\n    \
         /// Ends.\n    pub fn close(&self) -> u64 {\n        backoff_delay(1)\n    }\n}\n\n\
         pub struct Client;\n\nimpl Client {\n    pub fn close(&self) {}\n}\n\n\
         pub fn stop(server: &Server) -> u64 {\n    server.close() + server.close()\n}\n",
    );
    machine
}

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|each| each[field].as_str().unwrap()).collect()
}

#[test]
fn an_outline_lists_the_parts_with_their_lines() {
    let machine = machine();
    let expected = "src/server.rs:3-4\ttype\tServer\tpub struct Server;\n\
                    src/server.rs:6-11\timplementation\tServer\timpl Server\n\
                    src/server.rs:7-10\tmethod\tServer › close\tpub fn close(&self) -> u64\n\
                    src/server.rs:13-13\ttype\tClient\tpub struct Client;\n\
                    src/server.rs:15-17\timplementation\tClient\timpl Client\n\
                    src/server.rs:16-16\tmethod\tClient › close\tpub fn close(&self)\n\
                    src/server.rs:19-21\tfunction\tstop\tpub fn stop(server: &Server) -> u64\n";
    assert_eq!(machine.out(&["outline", "src/server.rs"]), expected);
    let inner = machine.root().join("src");
    assert_eq!(machine.run_in(&inner, &["outline", "server.rs"]).out, expected);
    let answer = machine.json(&["outline", "README.md"]);
    assert_eq!(texts(&answer["parts"], "name"), ["Tool", "Installation", "Usage"]);
    assert_eq!(answer["parts"][1]["start_line"], 5);
    assert_eq!(answer["parts"][1]["depth"], 1);
    let missing = machine.run(&["outline", "src/none.rs"]);
    assert_eq!(missing.code, 3, "{}", missing.err);
    assert!(missing.err.contains("src/none.rs"), "{}", missing.err);
}

#[test]
fn a_part_has_the_lines_that_a_citation_reads_back() {
    let machine = machine();
    let answer = machine.json(&["outline", "src/server.rs"]);
    for part in answer["parts"].as_array().unwrap() {
        let citation = format!("src/server.rs:{}-{}", part["start_line"], part["end_line"]);
        let text = machine.out(&["show", &citation]);
        assert!(text.contains(part["name"].as_str().unwrap()), "{citation}: {text}");
        let line = machine.out(&["show", &format!("src/server.rs:{}", part["line"])]);
        assert!(line.contains(part["name"].as_str().unwrap()), "{citation}: {line}");
    }
}

#[test]
fn a_name_is_found_with_all_that_use_it() {
    let machine = machine();
    let answer = machine.json(&["symbol", "backoff_delay"]);
    let definition = &answer["definitions"][0];
    assert_eq!(definition["path"], "src/retry.rs");
    assert_eq!((&definition["start_line"], &definition["end_line"]), (&6.into(), &10.into()));
    assert_eq!(definition["signature"], "pub fn backoff_delay(attempt: u32) -> u64");
    let mut callers = texts(&answer["callers"], "name");
    callers.sort_unstable();
    assert_eq!(callers, ["close", "run_with_retry"]);
    let lines = texts(&answer["references"], "text");
    assert!(lines.contains(&"use crate::retry::backoff_delay;"), "{lines:?}");
    assert_eq!(answer["references_total"], 3);
    assert_eq!(answer["referencing_documents"], 2);
}

#[test]
fn a_qualified_name_means_one_of_several() {
    let machine = machine();
    let count = |name: &str| machine.json(&["symbol", name])["definitions_total"].clone();
    assert_eq!((count("close"), count("CLOSE")), (2.into(), 2.into()));
    let answer = machine.json(&["symbol", "Server::close"]);
    assert_eq!(answer["definitions_total"], 1);
    assert_eq!(answer["definitions"][0]["start_line"], 7);
    assert_eq!(answer["callers"][0]["name"], "stop");
    assert_eq!(answer["callers"][0]["references"], 2);
    assert_eq!(count("server.stop"), 1);
    assert_eq!(count("Nobody::close"), 0);
}

#[test]
fn an_edit_moves_the_definition_at_once() {
    let machine = machine();
    assert_eq!(machine.json(&["symbol", "stop"])["definitions"][0]["start_line"], 19);
    let path = machine.root().join("src/server.rs");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("//! Serves.\n\n{text}")).unwrap();
    assert_eq!(machine.json(&["symbol", "stop"])["definitions"][0]["start_line"], 21);
    machine.write("src/server.rs", "pub struct Server;\n");
    let gone = machine.run(&["symbol", "stop"]);
    assert_eq!((gone.code, gone.out.as_str()), (1, ""));
    assert!(gone.err.contains("no document defines or mentions it"), "{}", gone.err);
}

#[test]
fn lists_are_as_long_as_they_may_be_and_say_so() {
    let machine = machine();
    let run = machine.run(&["symbol", "close", "--limit", "1"]);
    assert!(run.out.starts_with("definition\tsrc/server.rs:"), "{}", run.out);
    assert_eq!(run.out.lines().count(), 3, "{}", run.out);
    assert!(
        run.err.contains("1 of 2 definitions, 1 of 1 function, 1 of 2 mentions"),
        "{}",
        run.err
    );
    assert_eq!(machine.run(&["symbol", "close", "--limit", "0"]).code, 2);
    assert_eq!(machine.run(&["symbol", " "]).code, 2);
}
