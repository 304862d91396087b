//! `cargo ship`: one tag becomes a release that cannot lie.
//!
//! The whole release is computed before anything is done: [`plan`] is a pure function of
//! `release.toml`, the tag and the versions written in the tree, and needs no network. Every
//! later step does what the plan says and nothing else, so what can be wrong about a release is
//! wrong here first, before a byte is built.
//!
//! The modules stand in dependency order; each names only those above it. The library prints
//! nothing and reads no environment; the folder it works in is passed down as a value. It knows
//! none of the other crates of the workspace.

pub mod error;
pub mod file;
pub mod clock;
pub mod http;
pub mod environment;
pub mod surroundings;
pub mod process;
pub mod source;
pub mod nearest;
pub mod tag;
pub mod changelog;
pub mod version;
pub mod target;
pub mod pattern;
pub mod artifact;
pub mod manifest;
pub mod template;
pub mod facts;
pub mod config;
pub mod plan;
pub mod workflow;
pub mod dependency;
pub mod notices;
pub mod sbom;
pub mod build;
pub mod pack;
pub mod carrier;
pub mod github;
pub mod release;
pub mod publish;
pub mod git;
pub mod proof;
pub mod channel;
pub mod report;
pub mod need;
pub mod doctor;
pub mod rehearse;
pub mod command;
