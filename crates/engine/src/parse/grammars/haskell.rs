//! Haskell: the signature and all equations of a function are one definition.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_haskell::LANGUAGE.into(),
    rules: &[
        ("data_type", Rule::Define(Symbol::Type)),
        ("newtype", Rule::Define(Symbol::Type)),
        ("type_synonym", Rule::Define(Symbol::Alias)),
        ("type_family", Rule::Define(Symbol::Alias)),
        ("data_family", Rule::Define(Symbol::Alias)),
        ("class", Rule::Define(Symbol::Interface)),
        ("instance", Rule::Ask(instance)),
        ("signature", Rule::Ask(function)),
        ("function", Rule::Ask(function)),
        ("bind", Rule::Ask(function)),
        ("data_constructor", Rule::Ask(constructor)),
        ("gadt_constructor", Rule::Define(Symbol::Field)),
        ("field", Rule::Define(Symbol::Field)),
        ("class_declarations", Rule::Body),
        ("instance_declarations", Rule::Body),
        ("comment", Rule::Comment),
        ("haddock", Rule::Comment),
        ("name", Rule::Name),
        ("constructor", Rule::Name),
        ("module_id", Rule::Word),
        ("variable", Rule::Word),
        ("operator", Rule::Word),
        ("apply", Rule::Call("function")),
        ("import", Rule::Import),
    ],
    path: &["function", "id", "name"],
    inner_docs: &["-- ^"],
    joins_clauses: true,
    ..Grammar::PLAIN
};

/// An instance is named by its type, as an implementation is everywhere.
fn instance<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let class = node.child_by_field_name("name")?;
    let of = node.child_by_field_name("patterns").and_then(first_type);
    Some(Found::new(Symbol::Implementation, of.unwrap_or(scene.table.last_name(class))))
}

/// The first name of a type inside a pattern.
fn first_type(patterns: Node<'_>) -> Option<Node<'_>> {
    const STEPS_MAX: usize = 8;
    let mut at = patterns;
    for _ in 0..STEPS_MAX {
        if at.kind() == "name" {
            return Some(at);
        }
        at = at.named_child(0)?;
    }
    None
}

/// A signature, an equation or a binding; those inside a function are local.
fn function<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    if scene.is_local || matches!(scene.ancestor(0), "local_binds" | "pattern_synonym") {
        return None;
    }
    let name = match node.child_by_field_name("name") {
        Some(name) => name,
        None => infix_operator(node)?,
    };
    let mut found = Found::new(Symbol::Function, scene.table.last_name(name));
    let end = match node.kind() {
        "signature" => Some(span_of(node).end),
        _ => node.child_by_field_name("match").map(|of| of.start_byte() as u32),
    };
    found.signature_end = end;
    found.is_scope = node.kind() != "signature";
    Some(found)
}

/// The operator that `a <+> b = …` defines.
fn infix_operator(node: Node<'_>) -> Option<Node<'_>> {
    let first = node.named_child(0).filter(|first| first.kind() == "infix")?;
    first.child_by_field_name("operator")
}

fn constructor<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let of = node.child_by_field_name("constructor")?;
    let name = of.child_by_field_name("name")?;
    Some(Found::new(Symbol::Field, scene.table.last_name(name)))
}
