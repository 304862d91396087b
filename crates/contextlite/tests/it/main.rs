//! The program as its user meets it: a repository, a command line, what comes out.
//!
//! Every test has a [`Machine`] of its own: a home, a data folder and a repository in one temporary
//! folder, and nothing of the real environment.

mod answer;
mod configuration;
mod fault;
mod index;
mod machine;
mod shape;

use machine::Machine;
