//! Zig: types are values of constants.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_zig::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(Symbol::Function)),
        ("variable_declaration", Rule::Ask(variable)),
        ("container_field", Rule::Ask(field)),
        ("comment", Rule::Comment),
        ("identifier", Rule::Capital),
        ("builtin_identifier", Rule::Word),
        ("call_expression", Rule::Call("function")),
    ],
    path: &["member", "name", "function"],
    inner_docs: &["//!"],
    ..Grammar::PLAIN
};

fn variable<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let mut cursor = node.walk();
    let mut children = node.named_children(&mut cursor);
    let name = children.find(|child| child.kind() == "identifier")?;
    let value = children.last();
    let kind = match value.map_or("", |value| value.kind()) {
        "struct_declaration" | "opaque_declaration" => Symbol::Type,
        "enum_declaration" | "union_declaration" | "error_set_declaration" => Symbol::Enum,
        _ => Symbol::Constant,
    };
    let text = value.map_or("", |value| scene.text_of(value));
    if kind == Symbol::Constant && text.starts_with("@import(") {
        return None;
    }
    let found = Found::new(kind, name);
    Some(if kind == Symbol::Constant {
        found
    } else {
        let open = value.and_then(|value| {
            let mut cursor = value.walk();
            value.children(&mut cursor).find(|child| child.kind() == "{")
        });
        found.with_body(open)
    })
}

fn field<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name").filter(|name| name.kind() == "identifier")?;
    Some(Found::new(Symbol::Field, name))
}
