//! Onboarding: what is found, what is written into the files of assistants, and that it is undone.

use std::path::Path;

use crate::Machine;

/// A machine with two assistants, one file of which has comments, and one broken file.
fn machine() -> Machine {
    let machine = Machine::new();
    let write = |path: &str, text: &str| {
        let file = machine.home().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write(".codex/config.toml", "# mine\nmodel = \"m\"\n");
    write(".cursor/mcp.json", "{ // mine\n  \"mcpServers\": {},\n}");
    write(".gemini/settings.json", "{ \"mcpServers\": ");
    std::fs::create_dir_all(machine.home().join(".codeium/windsurf")).unwrap();
    machine
}

fn text(machine: &Machine, path: &str) -> String {
    std::fs::read_to_string(machine.home().join(path)).unwrap()
}

#[test]
fn onboarding_indexes_and_registers_and_offboarding_undoes_it() {
    let machine = machine();
    let before = [".codex/config.toml", ".cursor/mcp.json", ".gemini/settings.json"]
        .map(|path| (path, text(&machine, path)));
    let rehearsed = machine.run(&["onboard", "--dry-run", "--json"]);
    let report = rehearsed.json();
    assert_eq!(report["repositories"][0]["root"], machine.root().to_str().unwrap());
    let names: Vec<&str> = report["assistants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wire| wire["assistant"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cursor", "windsurf", "codex", "gemini"]);
    for (path, text_before) in &before {
        assert_eq!(text(&machine, path), *text_before, "nothing is done");
    }

    // One file is broken: it is left as it is, the others are done, and the exit code says so.
    let done = machine.run(&["onboard", "--yes", "--json"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.json()["repositories"][0]["documents"].as_u64().unwrap() > 0);
    assert!(done.json()["assistants"][3]["error"].as_str().unwrap().contains("not JSON"));
    assert_eq!(text(&machine, ".gemini/settings.json"), before[2].1);
    let cursor = text(&machine, ".cursor/mcp.json");
    assert!(cursor.contains("// mine") && cursor.contains("\"mcp\""), "{cursor}");
    assert!(text(&machine, ".codex/config.toml").contains("[mcp_servers.contextlite]"));
    assert!(text(&machine, ".codeium/windsurf/mcp_config.json").contains("contextlite"));

    // A second time changes nothing.
    let again = machine.run(&["onboard", "--yes", "--json", "--no-index", "--assistant", "cursor"]);
    assert_eq!((again.code, &again.json()["assistants"][0]["changed"]), (0, &false.into()));
    assert_eq!(text(&machine, ".cursor/mcp.json"), cursor);
    let findings = machine.run(&["doctor"]).out;
    assert!(findings.contains("Cursor starts this program"), "{findings}");

    // The user adds something to one of them; of that nothing is lost.
    let changed = cursor.replace("// mine", "// mine too");
    std::fs::write(machine.home().join(".cursor/mcp.json"), changed).unwrap();
    let undone = machine.run(&["offboard", "--yes"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert_eq!(text(&machine, ".codex/config.toml"), before[0].1);
    let cursor = text(&machine, ".cursor/mcp.json");
    assert!(cursor.contains("// mine too") && !cursor.contains("contextlite"), "{cursor}");
    assert!(!machine.home().join(".codeium/windsurf/mcp_config.json").exists());
    let left = |folder: &Path| {
        let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().contains("before-contextlite")).count()
    };
    assert_eq!(left(&machine.home().join(".cursor")) + left(&machine.home().join(".codex")), 0);
    assert!(machine.run(&["offboard", "--yes"]).err.contains("no assistant has an entry"));
}

#[test]
fn a_file_that_cannot_be_read_keeps_nobody_from_the_others() {
    let machine = machine();
    let windsurf = machine.home().join(".codeium/windsurf/mcp_config.json");
    std::fs::write(&windsurf, b"{ \"mcpServers\": \xff }").unwrap();
    for folder in [".claude", ".claude.json"] {
        std::fs::create_dir(machine.home().join(folder)).unwrap();
    }
    let done = machine.run(&["onboard", "--yes", "--json", "--no-index"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let report = done.json();
    let error = |name: &str| {
        let wires = report["assistants"].as_array().unwrap();
        let wire = wires.iter().find(|wire| wire["assistant"] == name).unwrap();
        assert_eq!(wire["changed"], wire["error"].is_null(), "{name}");
        wire["error"].as_str().map(str::to_owned)
    };
    assert_eq!((error("cursor"), error("codex")), (None, None));
    assert_eq!(error("windsurf").unwrap(), "it is not UTF-8");
    assert!(error("claude-code").is_some(), "it is a folder");
    assert_eq!(std::fs::read(&windsurf).unwrap(), b"{ \"mcpServers\": \xff }");
    let findings = machine.run(&["doctor"]).out;
    assert!(findings.contains("it is not UTF-8"), "{findings}");
    // Who takes all entries out is not kept from it either.
    let undone = machine.run(&["offboard", "--yes"]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    assert!(!text(&machine, ".cursor/mcp.json").contains("contextlite"));
}

#[test]
fn nobody_is_registered_who_did_not_agree() {
    let machine = machine();
    let asked = machine.run(&["onboard"]);
    assert_eq!(asked.code, 2);
    assert!(asked.err.contains("--yes"), "{}", asked.err);
    let alias = machine.run(&["--onboard"]);
    assert_eq!((alias.code, alias.out), (2, asked.out));
    let unknown = machine.run(&["onboard", "--yes", "--assistant", "emacs"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("claude-code"), "{}", unknown.err);
}

#[test]
fn agents_find_a_section_in_the_repository() {
    let machine = Machine::new();
    machine.write("CLAUDE.md", "# Rules\n");
    assert_eq!(machine.run(&["agents"]).code, 0);
    let written = text(&machine, "work/repository/AGENTS.md");
    assert_eq!(machine.run(&["agents", "--print"]).out, written);
    assert!(text(&machine, "work/repository/CLAUDE.md").starts_with("# Rules\n\n<!-- context"));
    let again = machine.run(&["agents", "--json"]).json();
    assert_eq!((&again[0]["changed"], &again[1]["changed"]), (&false.into(), &false.into()));
    assert_eq!(machine.run(&["agents", "--remove"]).code, 0);
    assert_eq!(text(&machine, "work/repository/CLAUDE.md"), "# Rules\n");
    assert!(!machine.root().join("AGENTS.md").exists());
    machine.write("AGENTS.md", "<!-- contextlite: begin -->\n");
    let refused = machine.run(&["agents"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("AGENTS.md"), "{}", refused.err);
}
