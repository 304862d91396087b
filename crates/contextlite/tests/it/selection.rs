//! The choice of passages: wishes, styles, comparison, and certificates that are checked.

use std::fmt::Write as _;

use serde_json::Value;

use crate::Machine;

/// A repository with enough passages that choosing among them matters.
fn machine() -> Machine {
    let machine = Machine::new();
    for at in 0..12 {
        let mut body = String::new();
        for line in 0..=at % 5 {
            writeln!(body, "    request_{line} = retry_{at}(request_{line}, limit={line})")
                .expect("writing into a string does not fail");
        }
        machine.write(
            &format!("lib/part_{at}.py"),
            &format!(
                "def retry_{at}(request, limit):\n    \"\"\"Retries a request.\"\"\"\n{body}    \
                 return request\n"
            ),
        );
    }
    machine
}

fn paths(answer: &Value) -> Vec<&str> {
    let passages = answer["passages"].as_array().unwrap();
    passages.iter().map(|passage| passage["path"].as_str().unwrap()).collect()
}

#[test]
fn what_is_pinned_is_in_and_what_is_excluded_is_out() {
    let machine = machine();
    let ask = |more: &[&str]| {
        machine.json(&[&["context", "retry a request", "--budget", "300"], more].concat())
    };
    assert!(!paths(&ask(&[])).contains(&"README.md"));
    let pinned = ask(&["--pin", "README.md:5"]);
    let found = paths(&pinned);
    assert_eq!(found.iter().filter(|path| **path == "README.md").count(), 1, "{pinned}");
    assert!(1 < found.len(), "the rest of the budget is used: {pinned}");
    let passages = pinned["passages"].as_array().unwrap();
    for passage in passages {
        assert_eq!(passage["pinned"] == true, passage["path"] == "README.md");
    }
    let first = &ask(&[])["passages"][0];
    let citation = format!(
        "{}:{}-{}",
        first["path"].as_str().unwrap(),
        first["start_line"],
        first["end_line"]
    );
    let without = ask(&["--exclude", &citation]);
    assert!(!paths(&without).contains(&first["path"].as_str().unwrap()), "{citation}: {without}");
    let inner = machine.root().join("lib");
    let run =
        machine.run_in(&inner, &["context", "retry", "--pin", "../README.md", "--format", "list"]);
    assert!(run.out.contains("README.md:"), "a path is meant from here: {}{}", run.out, run.err);
}

#[test]
fn caps_are_kept() {
    let machine = machine();
    let ask = |more: &[&str]| machine.json(&[&["context", "retry request limit"], more].concat());
    assert!(2 < paths(&ask(&[])).len());
    for name in ["--max-passages", "--max-documents"] {
        assert_eq!(paths(&ask(&[name, "2"])).len(), 2);
    }
    let mut found = ask(&["--per-document", "1"]);
    let count = paths(&found).len();
    let mut single = paths(&found);
    single.dedup();
    assert_eq!(single.len(), count, "{found}");
    found = ask(&["--time-limit-ms", "0", "--gap", "5"]);
    assert_ne!(found["selection"]["status"], "infeasible");
}

#[test]
fn contradictions_say_which_passages() {
    let machine = machine();
    let cases: [(&[&str], &str); 5] = [
        (&["--pin", "README.md", "--budget", "20"], "the pinned README.md:"),
        (&["--pin", "README.md", "--exclude", "README.md"], "is pinned and excluded"),
        (&["--pin", "README.md", "--exclude", "README.md:1-1"], "is pinned and excluded"),
        (&["--pin", "lib/part_1.py", "--pin", "lib/part_2.py", "--max-passages", "1"], "at most 1"),
        (&["--coherence-min", "900"], "coherence at least 900"),
    ];
    for (wishes, words) in cases {
        let question = [&["context", "retry a request"], wishes].concat();
        let run = machine.run(&question);
        assert_eq!((run.code, run.out.as_str()), (7, ""), "{wishes:?}: {}", run.err);
        assert!(run.err.contains("infeasible because") && run.err.contains(words), "{}", run.err);
        let run = machine.run(&[question.as_slice(), &["--json"]].concat());
        let answer: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.code, &answer["selection"]["status"]), (7, &Value::from("infeasible")));
        assert!(answer["selection"]["note"].as_str().unwrap().contains(words), "{answer}");
    }
    let missing: [(&[&str], i32, &str); 4] = [
        (&["--pin", "nothing.rs"], 3, "nothing.rs"),
        (&["--pin", "README.md:4-2"], 2, "--pin"),
        (&["--recency-min", "2"], 2, "recency_min"),
        (&["--objective-style", "epsilon-constraint"], 2, "--redundancy-max"),
    ];
    for (wishes, code, words) in missing {
        let run = machine.run(&[&["context", "retry a request"], wishes].concat());
        assert_eq!(run.code, code, "{wishes:?}: {}", run.err);
        assert!(run.err.contains(words), "{}", run.err);
    }
}

