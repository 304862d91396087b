//! Who may call a server, and how one is started, found and stopped.

use std::time::Duration;

use serde_json::json;

use crate::Machine;
use crate::machine::Run;
use crate::server::Server;

const TOKEN: &str = "correct-horse-battery-staple";

#[test]
fn a_token_is_needed_where_there_is_one() {
    let machine = Machine::new().with("CONTEXTLITE_TOKEN", TOKEN);
    let server = Server::start(&machine, &[]);
    for path in ["/health", "/api/v1/workspaces", "/metrics", "/openapi.json", "/query?q=a"] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.code()), (401, "UNAUTHORIZED"), "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    for wrong in ["Bearer wrong", "Bearer ", "Basic abc", TOKEN, "Bearer"] {
        let answer = server.ask("GET", "/health", &[("authorization", wrong)], "");
        assert_eq!(answer.status, 401, "{wrong}");
    }
    for open in ["/livez", "/readyz", "/", "/app.js", "/style.css"] {
        assert_eq!(server.get(open).status, 200, "{open}");
    }
    let server = server.with_token(TOKEN);
    assert_eq!(server.get("/health").status, 200);
    let listed = machine.run(&["instances", "--json"]);
    assert!(
        !listed.out.contains(TOKEN) && listed.out.contains("\"needs_token\":true"),
        "{}",
        listed.out
    );
    let settings = machine.run(&["config", "show"]);
    assert!(!settings.out.contains(TOKEN) && !settings.err.contains(TOKEN));
}

#[test]
fn a_token_file_is_made_and_kept_private() {
    let machine = Machine::new();
    let file = machine.home().join("token");
    let server = Server::start(&machine, &["--token-file", file.to_str().unwrap()]);
    let token = std::fs::read_to_string(&file).unwrap();
    assert_eq!(token.trim().len(), 64);
    assert_eq!(server.get("/health").status, 401);
    assert_eq!(server.with_token(token.trim()).get("/health").status, 200);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        mode(0o644).unwrap();
        let run = machine.run(&["serve", "--port", "0", "--token-file", file.to_str().unwrap()]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains("chmod 600"), "{}", run.err);
    }
}

#[test]
fn the_token_of_whoever_starts_a_server_counts_before_the_configuration() {
    let machine = Machine::new();
    let configured = machine.home().join("configured");
    let named = machine.home().join("named");
    let machine = machine
        .with("CONTEXTLITE_TOKEN", TOKEN)
        .with("CONTEXTLITE_SERVER_TOKEN_FILE", configured.to_str().unwrap());
    let server = Server::start(&machine, &[]).with_token(TOKEN);
    assert_eq!(server.get("/health").status, 200);
    assert!(!configured.exists(), "a token that is not used is not made");
    let server = Server::start(&machine, &["--token-file", named.to_str().unwrap()]);
    let token = std::fs::read_to_string(&named).unwrap();
    assert_eq!(server.with_token(token.trim()).get("/health").status, 200);
}

