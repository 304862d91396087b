//! Swift.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_swift::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Ask(class)),
        ("protocol_declaration", Rule::Define(Symbol::Interface)),
        ("function_declaration", Rule::Define(Symbol::Function)),
        ("protocol_function_declaration", Rule::Define(Symbol::Method)),
        ("init_declaration", Rule::Ask(keyword)),
        ("deinit_declaration", Rule::Ask(keyword)),
        ("subscript_declaration", Rule::Ask(keyword)),
        ("property_declaration", Rule::Ask(property)),
        ("protocol_property_declaration", Rule::Ask(property)),
        ("typealias_declaration", Rule::Define(Symbol::Alias)),
        ("associatedtype_declaration", Rule::Define(Symbol::Alias)),
        ("enum_entry", Rule::Ask(cases)),
        ("modifiers", Rule::Modifiers),
        ("attribute", Rule::Attribute),
        ("computed_property", Rule::Body),
        ("comment", Rule::Comment),
        ("multiline_comment", Rule::Comment),
        ("lambda_literal", Rule::Scope),
        ("computed_property", Rule::Scope),
        ("type_identifier", Rule::Name),
        ("simple_identifier", Rule::Capital),
        ("call_expression", Rule::Call("")),
        ("import_declaration", Rule::Import),
    ],
    path: &["suffix", "name", "bound_identifier"],
    ..Grammar::PLAIN
};

/// Classes, structs, actors, enumerations and extensions are one node kind.
fn class<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let keyword = node.child_by_field_name("declaration_kind")?;
    let kind = match keyword.kind() {
        "enum" => Symbol::Enum,
        "extension" => Symbol::Implementation,
        _ => Symbol::Type,
    };
    let name = node.child_by_field_name("name")?;
    Some(Found::new(kind, scene.table.last_name(name)))
}

/// What has no name but its keyword: `init`, `deinit`, `subscript`.
fn keyword<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let mut cursor = node.walk();
    let keyword = node
        .children(&mut cursor)
        .find(|child| matches!(child.kind(), "init" | "deinit" | "subscript"))?;
    Some(Found::new(Symbol::Method, keyword))
}

fn property<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = scene.table.last_name(node.child_by_field_name("name")?);
    let is_name = name.kind() == "simple_identifier";
    let mut found = is_name.then(|| Found::new(Symbol::Constant, name))?;
    found.signature_end =
        node.child_by_field_name("computed_value").map(|body| body.start_byte() as u32);
    Some(found)
}

/// `case one, two`.
fn cases<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let mut cursor = node.walk();
    let mut names = node.children_by_field_name("name", &mut cursor);
    let mut found = Found::new(Symbol::Field, names.next()?);
    found.more = names.map(span_of).collect();
    Some(found)
}
