//! The MCP face over standard input and output, and over HTTP.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use contextlite_engine::store::WriterLock;
use serde_json::{Value, json};

use crate::Machine;
use crate::machine::write;
use crate::server::Server;

/// An assistant that has started the program.
struct Assistant {
    process: Child,
    output: BufReader<ChildStdout>,
    asked: u64,
    /// What was told without being asked for.
    heard: Vec<Value>,
}

impl Assistant {
    fn start(machine: &Machine, arguments: &[&str]) -> Self {
        let mut all = vec!["mcp"];
        all.extend(arguments);
        let mut process = machine
            .command(&all)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, output, asked: 0, heard: Vec::new() }
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{message}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Sends a request as it is, and returns its answer.
    fn request(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
            self.heard.push(message);
        }
    }

    /// Asks as the protocol of 2026-07-28 does.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.request(method, with_metadata(params))
    }

    /// Calls a tool that must answer, and returns the text.
    fn call(&mut self, name: &str, arguments: Value) -> String {
        let answer = self.ask("tools/call", json!({ "name": name, "arguments": arguments }));
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Calls a tool that must refuse, and returns why.
    fn refusal(&mut self, name: &str, arguments: Value) -> String {
        let answer = self.ask("tools/call", json!({ "name": name, "arguments": arguments }));
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Ends the input; the program must end by itself.
    fn end(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
        let mut rest = String::new();
        assert_eq!(self.output.read_line(&mut rest).unwrap(), 0, "{rest}");
    }
}

fn with_metadata(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params
}

fn id_of_first_resource(assistant: &mut Assistant) -> String {
    let listed = assistant.ask("resources/list", json!({}));
    let uri = listed["result"]["resources"][0]["uri"].as_str().unwrap().to_owned();
    uri["contextlite://".len()..].split('/').next().unwrap().to_owned()
}

#[test]
fn both_lifecycles_discover_the_same_server_before_anything_is_indexed() {
    let machine = Machine::new();
    let mut new = Assistant::start(&machine, &[]);
    let found = new.ask("server/discover", json!({}))["result"].clone();
    assert!(found["supportedVersions"].as_array().unwrap().contains(&"2026-07-28".into()));
    let tools = new.ask("tools/list", json!({}))["result"]["tools"].clone();
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut old = Assistant::start(&machine, &[]);
        let client = json!({ "name": "test", "version": "1" });
        let params =
            json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let begun = old.request("initialize", params)["result"].clone();
        assert_eq!(begun["protocolVersion"], version);
        assert_eq!(begun["instructions"], found["instructions"]);
        assert_eq!(begun["capabilities"], found["capabilities"]);
        assert_eq!(begun["serverInfo"]["name"], "contextlite");
        old.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        assert_eq!(old.request("tools/list", json!({}))["result"]["tools"], tools);
        let params = json!({ "name": "search", "arguments": { "query": "retry" } });
        let answer = old.request("tools/call", params)["result"].clone();
        assert!(answer.get("structuredContent").is_none(), "{answer}");
        old.end();
    }
    let names: Vec<&str> =
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["context", "search", "read", "outline", "symbol", "status", "index"]);
    new.end();
    let idle = Machine::new();
    let mut assistant = Assistant::start(&idle, &[]);
    assistant.ask("server/discover", json!({}));
    assistant.ask("tools/list", json!({}));
    assistant.end();
    assert!(!idle.data().exists(), "discovery made something");
}

#[test]
fn tools_answer_with_citations_that_read_back() {
    let machine = Machine::new();
    let mut assistant = Assistant::start(&machine, &[]);
    let context = assistant.call("context", json!({ "question": "retry backoff delay" }));
    assert!(context.contains("## src/retry.rs:"), "{context}");
    assert!(context.contains(" of 5000 tokens (o200k)."), "{context}");
    let found = assistant.call("search", json!({ "query": "backoff_delay", "limit": 1 }));
    let citation = found.split_whitespace().next().unwrap();
    let read = assistant.call("read", json!({ "citation": citation }));
    assert!(read.contains("pub fn backoff_delay(attempt: u32) -> u64 {"), "{read}");
    let (_, lines) = citation.rsplit_once(':').unwrap();
    assert!(read.contains(&format!("Lines {lines} of ")), "{read}");
    let outline = assistant.call("outline", json!({ "path": "src/retry.rs" }));
    assert!(outline.contains("pub fn backoff_delay(attempt: u32) -> u64  [function]"), "{outline}");
    let symbol = assistant.call("symbol", json!({ "name": "backoff_delay" }));
    assert!(symbol.contains("Functions that mention it (1):"), "{symbol}");
    assert!(symbol.contains("run_with_retry"), "{symbol}");
    let status = assistant.call("status", json!({}));
    assert!(status.contains("fresh: yes"), "{status}");
    assistant.end();
}

