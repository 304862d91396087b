//! The release program as its user meets it: a tree of files, a command line, what comes out.

// The tools that build and pack run on Linux, where a release is made.
#[cfg(target_os = "linux")]
mod build;
#[cfg(target_os = "linux")]
mod carry;
mod channel;
mod converge;
mod desk;
mod doctor;
mod expiry;
mod failures;
mod gh;
mod history;
#[cfg(target_os = "linux")]
mod installer;
mod network;
#[cfg(target_os = "linux")]
mod notices;
#[cfg(target_os = "linux")]
mod pack;
mod plan;
mod program;
mod project;
mod publish;
mod refusal;
mod registry;
mod rehearse;
#[cfg(target_os = "linux")]
mod sample;
#[cfg(target_os = "linux")]
mod secret;
#[cfg(target_os = "linux")]
mod ssh;
mod store;
mod tidy;
mod vscode;