#[test]
fn styles_are_named_and_proven() {
    let machine = machine();
    let ask = |more: &[&str]| {
        let question = ["context", "retry a request", "--budget", "400"];
        machine.json(&[&question, more].concat())["selection"].clone()
    };
    assert_eq!(ask(&[])["style"], "weighted-sum");
    let tiers = ask(&["--objective-style", "lexicographic"]);
    assert_eq!((&tiers["style"], &tiers["status"]), (&"lexicographic".into(), &"optimal".into()));
    let names: Vec<&Value> =
        tiers["tiers"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert_eq!(names, ["worth", "redundancy", "coherence", "recency"]);
    let bounded = ask(&["--redundancy-max", "0", "--recency-min", "0.1"]);
    assert_eq!(
        (&bounded["style"], &bounded["status"]),
        (&"epsilon-constraint".into(), &"optimal".into())
    );
}

#[test]
fn the_choice_is_compared_with_others() {
    let machine = machine();
    let question = ["context", "retry a request", "--budget", "250", "--compare"];
    let answer = machine.json(&question);
    let methods = answer["comparison"].as_array().unwrap();
    let names: Vec<&Value> = methods.iter().map(|method| &method["method"]).collect();
    assert_eq!(names, ["optimal", "greedy", "top-k", "bm25"]);
    assert_eq!(methods[0]["objective"], answer["selection"]["objective"]);
    assert_eq!(methods[0]["shared"], answer["passages"].as_array().unwrap().len());
    for method in methods {
        assert!(method["objective"].as_f64() <= methods[0]["objective"].as_f64(), "{answer}");
        assert!(method["tokens"].as_u64().unwrap() <= 250);
    }
    let run = machine.run(&question);
    assert!(run.err.contains("top-k") && run.err.contains("of optimal"), "{}", run.err);
    assert_eq!(run.out, answer["context"].as_str().unwrap(), "the context stays as it is");
}

#[test]
fn a_certificate_is_checked_and_a_tampered_one_rejected() {
    let machine = machine();
    let styles: [&[&str]; 4] = [
        &[],
        &["--objective-style", "lexicographic", "--max-passages", "5"],
        &["--redundancy-max", "0.1", "--per-document", "1"],
        &["--pin", "README.md", "--budget", "20"],
    ];
    for style in styles {
        let question =
            ["context", "retry a request", "--budget", "300", "--export-instance", "i.json"];
        let run = machine.run(&[question.as_slice(), style].concat());
        assert!(run.code == 0 || run.code == 7, "{}", run.err);
        let run = machine.run(&["verify", "i.json"]);
        assert_eq!(run.code, 0, "{style:?}: {}{}", run.out, run.err);
        assert!(run.out.contains("replayed") && run.out.contains("verdict"), "{}", run.out);
        let file = std::fs::read_to_string(machine.root().join("i.json")).unwrap();
        let honest: Value = serde_json::from_str(&file).unwrap();
        let reject = |change: &dyn Fn(&mut Value)| {
            let mut forged = honest.clone();
            change(&mut forged);
            machine.write("forged.json", &forged.to_string());
            let run = machine.run(&["verify", "forged.json"]);
            assert_eq!(run.code, 8, "{style:?}: {}{}", run.out, run.err);
            assert!(run.out.contains("rejected"), "{}", run.out);
            let run = machine.run(&["verify", "forged.json", "--json"]);
            let found: Value = serde_json::from_str(&run.out).unwrap();
            assert_eq!((run.code, &found["verdict"]), (8, &"rejected".into()));
            assert!(!found["reason"].as_str().unwrap().is_empty());
        };
        reject(&|file| file["problem"]["candidates"][0]["utility"] = 1.into());
        reject(&|file| file["problem"]["limits"]["budget"] = 100_000.into());
        reject(&|file| file["certificate"]["proofs"][0]["steps"] = Value::Array(Vec::new()));
        reject(&|file| file["certificate"]["proofs"][0]["chosen"] = vec![1, 0].into());
        // Nothing is permitted in the last case, so that any bound holds.
        if honest["certificate"]["proofs"][0]["objective"].is_null() {
            continue;
        }
        reject(&|file| {
            let bound = &mut file["certificate"]["proofs"][0]["upper_bound"];
            *bound = (bound.as_i64().unwrap() - 1).into();
        });
    }
    let run = machine.run(&["verify", "no-such.json"]);
    assert_eq!(run.code, 4, "{}", run.err);
    for (text, words) in [
        ("{", "EOF"),
        ("{\"format\": \"contextlite-instance\", \"version\": 9}", "version is 9"),
        ("{\"format\": \"contextlite-instance\", \"version\": 2}", "missing field"),
        (&"[".repeat(1 << 20), "line 1 column 1"),
        (&format!("{{\"format\": {}", "[".repeat(1 << 20)), "expected a string"),
    ] {
        machine.write("wrong.json", text);
        let run = machine.run(&["verify", "wrong.json"]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert!(run.err.contains("wrong.json") && run.err.contains(words), "{}", run.err);
    }
}

#[test]
fn an_instance_is_written_for_other_solvers() {
    let machine = machine();
    let question = ["context", "retry a request", "--budget", "300", "--export-instance"];
    let export = |more: &[&str]| machine.out(&[question.as_slice(), more].concat());
    // Not into the repository, where the next question would find it.
    let place = |name: &str| machine.home().join(name).to_string_lossy().into_owned();
    export(&[&place("i.lp")]);
    export(&[&place("i.smt2")]);
    export(&[&place("text"), "--export-format", "lp"]);
    let read = |name: &str| std::fs::read_to_string(place(name)).unwrap();
    assert!(read("i.lp").contains("Maximize") && read("i.smt2").contains("(check-sat)"));
    assert_eq!(read("i.lp"), read("text"));
    let run = machine.run(&[question.as_slice(), &["no/folder/i.json"]].concat());
    assert_eq!((run.code, run.out.as_str()), (4, ""));
    assert!(run.err.contains("no/folder/i.json"), "{}", run.err);
}
