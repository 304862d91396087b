//! Settings in their layers, and the commands about the program itself.

use crate::Machine;
use crate::machine::write;

#[test]
fn layers_rise_from_file_to_argument() {
    let machine = Machine::new();
    write(
        &machine.configuration(),
        "[answer]\nbudget = \"2k\"\ntokenizer = \"cl100k\"\nlimit = 1\n",
    );
    let answer = machine.json(&["context", "retry"]);
    assert_eq!(answer["budget_tokens"], 2000);
    assert_eq!(answer["tokenizer"]["name"], "cl100k");
    assert_eq!(machine.json(&["search", "retry"])["results"].as_array().unwrap().len(), 1);
    let machine = machine.with("CONTEXTLITE_ANSWER_BUDGET", "3000");
    assert_eq!(machine.json(&["context", "retry"])["budget_tokens"], 3000);
    let answer = machine.json(&["context", "retry", "--budget", "77"]);
    assert_eq!(answer["budget_tokens"], 77);
    let shown = machine.out(&["config", "show", "--color", "never"]);
    for (key, value, origin) in [
        ("answer.budget", "3000", "CONTEXTLITE_ANSWER_BUDGET"),
        ("answer.limit", "1", "config/contextlite/contextlite.toml"),
        ("answer.order", "\"document\"", "default"),
        ("terminal.color", "\"never\"", "--color"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(key)).unwrap();
        assert!(line.contains(&format!("= {value} ")) && line.contains(origin), "{line}");
    }
}

#[test]
fn a_repository_says_what_of_itself_is_indexed() {
    let machine = Machine::new();
    machine.write("contextlite.toml", "[index]\nexclude = [\"*.toml\", \"*.txt\"]\n");
    machine.out(&["index"]);
    assert_eq!(machine.json(&["status"])["documents"], 3);
    machine.write("contextlite.toml", "[index]\nsecrets = true\n");
    let run = machine.run(&["index"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("`index.secrets` can be set in the user's own file only"),
        "{}",
        run.err
    );
}

#[test]
fn a_wrong_key_is_named_with_the_right_one() {
    let machine = Machine::new();
    write(&machine.configuration(), "[answer]\nbudgte = 3\n");
    let run = machine.run(&["context", "retry"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(
        run.err.contains("contextlite.toml: unknown key `answer.budgte`; did you mean"),
        "{}",
        run.err
    );
    let run = machine.run(&["context", "retry", "--config", "nowhere.toml"]);
    assert_eq!(run.code, 3);
    assert!(run.err.contains("nowhere.toml"), "{}", run.err);
    let own = machine.home().join("own.toml");
    write(&own, "[answer]\nbudget = 123\n");
    let answer = machine.json(&["context", "retry", "--config", own.to_str().unwrap()]);
    assert_eq!(answer["budget_tokens"], 123);
}

#[test]
fn the_files_that_count_are_listed() {
    let machine = Machine::new();
    machine.write("contextlite.toml", "");
    let out = machine.out(&["config", "path"]);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 2, "{out}");
    assert!(lines[0].starts_with(machine.configuration().to_str().unwrap()), "{out}");
    assert!(lines[0].ends_with("# user, does not exist"), "{out}");
    assert!(lines[1].ends_with("# workspace"), "{out}");
}

#[test]
fn another_store_folder_is_used() {
    let machine = Machine::new();
    let folder = machine.home().join("elsewhere");
    let text = format!("[store]\nfolder = {:?}\n", folder.to_str().unwrap());
    write(&machine.configuration(), &text);
    machine.out(&["index"]);
    assert!(folder.join("workspaces").exists() && !machine.data().exists());
}

#[test]
fn a_healthy_machine_is_found_healthy() {
    let machine = Machine::new();
    let before = machine.json(&["doctor"]);
    assert_eq!(before["healthy"], true, "{before}");
    machine.out(&["index"]);
    let out = machine.out(&["doctor"]);
    assert!(
        !out.contains("problem") && out.contains("database and full-text index are sound"),
        "{out}"
    );
    let machine = machine.with("CONTEXTLITE_ANSWER_BUGET", "1");
    let out = machine.out(&["doctor"]);
    assert!(out.contains("did you mean CONTEXTLITE_ANSWER_BUDGET?"), "{out}");
}

#[test]
fn a_sick_machine_is_found_sick() {
    let machine = Machine::new();
    write(&machine.home().join("data"), "a file where a folder must be");
    let run = machine.run(&["doctor"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("problem") && run.out.contains("cannot be written"), "{}", run.out);
    assert!(run.out.contains("fix: "), "{}", run.out);
}

#[test]
fn the_program_describes_itself() {
    let machine = Machine::new();
    let version = machine.out(&["--version"]);
    assert_eq!(version, format!("contextlite {}\n", env!("CARGO_PKG_VERSION")));
    let short = machine.out(&["-h"]);
    assert!(short.contains("Usage: contextlite") && short.contains("doctor"), "{short}");
    let help = machine.out(&["--help"]);
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "130 "] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(code)), "{code}: {help}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = machine.out(&["completions", shell]);
        assert!(script.contains("contextlite") && script.contains("workspaces"), "{shell}");
    }
    let page = machine.out(&["man"]);
    assert!(page.contains(".TH contextlite 1") && page.contains("Exit codes"), "{page}");
    let folder = machine.home().join("man");
    let names = machine.out(&["man", "--out", folder.to_str().unwrap()]);
    assert!(names.contains("contextlite-config-show.1"), "{names}");
    assert!(names.lines().all(|name| folder.join(name).exists()), "{names}");
}
