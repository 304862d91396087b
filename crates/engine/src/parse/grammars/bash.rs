//! Bash and its relatives.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_bash::LANGUAGE.into(),
    rules: &[
        ("function_definition", Rule::Define(Symbol::Function)),
        ("variable_assignment", Rule::Ask(assignment)),
        ("declaration_command", Rule::Wrap),
        ("comment", Rule::Comment),
        ("command", Rule::Call("name")),
    ],
    ascii_only: true,
    ..Grammar::PLAIN
};

/// `NAME=…` as a command of its own; before a command it is part of that command.
fn assignment<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let is_command = scene.ancestor(0) == "command";
    let name = node.child_by_field_name("name").filter(|name| name.kind() == "variable_name");
    name.filter(|_| !is_command).map(|name| Found::new(Symbol::Constant, name))
}
