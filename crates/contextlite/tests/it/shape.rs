//! The JSON of every command: the fields that scripts rely on, and their kinds.

use serde_json::Value;

use crate::Machine;

/// Checks that `value` has the fields `name:kind`, where kind is s(tring), n(umber), b(oolean),
/// a(rray), o(bject) or ? for a number, a string or null.
#[track_caller]
pub fn check(value: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        let (name, kind) = field.split_once(':').unwrap();
        let found = value.get(name).unwrap_or_else(|| panic!("no {name} in {value}"));
        let is_right = match kind {
            "s" => found.is_string(),
            "n" => found.is_number(),
            "b" => found.is_boolean(),
            "a" => found.is_array(),
            "o" => found.is_object(),
            _ => found.is_null() || found.is_number() || found.is_string(),
        };
        assert!(is_right, "{name} is {found}");
    }
}

const PASSAGE: &str = "path:s start_line:n end_line:n tokens:n score:n language:s breadcrumb:s \
     symbols:a features:o root:s document_hash:s text:s";
const FEATURES: &str = "relevance:n recency:n entanglement:n prior:n authority:n specificity:n \
     uncertainty:n";

#[test]
fn a_search_has_its_shape() {
    let machine = Machine::new();
    let root = machine.root();
    let root = root.to_str().unwrap();
    let answer = machine.json(&["search", "retry", "--root", root, "--limit", "2"]);
    check(&answer, "query:s results:a total:n took_ms:n index_ms:n notes:a");
    assert_eq!(answer["query"], "retry");
    let results = answer["results"].as_array().unwrap();
    assert!(!results.is_empty() && results.len() <= 2, "{answer}");
    for result in results {
        check(result, PASSAGE);
        check(&result["features"], FEATURES);
        assert_eq!(result["features"].as_object().unwrap().len(), 7);
        assert_eq!(result["root"], root);
        assert!(result["start_line"].as_u64() <= result["end_line"].as_u64());
        for symbol in result["symbols"].as_array().unwrap() {
            check(symbol, "name:s kind:s line:n");
        }
    }
    assert!(results.len() as u64 <= answer["total"].as_u64().unwrap());
}

#[test]
fn a_context_has_its_shape() {
    let machine = Machine::new();
    let root = machine.root();
    let answer = machine.json(&[
        "context",
        "how is an archive named for a platform",
        "--root",
        root.to_str().unwrap(),
        "--budget",
        "500",
        "--explain",
    ]);
    check(
        &answer,
        "query:s budget_tokens:n total_tokens:n tokenizer:o passages:a selection:o left_out:a \
         documents:n took_ms:n index_ms:n notes:a context:s",
    );
    check(&answer["tokenizer"], "name:s exact:b");
    check(
        &answer["selection"],
        "status:s style:s method:s objective:n upper_bound:n gap:n coherence:n redundancy:n \
         candidates:n pairs:n constraints:n nodes:n digest:s",
    );
    assert_eq!(answer["budget_tokens"], 500);
    assert!(answer["total_tokens"].as_u64().unwrap() <= 500);
    let passages = answer["passages"].as_array().unwrap();
    assert!(passages.iter().any(|passage| passage["path"] == "src/archive.py"), "{answer}");
    for passage in passages {
        check(passage, PASSAGE);
        check(&passage["features"], FEATURES);
    }
}

#[test]
fn every_other_answer_has_its_shape() {
    let machine = Machine::new();
    let plan = machine.json(&["index", "--dry-run", "--explain"]);
    check(&plan, "root:s dry_run:b documents:a text_bytes:n skipped_total:n skipped:a notes:a");
    let report = machine.json(&["index", "--explain"]);
    check(
        &report,
        "root:s dry_run:b documents:n passages:n scanned:n indexed:n refreshed:n unchanged:n \
         removed:n text_bytes:n commits:n skipped_total:n skipped:a took_ms:n notes:a",
    );
    let status = machine.json(&["status"]);
    check(
        &status,
        "root:s database:s documents:n passages:n text_bytes:n database_bytes:n index_bytes:n \
         generation:n indexed_s:? head:? languages:a skipped:a freshness:o",
    );
    check(&status["freshness"], "fresh:b changed:n new:n deleted:n");
    let excerpt = machine.json(&["show", "src/retry.rs:1-2"]);
    check(
        &excerpt,
        "path:s start_line:n end_line:n lines:n language:s root:s document_hash:s changed:b text:s",
    );
    let workspaces = machine.json(&["workspaces"]);
    check(&workspaces[0], "root:s root_exists:b database:s size_bytes:n documents:n indexed_s:?");
    let settings = machine.json(&["config", "show"]);
    check(&settings[0], "key:s value:n origin:s variable:s about:s");
    check(&machine.json(&["config", "path"])[0], "path:s scope:s exists:b");
    let health = machine.json(&["doctor"]);
    check(&health, "healthy:b version:s findings:a");
    check(&health["findings"][0], "check:s verdict:s detail:s");
    check(&machine.json(&["completions", "bash"]), "shell:s script:s");
    check(&machine.json(&["man"])[0], "name:s text:s");
    check(&machine.json(&["forget", "--yes"]), "root:s database:s forgotten:b");
}

#[test]
fn an_error_has_its_shape() {
    let machine = Machine::new();
    let run = machine.run(&["show", "nowhere.rs", "--json"]);
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let error: Value = serde_json::from_str(&run.err).unwrap();
    check(&error, "error:s code:s hint:s");
    assert_eq!(error["code"], "NOT_FOUND");
    let run = machine.run(&["context", " ", "--json"]);
    let error: Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(
        (run.code, &error["code"], &error["field"]),
        (2, &Value::from("INVALID_INPUT"), &Value::from("QUESTION"))
    );
}
