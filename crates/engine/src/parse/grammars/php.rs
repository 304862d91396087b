//! PHP, and the HTML around it.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;
use crate::text::Span;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_php::LANGUAGE_PHP.into(),
    rules: &[
        ("namespace_definition", Rule::Ask(namespace)),
        ("class_declaration", Rule::Define(Symbol::Type)),
        ("trait_declaration", Rule::Define(Symbol::Type)),
        ("interface_declaration", Rule::Define(Symbol::Interface)),
        ("enum_declaration", Rule::Define(Symbol::Enum)),
        ("enum_case", Rule::Define(Symbol::Field)),
        ("function_definition", Rule::Define(Symbol::Function)),
        ("method_declaration", Rule::Define(Symbol::Method)),
        ("property_declaration", Rule::Ask(elements)),
        ("const_declaration", Rule::Ask(elements)),
        ("attribute_list", Rule::Attribute),
        ("attribute", Rule::Call("")),
        ("comment", Rule::Comment),
        ("anonymous_function", Rule::Scope),
        ("arrow_function", Rule::Scope),
        ("name", Rule::Capital),
        ("function_call_expression", Rule::Call("function")),
        ("member_call_expression", Rule::Call("name")),
        ("nullsafe_member_call_expression", Rule::Call("name")),
        ("scoped_call_expression", Rule::Call("name")),
        ("object_creation_expression", Rule::Call("")),
    ],
    path: &["name", "function"],
    ..Grammar::PLAIN
};

/// `namespace App\Jobs`: the last part is the name, the others qualify it.
fn namespace<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    let count = name.named_child_count() as u32;
    let mut found = Found::new(Symbol::Module, name.named_child(count.checked_sub(1)?)?);
    if count > 1 {
        let end = found.name.start.saturating_sub(1);
        let start = span_of(name).start;
        found.owner = (start < end).then(|| Span::new(start, end));
    }
    Some(found)
}

/// The names of `const A = 1, B = 2;` and `public $a, $b;`.
fn elements<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let is_property = node.kind() == "property_declaration";
    let kind = if is_property { Symbol::Field } else { Symbol::Constant };
    let mut cursor = node.walk();
    let mut names = node
        .named_children(&mut cursor)
        .filter(|child| matches!(child.kind(), "const_element" | "property_element"))
        .filter_map(|element| element.named_child(0));
    let mut found = Found::new(kind, names.next()?);
    found.more = names.map(span_of).collect();
    Some(found)
}
