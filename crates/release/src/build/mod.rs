//! Building: from a plan to one checked binary for each target, with a record of what was checked.
//!
//! ```text
//! strategy -> list of dependencies -> cargo -> format, list, version, self test -> record
//! ```
//!
//! A binary is put below `dist/build` with its record only when nothing is wrong with it. What is
//! built depends on the commit, the lock file, the compiler and nothing else that can be helped:
//! variables that change a build are taken away, and the paths of this machine are written as
//! fixed ones.

pub mod embedded;
pub mod inspect;
pub mod inventory;
pub mod strategy;
pub mod trial;
pub mod record;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::dependency::Graph;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::file;
use crate::plan::Plan;
use crate::process;
use crate::source::Source;
use crate::target::{MACOS_VERSION_MIN, Target};

use self::record::Record;
use self::strategy::{Machine, Method, Strategy, TOOLS};
use self::trial::{Runner, Way};

/// Where cargo works, below the root: apart from other builds, which may use another compiler.
const TARGET_FOLDER: &str = "target/ship";

/// The cargo profile of what is shipped.
const PROFILE: &str = "dist";

/// How long one target may take.
const BUILD_LIMIT: Duration = Duration::from_hours(3);

/// What is built, from what.
pub struct Order<'a> {
    /// The project's root.
    pub root: &'a Path,
    /// What the release will be.
    pub plan: &'a Plan,
    /// The state of the repository.
    pub source: &'a Source,
}

/// Builds the targets one after the other and returns their records in the same order.
///
/// # Errors
///
/// [`Error::NoStrategy`] before anything is built if a target cannot be built here;
/// [`Error::Program`] if cargo fails; [`Error::Binary`] if a binary is not what the plan says.
pub fn build(
    order: &Order<'_>,
    targets: &[&Target],
    environment: &Environment<'_>,
) -> Result<Vec<Record>> {
    let machine = Machine::look(order.root, environment)?;
    let strategies: Result<Vec<Strategy<'_>>> =
        targets.iter().map(|target| machine.strategy(target)).collect();
    let mut records = Vec::with_capacity(targets.len());
    for (place, (target, strategy)) in targets.iter().zip(strategies?).enumerate() {
        environment.say(&format!(
            "[{}/{}] {}: {}, rustc {}",
            place + 1,
            targets.len(),
            target.platform(),
            strategy.method.phrase(),
            strategy.toolchain.version
        ));
        records.push(build_one(order, target, &strategy, environment)?);
    }
    record::report(order.root)?;
    Ok(records)
}

fn build_one(
    order: &Order<'_>,
    target: &Target,
    strategy: &Strategy<'_>,
    environment: &Environment<'_>,
) -> Result<Record> {
    let start = Instant::now();
    let name = &order.plan.name;
    let folder = order.root.join(record::FOLDER).join(target.platform());
    empty(&folder)?;
    let graph = Graph::read(&strategy.toolchain.cargo, order.root, name, &[target.triple])?;
    let inventory = folder.join("inventory.o");
    file::write_whole(&inventory, &inventory::object_file(&graph, target))?;

    let log = folder.join("cargo.log");
    let mut cargo = cargo(order, target, strategy, environment);
    cargo.arg(format!("-Clink-arg={}", inventory.display()));
    process::run_logged(&mut cargo, &log, BUILD_LIMIT)?;

    let program = target.program(name);
    let made = order.root.join(TARGET_FOLDER).join(target.triple).join(PROFILE).join(&program);
    let record = check(order, target, strategy, &made, &graph, environment)?;
    let place = folder.join(&program);
    std::fs::copy(&made, &place).map_err(Error::at(&place))?;
    record.write(&folder)?;
    environment.say(&format!(
        "  {} in {} s, {:.1} MB: {}; {}",
        program,
        start.elapsed().as_secs(),
        record.size as f64 / 1e6,
        record.format,
        record.tried.phrase()
    ));
    Ok(record)
}

/// An older binary must not be taken for the one that failed to be built.
fn empty(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::at(folder)(error)),
        _ => std::fs::create_dir_all(folder).map_err(Error::at(folder)),
    }
}

/// The command that compiles and links, up to the arguments for the linking itself.
fn cargo(
    order: &Order<'_>,
    target: &Target,
    strategy: &Strategy<'_>,
    environment: &Environment<'_>,
) -> Command {
    let name = &order.plan.name;
    let mut command = Command::new(strategy.zigbuild.unwrap_or(&strategy.toolchain.cargo));
    command.current_dir(order.root).env_clear();
    command.envs(variables(order.root, target, strategy, environment));
    command.args(["rustc", "--locked", "--package", name, "--bin", name]);
    command.args(["--profile", PROFILE, "--target", target.triple]);
    if strategy.method == Method::ZigFromSource {
        command.arg("-Zbuild-std=std,panic_unwind");
    }
    command.arg("--").args(strategy.method.link_arguments(target));
    command
}

