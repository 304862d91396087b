//! The program as its user meets it: a repository, a command line, what comes out.
//!
//! Every test has a [`Machine`] of its own: a home, a data folder and a repository in one temporary
//! folder, and nothing of the real environment.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that failed")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the tests chose the names")]
#![allow(clippy::large_stack_arrays, reason = "a question may be long, and a test is short")]

mod answer;
mod configuration;
mod conformance;
mod documents;
mod fault;
mod guard;
mod http;
mod index;
mod machine;
mod manual;
mod mcp;
mod onboard;
mod selection;
mod selftest;
mod server;
mod shape;
mod symbols;

use machine::Machine;
