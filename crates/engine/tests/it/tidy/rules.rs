//! The rules. Each takes the workspace and gives its findings, `path:line: what is wrong`.

use std::collections::BTreeMap;

use super::source::{Function, Source};
use super::workspace::{Text, Workspace};
use super::{CALLS, LONG_FUNCTIONS, PRIVATE_FOLDER_TEXTS, REGISTRY_TEXTS};

const CRATES: [&str; 4] = ["select", "engine", "contextlite", "release"];

/// A file has at most this many lines before its tests.
const FILE_LINES_MAX: usize = 800;
/// A function has at most this many lines, from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// A line has at most this many characters.
const LINE_COLUMNS_MAX: usize = 100;

/// What each crate must not depend on; `*` is everything.
const FORBIDDEN_DEPENDENCIES: [(&str, &[&str]); 4] = [
    ("select", &["*"]),
    ("engine", &["clap", "axum", "tokio", "serde_json", "contextlite", "contextlite-release"]),
    ("contextlite", &["rusqlite", "tantivy", "contextlite-release"]),
    ("release", &["contextlite-select", "contextlite-engine", "contextlite"]),
];

/// Macros and functions that only a binary may call.
const CALLS_OF_BINARIES: [&str; 8] =
    ["println!", "eprintln!", "print!", "eprint!", "dbg!", "env::var", "env::var_os", "home_dir"];

/// Modules of the standard library that only a binary may use, and those that select may not.
const MODULES_OF_BINARIES: [&str; 3] = ["env", "process", "net"];
const MODULES_NOT_OF_SELECT: [&str; 3] = ["fs", "io", "thread"];

/// The one place where each of these crates may be used.
const DATABASES: [(&str, &str); 2] =
    [("rusqlite", "crates/engine/src/store"), ("tantivy", "crates/engine/src/index")];

/// The hosts of package registries, and of their files.
const REGISTRIES: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("registry.yarnpkg", ".com"),
    concat!("deb.debian", ".org"),
    concat!("archive.ubuntu", ".com"),
    concat!("rubygems", ".org"),
    concat!("proxy.golang", ".org"),
];

/// The folders below which a person's own files lie, and the names that stand for anyone.
const PRIVATE_FOLDERS: [&str; 5] = ["/home/", "/Users/", "/root/", "/work/", "\\Users\\"];
const ANYONE: [&str; 6] = ["user", "me", "you", "runner", "NAME", "USER"];

/// The order in which the children of each module are declared, by the module's path.
type Order = BTreeMap<Vec<String>, Vec<String>>;

pub fn modules_in_order(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for crate_name in CRATES {
        let order: Order = workspace
            .product_of(crate_name)
            .map(|source| (module_of(source), source.modules()))
            .collect();
        for source in workspace.product_of(crate_name) {
            let module = module_of(source);
            for path in source.named_paths() {
                let Some(target) = absolute(&module, &path.names) else { continue };
                if let Some((named, here)) = arrow_back(&order, &module, &target) {
                    let at = source.at(path.line);
                    findings.push(format!("{at}: names `{named}`, which stands below `{here}`"));
                }
            }
        }
    }
    findings
}

/// The module that a file is: `engine/src/parse/walk.rs` is `parse::walk`, the top is empty.
fn module_of(source: &Source) -> Vec<String> {
    let inner = source.path.splitn(4, '/').nth(3).expect("a source lies in crates/NAME/src");
    let mut names: Vec<String> =
        inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

/// The names of a path from the top of its crate; `None` for the standard library.
fn absolute(module: &[String], names: &[String]) -> Option<Vec<String>> {
    let mut target = match names[0].as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return None,
    };
    for (at, name) in names.iter().enumerate() {
        match name.as_str() {
            "super" => drop(target.pop()),
            "self" | "crate" => {}
            _ => {
                target.extend_from_slice(&names[at..]);
                break;
            }
        }
    }
    Some(target)
}

/// Where two paths part: whether the one that is named is declared below the one that names it.
fn arrow_back(order: &Order, module: &[String], target: &[String]) -> Option<(String, String)> {
    let shared = module.iter().zip(target).take_while(|(a, b)| a == b).count();
    let (here, named) = (module.get(shared)?, target.get(shared)?);
    let children = order.get(&module[..shared])?;
    let place_of = |name: &String| children.iter().position(|child| child == name);
    let is_below = place_of(here)? < place_of(named)?;
    is_below.then(|| (target[..=shared].join("::"), module[..=shared].join("::")))
}

