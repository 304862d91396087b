//! The order of the house, as a test: what STYLE and ARCHITECTURE promise about every crate.
//!
//! A rule is a function from the texts of the workspace to findings, `path:line: what is wrong`.
//! [`RULES`] lists all of them, each with a small workspace that breaks it, so that a rule which
//! can no longer fail is noticed. Where something must be allowed once, it stands in a table with
//! its reason, and a line of such a table that allows nothing any more is a finding, too.

mod rules;
mod source;
mod workspace;

use self::workspace::Workspace;

/// Functions that may be longer than the aim: file, name, reason.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[];

/// Calls that are forbidden in a crate and yet made: file, call, reason.
const CALLS: &[(&str, &str, &str)] = &[];

/// Texts that may name a folder of someone's machine: the start of the path, reason.
const PRIVATE_FOLDER_TEXTS: &[(&str, &str)] =
    &[("crates/engine/tests/it/tidy", "the rule names what it forbids")];

/// Texts that may name a package registry: the start of the path, reason.
const REGISTRY_TEXTS: &[(&str, &str)] = &[
    ("Cargo.lock", "written by cargo; that it names the default index is a rule of its own"),
    ("crates/engine/tests/it/tidy", "the rule names what it forbids"),
];

/// One rule: its name, its function, a workspace that breaks it, and the finding there.
struct Rule {
    name: &'static str,
    findings: fn(&Workspace) -> Vec<String>,
    broken: &'static [(&'static str, &'static str)],
    finding: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        name: "a module names only modules above it",
        findings: rules::modules_in_order,
        broken: &[
            ("crates/engine/src/lib.rs", "//! x\nmod error;\nmod text;\n"),
            ("crates/engine/src/error.rs", "//! x\nuse crate::{error::A, text::Span};\n"),
            ("crates/engine/src/text.rs", "//! x\nuse crate::error::Error;\n"),
        ],
        finding: "crates/engine/src/error.rs:2: names `text`, which stands below `error`",
    },
    Rule {
        name: "a sub-module names only those above it",
        findings: rules::modules_in_order,
        broken: &[
            ("crates/select/src/lib.rs", "//! x\npub mod search;\n"),
            ("crates/select/src/search/mod.rs", "//! x\nmod bound;\npub(crate) mod tree;\n"),
            ("crates/select/src/search/bound.rs", "//! x\nfn f() {\n    super::tree::g();\n}\n"),
            ("crates/select/src/search/tree.rs", "//! x\nuse super::bound;\n"),
        ],
        finding: concat!(
            "crates/select/src/search/bound.rs:3: ",
            "names `search::tree`, which stands below `search::bound`",
        ),
    },
    Rule {
        name: "every file belongs to its crate",
        findings: rules::no_file_is_orphaned,
        broken: &[
            ("crates/release/src/main.rs", "//! x\nmod plan;\n"),
            ("crates/release/src/plan.rs", "//! x\n"),
            ("crates/release/src/pack.rs", "//! x\n"),
        ],
        finding: "crates/release/src/pack.rs:1: no `mod` line names this file",
    },
    Rule {
        name: "a crate does not depend on what it must not know",
        findings: rules::no_forbidden_dependency,
        broken: &[(
            "crates/engine/Cargo.toml",
            "[package]\nname = \"x\"\n[dependencies]\nserde_json.workspace = true\n",
        )],
        finding: "crates/engine/Cargo.toml:4: `engine` must not depend on `serde_json`",
    },
    Rule {
        name: "select has no dependencies",
        findings: rules::no_forbidden_dependency,
        broken: &[(
            "crates/select/Cargo.toml",
            "[dev-dependencies]\nproptest = \"1\"\n[dependencies.rayon]\nversion = \"1\"\n",
        )],
        finding: "crates/select/Cargo.toml:3: `select` must not depend on `rayon`",
    },
    Rule {
        name: "engine and select do not print",
        findings: rules::no_forbidden_call,
        broken: &[(
            "crates/engine/src/a.rs",
            "//! println!(\"fine\")\nconst A: &str = \"dbg!(1)\";\nfn f() { eprintln!(\"x\"); }\n",
        )],
        finding: "crates/engine/src/a.rs:3: `eprintln!` is for the binaries",
    },
    Rule {
        name: "engine and select do not look around",
        findings: rules::no_forbidden_call,
        broken: &[(
            "crates/select/src/a.rs",
            concat!(
                "//! x\nuse std::{\n    process::Command,\n};\n",
                "#[cfg(test)]\nmod tests {\n    use std::env;\n}\n",
            ),
        )],
        finding: "crates/select/src/a.rs:2: `std::process` is for the binaries",
    },
    Rule {
        name: "SQL stays in the store",
        findings: rules::databases_stay_home,
        broken: &[
            ("crates/engine/src/store/mod.rs", "//! x\nuse rusqlite::Connection;\n"),
            ("crates/engine/src/index.rs", "//! x\n// tantivy and rusqlite\nuse tantivy::Index;\n"),
            ("crates/engine/src/ingest.rs", "//! x\nfn f(c: &rusqlite::Connection) {}\n"),
        ],
        finding: concat!(
            "crates/engine/src/ingest.rs:2: ",
            "`rusqlite` is used only below crates/engine/src/store",
        ),
    },
    Rule {
        name: "a file opens with an essay",
        findings: rules::files_open_with_an_essay,
        broken: &[("crates/contextlite/src/main.rs", "use std::fmt;\n//! x\n")],
        finding: "crates/contextlite/src/main.rs:1: opens without `//!`",
    },
    Rule {
        name: "a file is short",
        findings: rules::files_are_short,
        broken: &[("crates/select/src/lib.rs", include_str!("tidy/sample_long_file.txt"))],
        finding: "crates/select/src/lib.rs:801: longer than 800 lines before its tests",
    },
    Rule {
        name: "a function is short",
        findings: rules::functions_are_short,
        broken: &[("crates/select/src/lib.rs", include_str!("tidy/sample_long_file.txt"))],
        finding: "crates/select/src/lib.rs:3: `long` has 72 lines, more than 70",
    },
    Rule {
        name: "a line is short",
        findings: rules::lines_are_short,
        broken: &[(
            "crates/select/src/lib.rs",
            concat!(
                "//! ä23456789 123456789 123456789 123456789 123456789 1234\n",
                "// ä123456789 123456789 123456789 123456789 123456789 ",
                "123456789 123456789 123456789 123456789 1234567\n",
            ),
        )],
        finding: "crates/select/src/lib.rs:2: 101 columns, more than 100",
    },
    Rule {
        name: "nothing is left to be written",
        findings: rules::nothing_is_unwritten,
        broken: &[("crates/select/src/lib.rs", "//! todo!()\nfn f() {\n    todo!()\n}\n")],
        finding: "crates/select/src/lib.rs:3: `todo!` is left",
    },
    Rule {
        name: "no text names a package registry",
        findings: rules::no_registry_is_named,
        broken: &[(
            "scripts/test",
            concat!("set -e\npip install -i https://pypi", ".org/simple x\n"),
        )],
        finding: concat!("scripts/test:2: names the package registry pypi", ".org"),
    },
    Rule {
        name: "the lock file names the default index",
        findings: rules::lock_names_default_index,
        broken: &[(
            "Cargo.lock",
            "[[package]]\nsource = \"registry+https://mirror.example/index\"\n",
        )],
        finding: "Cargo.lock:2: a source that is not the default index",
    },
    Rule {
        name: "no text names a folder of its author's machine",
        findings: rules::no_private_folder_is_named,
        broken: &[("README.md", "# x\nsee `/home/user/x`, then run /home/ada/bin/run\n")],
        finding: "README.md:2: names the private folder /home/ada",
    },
];

#[test]
fn the_workspace_is_tidy() {
    let workspace = Workspace::read();
    let mut findings: Vec<String> =
        RULES.iter().flat_map(|rule| (rule.findings)(&workspace)).collect();
    findings.sort();
    findings.dedup();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn every_rule_can_fail() {
    for rule in RULES {
        let findings = (rule.findings)(&Workspace::of(rule.broken));
        assert_eq!(findings, [rule.finding], "{}", rule.name);
    }
}

#[test]
fn every_exception_is_needed() {
    let workspace = Workspace::read();
    let lengths = rules::function_lengths(&workspace);
    for (path, name, _) in LONG_FUNCTIONS {
        let is_needed = lengths
            .iter()
            .any(|function| function.path == *path && function.name == *name && function.is_long());
        assert!(is_needed, "{path}: `{name}` needs no exception any more");
    }
    for (path, call, _) in CALLS {
        let is_needed = workspace
            .sources
            .iter()
            .any(|source| source.path == *path && !source.lines_naming(call).is_empty());
        assert!(is_needed, "{path}: `{call}` needs no exception any more");
    }
}