#[test]
fn other_machines_need_a_token() {
    let machine = Machine::new();
    let run = machine.run(&["serve", "--host", "0.0.0.0", "--port", "0"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("CONTEXTLITE_TOKEN"), "{}", run.err);
    let machine = machine.with("CONTEXTLITE_TOKEN", TOKEN);
    let server = Server::start(&machine, &["--host", "0.0.0.0"]);
    let port = server.address().rsplit(':').next().unwrap();
    let request =
        format!("GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[test]
fn foreign_names_and_pages_are_refused() {
    let machine = Machine::new()
        .with("CONTEXTLITE_SERVER_HOSTS", "context.example.org")
        .with("CONTEXTLITE_SERVER_ORIGINS", "https://app.example.org");
    let server = Server::start(&machine, &[]);
    let status = |headers: &[(&str, &str)]| server.ask("GET", "/health", headers, "").status;
    let own = server.url.clone();
    for (headers, expected) in [
        (vec![("host", "attacker.example")], 403),
        (vec![("host", "attacker.example:8080")], 403),
        (vec![("host", "192.168.1.5")], 403),
        (vec![("host", "localhost:1")], 200),
        (vec![("host", "[::1]:8080")], 200),
        (vec![("host", "context.example.org")], 200),
        (vec![("origin", "https://attacker.example")], 403),
        (vec![("origin", "null")], 403),
        (vec![("origin", own.as_str())], 200),
        (vec![("origin", "https://app.example.org")], 200),
        (vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")], 403),
        (vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")], 200),
        (vec![("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")], 200),
    ] {
        assert_eq!(status(&headers), expected, "{headers:?}");
    }
    let shared = server.ask("GET", "/health", &[("origin", "https://app.example.org")], "");
    assert_eq!(shared.header("access-control-allow-origin"), Some("https://app.example.org"));
    assert_eq!(shared.header("access-control-allow-credentials"), None);
    assert_eq!(server.get("/health").header("access-control-allow-origin"), None);
    let preflight = |origin: &str| {
        let headers = [("origin", origin), ("access-control-request-method", "POST")];
        server.ask("OPTIONS", "/api/v1/rank", &headers, "").status
    };
    assert_eq!(preflight("https://app.example.org"), 204);
    assert_eq!(preflight("https://attacker.example"), 403);
    let none = server.raw(b"GET /health HTTP/1.0\r\n\r\n");
    assert!(none.starts_with("HTTP/1.0 403 "), "{none}");
}

#[test]
fn a_client_elsewhere_is_slowed_down() {
    let machine = Machine::new()
        .with("CONTEXTLITE_SERVER_RATE", "1")
        .with("CONTEXTLITE_SERVER_PROXIES", "127.0.0.1");
    let server = Server::start(&machine, &[]);
    let ask = |chain: &str| server.ask("GET", "/livez", &[("x-forwarded-for", chain)], "");
    let statuses: Vec<u16> = (0..8).map(|_| ask("203.0.113.9").status).collect();
    assert_eq!(statuses[..4], [200; 4], "a burst is allowed");
    assert!(statuses.contains(&429), "{statuses:?}");
    let refused = ask("203.0.113.9");
    if refused.status == 429 {
        assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    }
    // What a client writes in front of the chain does not make it another one.
    assert!((0..8).any(|at| ask(&format!("198.51.100.{at}, 203.0.113.9")).status == 429));
    assert_eq!(ask("203.0.113.10").status, 200);
    assert!((0..20).all(|_| server.get("/livez").status == 200), "this machine is not slowed down");
}

#[test]
fn servers_are_found_probed_and_stopped() {
    let machine = Machine::new();
    assert_eq!(machine.json(&["instances"]), json!([]));
    let server = Server::start(&machine, &["--stop-with-stdin"]);
    let listed = machine.json(&["instances"]);
    assert_eq!((&listed[0]["url"], &listed[0]["pid"]), (&json!(server.url), &json!(server.pid())));
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    assert_eq!(machine.run(&["--health-check", "--port", &port]).code, 0);
    let taken = machine.run(&["serve", "--port", &port]);
    assert_eq!(taken.code, 2);
    assert!(taken.err.contains("is taken by another program"), "{}", taken.err);
    assert_eq!(server.stop_by_stdin(), Some(0));
    assert_eq!(machine.json(&["instances"]), json!([]));
    assert_eq!(machine.run(&["--health-check", "--port", &port]).code, 1);
    let killed = Server::start(&machine, &[]);
    killed.kill();
    assert_eq!(
        machine.json(&["instances"]),
        json!([]),
        "what a killed server left is cleared away"
    );
    let wrong = machine.run(&["--port", "1", "status"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}

#[test]
#[cfg(unix)]
fn a_stopping_server_finishes_what_is_under_way() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    let url = server.url.clone();
    let asking = std::thread::spawn(move || {
        let body = json!({"query": "how are retries done"}).to_string();
        ureq::post(format!("{url}/api/v1/context/assemble"))
            .header("content-type", "application/json")
            .send(&body)
            .map(|answer| answer.status().as_u16())
    });
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(server.stop(), Some(0));
    assert_eq!(asking.join().unwrap().unwrap(), 200);
}

#[test]
fn programs_start_it_as_they_always_did() {
    let machine = Machine::new();
    // Without a subcommand the current folder means nothing.
    let server = Server::start_as(&machine, &["--port", "0"]);
    assert_eq!(server.get("/health").json["database"]["documents_indexed"], "0");
    assert_eq!(server.get("/livez").status, 200);
    drop(server);
    let bare = Server::start_as(&machine.with("CONTEXTLITE_SERVER_PORT", "0"), &[]);
    assert_eq!(bare.get("/livez").status, 200);
}

#[test]
#[cfg(unix)]
fn nobody_needs_to_read_what_a_server_says() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    // Both pipes are full or closed after this many failures, if each were written down.
    for _ in 0..3000 {
        server.raw(b"GET /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }
    assert_eq!(server.get("/livez").status, 200);
}

#[test]
#[cfg(unix)]
fn odd_connections_do_no_harm() {
    let machine = Machine::new();
    let server = Server::start(&machine, &[]);
    // Half open, and half a head.
    let silent: Vec<_> =
        (0..50).map(|_| std::net::TcpStream::connect(server.address()).unwrap()).collect();
    for mut stream in &silent[..25] {
        std::io::Write::write_all(&mut stream, b"POST /api/v1/rank HTTP/1.1\r\nHost: loc").unwrap();
    }
    for odd in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        &[0; 4096],
    ] {
        let answer = server.raw(odd);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert_eq!(server.get("/livez").status, 200);
    drop(silent);
    assert_eq!(Run::of(&machine.command(&["--version"]).output().unwrap()).code, 0);
}
