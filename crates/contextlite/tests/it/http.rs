//! The HTTP contract: a test for each route, as a client meets it.

use serde_json::{Value, json};

use crate::Machine;
use crate::server::Server;
use crate::shape::check;

const FEATURES: &str = "relevance:n recency:n entanglement:n prior:n authority:n specificity:n \
     uncertainty:n";

#[test]
fn a_question_is_answered_with_its_proof() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let asked = json!({"query": "how are retries done", "max_tokens": 300, "explain": true});
    let answer = server.ok("/api/v1/context/assemble", &asked);
    check(
        &answer,
        "query:s context:s documents:a total_documents:n searched_documents:n total_tokens:n \
         budget_tokens:n tokenizer:o coherence_score:n cache_hit:b cache_key_fingerprint:s \
         processing_time:n timings:o smt_metrics:o left_out:a",
    );
    check(&answer["timings"], "index_ms:n rank_ms:n select_ms:n render_ms:n total_ms:n");
    check(
        &answer["smt_metrics"],
        "solver_used:s status:s objective:n upper_bound:n gap:n solve_time_us:n solve_time_ms:n \
         variable_count:n constraint_count:n k_candidates:n pairs_count:n nodes:n \
         budget_tokens:n max_docs:? digest:s",
    );
    assert_eq!(answer["smt_metrics"]["solver_used"], "exact");
    assert_eq!(answer["smt_metrics"]["status"], "optimal");
    assert_eq!(answer["smt_metrics"]["max_docs"], Value::Null, "a budget alone is no cap");
    assert!(answer["total_tokens"].as_u64().unwrap() <= 300);
    assert_eq!(answer["searched_documents"], 4);
    let documents = answer["documents"].as_array().unwrap();
    assert_eq!(answer["total_documents"], documents.len());
    for document in documents {
        check(
            document,
            "id:s path:s content:s language:s start_line:n end_line:n score:n utility_score:n \
             relevance_score:n recency_score:n features:o tokens:n inclusion_reason:s",
        );
        check(&document["features"], FEATURES);
        let context = answer["context"].as_str().unwrap();
        assert!(context.contains(document["content"].as_str().unwrap().trim_end()));
    }
    assert_eq!(documents[0]["path"], "src/retry.rs");
    // The command line answers the same.
    let said = machine.json(&["context", "how are retries done", "--budget", "300"]);
    assert_eq!(said["context"], answer["context"]);
    assert_eq!(said["selection"]["digest"], answer["smt_metrics"]["digest"]);
}

#[test]
fn older_callers_are_understood() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let ask = |body: Value| server.ok("/api/v1/context/assemble", &body);
    assert_eq!(ask(json!({"q": "retry"}))["smt_metrics"]["max_docs"], 10);
    let capped = ask(json!({"q": "retry", "budget": 2000, "max_results": 1}));
    assert_eq!((&capped["total_documents"], &capped["budget_tokens"]), (&json!(1), &json!(2000)));
    let greedy = ask(json!({"query": "retry", "use_smt": false}));
    assert_eq!(greedy["smt_metrics"]["solver_used"], "greedy");
    assert!(greedy["smt_metrics"]["fallback_reason"].is_string());
    assert!(greedy["smt_metrics"]["gap"].as_f64().unwrap() < 0.5);
    for (model, name, exact) in
        [("gpt-4o-mini", "o200k", true), ("gpt-4", "cl100k", true), ("llama-9", "chars", false)]
    {
        let answer = ask(json!({"query": "retry", "model_id": model}));
        assert_eq!(answer["tokenizer"], json!({"name": name, "exact": exact}), "{model}");
    }
    let style = ask(json!({"query": "retry", "objective_style": "lexicographic"}));
    assert_eq!(style["smt_metrics"]["objective_style"], "lexicographic");
    let bounded = ask(json!({"query": "retry", "recency_min": 0.0}));
    assert_eq!(bounded["smt_metrics"]["objective_style"], "epsilon-constraint");
    let only = ask(json!({"query": "retry", "include_patterns": ["*.txt"]}));
    let paths: Vec<&Value> =
        only["documents"].as_array().unwrap().iter().map(|each| &each["path"]).collect();
    assert_eq!(paths, ["notes with space.txt"]);
    let query = server.get("/query?q=retry+limit&max_results=2");
    check(&query.json, "documents:a totalResults:n queryTime:n");
    assert_eq!(query.json["totalResults"], 2);
    check(&query.json["documents"][0], "id:s content:s score:n metadata:o");
    assert_eq!(server.get("/query?q=retry&min_score=2").json["documents"], json!([]));
}

