//! Python.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_python::LANGUAGE.into(),
    rules: &[
        ("function_definition", Rule::Define(Symbol::Function)),
        ("class_definition", Rule::Define(Symbol::Type)),
        ("type_alias_statement", Rule::DefineAt(Symbol::Alias, "left")),
        ("assignment", Rule::Ask(assignment)),
        ("decorated_definition", Rule::Wrap),
        ("expression_statement", Rule::Wrap),
        ("comment", Rule::Comment),
        ("lambda", Rule::Scope),
        ("identifier", Rule::Capital),
        ("call", Rule::Call("function")),
        ("decorator", Rule::Call("")),
        ("import_statement", Rule::Import),
        ("import_from_statement", Rule::Import),
    ],
    path: &["attribute", "function", "name"],
    docstring: Some(docstring),
    ..Grammar::PLAIN
};

/// `NAME = …` and `name: Type = …` at module and class level.
fn assignment<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let left = node.child_by_field_name("left")?;
    (left.kind() == "identifier").then(|| Found::new(Symbol::Constant, left))
}

/// The string that is the first statement of a function or class.
fn docstring(node: Node<'_>) -> Option<Node<'_>> {
    if !matches!(node.kind(), "function_definition" | "class_definition") {
        return None;
    }
    let first = node.child_by_field_name("body")?.named_child(0)?;
    let string = if first.kind() == "expression_statement" { first.named_child(0)? } else { first };
    (string.kind() == "string").then_some(string)
}