#[test]
fn an_edit_is_in_the_next_answer_and_status_does_not_lie() {
    let machine = Machine::new();
    let mut assistant = Assistant::start(&machine, &[]);
    let ask = |assistant: &mut Assistant, word: &str| {
        assistant.call("context", json!({ "question": word, "max_tokens": 2000 }))
    };
    assert!(!ask(&mut assistant, "zebrafish").contains("zebrafish"));
    for step in 0..5 {
        let word = format!("zebrafish{step}");
        machine.write("src/new.py", &format!("def {word}():\n    return {step}\n"));
        let status = assistant.call("status", json!({}));
        assert!(status.contains("fresh: no"), "{status}");
        assert!(ask(&mut assistant, &word).contains(&format!("def {word}()")));
        assert!(assistant.call("symbol", json!({ "name": word })).contains("src/new.py:1-2"));
        std::fs::remove_file(machine.root().join("src/new.py")).unwrap();
        assert!(!ask(&mut assistant, &word).contains("src/new.py"));
    }
    assistant.end();
}

#[test]
fn an_answer_that_lacks_a_change_begins_with_that() {
    let machine = Machine::new();
    let mut assistant = Assistant::start(&machine, &[]);
    assert!(!assistant.call("search", json!({ "query": "backoff" })).contains("INCOMPLETE"));
    let database = machine.json(&["status"])["database"].as_str().unwrap().to_owned();
    let held = WriterLock::take(Path::new(&format!("{database}.lock")), Duration::ZERO).unwrap();
    machine.write("src/parcel.rs", "pub fn weigh_parcel() {}\n");
    let check = |lacking: &str| {
        assert!(lacking.starts_with("INCOMPLETE: "), "{lacking}");
        assert!(!lacking.contains("src/parcel.rs"), "{lacking}");
    };
    check(&assistant.call("search", json!({ "query": "weigh_parcel" })));
    // Who asks for progress is told it while it waits.
    let question = json!({ "name": "context", "arguments": { "question": "weigh_parcel" } });
    let mut question = with_metadata(question);
    question["_meta"]["progressToken"] = "mine".into();
    assert_eq!(assistant.heard, Vec::<Value>::new());
    let answer = assistant.request("tools/call", question);
    check(answer["result"]["content"][0]["text"].as_str().unwrap());
    let told = assistant.heard.first().expect("there is progress");
    assert_eq!(told["method"], "notifications/progress");
    assert_eq!(told["params"]["progressToken"], "mine");
    assert_eq!(told["params"]["message"], "indexing: looking at the files");
    drop(held);
    let whole = assistant.call("search", json!({ "query": "weigh_parcel" }));
    assert!(whole.contains("src/parcel.rs") && !whole.contains("INCOMPLETE"), "{whole}");
    assistant.end();
}

#[test]
fn an_answer_keeps_to_the_tokens_that_were_asked_for() {
    let machine = Machine::new().with("CONTEXTLITE_MCP_BUDGET_MAX", "3000");
    let mut assistant = Assistant::start(&machine, &[]);
    for tokens in [64, 100, 300, 1000] {
        let arguments = json!({ "question": "retry archive installation", "max_tokens": tokens });
        let text = assistant.call("context", arguments);
        let counted = contextlite_engine::token::Tokenizer::O200k.count(&text);
        assert!(counted <= tokens, "{counted} of {tokens}: {text}");
    }
    let over = json!({ "question": "retry", "max_tokens": 50_000 });
    let text = assistant.call("context", over);
    assert!(text.contains("max_tokens is at most 3000"), "{text}");
    let few = assistant.refusal("context", json!({ "question": "retry", "max_tokens": 3 }));
    assert!(few.contains("max_tokens: 3 is too few"), "{few}");
    machine.write("long.txt", &"a line of words\n".repeat(5000));
    let read = assistant.call("read", json!({ "citation": "long.txt", "max_tokens": 500 }));
    assert!(read.contains("Truncated; read long.txt:"), "{read}");
    assert!(contextlite_engine::token::Tokenizer::O200k.count(&read) <= 500);
    assistant.end();
}

