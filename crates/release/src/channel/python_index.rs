//! An index of Python packages: listed and filled by `uv`, and tried with `pip`.
//!
//! - `uv` publishes with the identity of a workflow run (OIDC) by itself and says which file was
//!   refused with which status, and of one version it lists all files with their digests, whatever
//!   machine it runs on, without fetching one. pip cannot tell an index that is down from one that
//!   never heard of us, and twine does not read.
//! - `pip`, as users have it, installs back; its report has the digest of what it took.
//! - Where the index is, each learns from its own configuration: uv from `UV_DEFAULT_INDEX` and
//!   `UV_PUBLISH_URL` or `uv.toml`, pip from `PIP_INDEX_URL` or `pip.conf`.
//! - The index counts nothing on purpose. A service of statistics does, once a day, for the one
//!   index whose host is called as it is, with `pypi` for `pypistats`; it wants to be asked rarely.
//!
//! # Source
//!
//! <https://docs.astral.sh/uv/guides/package/>; *pylock.toml*, *simple repository API* and *file
//! yanking* in <https://packaging.python.org/en/latest/specifications/>; for what the index
//! refuses, <https://github.com/pypi/warehouse/blob/main/warehouse/forklift/legacy.py>; for pip's
//! report, <https://pip.pypa.io/en/stable/reference/installation-report/>; for the counts,
//! <https://pypistats.org/api/>.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use toml::Table;

use crate::channel::desk::Desk;
use crate::channel::{Count, Measure, Uncounted, Unproven};
use crate::error::{Error, Result as Outcome};
use crate::file;
use crate::http::{self, Request};
use crate::process::{self, Finished};
use crate::publish::Obstacle;
use crate::template::Rendered;

/// How long one run of uv or pip may take.
const LIMIT: Duration = Duration::from_mins(10);

/// The file that tells uv what to look for.
const REQUIREMENT: &str = "requirement.in";

/// pip's report.
const REPORT: &str = "report.json";

/// The service of statistics, and the variable that puts another in its place.
const STATISTICS: (&str, &str) = ("PYPISTATS_URL", "https://pypistats.org");

/// The most bytes of what it says about a project.
const STATISTICS_BYTES_MAX: u64 = 1 << 20;

/// What to do if we are not let in.
const NOT_LET_IN: [&str; 2] = [
    "in a workflow: `id-token: write`, and a trusted publisher that names this repository, \
     workflow and environment",
    "elsewhere: PYPI_API_TOKEN, a token of the project",
];

/// A version as the index has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The version, as Python writes it.
    pub version: String,
    /// Each file with its SHA-256.
    pub files: Vec<(String, String)>,
    /// Why it is yanked, if it is.
    pub yanked: Option<String>,
}

/// What pip installed.
pub struct Installed {
    /// The folder of its programs.
    pub programs: PathBuf,
    /// The SHA-256 of the wheel.
    pub sha256: String,
}

/// Returns what the index has for a requirement, or nothing if it has nothing.
///
/// # Errors
///
/// [`Obstacle`] if that cannot be known.
pub fn list(desk: &Desk<'_>, requirement: &str) -> Result<Option<Listed>, Obstacle> {
    let options = ["--format", "pylock.toml", "--no-annotate"];
    let finished = compile(desk, requirement, &options)?;
    let said = line(&finished.complaint);
    if finished.is_success {
        let found = read(&finished.text(), &said);
        return found.map(Some).ok_or_else(|| {
            desk.refused(format!("uv lists no files of {requirement}: {}", finished.text()), &[])
        });
    }
    let has = |words: &str| said.contains(words);
    // A hint tells an index that does not let us look from one that has nothing.
    if has("hint: An index") {
        Err(desk.refused(said, &["look at where uv finds packages: UV_DEFAULT_INDEX, uv.toml"]))
    } else if has("not found in the package registry")
        || has("there is no version of")
        || has("there are no versions of")
        // Nothing for who names no version.
        || has("yanked") && !requirement.contains("==")
    {
        Ok(None)
    } else if has("are unsatisfiable") {
        Err(desk.refused(said, &["look at the project's page"]))
    } else {
        Err(desk.passing(said))
    }
}

/// Returns the page of a project that the index has.
///
/// # Errors
///
/// As [`list`].
pub fn page(desk: &Desk<'_>, name: &str) -> Result<String, Obstacle> {
    let page = |index: String| format!("{index}/{name}/");
    Ok(index(desk, name)?.map(page).unwrap_or_default())
}

