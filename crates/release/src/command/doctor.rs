//! `cargo ship doctor`.

use clap::Args;

use crate::command::project;
use crate::command::{DEGRADED, Output, annotation};
use crate::doctor::{self, Finding, Grade, expiry, host, workflows};
use crate::error::Result;
use crate::github::access;
use crate::github::client::Client;
use crate::pack;
use crate::surroundings::Surroundings;

/// The arguments of `cargo ship doctor`.
#[derive(Debug, Args)]
pub struct Options {
    /// The tag to look at; by default `v` and the workspace's version.
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Only ask of every secret that is given when it ends; 10 if one does within 30 days.
    #[arg(long)]
    expiry: bool,
}

/// Runs the command.
///
/// # Errors
///
/// If this is not a project at all; everything else is a finding.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref());
    if options.expiry {
        let mut findings = expiry::findings(&plan?, surroundings);
        if findings.is_empty() {
            findings.push(expiry::without_secrets());
        }
        let is_soon = findings.iter().any(|finding| finding.grade == Grade::Warning);
        let code = if is_soon { DEGRADED } else { 0 };
        return Ok(output(&findings, code, options.json, surroundings));
    }
    let packed = root.join(pack::FOLDER);
    let mut findings = doctor::project::findings(&root, &packed, &plan);
    findings.extend(workflows::findings(&root));
    if let Ok(plan) = &plan {
        findings.extend(match access::given_token(surroundings) {
            None => host::without_token("set GITHUB_TOKEN and run this again"),
            Some(_) => {
                let access = access::read(&root, &plan.repository_url, surroundings)?;
                let client = Client::new(surroundings, access);
                host::findings(&client, plan, &workflows::environments(&root))
            }
        });
        findings.extend(expiry::findings(plan, surroundings));
    }
    Ok(output(&findings, 0, options.json, surroundings))
}

/// What is found, with the exit code 1 if there is a fault; a run of a workflow shows the rest.
fn output(findings: &[Finding], code: u8, is_json: bool, surroundings: Surroundings<'_>) -> Output {
    let code = if doctor::is_sick(findings) { 1 } else { code };
    let answer = if is_json { json(findings) } else { doctor::table(findings) };
    let bad = findings.iter().filter(|f| matches!(f.grade, Grade::Fault | Grade::Warning));
    let notice = bad.map(|Finding { grade, subject, says, next }| {
        let what = format!("{says}; {next}");
        annotation(surroundings, *grade == Grade::Fault, (subject, &what))
    });
    Output { answer, notice: notice.collect(), code }
}

fn json(findings: &[Finding]) -> String {
    let json = serde_json::to_string_pretty(findings);
    json.expect("findings are made of texts") + "\n"
}