#[test]
fn structured_content_comes_only_when_it_is_asked_for() {
    let machine = Machine::new();
    let mut assistant = Assistant::start(&machine, &[]);
    let calls = [
        ("context", json!({ "question": "retry" })),
        ("search", json!({ "query": "retry" })),
        ("read", json!({ "citation": "README.md:1-2" })),
        ("outline", json!({ "path": "README.md" })),
        ("symbol", json!({ "name": "backoff_delay" })),
        ("status", json!({})),
        ("index", json!({})),
    ];
    for (name, mut arguments) in calls {
        let params = json!({ "name": name, "arguments": arguments });
        let answer = assistant.ask("tools/call", params);
        assert!(answer["result"].get("structuredContent").is_none(), "{answer}");
        arguments["format"] = "json".into();
        let params = json!({ "name": name, "arguments": arguments });
        let answer = assistant.ask("tools/call", params)["result"].clone();
        let text: Value =
            serde_json::from_str(answer["content"][0]["text"].as_str().unwrap()).unwrap();
        assert_eq!(text, answer["structuredContent"], "{name}");
    }
    assistant.end();
}

#[test]
fn bad_calls_are_refused_with_the_name_of_what_is_wrong() {
    let machine = Machine::new();
    let mut assistant = Assistant::start(&machine, &[]);
    let table = [
        ("context", json!({}), "question"),
        ("context", json!({ "question": " " }), "question"),
        ("context", json!({ "question": "x", "budget": 1 }), "`budget`"),
        ("context", json!({ "question": "x", "max_tokens": "many" }), "max_tokens"),
        ("context", json!({ "question": "x", "include": ["["] }), "["),
        ("search", json!({ "query": "x", "limit": 0 }), "limit"),
        ("read", json!({ "citation": "README.md:9-3" }), "citation"),
        ("read", json!({ "citation": "README.md:5000" }), "lines"),
        ("read", json!({ "citation": "../../secret" }), "not found"),
        ("read", json!({ "citation": "/etc/passwd" }), "not found"),
        ("outline", json!({ "path": "none.rs" }), "none.rs"),
        ("symbol", json!({ "name": "" }), "name"),
        ("status", json!({ "root": "relative" }), "absolute"),
        ("status", json!({ "root": "/etc" }), "/etc"),
        ("status", json!({ "format": "xml" }), "format"),
    ];
    for (name, arguments, expected) in table {
        let said = assistant.refusal(name, arguments.clone());
        assert!(said.contains(expected), "{name} {arguments}: {said}");
    }
    let unknown = assistant.ask("tools/call", json!({ "name": "none", "arguments": {} }));
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    assistant.end();
}

#[test]
fn resources_are_indexed_documents_and_nothing_else() {
    let machine = Machine::new();
    write(&machine.home().join("work/secret.txt"), "hidden\n");
    let mut assistant = Assistant::start(&machine, &[]);
    assistant.call("index", json!({}));
    let id = id_of_first_resource(&mut assistant);
    let mut read = |path: &str| {
        let uri = format!("contextlite://{id}/{path}");
        assistant.ask("resources/read", json!({ "uri": uri }))
    };
    let text = read("notes%20with%20space.txt#L2")["result"]["contents"][0]["text"].clone();
    assert_eq!(text, "Nothing else.\r\n");
    for path in ["../secret.txt", "%2e%2e/secret.txt", "src/../../secret.txt", "/etc/passwd", ""] {
        let answer = read(path);
        assert_eq!(answer["error"]["code"], -32602, "{path}: {answer}");
    }
    let reference = json!({ "type": "ref/resource", "uri": "contextlite://{workspace}/{+path}" });
    let argument = json!({ "name": "path", "value": "src/" });
    let completed =
        assistant.ask("completion/complete", json!({ "ref": reference, "argument": argument }));
    let values = &completed["result"]["completion"]["values"];
    assert_eq!(*values, json!(["src/archive.py", "src/retry.rs"]));
    let wrong = assistant.ask("resources/list", json!({ "cursor": "x" }));
    assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
    assistant.end();
}