#[test]
fn an_equal_question_is_answered_from_memory_and_never_stale() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let asked = json!({"query": "how are retries done", "max_tokens": 400});
    let first = server.ok("/api/v1/context/assemble", &asked);
    assert_eq!(first["cache_hit"], false);
    let again = server.settle(&asked);
    assert_eq!(first["context"], again["context"]);
    assert!(again["timings"].get("rank_ms").is_none(), "no stage was done");
    let anew = server.ok(
        "/api/v1/context/assemble",
        &json!({"query": "how are retries done", "max_tokens": 400, "use_cache": false}),
    );
    assert_eq!((&anew["cache_hit"], &anew["context"]), (&json!(false), &first["context"]));
    machine.write("src/retries.md", "# How retries are done\n\nThey are done by hand.\n");
    let changed = server.ok("/api/v1/context/assemble", &asked);
    assert_eq!(changed["cache_hit"], false);
    assert_ne!(changed["cache_key_fingerprint"], again["cache_key_fingerprint"]);
    assert!(changed["context"].as_str().unwrap().contains("done by hand"), "{changed}");
    // A greedy answer has a gap that no clock made: it is kept, too.
    let greedy = json!({"query": "retry", "max_tokens": 300, "use_smt": false});
    assert_eq!(server.settle(&greedy)["smt_metrics"]["solver_used"], "greedy");
    let statistics = server.get("/api/v1/cache/stats").json;
    check(
        &statistics,
        "hits:n misses:n hit_rate:n invalidations:n entries:n size_bytes:n max_bytes:n",
    );
    assert_eq!(statistics["hits"], 2);
    assert!(statistics["misses"].as_u64() >= Some(2));
    let entries = &statistics["entries"];
    assert_eq!(&server.ok("/api/v1/cache/invalidate", &json!({}))["invalidated"], entries);
    assert_eq!(server.ok("/api/v1/context/assemble", &asked)["cache_hit"], false);
}

#[test]
fn other_ways_to_choose_are_computed() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let asked = json!({"query": "retry a request", "max_tokens": 200});
    let answer = server.ok("/api/v1/context/baseline", &asked);
    check(&answer, "context:s documents:a smt_metrics:o comparison:a");
    let methods = answer["comparison"].as_array().unwrap();
    let names: Vec<&Value> = methods.iter().map(|method| &method["method"]).collect();
    assert_eq!(names, ["optimal", "greedy", "top-k", "bm25"]);
    for method in methods {
        check(method, "method:s objective:n tokens:n passages:a shared:n permitted:b");
        assert!(method["tokens"].as_u64().unwrap() <= 200);
        assert!(method["objective"].as_f64() <= methods[0]["objective"].as_f64());
    }
}

#[test]
fn places_are_ranked() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let answer =
        server.ok("/api/v1/rank", &json!({"query": "backoff_delay", "k": 2, "budget_ms": 50}));
    check(&answer, "items:a p99_ms:n took_ms:n");
    let item = &answer["items"][0];
    check(item, "file:s range:o snippet:s score:n why:s");
    assert_eq!(item["file"], "src/retry.rs");
    // The range gives back exactly the snippet.
    let part = server.ok(
        "/api/v1/snippet",
        &json!({
            "file": item["file"],
            "start": item["range"]["start"],
            "end": item["range"]["end"],
        }),
    );
    assert_eq!(part["snippet"], item["snippet"]);
    assert!(answer["items"].as_array().unwrap().len() <= 2);
    assert!(answer["p99_ms"].as_f64().unwrap() > 0.0);
    let fitted = server.ok("/api/v1/rank", &json!({"query": "retry", "max_tokens": 600}));
    assert!(!fitted["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_part_of_a_document_is_read() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let read = |file: &str, start: Value, end: Value| {
        server.post("/api/v1/snippet", &json!({"file": file, "start": start, "end": end}))
    };
    let at = |line: i64, character: u32| json!({"line": line, "character": character});
    let all = read("src/retry.rs", at(0, 0), at(0, 0));
    let on_disk = std::fs::read_to_string(machine.root().join("src/retry.rs")).unwrap();
    assert_eq!(all.json["snippet"], on_disk);
    assert_eq!(all.json["lines"], on_disk.lines().count());
    let word = read("src/retry.rs", at(3, 10), at(3, 21));
    assert_eq!(word.json["snippet"], "RETRIES_MAX");
    let absolute = machine.root().join("src/retry.rs");
    let absolute = read(absolute.to_str().unwrap(), at(3, 10), at(3, 21));
    assert_eq!(absolute.json["snippet"], "RETRIES_MAX");
    let past = read("src/retry.rs", at(999, 0), at(0, 0));
    assert_eq!((past.status, past.json["field"].as_str()), (400, Some("start")));
    assert_eq!(read("src/retry.rs", at(5, 0), at(4, 0)).json["field"], "end");
    for missing in ["src/none.rs", "../../../etc/passwd", "/etc/passwd", "src/../../secret"] {
        machine.write("../secret", "outside");
        assert_eq!(read(missing, at(0, 0), at(0, 0)).status, 404, "{missing}");
    }
}

