//! Questions: `context`, `search` and `show`, in every form.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::Machine;
use crate::machine::{Run, write};

#[test]
fn a_pipe_gets_the_very_context_and_nothing_else() {
    let machine = Machine::new();
    let question = ["context", "retry backoff", "--budget", "600"];
    let answer = machine.json(&question);
    let run = machine.run(&question);
    assert_eq!(run.out, answer["context"].as_str().unwrap());
    assert!(run.err.contains("of 600 tokens (o200k, exact)"), "{}", run.err);
    assert!(run.err.contains("4 documents"), "{}", run.err);
    assert!(run.err.contains("proven optimal") || run.err.contains("gap ≤"), "{}", run.err);
    let mut quiet = question.to_vec();
    quiet.push("--quiet");
    let run = machine.run(&quiet);
    assert_eq!((run.out.as_str(), run.err.as_str()), (answer["context"].as_str().unwrap(), ""));
}

#[test]
fn a_citation_read_back_gives_the_same_bytes() {
    let machine = Machine::new();
    let answer = machine.json(&["context", "retry limit archive platform", "--budget", "100k"]);
    let passages = answer["passages"].as_array().unwrap();
    assert!(2 <= passages.len(), "{answer}");
    for passage in passages {
        let citation = format!(
            "{}:{}-{}",
            passage["path"].as_str().unwrap(),
            passage["start_line"],
            passage["end_line"]
        );
        assert_eq!(machine.out(&["show", &citation]), passage["text"].as_str().unwrap());
    }
}

#[test]
fn lines_are_shown_exactly() {
    let machine = Machine::new();
    machine.out(&["index"]);
    let show = |citation: &str| machine.out(&["show", citation]);
    let whole = std::fs::read_to_string(machine.root().join("src/retry.rs")).unwrap();
    assert_eq!(show("src/retry.rs"), whole);
    assert_eq!(show("src/retry.rs:1"), "//! Retries of failed requests.\n");
    assert_eq!(show("./src/retry.rs:1-2"), "//! Retries of failed requests.\n\n");
    assert_eq!(show("notes with space.txt:2"), "Nothing else.\r\n");
    let inner = machine.root().join("src");
    assert_eq!(machine.run_in(&inner, &["show", "retry.rs:1"]).out, show("src/retry.rs:1"));
    assert_eq!(machine.run_in(&inner, &["show", "../README.md:1"]).out, "# Tool\n");
    let absolute = format!("{}:3", inner.join("retry.rs").display());
    assert_eq!(show(&absolute), "/// How often a request is tried again.\n");
}

#[test]
fn a_changed_file_is_shown_as_indexed_and_said_so() {
    let machine = Machine::new();
    machine.out(&["index"]);
    machine.write("README.md", "# Another title, and quite a different text\n");
    let run = machine.run(&["show", "README.md:1"]);
    assert_eq!((run.code, run.out.as_str()), (0, "# Tool\n"));
    assert!(run.err.contains("README.md changed since it was indexed"), "{}", run.err);
}

#[test]
fn a_question_sees_what_changed_before_it() {
    let machine = Machine::new();
    assert_eq!(machine.json(&["search", "zebra"])["total"], 0);
    machine.write("src/zebra.rs", "pub fn zebra_crossing() {}\n");
    assert_eq!(machine.json(&["search", "zebra", "--no-index"])["total"], 0);
    let found = machine.json(&["search", "zebra"]);
    assert_eq!(found["results"][0]["path"], "src/zebra.rs");
    std::fs::remove_file(machine.root().join("src/zebra.rs")).unwrap();
    assert_eq!(machine.json(&["search", "zebra"])["total"], 0);
}