#[test]
fn a_long_list_of_resources_comes_in_pages() {
    let machine = Machine::new();
    (0..450).for_each(|number| machine.write(&format!("many/{number}.txt"), "text\n"));
    let mut assistant = Assistant::start(&machine, &[]);
    assistant.call("index", json!({}));
    let (mut seen, mut pages, mut params) = (Vec::new(), 0, json!({}));
    loop {
        let page = assistant.ask("resources/list", params)["result"].clone();
        let resources = page["resources"].as_array().unwrap();
        seen.extend(resources.iter().map(|each| each["name"].as_str().unwrap().to_owned()));
        pages += 1;
        match page["nextCursor"].as_str() {
            Some(cursor) => params = json!({ "cursor": cursor }),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (3, 454));
    assert!(seen.is_sorted() && seen.windows(2).all(|pair| pair[0] != pair[1]));
    assistant.end();
}

#[test]
fn prompts_are_filled_in() {
    let machine = Machine::new();
    let mut assistant = Assistant::start(&machine, &[]);
    let listed = assistant.ask("prompts/list", json!({}))["result"]["prompts"].clone();
    let mut get = |name: &Value, arguments: Value| {
        assistant.ask("prompts/get", json!({ "name": name, "arguments": arguments }))
    };
    for prompt in listed.as_array().unwrap() {
        let name = &prompt["name"];
        let argument = prompt["arguments"][0]["name"].as_str().unwrap();
        let filled = get(name, json!({ argument: "zebrafish" }));
        let text = filled["result"]["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(text.contains("zebrafish"), "{text}");
        assert_eq!(get(name, json!({}))["error"]["code"], -32602);
    }
    assistant.end();
}

#[test]
fn a_server_without_a_repository_asks_for_one() {
    let machine = Machine::new();
    let mut process = machine.command_in(&machine.home(), &["mcp"]);
    process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = process.spawn().unwrap();
    let output = BufReader::new(process.stdout.take().unwrap());
    let mut assistant = Assistant { process, output, asked: 0, heard: Vec::new() };
    let said = assistant.refusal("context", json!({ "question": "retry" }));
    assert!(said.contains("root: the server was not started in a repository"), "{said}");
    let root = machine.root();
    let named = json!({ "question": "retry backoff", "root": root.to_str().unwrap() });
    assert!(assistant.call("context", named).contains("src/retry.rs"));
    assistant.end();
}

#[test]
fn http_serves_the_same_behind_the_guard() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let post = |headers: &[(&str, &str)], method: &str, params: Value| {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent
            .post(format!("{}/mcp", server.url))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if let Some(name) = params["name"].as_str() {
            request = request.header("mcp-name", name);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": method, "params": with_metadata(params),
        });
        let mut answer = request.send(body.to_string()).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    };
    let (status, found) = post(&[], "server/discover", json!({}));
    assert_eq!(status, 200, "{found}");
    let call = json!({ "name": "search", "arguments": { "query": "backoff_delay" } });
    let (status, text) = post(&[], "tools/call", call);
    assert!(status == 200 && text.contains("src/retry.rs:"), "{status} {text}");
    let own = [("origin", server.url.as_str())];
    assert_eq!(post(&own, "tools/list", json!({})).0, 200);
    let foreign = [("origin", "https://example.org")];
    assert_eq!(post(&foreign, "tools/list", json!({})).0, 403);
    assert_eq!(post(&[("host", "example.org")], "tools/list", json!({})).0, 403);
    let locked = Server::start(&machine, &["--token-file", "token"]);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let refused = agent.post(format!("{}/mcp", locked.url)).send("{}").unwrap();
    assert_eq!(refused.status().as_u16(), 401);
}