#[test]
fn documents_are_found_by_any_text() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let found = server.get("/api/v1/documents/search?q=archive_name&limit=3").json;
    check(&found, "query:s documents:a total:n took_ms:n");
    assert_eq!(found["documents"][0]["path"], "src/archive.py");
    let paths: Vec<&str> = found["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["path"].as_str().unwrap())
        .collect();
    let unique: std::collections::BTreeSet<_> = paths.iter().collect();
    assert_eq!(unique.len(), paths.len(), "{paths:?}");
    for odd in ["AND+OR+NOT", "%22unclosed", "a%3A%3Ab%28c%29", "%2A", "", "%00", "how%3F"] {
        let answer = server.get(&format!("/api/v1/documents/search?q={odd}"));
        assert_eq!(answer.status, 200, "{odd}: {}", answer.text);
        assert!(answer.json["documents"].is_array());
    }
    let none = server.get("/api/v1/documents/search");
    assert_eq!((none.status, none.json["field"].as_str()), (400, Some("q")));
    assert_eq!(server.get("/api/v1/documents/search?q=a&limit=0").json["field"], "limit");
    assert_eq!(server.get("/api/v1/documents/search?q=a&limit=x").json["field"], "limit");
    assert_eq!(server.get("/api/v1/documents/search?q=a&size=1").json["field"], "size");
}

#[test]
fn folders_are_indexed_watched_listed_and_forgotten() {
    let machine = Machine::new();
    let other = machine.home().join("work/other");
    crate::machine::write(&other.join("one.md"), "# Kestrel\n\nA small falcon.\n");
    crate::machine::write(&other.join("two.md"), "# Heron\n\nA bird that waits.\n");
    let server = Server::start(&machine, &["--no-root"]);
    let path = other.to_str().unwrap();
    let too_many =
        server.post("/api/v1/documents/workspace", &json!({"path": path, "max_files": 1}));
    assert_eq!((too_many.status, too_many.code()), (409, "NOT_INDEXED"), "{}", too_many.text);
    for route in ["/api/v1/documents/workspace", "/api/workspace/index"] {
        let done = server.ok(route, &json!({"path": path}));
        check(
            &done,
            "job:n root:s workspace:s state:s scanned_files:n indexed_files:n documents:n",
        );
        assert_eq!((&done["state"], &done["scanned_files"]), (&json!("done"), &json!(2)));
        let job = server.get(&format!("/api/v1/jobs/{}", done["job"])).json;
        assert_eq!(job["state"], "done");
    }
    let listed = server.get("/api/v1/workspaces").json;
    assert_eq!(listed["total"], 1);
    let workspace = &listed["workspaces"][0];
    check(workspace, "id:s root:s root_exists:b is_default:b documents:n passages:n indexed_s:n");
    let id = workspace["id"].as_str().unwrap();
    let state = server.get(&format!("/api/v1/workspaces/{id}")).json;
    check(&state, "root:s documents:n languages:a freshness:o generation:n");
    assert_eq!(state["freshness"]["fresh"], true);
    let by_path =
        server.ok("/api/v1/context/assemble", &json!({"query": "falcon", "workspace_path": path}));
    assert_eq!(by_path["documents"][0]["path"], "one.md");
    let by_id = server.ask(
        "POST",
        "/api/v1/context/assemble",
        &[("content-type", "application/json"), ("x-workspace-id", id)],
        &json!({"query": "falcon"}).to_string(),
    );
    assert_eq!(by_id.json["documents"], by_path["documents"]);
    assert_eq!(server.ask("DELETE", &format!("/api/v1/workspaces/{id}"), &[], "").status, 200);
    assert_eq!(server.get("/api/v1/workspaces").json["total"], 0);
    assert_eq!(server.get(&format!("/api/v1/workspaces/{id}")).status, 404);
    assert_eq!(server.ask("DELETE", &format!("/api/v1/workspaces/{id}"), &[], "").status, 404);
    assert!(other.join("one.md").exists(), "the files are not touched");
    // Asked again, it is indexed again.
    let again =
        server.ok("/api/v1/context/assemble", &json!({"query": "falcon", "workspace_path": path}));
    assert_eq!(again["documents"][0]["path"], "one.md");
    assert_eq!(server.get("/api/v1/jobs/999").status, 404);
    assert_eq!(server.get("/api/v1/jobs/x").status, 404);
}