#[test]
fn a_list_has_one_line_for_each_passage() {
    let machine = Machine::new();
    let out = machine.out(&["context", "retry", "--format", "list"]);
    let passages = machine.json(&["context", "retry"]);
    let passages = passages["passages"].as_array().unwrap();
    assert_eq!(out.lines().count(), passages.len());
    for (line, passage) in out.lines().zip(passages) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(fields[0].starts_with(passage["path"].as_str().unwrap()), "{line}");
        assert_eq!(fields[2], passage["tokens"].to_string());
    }
    let out = machine.out(&["search", "retry", "--limit", "1"]);
    assert_eq!(out.lines().count(), 1);
}

#[test]
fn an_explanation_stays_beside_the_answer() {
    let machine = Machine::new();
    let plain = machine.run(&["context", "retry"]);
    let run = machine.run(&["context", "retry", "--explain"]);
    assert_eq!(run.out, plain.out);
    assert!(run.err.contains("utility") && run.err.contains("src/retry.rs:"), "{}", run.err);
}

#[test]
fn order_and_globs_are_heeded() {
    let machine = Machine::new();
    let answer = machine.json(&["context", "retry archive", "--order", "score"]);
    let scores: Vec<f64> = answer["passages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|passage| passage["score"].as_f64().unwrap())
        .collect();
    assert!(scores.is_sorted_by(|a, b| b <= a), "{scores:?}");
    let paths = |arguments: &[&str]| -> Vec<String> {
        let answer = machine.json(arguments);
        let results = answer["results"].as_array().unwrap();
        results.iter().map(|result| result["path"].as_str().unwrap().to_owned()).collect()
    };
    let only = paths(&["search", "retry archive", "--include", "*.py"]);
    assert!(!only.is_empty() && only.iter().all(|path| path.ends_with(".py")), "{only:?}");
    let without = paths(&["search", "retry archive", "--exclude", "src/**"]);
    assert!(!without.is_empty() && without.iter().all(|path| !path.starts_with("src/")));
    assert_eq!(machine.json(&["status"])["documents"], 4, "a question does not change the index");
}

#[test]
fn every_budget_is_kept() {
    let machine = Machine::new();
    for budget in [0, 1, 10, 50, 100, 1000, u32::MAX] {
        let answer = machine.json(&["context", "retry", "--budget", &budget.to_string()]);
        assert!(answer["total_tokens"].as_u64().unwrap() <= u64::from(budget));
        assert_eq!(answer["budget_tokens"], budget);
    }
    let run = machine.run(&["context", "retry", "--budget", "0"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("no passage fits into 0 tokens"), "{}", run.err);
    for wrong in ["-1", "many", "4294967296", "1.5"] {
        let run = machine.run(&["context", "retry", "--budget", wrong]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains("--budget"), "{}", run.err);
    }
}

#[test]
fn tokenizers_are_named_and_labelled() {
    let machine = Machine::new();
    for (name, exact) in [("o200k", true), ("cl100k", true), ("claude", false), ("chars", false)] {
        let answer = machine.json(&["context", "retry", "--tokenizer", name]);
        assert_eq!(answer["tokenizer"]["name"], name);
        assert_eq!(answer["tokenizer"]["exact"], exact);
    }
    let run = machine.run(&["context", "retry", "--tokenizer", "claude"]);
    assert!(run.err.contains("(claude, estimate)"), "{}", run.err);
    let run = machine.run(&["context", "retry", "--tokenizer", "klingon"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("klingon") && run.err.contains("cl100k"), "{}", run.err);
}

#[test]
fn nothing_found_is_said_and_is_no_answer() {
    let machine = Machine::new();
    for command in ["context", "search"] {
        let run = machine.run(&[command, "xylophone"]);
        assert_eq!((run.code, run.out.as_str()), (1, ""), "{command}");
        assert!(run.err.contains("nothing found"), "{}", run.err);
        assert!(machine.json(&[command, "xylophone"]).is_object());
    }
}

#[test]
fn any_text_is_a_question() {
    let machine = Machine::new();
    let nasty = [
        "\"unbalanced (quote AND OR NOT ^~*",
        "path:src/retry.rs:12 in run_with_retry",
        "'; DROP TABLE documents; --",
        "?",
        "\u{1F600} \u{202E} \0x",
        "{\"json\": [1, 2}",
    ];
    for text in nasty.map(|text| text.replace('\0', "")) {
        let run = machine.run(&["search", "--json", "--", &text]);
        assert_eq!(run.code, 0, "{text:?}: {}", run.err);
    }
    let run = machine.run(&["search", "where", "is", "the", "retry", "limit"]);
    assert!(run.out.contains("retry"), "words need no quotes: {}", run.out);
}

#[test]
fn a_question_is_read_from_standard_input() {
    let machine = Machine::new();
    let ask = |text: &[u8]| {
        let mut child = machine
            .command(&["search", "-", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that has read enough may close its end first.
        let _ = child.stdin.take().unwrap().write_all(text);
        Run::of(&child.wait_with_output().unwrap())
    };
    let found: Value = serde_json::from_str(&ask(b"backoff_delay\n").out).unwrap();
    assert_eq!(found["results"][0]["path"], "src/retry.rs");
    assert_eq!(ask(b" \n").code, 2);
    assert_eq!(ask(&[b"retry \xFF\xFE ".as_slice(), &[b'a'; 1 << 20]].concat()).code, 0);
}

#[test]
fn several_roots_answer_together() {
    let machine = Machine::new();
    let other = machine.home().join("work/other");
    write(
        &other.join("retry.go"),
        "package other\n\n// RetryLimit is the retry limit.\nconst RetryLimit = 3\n",
    );
    let (one, two) = (machine.root(), other);
    let roots = ["--root", one.to_str().unwrap(), "--root", two.to_str().unwrap()];
    let ask = [["search", "retry limit", "--limit"].as_slice(), &["20"], &roots].concat();
    let answer = machine.json(&ask);
    let found: Vec<&str> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["root"].as_str().unwrap())
        .collect();
    for root in [&one, &two] {
        assert!(found.contains(&root.to_str().unwrap()), "{answer}");
    }
    let out = machine.out(&ask);
    assert!(out.contains(&format!("{}/retry.go:", two.display())), "{out}");
    let shown = machine.out(&[["show", "retry.go:1"].as_slice(), &roots].concat());
    assert_eq!(shown, "package other\n");
    let run = machine.run(&[ask.as_slice(), &["--database", "x.db"]].concat());
    assert_eq!(run.code, 2);
    assert!(run.err.contains("--database"), "{}", run.err);
}

#[test]
fn colours_are_for_people() {
    let machine = Machine::new();
    for command in [["context", "retry"].as_slice(), &["status"], &["doctor"], &["nonsense"]] {
        let run = machine.run(command);
        assert!(!run.out.contains('\x1b') && !run.err.contains('\x1b'), "{command:?}");
    }
    let colored = machine.out(&["context", "retry", "--color", "always"]);
    assert!(colored.contains("\x1b[1msrc/retry.rs:"), "{colored}");
    assert!(colored.contains(" │"), "people get line numbers: {colored}");
    let plain = machine.out(&["context", "retry", "--color", "never"]);
    assert_eq!(plain, machine.out(&["context", "retry"]));
}

/// Text that would change a terminal's title and clear it.
const EVIL: &str = "The wombat digs a burrow and then another one, and when it is done with that \
    it \
     sleeps.\nNobody has seen it work.\n\x1b]0;owned\x07 \x1b[2J\n";

#[test]
fn a_terminal_is_not_commanded_by_a_file() {
    let machine = Machine::new();
    machine.write("evil.txt", EVIL);
    let shown = machine.out(&["context", "wombat", "--color", "always"]);
    assert!(!shown.contains("\x1b]0;") && !shown.contains("\x1b[2J"), "{shown:?}");
    assert!(shown.contains("\\u{1b}[2J"), "{shown:?}");
    let exact = machine.out(&["show", "evil.txt"]);
    assert_eq!(exact, EVIL, "a program gets the bytes");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let machine = Machine::new();
    machine.write("big.txt", &"a line about the hippopotamus\n".repeat(20_000));
    machine.out(&["index"]);
    let mut child = machine
        .command(&["show", "big.txt"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let run = Run::of(&child.wait_with_output().unwrap());
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_found_and_shown() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let machine = Machine::new();
    let name = OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(machine.root().join(name), "the wombat café\n").unwrap();
    machine.write("a\nb \"c\".txt", "the wombat newline\n");
    let found = machine.json(&["search", "wombat"]);
    let mut paths: Vec<&str> = found["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["a\nb \"c\".txt", "caf%E9.txt"]);
    assert_eq!(machine.out(&["show", "caf%E9.txt"]), "the wombat café\n");
    let output = machine.command(&["show"]).arg(name).output().unwrap();
    assert_eq!(Run::of(&output).out, "the wombat café\n");
    let lines = machine.out(&["search", "wombat"]);
    assert_eq!(lines.lines().count(), 2, "a name never breaks a line: {lines}");
}

#[test]
fn an_empty_repository_has_an_empty_answer() {
    let machine = Machine::empty();
    let answer = machine.json(&["context", "anything"]);
    assert_eq!(answer["passages"].as_array().unwrap().len(), 0);
    assert_eq!(answer["total_tokens"], 0);
    let run = machine.run(&["context", "anything"]);
    assert_eq!((run.code, run.out.as_str()), (1, ""));
    assert!(run.err.contains("nothing is indexed"), "{}", run.err);
    assert_eq!(machine.json(&["status"])["documents"], 0);
}

#[test]
fn what_is_missing_is_named_with_the_next_step() {
    let machine = Machine::new();
    let cases: [(&[&str], i32, &str, &str); 8] = [
        (&["context", "x", "--no-index"], 3, "index not found", "contextlite index"),
        (&["status"], 3, "index not found", "contextlite index"),
        (&["show", "src/retry.rs"], 3, "index not found", "contextlite index"),
        (&["context", "x", "--root", "/no/such"], 3, "/no/such", "--root"),
        (&["context", "x", "--root", "README.md"], 2, "README.md is a file", "folder"),
        (&["context", "  "], 2, "QUESTION", "empty"),
        (&["contxt", "x"], 2, "contxt", "'context'"),
        (&["context", "x", "--bugdet", "3"], 2, "--bugdet", "'--budget'"),
    ];
    for (arguments, code, what, next) in cases {
        let run = machine.run(arguments);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{arguments:?}");
        assert!(run.err.contains(what) && run.err.contains(next), "{arguments:?}: {}", run.err);
    }
    machine.out(&["index"]);
    for citation in ["src/nothing.rs:3", "nothing"] {
        let run = machine.run(&["show", citation]);
        assert_eq!(run.code, 3);
        assert!(run.err.contains("document not found"), "{}", run.err);
    }
    for citation in ["src/retry.rs:0", "src/retry.rs:9-3", "src/retry.rs:9999"] {
        let run = machine.run(&["show", citation]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{citation}: {}", run.err);
    }
}

#[test]
fn a_root_that_nobody_means_is_refused() {
    let machine = Machine::new();
    for (root, word) in [(Path::new("/"), "file system"), (&machine.home(), "home directory")] {
        let run = machine.run(&["context", "x", "--root", root.to_str().unwrap()]);
        assert_eq!(run.code, 2);
        assert!(run.err.contains(word) && run.err.contains("--any-root"), "{}", run.err);
    }
    let home = machine.home();
    let home = home.to_str().unwrap();
    let run = machine.run(&["search", "retry", "--root", home, "--any-root"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let run = machine.run(&["search", "retry", "--root", home]);
    assert_eq!(run.code, 0, "it was said once: {}", run.err);
}