/// Returns the address of the index that has a requirement, without a slash at its end; nothing if
/// none has it.
///
/// # Errors
///
/// As [`list`].
pub fn index(desk: &Desk<'_>, requirement: &str) -> Result<Option<String>, Obstacle> {
    let text = compile(desk, requirement, &["--emit-index-annotation"])?.text();
    let index = text.lines().find_map(|line| line.trim().strip_prefix("# from "));
    Ok(index.map(|index| index.trim_end_matches('/').to_owned()))
}

/// Returns how often a project was downloaded lately, mirrors aside; nothing if it is new.
///
/// # Errors
///
/// [`Uncounted`] if nobody counts what this index gives, or cannot be asked.
pub fn counts(desk: &Desk<'_>, name: &str) -> Result<Vec<Count>, Uncounted> {
    if list(desk, name)?.is_none() {
        return Ok(Vec::new());
    }
    let place = desk.place(STATISTICS.0, STATISTICS.1)?;
    let index = index(desk, name)?.unwrap_or_default();
    let (service, index) = (http::host(&place), http::host(&index));
    let counted = service.strip_prefix("pypistats.").map(|rest| format!("pypi.{rest}"));
    if counted.as_deref() != Some(index) {
        let why = format!("{service} does not count what {index} gives");
        return Err(Uncounted::Nowhere(why));
    }
    let url = format!("{place}/api/packages/{name}/recent");
    let headers = vec![("accept", "application/json")];
    // It shuts out who asks often, and a second answer of the same day is the first again.
    let response = desk.send_once(&Request::get(&url, headers, STATISTICS_BYTES_MAX))?;
    match response.status {
        200 => {}
        404 => return Ok(Vec::new()),
        status => return Err(desk.refused(format!("GET {url}: {status}"), &[]).into()),
    }
    let said: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let count = |field: &str| said["data"][field].as_u64().filter(|_| said["package"] == name);
    let (Some(week), Some(month)) = (count("last_week"), count("last_month")) else {
        return Err(desk.refused(format!("GET {url}: 200, and no counts"), &[]).into());
    };
    Ok(vec![
        Count::new(Measure::AllLastWeek, "downloads of all versions in a week", week),
        Count::new(Measure::Aside, "downloads of all versions in a month", month),
    ])
}

/// Sends one file.
///
/// # Errors
///
/// [`Obstacle`] if it is not taken.
pub fn upload(desk: &Desk<'_>, wheel: &Rendered) -> Result<String, Obstacle> {
    let written = file::write_whole(&desk.scratch.join(&wheel.path), &wheel.bytes);
    written.map_err(|error| desk.refused(error.to_string(), &[]))?;
    let mut uv = uv(desk)?;
    uv.args(["publish", "--trusted-publishing", "automatic", &wheel.path]);
    let mut secrets = desk.set(&process::IDENTITY);
    secrets.extend(desk.secret.iter().map(|token| ("UV_PUBLISH_TOKEN", token.reveal())));
    let finished = process::run_trusted(&mut uv, &secrets, LIMIT);
    let finished = finished.map_err(|error| desk.passing(error.to_string()))?;
    if finished.is_success {
        return Ok("taken".to_owned());
    }
    Err(refusal(desk, &line(&finished.complaint)))
}

/// Lets pip install a requirement into a fresh environment.
///
/// # Errors
///
/// [`Unproven`] if there is no Python here, or pip cannot have it.
pub fn install(desk: &Desk<'_>, requirement: &str) -> Result<Installed, Unproven> {
    let advice = "install Python 3.9 or later";
    let python = desk.client("python3", advice).or_else(|_| desk.client("python", advice));
    let mut python = python.map_err(|obstacle| Unproven::NotHere(obstacle.what))?;
    let made = run(python.args(["-m", "venv", "--clear", "venv"])).map_err(not_here)?;
    if !made.is_success {
        let said = line(&(made.text() + &made.complaint));
        return Err(Unproven::NotHere(format!("no environment of Python can be made: {said}")));
    }
    let folder = if cfg!(windows) { "venv/Scripts" } else { "venv/bin" };
    let programs = desk.scratch.join(folder);
    let mut pip = Command::new(programs.join("python"));
    pip.env_clear().envs(desk.surroundings.environment.variables()).current_dir(&desk.scratch);
    pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
    pip.args(["--no-cache-dir", "--no-deps", "--only-binary", ":all:", "--report", REPORT]);
    let installed = run(pip.arg(requirement)).map_err(not_here)?;
    if !installed.is_success {
        return Err(Unproven::Unreachable(desk.passing(line(&installed.complaint))));
    }
    let path = desk.scratch.join(REPORT);
    let report = std::fs::read(&path).map_err(Error::at(&path)).map_err(not_here)?;
    let report: Value = serde_json::from_slice(&report).unwrap_or_default();
    let sha256 = &report["install"][0]["download_info"]["archive_info"]["hashes"]["sha256"];
    Ok(Installed { programs, sha256: sha256.as_str().unwrap_or_default().to_owned() })
}

