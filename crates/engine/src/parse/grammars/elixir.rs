//! Elixir: everything is a call, and the calls to `def`, `defmodule` and their like define.
//!
//! The clauses of a function are one definition. `@doc` and `@spec` lead what follows;
//! `@moduledoc` documents the module around it; any other `@name value` is a constant.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Lead, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;
use crate::text::Span;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_elixir::LANGUAGE.into(),
    rules: &[
        ("call", Rule::Ask(call)),
        ("unary_operator", Rule::Ask(attribute)),
        ("unary_operator", Rule::Lead(lead)),
        ("do_block", Rule::Body),
        ("comment", Rule::Comment),
        ("anonymous_function", Rule::Scope),
        ("alias", Rule::Name),
        ("identifier", Rule::Word),
        ("call", Rule::Call("target")),
    ],
    path: &["right", "target"],
    docstring: Some(moduledoc),
    joins_clauses: true,
    ..Grammar::PLAIN
};

fn arguments(call: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = call.walk();
    call.named_children(&mut cursor).find(|child| child.kind() == "arguments")
}

fn do_block(call: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = call.walk();
    call.named_children(&mut cursor).find(|child| child.kind() == "do_block")
}

fn call<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let target = node.child_by_field_name("target").filter(|of| of.kind() == "identifier")?;
    let kind = match scene.text_of(target) {
        "def" | "defp" | "defmacro" | "defmacrop" | "defguard" | "defguardp" | "defdelegate"
        | "defn" | "defnp" | "defcallback" => Symbol::Function,
        "defmodule" => Symbol::Module,
        "defprotocol" => Symbol::Interface,
        "defimpl" => Symbol::Implementation,
        _ => return None,
    };
    let arguments = arguments(node)?;
    let first = arguments.named_child(0)?;
    if kind == Symbol::Function {
        return function(first, do_block(node), arguments);
    }
    // `Acme.Jobs.Runner`: the last part is the name, the others qualify it.
    let whole = span_of(first);
    let mut found = Found::new(kind, first);
    if let Some(dot) = whole.of(scene.text).rfind('.') {
        let dot = whole.start + dot as u32;
        found.name = Span::new(dot + 1, whole.end);
        found.owner = Some(Span::new(whole.start, dot));
    }
    Some(found)
}

/// The name of `name(arguments) when guard`.
fn function<'tree>(
    head: Node<'tree>,
    block: Option<Node<'tree>>,
    arguments: Node<'tree>,
) -> Option<Found> {
    let mut head = head;
    if head.kind() == "binary_operator" {
        head = head.child_by_field_name("left")?;
    }
    let name = head.child_by_field_name("target").unwrap_or(head);
    if name.kind() != "identifier" {
        return None;
    }
    let mut found = Found::new(Symbol::Function, name).with_body(block);
    if block.is_none() {
        let mut cursor = arguments.walk();
        let keywords = arguments.named_children(&mut cursor).find(|of| of.kind() == "keywords");
        found.signature_end = keywords.map(|of| of.start_byte() as u32);
    }
    Some(found)
}

/// The name of an attribute, and the call that gives it a value.
fn named_attribute<'tree>(
    scene: &Scene<'_, 'tree>,
    node: Node<'tree>,
) -> Option<(Node<'tree>, Node<'tree>)> {
    let operand = node.child_by_field_name("operand").filter(|of| of.kind() == "call")?;
    let is_attribute = scene.text.as_bytes().get(node.start_byte()) == Some(&b'@');
    let name = operand.child_by_field_name("target").filter(|_| is_attribute)?;
    Some((name, operand))
}

fn attribute<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let (name, operand) = named_attribute(scene, node)?;
    match scene.text_of(name) {
        "type" | "opaque" | "typep" => {
            let first = arguments(operand)?.named_child(0)?;
            let head = first.child_by_field_name("left").unwrap_or(first);
            let name = head.child_by_field_name("target").unwrap_or(head);
            (name.kind() == "identifier").then(|| Found::new(Symbol::Alias, name))
        }
        "callback" | "macrocallback" => {
            let first = arguments(operand)?.named_child(0)?;
            function(first, None, arguments(operand)?)
        }
        _ => Some(Found::new(Symbol::Constant, name)),
    }
}

fn lead<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Lead> {
    let (name, _) = named_attribute(scene, node)?;
    match scene.text_of(name) {
        "doc" | "typedoc" | "shortdoc" => Some(Lead::Docs),
        "moduledoc" => Some(Lead::InnerDocs),
        "spec" | "impl" | "deprecated" | "since" | "dialyzer" | "tag" | "compile" => {
            Some(Lead::Attribute)
        }
        _ => None,
    }
}

/// The `@moduledoc` among the first expressions of a module.
fn moduledoc(node: Node<'_>) -> Option<Node<'_>> {
    const STEPS_MAX: usize = 4;
    let block = do_block(node)?;
    let mut cursor = block.walk();
    block.named_children(&mut cursor).take(STEPS_MAX).find_map(|child| {
        let operand = child.child_by_field_name("operand").filter(|of| of.kind() == "call")?;
        let target = operand.child_by_field_name("target")?;
        let is_doc = target.byte_range().len() == "moduledoc".len();
        let string = arguments(operand)?.named_child(0)?;
        (is_doc && string.kind() == "string").then_some(string)
    })
}
