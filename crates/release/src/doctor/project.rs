//! Whether the project itself can be released: one version everywhere, notes for it, files packed.

use std::path::Path;

use crate::changelog;
use crate::doctor::{Finding, Grade};
use crate::error::Result;
use crate::manifest::Manifest;
use crate::plan::{Plan, State};

/// Returns what is found in the files of a project; `plan` is what became of planning it.
pub fn findings(root: &Path, packed: &Path, plan: &Result<Plan>) -> Vec<Finding> {
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => {
            let next = "mend that first; `cargo ship plan` then shows the release";
            return vec![Finding::of(Grade::Fault, "version", error.to_string(), next)];
        }
    };
    let says = format!("every place says {}, which tag {} names", plan.version, plan.tag);
    vec![Finding::good("version", says), notes(root, plan), files(packed, plan), channels(plan)]
}

fn notes(root: &Path, plan: &Plan) -> Finding {
    let text = std::fs::read_to_string(root.join("CHANGELOG.md")).unwrap_or_default();
    match changelog::notes(&text) {
        Ok(notes) => Finding::good("notes", format!("{} lines", notes.lines().count())),
        Err(problem) => {
            let next = format!("write in CHANGELOG.md what users notice about {}", plan.version);
            Finding::of(Grade::Fault, "notes", problem, next)
        }
    }
}

fn files(packed: &Path, plan: &Plan) -> Finding {
    let subject = "packed files";
    if !packed.exists() {
        let says = "nothing is packed here";
        let next = "a workflow packs by itself; here: cargo ship build --all && cargo ship pack";
        return Finding::of(Grade::Unknown, subject, says, next);
    }
    let manifest = Manifest::read(packed).and_then(|m| m.verify(packed).map(|()| m));
    match manifest {
        Ok(manifest) if manifest.tag == plan.tag => {
            let says = format!("{} files of commit {}", manifest.artifacts.len(), manifest.commit);
            Finding::good(subject, says)
        }
        Ok(manifest) => {
            let says = format!("they are of {}, not of {}", manifest.tag, plan.tag);
            Finding::of(Grade::Warning, subject, says, "pack again")
        }
        Err(error) => Finding::of(Grade::Warning, subject, error.to_string(), "pack again"),
    }
}

fn channels(plan: &Plan) -> Finding {
    let count = |state| plan.channels.iter().filter(|channel| channel.state == state).count();
    let parts = [State::Planned, State::SkippedPrerelease, State::PolicyBlocked]
        .map(|state| (count(state), state.phrase()));
    let parts = parts.into_iter().filter(|(count, _)| 0 < *count);
    let parts: Vec<String> = parts.map(|(count, phrase)| format!("{count} {phrase}")).collect();
    Finding::good("channels", parts.join(", "))
}
