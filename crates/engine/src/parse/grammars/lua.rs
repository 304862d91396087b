//! Lua.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_lua::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Ask(function)),
        ("assignment_statement", Rule::Ask(assignment)),
        ("field", Rule::Ask(field)),
        ("variable_declaration", Rule::Wrap),
        ("function_definition", Rule::Scope),
        ("comment", Rule::Comment),
        ("identifier", Rule::Word),
        ("function_call", Rule::Call("name")),
    ],
    path: &["field", "method", "name"],
    ..Grammar::PLAIN
};

/// A module table is often called `M` or `_M`; as an owner that says nothing.
const OWNER_BYTES_MIN: usize = 3;

/// A name with the table that it is stored in.
fn named<'tree>(scene: &Scene<'_, 'tree>, name: Node<'tree>, kind: Symbol) -> Found {
    let owner = name
        .child_by_field_name("table")
        .map(|table| scene.table.last_name(table))
        .filter(|table| table.byte_range().len() >= OWNER_BYTES_MIN);
    Found::new(kind, scene.table.last_name(name)).with_owner(owner)
}

fn function<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let is_method = name.kind() == "method_index_expression";
    Some(named(scene, name, if is_method { Symbol::Method } else { Symbol::Function }))
}

/// `M.name = function …`, and at module level `NAME = value`.
fn assignment<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.named_child(0)?.child_by_field_name("name")?;
    let value = node.named_child(1)?.child_by_field_name("value")?;
    if value.kind() == "function_definition" {
        let found = named(scene, name, Symbol::Function);
        return Some(found.with_body(value.child_by_field_name("body")));
    }
    let is_import = scene.text_of(value).starts_with("require");
    let is_name = matches!(name.kind(), "identifier" | "dot_index_expression");
    (is_name && !is_import).then(|| named(scene, name, Symbol::Constant))
}

/// `name = function …` in a table.
fn field<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let value = node.child_by_field_name("value")?;
    let is_function = value.kind() == "function_definition" && name.kind() == "identifier";
    let found = is_function.then(|| named(scene, name, Symbol::Method))?;
    Some(found.with_body(value.child_by_field_name("body")))
}
