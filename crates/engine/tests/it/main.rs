//! The engine's integration tests, in one binary: they see what a user of the crate sees.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that failed")]

mod escape;
mod faults;
mod feedback;
mod history;
mod incremental;
mod library;
mod quality;
mod small_disk;
mod tidy;
mod yard;
