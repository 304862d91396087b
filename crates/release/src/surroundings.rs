//! What a command that leaves the machine finds around itself, as values: the environment, the
//! network and time.
//!
//! Only `main` makes the real one; a test makes its own and needs neither network nor time.

use crate::clock::Clock;
use crate::environment::Environment;
use crate::http::Transport;

/// The surroundings of one command.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The folder, the variables, and a place for progress.
    pub environment: &'a Environment<'a>,
    /// Carries requests.
    pub transport: &'a dyn Transport,
    /// Tells the time and waits.
    pub clock: &'a dyn Clock,
}

impl Surroundings<'_> {
    /// Returns whether this is a run of a workflow.
    pub fn is_workflow(&self) -> bool {
        self.environment.text("GITHUB_ACTIONS") == Some("true")
    }
}
