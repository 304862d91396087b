//! What the program finds around itself, as a value: the folder, the environment, time, the
//! network, and somewhere to say how it goes.
//!
//! Only `main` makes the real one; a test makes its own and needs neither network nor time.

use std::path::Path;

use crate::github::client::Means;

/// The surroundings of one command.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The folder that the command is run in.
    pub directory: &'a Path,
    /// Returns an environment variable's value, if it is set.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Network, time and progress.
    pub means: Means<'a>,
}

impl Surroundings<'_> {
    /// Returns the value of a variable, unless that is nothing but spaces.
    pub fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.trim().is_empty())
    }

    /// Returns whether this is a run of a workflow.
    pub fn is_workflow(&self) -> bool {
        self.text("GITHUB_ACTIONS").is_some_and(|value| value == "true")
    }
}
