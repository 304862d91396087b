//! The context engine: documents in, context out.
//!
//! The modules stand in dependency order; each names only those above it. The engine prints
//! nothing, reads no environment variable, starts no process and knows no transport: paths,
//! clocks and progress sinks are passed in as values.

pub mod error;
pub mod text;
pub mod token;
pub mod language;
pub mod document;
pub mod passage;
pub mod files;
pub mod history;
pub mod terms;
pub mod parse;
pub mod split;
pub mod record;
pub mod citation;
pub mod prepare;
pub mod store;
pub mod excerpt;
pub mod symbol;
pub mod index;
pub mod authority;
pub mod ingest;
pub mod snapshot;
pub mod lexicon;
pub mod query;
pub mod retrieve;
pub mod neighbourhood;
pub mod relevance;
pub mod feature;
pub mod findings;
pub mod utility;
pub mod context;
pub mod wish;
pub mod objective;
pub mod assemble;
pub mod learn;
pub mod library;
pub mod engine;