pub fn no_file_is_orphaned(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for crate_name in CRATES {
        let declared: Vec<Vec<String>> = workspace
            .product_of(crate_name)
            .flat_map(|source| {
                let module = module_of(source);
                let child = move |name| module.iter().cloned().chain([name]).collect();
                source.all_modules().into_iter().map(child)
            })
            .collect();
        for source in workspace.product_of(crate_name) {
            let module = module_of(source);
            if !module.is_empty() && !declared.contains(&module) {
                findings.push(format!("{}: no `mod` line names this file", source.at(1)));
            }
        }
    }
    findings
}

pub fn no_forbidden_dependency(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for (crate_name, forbidden) in FORBIDDEN_DEPENDENCIES {
        let Some(manifest) = workspace.text(&format!("crates/{crate_name}/Cargo.toml")) else {
            continue;
        };
        for (line, name) in dependencies(manifest) {
            if forbidden.contains(&"*") || forbidden.contains(&name.as_str()) {
                let at = manifest.at(line);
                findings.push(format!("{at}: `{crate_name}` must not depend on `{name}`"));
            }
        }
    }
    findings
}

/// The lines and names of what a crate is built from; what only its tests use is left out.
fn dependencies(manifest: &Text) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_list = false;
    for (at, line) in manifest.text.lines().enumerate() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            let is_for_tests = section.contains("dev-dependencies");
            is_list = section.ends_with("dependencies") && !is_for_tests;
            if let Some((_, name)) = section.split_once("dependencies.").filter(|_| !is_for_tests) {
                found.push((at + 1, name.to_owned()));
            }
        } else if is_list && !line.is_empty() && !line.starts_with('#') {
            let name = line.split(['.', '=', ' ']).next().unwrap_or(line);
            found.push((at + 1, name.to_owned()));
        }
    }
    found
}

pub fn no_forbidden_call(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for crate_name in ["select", "engine"] {
        for source in workspace.product_of(crate_name) {
            let mut calls: Vec<(usize, String)> = standard_modules(source, crate_name);
            for call in CALLS_OF_BINARIES {
                let lines = source.lines_naming(call).into_iter();
                calls.extend(lines.map(|line| (line, call.to_owned())));
            }
            calls.retain(|(_, call)| !is_excepted(source, call));
            let finding =
                |(line, call)| format!("{}: `{call}` is for the binaries", source.at(line));
            findings.extend(calls.into_iter().map(finding));
        }
    }
    findings
}

/// The modules of the standard library that a source uses and that its crate must not.
fn standard_modules(source: &Source, crate_name: &str) -> Vec<(usize, String)> {
    let is_forbidden = |module: &str| {
        MODULES_OF_BINARIES.contains(&module)
            || crate_name == "select" && MODULES_NOT_OF_SELECT.contains(&module)
    };
    source
        .named_paths()
        .iter()
        .filter(|path| path.names[0] == "std")
        .filter_map(|path| Some((path.line, path.names.get(1)?)))
        .filter(|(_, module)| is_forbidden(module))
        .map(|(line, module)| (line, format!("std::{module}")))
        .collect()
}

fn is_excepted(source: &Source, call: &str) -> bool {
    CALLS.iter().any(|(path, name, _)| *path == source.path && *name == call)
}

pub fn databases_stay_home(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for source in workspace.sources.iter().filter(|source| source.path.contains("/src/")) {
        for (name, home) in DATABASES {
            let is_home =
                source.path.strip_prefix(home).is_some_and(|rest| rest.starts_with(['/', '.']));
            for line in source.lines_naming(name).into_iter().filter(|_| !is_home) {
                findings.push(format!("{}: `{name}` is used only below {home}", source.at(line)));
            }
        }
    }
    findings
}

pub fn files_open_with_an_essay(workspace: &Workspace) -> Vec<String> {
    let without = |source: &&Source| !source.text.starts_with("//! ");
    let sources = workspace.sources.iter().filter(without);
    sources.map(|source| format!("{}: opens without `//!`", source.at(1))).collect()
}

