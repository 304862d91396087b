//! C#.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_c_sharp::LANGUAGE.into(),
    rules: &[
        ("namespace_declaration", Rule::Ask(namespace)),
        ("file_scoped_namespace_declaration", Rule::Ask(namespace)),
        ("class_declaration", Rule::Define(Symbol::Type)),
        ("struct_declaration", Rule::Define(Symbol::Type)),
        ("record_declaration", Rule::Define(Symbol::Type)),
        ("interface_declaration", Rule::Define(Symbol::Interface)),
        ("enum_declaration", Rule::Define(Symbol::Enum)),
        ("delegate_declaration", Rule::Define(Symbol::Alias)),
        ("method_declaration", Rule::Define(Symbol::Method)),
        ("constructor_declaration", Rule::Define(Symbol::Method)),
        ("destructor_declaration", Rule::Define(Symbol::Method)),
        ("local_function_statement", Rule::Define(Symbol::Function)),
        ("property_declaration", Rule::Define(Symbol::Field)),
        ("event_declaration", Rule::Define(Symbol::Field)),
        ("enum_member_declaration", Rule::Define(Symbol::Field)),
        ("field_declaration", Rule::Ask(field)),
        ("event_field_declaration", Rule::Ask(field)),
        ("attribute_list", Rule::Attribute),
        ("attribute", Rule::Call("name")),
        ("accessor_list", Rule::Body),
        ("comment", Rule::Comment),
        ("lambda_expression", Rule::Scope),
        ("anonymous_method_expression", Rule::Scope),
        ("identifier", Rule::Capital),
        ("invocation_expression", Rule::Call("function")),
        ("object_creation_expression", Rule::Call("type")),
        ("using_directive", Rule::Import),
    ],
    path: &["name", "function"],
    ..Grammar::PLAIN
};

/// `namespace Acme.Jobs`: the last part is the name, the others qualify it.
fn namespace<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let qualifier = name.child_by_field_name("qualifier");
    Some(Found::new(Symbol::Module, scene.table.last_name(name)).with_owner(qualifier))
}

fn field<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let mut cursor = node.walk();
    let list = node.children(&mut cursor).find(|child| child.kind() == "variable_declaration")?;
    let mut cursor = list.walk();
    let mut names =
        list.children(&mut cursor).filter_map(|declarator| declarator.child_by_field_name("name"));
    let mut found = Found::new(Symbol::Field, names.next()?);
    found.more = names.map(span_of).collect();
    Some(found)
}
