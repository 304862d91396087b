//! `cargo ship`: one tag becomes a release that cannot lie.
//!
//! The modules stand in dependency order; each names only those above it. The library prints
//! nothing and reads no environment; the folder it works in is passed down as a value. It knows
//! none of the other crates of the workspace.

pub mod error;
pub mod nearest;
pub mod tag;
pub mod changelog;
pub mod version;
