//! The release program as its user meets it: a tree of files, a command line, what comes out.

mod converge;
mod doctor;
mod fake;
mod gh;
mod plan;
mod program;
mod project;
mod publish;
mod refusal;
mod tidy;
