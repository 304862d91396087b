//! Kotlin.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_kotlin_ng::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Ask(class)),
        ("object_declaration", Rule::Define(Symbol::Type)),
        ("companion_object", Rule::Define(Symbol::Type)),
        ("function_declaration", Rule::Ask(function)),
        ("secondary_constructor", Rule::Ask(constructor)),
        ("property_declaration", Rule::Ask(property)),
        ("class_parameter", Rule::Ask(class_parameter)),
        ("type_alias", Rule::DefineAt(Symbol::Alias, "type")),
        ("enum_entry", Rule::Ask(entry)),
        ("modifiers", Rule::Modifiers),
        ("annotation", Rule::Attribute),
        ("class_body", Rule::Body),
        ("enum_class_body", Rule::Body),
        ("function_body", Rule::Body),
        ("block", Rule::Body),
        ("line_comment", Rule::Comment),
        ("block_comment", Rule::Comment),
        ("lambda_literal", Rule::Scope),
        ("anonymous_function", Rule::Scope),
        ("anonymous_initializer", Rule::Scope),
        ("getter", Rule::Scope),
        ("setter", Rule::Scope),
        ("identifier", Rule::Capital),
        ("call_expression", Rule::Call("")),
        ("import", Rule::Import),
    ],
    ..Grammar::PLAIN
};

/// The first child of a kind.
fn child<'tree>(node: Node<'tree>, kind: &str) -> Option<Node<'tree>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).find(|child| child.kind() == kind)
}

/// Classes, interfaces and enumerations are one node kind.
fn class<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let before = scene.text[node.start_byte()..name.start_byte()].trim_end();
    let kind = if before.ends_with("interface") {
        Symbol::Interface
    } else if child(node, "enum_class_body").is_some() {
        Symbol::Enum
    } else {
        Symbol::Type
    };
    Some(Found::new(kind, name))
}

/// A function of a type, or an extension, which belongs to the type before its name.
fn function<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let mut cursor = node.walk();
    let receiver = node
        .named_children(&mut cursor)
        .take_while(|child| child.start_byte() < name.start_byte())
        .find(|child| matches!(child.kind(), "user_type" | "nullable_type"));
    let kind = if receiver.is_some() { Symbol::Method } else { Symbol::Function };
    let receiver = receiver.map(|of| child(of, "user_type").unwrap_or(of));
    let receiver = receiver.and_then(|of| child(of, "identifier"));
    let _ = scene;
    Some(Found::new(kind, name).with_owner(receiver))
}

fn constructor<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    Some(Found::new(Symbol::Method, child(node, "constructor")?))
}

fn property<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let variable = child(node, "variable_declaration")?;
    let receiver = child(node, "user_type").and_then(|of| child(of, "identifier"));
    Some(Found::new(Symbol::Constant, child(variable, "identifier")?).with_owner(receiver))
}

/// A parameter of a class that is also a property.
fn class_parameter<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    child(node, "val").or_else(|| child(node, "var"))?;
    Some(Found::new(Symbol::Field, child(node, "identifier")?))
}

fn entry<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    Some(Found::new(Symbol::Field, child(node, "identifier")?))
}