#[test]
fn what_may_be_named_is_limited() {
    let machine = Machine::new();
    let outside = tempfile::tempdir().unwrap();
    let ask = |server: &Server, path: &str| {
        let asked = json!({"query": "x", "workspace_path": path});
        server.post("/api/v1/context/assemble", &asked)
    };
    let root = machine.root();
    let home = machine.home();
    crate::machine::write(&home.join(".hidden/a.md"), "secret");
    crate::machine::write(&home.join("work/near/a.md"), "near");
    let open = Server::start(&machine, &[]);
    let near = home.join("work/near");
    for allowed in [root.to_str().unwrap(), near.to_str().unwrap()] {
        assert_eq!(ask(&open, allowed).status, 200, "{allowed}");
    }
    let hidden = home.join(".hidden");
    let around = root.join("../../.hidden");
    for forbidden in [
        outside.path().to_str().unwrap(),
        "/etc",
        "/no/such/folder",
        home.to_str().unwrap(),
        hidden.to_str().unwrap(),
        around.to_str().unwrap(),
    ] {
        let answer = ask(&open, forbidden);
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"), "{forbidden}");
        let index = open.post("/api/v1/documents/workspace", &json!({"path": forbidden}));
        assert_eq!(index.status, 403, "{forbidden}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), home.join("work/link")).unwrap();
        assert_eq!(ask(&open, home.join("work/link").to_str().unwrap()).status, 403);
    }
    assert_eq!(ask(&open, "relative").json["field"], "workspace_path");
    assert_eq!(ask(&open, home.join("work/none").to_str().unwrap()).status, 404);
    // Who names roots means these alone; what was indexed before is known anyway.
    let machine = Machine::new();
    crate::machine::write(&machine.home().join("work/near/a.md"), "near");
    let root = machine.root();
    let closed = Server::start(&machine, &["--root", root.to_str().unwrap()]);
    assert_eq!(ask(&closed, root.to_str().unwrap()).status, 200);
    let near = machine.home().join("work/near");
    assert_eq!(ask(&closed, near.to_str().unwrap()).status, 403);
    machine.out(&["index", near.to_str().unwrap()]);
    assert_eq!(ask(&closed, near.to_str().unwrap()).status, 200);
}

#[test]
fn the_state_of_the_server_is_true() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let health = server.get("/health").json;
    check(&health, "status:s version:s timestamp:n database:o smt:o features:o");
    check(
        &health["database"],
        "documents_indexed:s cache_entries:s fts_enabled:b last_optimized:n",
    );
    check(&health["smt"], "enabled:b solver:s version:s policy:s");
    check(&health["features"], "cache_enabled:b fts_search:b quantum_scoring:b smt_optimization:b");
    assert_eq!(health["database"]["documents_indexed"], "0");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    server.settle(&json!({"query": "retry"}));
    let solves = server.get("/api/v1/smt/stats").json["solves"].as_u64().unwrap();
    let health = server.get("/health").json;
    assert_eq!(health["database"]["documents_indexed"], "4");
    assert_eq!(health["database"]["cache_entries"], solves.to_string());
    for path in ["/api/v1/storage/info", "/storage/info"] {
        let storage = server.get(path).json;
        check(
            &storage,
            "database_path:s size_bytes:n document_count:n total_documents:n database_size:n \
             index_size:n last_update:n generation:n",
        );
        assert_eq!(storage["document_count"], 4);
        assert!(std::path::Path::new(storage["database_path"].as_str().unwrap()).exists());
    }
    let solver = server.get("/api/v1/smt/stats").json;
    check(&solver, "solves:n optimal:n proven_share:n mean_gap:n p50_ms:n p99_ms:n");
    assert_eq!((&solver["solves"], &solver["optimal"]), (&json!(solves), &json!(solves)));
    let stats = server.get("/stats").json;
    check(&stats, "documentsCount:n queriesCount:n cacheHits:n averageQueryTime:n uptime:n");
    assert_eq!((&stats["queriesCount"], &stats["cacheHits"]), (&json!(solves + 1), &json!(1)));
    assert_eq!(server.get("/livez").json["status"], "alive");
    assert_eq!(server.get("/readyz").json["status"], "ready");
    let metrics = server.get("/metrics");
    for line in [
        format!("contextlite_selections_total{{status=\"optimal\"}} {solves}"),
        "contextlite_cache_lookups_total{found=\"hit\"} 1".to_owned(),
        format!("contextlite_stage_seconds_count{{stage=\"select\"}} {solves}"),
        format!("contextlite_stage_seconds_bucket{{le=\"+Inf\",stage=\"select\"}} {solves}"),
        format!("route=\"/api/v1/context/assemble\",status=\"200\"}} {}", solves + 1),
    ] {
        assert!(metrics.text.contains(&format!("{line}\n")), "{line}: {}", metrics.text);
    }
    assert!(metrics.text.ends_with("# EOF\n"), "{}", metrics.text);
}

