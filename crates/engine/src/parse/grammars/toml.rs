//! TOML: tables, and the keys outside of tables and directly in them.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_toml_ng::LANGUAGE.into(),
    rules: &[
        ("table", Rule::Ask(table)),
        ("table_array_element", Rule::Ask(table)),
        ("pair", Rule::Ask(key)),
        ("string", Rule::Opaque),
        ("comment", Rule::Comment),
    ],
    path: &[],
    ..Grammar::PLAIN
};

/// `[name]` or `[[name]]`.
fn table<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    node.named_child(0).map(|name| Found::new(Symbol::Key, name))
}

/// `name = value`, outside of inline tables.
fn key<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let is_outer = scene.ancestor(0) != "inline_table";
    node.named_child(0).filter(|_| is_outer).map(|name| Found::new(Symbol::Key, name))
}
