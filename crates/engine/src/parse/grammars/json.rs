//! JSON, with comments: the keys of the two outer levels of objects.
//!
//! Strings are not looked into, so that the walk over a large table stays short.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

/// The levels whose keys are names to look for.
const LEVELS: usize = 2;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_json::LANGUAGE.into(),
    rules: &[("pair", Rule::Ask(key)), ("string", Rule::Opaque), ("comment", Rule::Comment)],
    path: &[],
    ..Grammar::PLAIN
};

/// A key with only objects and keys around it.
fn key<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let objects = scene.path.iter().filter(|node| node.kind() == "object").count();
    let is_outer = objects <= LEVELS && !scene.path.iter().any(|node| node.kind() == "array");
    let key = node.child_by_field_name("key").filter(|_| is_outer)?;
    let mut found = Found::new(Symbol::Key, key);
    found.signature_end = Some(key.end_byte() as u32);
    Some(found)
}
