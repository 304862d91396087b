//! The release program as its user meets it: a tree of files, a command line, what comes out.

mod plan;
mod project;
mod refusal;
mod tidy;