#[test]
fn the_api_document_is_the_committed_one() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let found = serde_json::to_string_pretty(&server.get("/openapi.json").json).unwrap() + "\n";
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == committed,
        "docs/openapi.json is not what the handlers say; run \
         `UPDATE_OPENAPI=1 cargo test --release -p contextlite --test it api_document`"
    );
}

#[test]
fn wrong_requests_are_told_what_is_wrong() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let assemble = "/api/v1/context/assemble";
    let cases = [
        (json!({}), "query"),
        (json!({"query": "  "}), "query"),
        (json!({"query": 5}), "query"),
        (json!({"query": "a", "q": "b"}), "q"),
        (json!({"query": "a", "max_tokens": -1}), "max_tokens"),
        (json!({"query": "a", "max_tokens": 1, "budget": 2}), "budget"),
        (json!({"query": "a", "k": 0}), "k"),
        (json!({"query": "a", "max_opt_gap": 2}), "max_opt_gap"),
        (json!({"query": "a", "objective_style": "best"}), "objective_style"),
        (json!({"query": "a", "objective_style": "epsilon-constraint"}), "objective_style"),
        (json!({"query": "a", "tokenizer": "words"}), "tokenizer"),
        (json!({"query": "a", "include_patterns": ["[" ]}), "include"),
        (json!({"query": "a", "max_tokns": 5}), "max_tokns"),
        (json!({"query": "a", "pin": ["a.rs:0-4"]}), "pin"),
        (json!({"query": "a", "use_smt": false, "objective_style": "lexicographic"}), "method"),
    ];
    for (body, field) in cases {
        let answer = server.post(assemble, &body);
        assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{body}");
        check(&answer.json, "error:s code:s field:s");
    }
    let json = [("content-type", "application/json")];
    for malformed in ["{", "[]", "null", "{\"query\": \"a\"} x", "{\"query\": \"\u{0}\"}"] {
        let answer = server.ask("POST", assemble, &json, malformed);
        assert_eq!((answer.status, answer.code()), (400, "MALFORMED"), "{malformed}");
    }
    let plain = server.ask("POST", assemble, &[("content-type", "text/plain")], "{}");
    assert_eq!((plain.status, plain.code()), (415, "MEDIA_TYPE"));
    assert_eq!(server.ask("GET", assemble, &[], "").code(), "METHOD_NOT_ALLOWED");
    assert_eq!(
        (server.get("/api/v1/none").status, server.get("/api/v1/none").code()),
        (404, "NOT_FOUND")
    );
}

#[test]
fn a_large_body_is_refused_before_it_is_read() {
    let machine = Machine::new().with("CONTEXTLITE_SERVER_BODY_MAX", "1000");
    let server = Server::start(&machine, &[]);
    let asked = json!({"query": "x".repeat(2000)});
    let answer = server.post("/api/v1/context/assemble", &asked);
    assert_eq!((answer.status, answer.code()), (413, "TOO_LARGE"));
    let head = format!(
        "POST /api/v1/context/assemble HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 99999999999\r\nConnection: close\r\n\r\n",
        server.address()
    );
    assert!(server.raw(head.as_bytes()).starts_with("HTTP/1.1 413 "));
}
