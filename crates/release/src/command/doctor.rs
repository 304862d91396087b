//! `cargo ship doctor`.

use clap::Args;

use crate::command::Output;
use crate::command::access;
use crate::command::project;
use crate::doctor::{self, Finding, host, workflows};
use crate::error::Result;
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
}

/// Runs the command.
///
/// # Errors
///
/// If this is not a project at all; everything else is a finding.
pub fn run(options: &Options, surroundings: Surroundings<'_>) -> Result<Output> {
    let root = project::find_root(&surroundings.environment.directory)?;
    let plan = project::read_plan(&root, options.tag.as_deref());
    let packed = root.join(pack::FOLDER);
    let mut findings = doctor::project::findings(&root, &packed, &plan);
    findings.extend(workflows::findings(&root));
    if let Ok(plan) = &plan {
        findings.extend(match access::given_token(surroundings) {
            None => host::without_token("set GITHUB_TOKEN and run this again"),
            Some(_) => {
                let client = Client::new(surroundings, access::read(&root, plan, surroundings)?);
                host::findings(&client, plan, &workflows::environments(&root))
            }
        });
    }
    let code = u8::from(doctor::is_sick(&findings));
    let answer = if options.json { json(&findings) } else { doctor::table(&findings) };
    Ok(Output { answer, code, ..Output::default() })
}

fn json(findings: &[Finding]) -> String {
    let json = serde_json::to_string_pretty(findings);
    json.expect("findings are made of texts") + "\n"
}