fn not_here(error: Error) -> Unproven {
    Unproven::NotHere(error.to_string())
}

fn run(command: &mut Command) -> Outcome<Finished> {
    process::run(command, LIMIT)
}

fn finish(desk: &Desk<'_>, command: &mut Command) -> Result<Finished, Obstacle> {
    run(command).map_err(|error| desk.passing(error.to_string()))
}

fn uv(desk: &Desk<'_>) -> Result<Command, Obstacle> {
    let mut uv = desk.client("uv", "install it: scripts/release/setup-channel pypi")?;
    uv.env("UV_PYTHON_DOWNLOADS", "never").env("UV_NO_PROGRESS", "1").env("NO_COLOR", "1");
    // Whoever sends again without a look hears of his own success as of a refusal.
    uv.env("UV_HTTP_RETRIES", "0");
    Ok(uv)
}

/// Lets uv find out what a requirement means, for every platform.
fn compile(desk: &Desk<'_>, requirement: &str, options: &[&str]) -> Result<Finished, Obstacle> {
    let mut uv = uv(desk)?;
    let written = file::write_whole(&desk.scratch.join(REQUIREMENT), requirement.as_bytes());
    written.map_err(|error| desk.refused(error.to_string(), &[]))?;
    uv.args(["pip", "compile", REQUIREMENT, "--universal", "--no-deps", "--no-cache"]);
    finish(desk, uv.arg("--no-header").args(options))
}

/// What a program said, as one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a lock of one package, and what was said about it.
fn read(lock: &str, said: &str) -> Option<Listed> {
    let lock: Table = lock.parse().ok()?;
    let package = lock.get("packages")?.as_array()?.first()?;
    let file = |wheel: &toml::Value| {
        let url = wheel.get("url")?.as_str()?.split(['#', '?']).next()?;
        let sha256 = wheel.get("hashes")?.get("sha256")?.as_str()?;
        Some((url.rsplit('/').next()?.to_owned(), sha256.to_owned()))
    };
    let wheels = package.get("wheels").and_then(toml::Value::as_array);
    let files: Option<Vec<_>> = wheels.into_iter().flatten().map(file).collect();
    let yanked = said.split_once("is yanked").map(|(_, why)| why.trim().to_owned());
    Some(Listed { version: package.get("version")?.as_str()?.to_owned(), files: files?, yanked })
}

/// What it means that an upload was not taken.
fn refusal(desk: &Desk<'_>, said: &str) -> Obstacle {
    let status = said.split_once("status code ").or_else(|| said.split_once("error code "));
    let status = status.and_then(|(_, rest)| rest.get(..3)?.parse::<u16>().ok());
    match status {
        // It may be there with our bytes: the next look decides.
        Some(400) if said.contains("already exists") => desk.passing(said),
        Some(409) => desk.passing(said),
        Some(400) if said.contains("already been used") => desk.refused(
            said,
            &["a file name is used up for ever, even if it was deleted; release the next version"],
        ),
        Some(401 | 403 | 422) => desk.refused(said, &NOT_LET_IN),
        Some(408 | 429 | 500..) => desk.passing(said),
        _ if said.contains("Missing credentials") => desk.refused(said, &NOT_LET_IN),
        None if said.contains("POST request") || said.contains("error sending request") => {
            desk.passing(said)
        }
        _ => desk.refused(said, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Listed, read};

    #[test]
    fn a_lock_tells_the_files_of_one_version() {
        let lock = "lock-version = \"1.0\"\n[[packages]]\nname = \"lite\"\nversion = \"1.0.2\"\n\
                    wheels = [{ url = \"https://files.example.org/a/b/lite-1.whl#x\", \
                    hashes = { sha256 = \"ab\" } }]\n";
        let listed = |yanked: Option<&str>| Listed {
            version: "1.0.2".to_owned(),
            files: vec![("lite-1.whl".to_owned(), "ab".to_owned())],
            yanked: yanked.map(str::to_owned),
        };
        assert_eq!(read(lock, "Resolved 1 package in 1ms"), Some(listed(None)));
        let warning = "warning: `lite==1.0.2` is yanked (reason: \"broken\")";
        assert_eq!(read(lock, warning), Some(listed(Some("(reason: \"broken\")"))));
        assert_eq!(read(&lock.replace("sha256", "md5"), ""), None);
        assert_eq!(read("", ""), None);
    }
}
