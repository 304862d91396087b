//! Go.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_go::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(Symbol::Function)),
        ("method_declaration", Rule::Ask(method)),
        ("method_elem", Rule::Define(Symbol::Method)),
        ("type_spec", Rule::Ask(type_spec)),
        ("type_alias", Rule::Define(Symbol::Alias)),
        ("const_spec", Rule::Ask(names)),
        ("var_spec", Rule::Ask(names)),
        ("field_declaration", Rule::Ask(names)),
        ("type_declaration", Rule::Wrap),
        ("const_declaration", Rule::Wrap),
        ("var_declaration", Rule::Wrap),
        ("comment", Rule::Comment),
        ("func_literal", Rule::Scope),
        ("type_identifier", Rule::Name),
        ("identifier", Rule::Capital),
        ("field_identifier", Rule::Word),
        ("call_expression", Rule::Call("function")),
    ],
    path: &["name", "field", "function", "type"],
    ..Grammar::PLAIN
};

/// A method belongs to the type of its receiver.
fn method<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let mut found = Found::new(Symbol::Method, node.child_by_field_name("name")?);
    let receiver = node.child_by_field_name("receiver").and_then(|list| list.named_child(0));
    let receiver = receiver.and_then(|parameter| parameter.child_by_field_name("type"));
    found.owner = receiver.map(|mut of| {
        while of.kind() != "type_identifier" {
            let inner = of.child_by_field_name("type").or_else(|| of.named_child(0));
            let Some(inner) = inner else { break };
            of = inner;
        }
        span_of(scene.table.last_name(of))
    });
    Some(found)
}

fn type_spec<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let of = node.child_by_field_name("type")?;
    let kind = match of.kind() {
        "struct_type" => Symbol::Type,
        "interface_type" => Symbol::Interface,
        _ => Symbol::Alias,
    };
    let found = Found::new(kind, node.child_by_field_name("name")?);
    Some(match kind {
        Symbol::Type => found.with_body(of.named_child(0)),
        Symbol::Interface => found.with_body(of.child(1)),
        _ => found,
    })
}

/// `a, b = 1, 2` and `x, y int`.
fn names<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let is_field = node.kind() == "field_declaration";
    let kind = if is_field { Symbol::Field } else { Symbol::Constant };
    let mut cursor = node.walk();
    let mut names = node.children_by_field_name("name", &mut cursor).filter(Node::is_named);
    let mut found = Found::new(kind, names.next()?);
    found.more = names.map(span_of).collect();
    Some(found)
}