pub fn files_are_short(workspace: &Workspace) -> Vec<String> {
    let is_long = |source: &&Source| FILE_LINES_MAX < source.product_lines();
    let what = format!("longer than {FILE_LINES_MAX} lines before its tests");
    let sources = workspace.sources.iter().filter(is_long);
    sources.map(|source| format!("{}: {what}", source.at(FILE_LINES_MAX + 1))).collect()
}

pub fn functions_are_short(workspace: &Workspace) -> Vec<String> {
    let is_excepted = |function: &Function| {
        LONG_FUNCTIONS
            .iter()
            .any(|(path, name, _)| *path == function.path && *name == function.name)
    };
    function_lengths(workspace)
        .iter()
        .filter(|function| function.is_long() && !is_excepted(function))
        .map(|Function { path, name, line, lines }| {
            format!("{path}:{line}: `{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}")
        })
        .collect()
}

/// All functions of the crates, their tests left out: a test is data and may be a long table.
pub fn function_lengths(workspace: &Workspace) -> Vec<Function> {
    workspace
        .sources
        .iter()
        .filter(|source| source.is_product())
        .flat_map(Source::functions)
        .collect()
}

impl Function {
    /// Whether this is longer than a function should be.
    pub fn is_long(&self) -> bool {
        FUNCTION_LINES_MAX < self.lines
    }
}

pub fn lines_are_short(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for source in &workspace.sources {
        for (at, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            if LINE_COLUMNS_MAX < columns {
                let at = source.at(at + 1);
                findings.push(format!("{at}: {columns} columns, more than {LINE_COLUMNS_MAX}"));
            }
        }
    }
    findings
}

pub fn nothing_is_unwritten(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for source in &workspace.sources {
        for call in ["todo!", "unimplemented!"] {
            for line in source.lines_naming(call) {
                findings.push(format!("{}: `{call}` is left", source.at(line)));
            }
        }
    }
    findings
}

pub fn no_registry_is_named(workspace: &Workspace) -> Vec<String> {
    let names = |line: &str, host: &str| {
        line.contains(&format!("//{host}")) || line.contains(&format!(".{host}"))
    };
    let mut findings = Vec::new();
    for text in texts_except(workspace, REGISTRY_TEXTS) {
        for host in REGISTRIES {
            for at in text.lines_where(|line| names(line, host)) {
                findings.push(format!("{at}: names the package registry {host}"));
            }
        }
    }
    findings
}

/// The texts that do not stand in a table of exceptions: start of the path, reason.
fn texts_except<'a>(
    workspace: &'a Workspace,
    exceptions: &[(&str, &str)],
) -> impl Iterator<Item = &'a Text> {
    workspace
        .texts
        .iter()
        .filter(|text| !exceptions.iter().any(|(start, _)| text.path.starts_with(start)))
}

pub fn lock_names_default_index(workspace: &Workspace) -> Vec<String> {
    let default = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    let Some(lock) = workspace.text("Cargo.lock") else { return Vec::new() };
    let others = lock.lines_where(|line| line.starts_with("source = ") && line != default);
    others.iter().map(|at| format!("{at}: a source that is not the default index")).collect()
}

pub fn no_private_folder_is_named(workspace: &Workspace) -> Vec<String> {
    let mut findings = Vec::new();
    for text in texts_except(workspace, PRIVATE_FOLDER_TEXTS) {
        for (at, line) in text.text.lines().enumerate() {
            for folder in private_folders(line) {
                findings.push(format!("{}: names the private folder {folder}", text.at(at + 1)));
            }
        }
    }
    findings
}

/// The absolute paths of someone's own folders in a line.
fn private_folders(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for folder in PRIVATE_FOLDERS {
        for (start, _) in line.match_indices(folder) {
            let is_inner =
                line[..start].ends_with(|c: char| c.is_alphanumeric() || "._-}~".contains(c));
            let name_start = start + folder.len();
            let rest = &line[name_start..];
            let name_len =
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let is_placeholder = name_len == 0 || ANYONE.contains(&&rest[..name_len]);
            if !is_inner && !is_placeholder {
                found.push(&line[start..name_start + name_len]);
            }
        }
    }
    found
}
