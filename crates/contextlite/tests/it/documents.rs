//! Documents that are not files, and feedback, over HTTP.

use serde_json::{Value, json};

use crate::Machine;
use crate::server::{Answer, Server};
use crate::shape::check;

const JSON: (&str, &str) = ("content-type", "application/json");

fn delete(server: &Server, path: &str) -> Answer {
    server.ask("DELETE", path, &[], "")
}

#[test]
fn a_document_is_kept_read_replaced_and_deleted() {
    let machine = Machine::new();
    let server = Server::start(&machine, &["--no-root"]);
    for (documents, alias) in [("/api/v1/documents", "/documents"), ("/documents", "/documents")] {
        let id = "notes/2026 11/ä?#%:é";
        let metadata = r#"{"n": 1.50, "list":[1,  2], "text": "x\u00e4", "deep": {"a": null}}"#;
        let content = "# Kestrel\n\nA small falcon that hovers.\n";
        let body = format!(
            r#"{{"id": {}, "content": {}, "path": "birds.md", "metadata": {metadata},
                "created_at": "2026-01-31T12:00:00Z"}}"#,
            json!(id),
            json!(content)
        );
        let kept = server.ask("POST", documents, &[JSON], &body);
        assert_eq!(kept.status, 201, "{}", kept.text);
        check(&kept.json, "id:s success:b replaced:b");
        assert_eq!(kept.json["id"], id);
        let path = format!("{alias}/notes/2026%2011/%C3%A4%3F%23%25%3A%C3%A9");
        let read = server.get(&path);
        assert_eq!(read.status, 200, "{}", read.text);
        check(
            &read.json,
            "id:s path:s content:s language:s created_at:s updated_at:s tokens:n lines:n",
        );
        assert_eq!(read.json["content"], content);
        assert_eq!(read.json["created_at"], "2026-01-31T12:00:00Z");
        assert!(read.text.contains(metadata), "exactly as it was written: {}", read.text);
        let found = server.get("/query?q=falcon").json;
        assert_eq!(found["documents"][0]["id"], id);
        assert_eq!(found["documents"][0]["metadata"]["n"], 1.5);
        let put = server.ask(
            "PUT",
            &path,
            &[JSON],
            &json!({"content": "# Heron\n\nA bird that waits.\n"}).to_string(),
        );
        assert_eq!((put.status, &put.json["replaced"]), (200, &json!(true)), "{}", put.text);
        let read = server.get(&path).json;
        assert_eq!(
            (&read["metadata"], &read["created_at"]),
            (&Value::Null, &json!("2026-01-31T12:00:00Z"))
        );
        assert_eq!(server.get("/query?q=falcon").json["totalResults"], 0);
        assert_eq!(server.get("/query?q=heron").json["totalResults"], 1);
        assert_eq!(delete(&server, &path).status, 200);
        for gone in [server.get(&path), delete(&server, &path)] {
            assert_eq!((gone.status, gone.code()), (404, "NOT_FOUND"));
        }
        assert_eq!(server.get("/query?q=heron").json["totalResults"], 0);
    }
}

#[test]
fn ids_are_made_and_equal_documents_are_two() {
    let machine = Machine::new();
    let server = Server::start(&machine, &["--no-root"]);
    let add = |body: Value| server.ok("/documents", &body)["id"].as_str().unwrap().to_owned();
    let (first, second) =
        (add(json!({"content": "same"})), add(json!({"content": "same", "id": null})));
    assert_ne!(first, second);
    assert_eq!(add(json!({"content": "same", "path": "a/b.md"})), "a/b.md");
    let list = server.get("/api/v1/documents?limit=2&offset=1").json;
    check(&list, "documents:a total:n offset:n");
    assert_eq!((&list["total"], list["documents"].as_array().unwrap().len()), (&json!(3), 2));
    assert!(list["documents"][0].get("content").is_none());
    assert_eq!(delete(&server, "/documents").json["deleted"], 3);
    assert_eq!(delete(&server, "/api/v1/documents").json["deleted"], 0);
    let third = add(json!({"content": "same"}));
    assert!(third != first && third != second, "an id is never given twice");
}

