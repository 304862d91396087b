//! Ruby.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_ruby::LANGUAGE.into(),
    rules: &[
        ("module", Rule::Ask(container)),
        ("class", Rule::Ask(container)),
        ("method", Rule::Ask(method)),
        ("singleton_method", Rule::Ask(method)),
        ("call", Rule::Ask(call)),
        ("assignment", Rule::Ask(assignment)),
        ("alias", Rule::DefineAt(Symbol::Method, "name")),
        ("argument_list", Rule::Wrap),
        ("call", Rule::Wrap),
        ("comment", Rule::Comment),
        ("lambda", Rule::Scope),
        ("constant", Rule::Name),
        ("identifier", Rule::Word),
        ("call", Rule::Call("method")),
    ],
    path: &["name", "method"],
    ..Grammar::PLAIN
};

/// `class A::B`: the last part is the name, the others qualify it.
fn container<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let kind = if node.kind() == "class" { Symbol::Type } else { Symbol::Module };
    let mut found = Found::new(kind, scene.table.last_name(name));
    found.owner = name.child_by_field_name("scope").map(span_of);
    let superclass = node.child_by_field_name("superclass").map(|of| of.end_byte() as u32);
    found.signature_end = superclass.or(Some(name.end_byte() as u32));
    Some(found)
}

fn method<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let kind = if scene.owner.is_some() { Symbol::Method } else { Symbol::Function };
    let name = node.child_by_field_name("name")?;
    let mut found = Found::new(kind, name);
    let parameters = node.child_by_field_name("parameters").unwrap_or(name);
    found.signature_end = Some(parameters.end_byte() as u32);
    Some(found)
}

/// `NAME = …`; other variables are local.
fn assignment<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let left = node.child_by_field_name("left")?;
    let name = scene.table.last_name(left);
    (name.kind() == "constant").then(|| Found::new(Symbol::Constant, name))
}

/// The calls in a class that define what their symbols name.
fn call<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    if scene.is_local || node.child_by_field_name("receiver").is_some() {
        return None;
    }
    let method = node.child_by_field_name("method")?;
    let (kind, takes_more) = match scene.text_of(method) {
        "attr_accessor" | "attr_reader" | "attr_writer" | "attribute" => (Symbol::Field, true),
        "define_method" | "alias_method" | "scope" => (Symbol::Method, false),
        _ => return None,
    };
    let arguments = node.child_by_field_name("arguments")?;
    let mut cursor = arguments.walk();
    let mut names =
        arguments.named_children(&mut cursor).filter(|name| name.kind() == "simple_symbol");
    let mut found = Found::new(kind, names.next()?);
    if takes_more {
        found.more = names.map(span_of).collect();
    }
    Some(found)
}