/// The environment of a build: this one, without what changes a build, with what decides it.
fn variables(
    root: &Path,
    target: &Target,
    strategy: &Strategy<'_>,
    environment: &Environment<'_>,
) -> BTreeMap<OsString, OsString> {
    let inherited = environment.variables().iter().filter(|(name, _)| !changes_a_build(name));
    let mut variables: BTreeMap<OsString, OsString> =
        inherited.map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut set = |name: &str, value: OsString| variables.insert(name.into(), value);
    set("CARGO", strategy.toolchain.cargo.clone().into());
    set("RUSTC", strategy.toolchain.rustc.clone().into());
    set("CARGO_TARGET_DIR", root.join(TARGET_FOLDER).into());
    let (major, minor) = MACOS_VERSION_MIN;
    set("MACOSX_DEPLOYMENT_TARGET", format!("{major}.{minor}").into());
    if strategy.method == Method::ZigFromSource {
        // The library's source belongs to exactly this compiler, which is a released one.
        set("RUSTC_BOOTSTRAP", "1".into());
    }
    let folders = strategy.zigbuild.and_then(Path::parent).map(Path::to_owned).into_iter();
    let folders: Vec<PathBuf> = folders.chain(environment.search_path()).collect();
    // Folders that came from a search path can be written as one again.
    if let Ok(path) = std::env::join_paths(folders) {
        set("PATH", path);
    }
    let mapped = mapped_folders(root, strategy, environment);
    let separator = "\u{1f}";
    let rust: Vec<String> = mapped
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    set("CARGO_ENCODED_RUSTFLAGS", rust.join(separator).into());
    let c: Vec<String> = mapped
        .iter()
        .map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()))
        .collect();
    set(&format!("CFLAGS_{}", target.triple.replace('-', "_")), c.join(" ").into());
    variables
}

/// The folders of this machine that could be seen in a binary, and what stands there instead.
fn mapped_folders(
    root: &Path,
    strategy: &Strategy<'_>,
    environment: &Environment<'_>,
) -> Vec<(PathBuf, &'static str)> {
    let home = environment.text("HOME").or(environment.text("USERPROFILE"));
    let own = environment.text("CARGO_HOME").map(PathBuf::from);
    let cargo = own.or_else(|| home.map(|home| Path::new(home).join(".cargo")));
    let library = strategy.toolchain.sysroot.join("lib/rustlib/src/rust");
    let folders = [(Some(root.to_owned()), "/source"), (cargo, "/cargo"), (Some(library), "/rust")];
    folders.into_iter().filter_map(|(folder, to)| Some((folder?, to))).collect()
}

/// Whether a variable would make a build differ from one without it.
fn changes_a_build(name: &OsStr) -> bool {
    const NAMES: [&str; 15] = [
        "AR",
        "C_INCLUDE_PATH",
        "CARGO",
        "CARGO_ENCODED_RUSTFLAGS",
        "CPATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        "LDFLAGS",
        "LIBRARY_PATH",
        "MACOSX_DEPLOYMENT_TARGET",
        "OUT_DIR",
        "RANLIB",
        "RUSTFLAGS",
        "SDKROOT",
        "SOURCE_DATE_EPOCH",
    ];
    const BEGINNINGS: [&str; 14] = [
        "AR_",
        "CARGO_BIN_",
        "CARGO_BUILD_",
        "CARGO_CFG_",
        "CARGO_CRATE_",
        "CARGO_MANIFEST_",
        "CARGO_PKG_",
        "CARGO_PROFILE_",
        "CARGO_TARGET_",
        "CC",
        "CFLAGS",
        "CXX",
        "RUSTC",
        "TARGET_",
    ];
    let name = name.to_string_lossy();
    NAMES.contains(&name.as_ref()) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// Checks a binary in every way that can be had here and records what was found.
fn check(
    order: &Order<'_>,
    target: &Target,
    strategy: &Strategy<'_>,
    path: &Path,
    graph: &Graph,
    environment: &Environment<'_>,
) -> Result<Record> {
    let name = &order.plan.name;
    let bytes = std::fs::read(path).map_err(Error::at(path))?;
    let digest = file::digest_of(&bytes);
    let mut faults = Vec::new();
    let format = inspect::inspect(&bytes, target).unwrap_or_else(|found| {
        faults.extend(found);
        String::new()
    });
    if !inventory::is_in(&bytes, graph) {
        faults.push("it does not carry the list of its dependencies".to_owned());
    }
    let runner = Runner::find(target, environment, &order.root.join(TOOLS).join("wine"));
    let (stated, selftest) = if runner.way() == Way::File {
        (embedded::versions(&bytes, name).into_iter().collect::<Vec<_>>().join(", "), None)
    } else {
        let selftest = runner.output(path, &["--selftest"]);
        let stated = runner.output(path, &["--version"]).unwrap_or_else(|fault| {
            faults.push(fault);
            String::new()
        });
        let stated =
            stated.trim_end().strip_prefix(&format!("{name} ")).unwrap_or(&stated).to_owned();
        let line =
            selftest.map(|text| text.trim_end().to_owned()).map_err(|fault| faults.push(fault));
        (stated, line.ok())
    };
    if stated != order.plan.version {
        faults.push(format!("it says that its version is `{stated}`, not {}", order.plan.version));
    }
    if !faults.is_empty() {
        return Err(Error::Binary { platform: target.platform(), faults });
    }
    Ok(Record {
        schema: Record::SCHEMA,
        platform: target.platform(),
        target: target.triple.to_owned(),
        version: stated,
        source: order.source.clone(),
        rust_version: strategy.toolchain.version.clone(),
        method: strategy.method.phrase().to_owned(),
        size: digest.size,
        sha256: digest.sha256,
        format,
        tried: runner.way(),
        selftest,
        packages: graph.packages.len(),
    })
}