#[test]
fn many_documents_are_kept_at_once() {
    let machine = Machine::new();
    let server = Server::start(&machine, &["--no-root"]);
    let documents: Vec<Value> = (0..300)
        .map(|at| json!({"id": format!("d{at}"), "content": format!("number{at} falcon")}))
        .collect();
    for body in [json!(documents), json!({"documents": documents})] {
        let report = server.ok("/api/v1/documents/bulk", &body);
        check(&report, "ids:a added:n errors:a total:n");
        assert_eq!((&report["added"], &report["total"]), (&json!(300), &json!(300)));
    }
    assert_eq!(server.get("/storage/info").json["document_count"], 300);
    let mixed = json!([{"content": "good"}, {"content": "bad", "language": "klingon"},
        {"id": "", "content": "bad"}, {"content": "x", "created_at": "yesterday"}]);
    let report = server.ok("/documents/bulk", &mixed);
    assert_eq!((&report["added"], &report["total"]), (&json!(1), &json!(4)));
    let places: Vec<&Value> =
        report["errors"].as_array().unwrap().iter().map(|error| &error["index"]).collect();
    assert_eq!(places, [1, 2, 3]);
    assert_eq!(server.ok("/documents/bulk", &json!([]))["added"], 0);
    let wrong = server.post("/documents/bulk", &json!([{"contents": "x"}]));
    assert_eq!((wrong.status, wrong.code()), (400, "INVALID_INPUT"));
    assert_eq!(server.post("/documents/bulk", &json!({"docs": []})).json["field"], "docs");
    assert_eq!(server.post("/documents", &json!({"id": "x"})).json["field"], "content");
    let other = server.ask("PUT", "/documents/a", &[JSON], r#"{"id": "b", "content": ""}"#);
    assert_eq!((other.status, other.json["field"].as_str()), (400, Some("id")));
}

#[test]
fn documents_stand_beside_workspaces_and_spaces_apart() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    server.ok(
        "/documents",
        &json!({"id": "call", "content": "The call decided how retries are done."}),
    );
    let ask = |headers: &[(&str, &str)], query: &str| {
        let body = json!({"query": query, "max_tokens": 2000}).to_string();
        let mut all = vec![JSON];
        all.extend(headers);
        server.ask("POST", "/api/v1/context/assemble", &all, &body)
    };
    let ids = |answer: &Answer| -> Vec<String> {
        let documents = answer.json["documents"].as_array().unwrap().iter();
        documents.map(|each| each["id"].as_str().unwrap().to_owned()).collect()
    };
    let together = ids(&ask(&[], "how are retries done"));
    assert!(together.contains(&"call".to_owned()), "{together:?}");
    assert!(together.contains(&"src/retry.rs".to_owned()), "{together:?}");
    // A file is a document that can be read by its path.
    let file = server.get("/api/v1/documents/src/retry.rs").json;
    assert!(file["content"].as_str().unwrap().contains("RETRIES_MAX"), "{file}");
    assert_eq!(delete(&server, "/documents/src/retry.rs").status, 404, "files are not deleted");
    let team = [("x-workspace-id", "team a/ü")];
    let team_ascii = [("x-workspace-id", "team-a")];
    assert_eq!(ask(&team, "x").status, 400, "a header is ASCII");
    assert_eq!(ids(&ask(&team_ascii, "how are retries done")), Vec::<String>::new());
    let kept = server.ask(
        "POST",
        "/documents",
        &[JSON, team_ascii[0]],
        r#"{"id": "call", "content": "Team A retries never."}"#,
    );
    assert_eq!(kept.status, 201);
    let apart = ask(&team_ascii, "how are retries done");
    assert_eq!(ids(&apart), ["call"]);
    assert!(apart.json["context"].as_str().unwrap().contains("Team A"));
    assert!(!ask(&[], "how are retries done").text.contains("Team A"));
    let listed = server.get("/api/v1/workspaces").json;
    assert_eq!(
        listed["libraries"],
        json!([{"id": "default", "documents": 1}, {"id": "team-a", "documents": 1}])
    );
    assert_eq!(delete(&server, "/api/v1/workspaces/team-a").status, 200);
    assert_eq!(ids(&ask(&team_ascii, "how are retries done")), Vec::<String>::new());
    let id = listed["workspaces"][0]["id"].as_str().unwrap();
    let refused =
        server.ask("POST", "/documents", &[JSON, ("x-workspace-id", id)], r#"{"content": "x"}"#);
    assert_eq!((refused.status, refused.json["field"].as_str()), (400, Some("X-Workspace-ID")));
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash() {
    let machine = Machine::new();
    for round in 0..3 {
        let server = Server::start(&machine, &["--no-root"]);
        for at in 0..10 {
            let id = format!("r{round}-{at}");
            server.ok("/documents", &json!({"id": id, "content": format!("falcon {id}")}));
        }
        server.kill();
    }
    let server = Server::start(&machine, &["--no-root"]);
    assert_eq!(server.get("/documents?limit=1").json["total"], 30);
    assert_eq!(server.get("/query?q=falcon&max_results=100").json["totalResults"], 30);
    // A database of the caller's own choice.
    let file = machine.home().join("own/documents.db");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let own = Server::start_as(&machine, &["--port", "0", "--database", file.to_str().unwrap()]);
    assert_eq!(own.get("/documents").json["total"], 0);
    own.ok("/documents", &json!({"content": "x"}));
    assert_eq!(own.get("/storage/info").json["database_path"], file.to_str().unwrap());
}

#[test]
fn feedback_moves_the_ranking_and_is_undone() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let asked =
        json!({"query": "retry limit", "max_tokens": 2000, "order": "score", "use_cache": false});
    let ask = || server.ok("/api/v1/context/assemble", &asked);
    let scores = |answer: &Value| -> Vec<(String, f64)> {
        let documents = answer["documents"].as_array().unwrap().iter();
        documents
            .map(|it| (it["id"].as_str().unwrap().to_owned(), it["score"].as_f64().unwrap()))
            .collect()
    };
    // A library that has learned nothing does not hide what the files have.
    server.ok("/documents", &json!({"content": "soup"}));
    let before = ask();
    let first = server.get("/api/v1/weights").json;
    check(&first, "weights:o defaults:o updates:n undoable:n accepted:n rejected:n sources:a");
    assert_eq!((&first["updates"], &first["weights"]), (&json!(0), &first["defaults"]));
    let judged = json!({"query": "retry limit", "accepted_docs": ["notes with space.txt"],
        "rejected_docs": ["src/retry.rs:1-20"]});
    let learned = server.ok("/api/v1/weights/update", &judged);
    assert_eq!(learned["updates"], 1);
    assert_ne!(learned["weights"], learned["defaults"]);
    let after = ask();
    assert_ne!(scores(&before), scores(&after));
    let undone = server.ok("/api/v1/weights/undo", &json!({}));
    assert_eq!((&undone["updates"], &undone["weights"]), (&json!(0), &first["weights"]));
    assert_eq!((&ask()["context"], scores(&ask())), (&before["context"], scores(&before)));
    assert_eq!(server.post("/api/v1/weights/undo", &json!({})).status, 409);
    for _ in 0..3 {
        server.ok("/api/v1/weights/update", &judged);
    }
    assert_eq!(server.ok("/api/v1/weights/reset", &json!({}))["updates"], 0);
    assert_eq!((&ask()["context"], scores(&ask())), (&before["context"], scores(&before)));
    // Without a body, too.
    assert_eq!(server.ask("POST", "/api/v1/weights/reset", &[], "").status, 200);
    for (wrong, field) in [
        (json!({"query": "x"}), "accepted_docs"),
        (json!({"query": "x", "accepted_docs": ["none.rs"]}), "accepted_docs"),
        (json!({"query": "", "accepted_docs": ["README.md"]}), "query"),
        (json!({"query": "x", "accepted_docs": "README.md"}), "accepted_docs"),
    ] {
        let answer = server.post("/api/v1/weights/update", &wrong);
        assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{wrong}");
    }
}
