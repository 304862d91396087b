//! Scala 2 and 3.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_scala::LANGUAGE.into(),
    rules: &[
        ("class_definition", Rule::Define(Symbol::Type)),
        ("object_definition", Rule::Define(Symbol::Type)),
        ("trait_definition", Rule::Define(Symbol::Interface)),
        ("enum_definition", Rule::Define(Symbol::Enum)),
        ("package_object", Rule::Define(Symbol::Module)),
        ("function_definition", Rule::Define(Symbol::Function)),
        ("function_declaration", Rule::Define(Symbol::Function)),
        ("val_definition", Rule::Ask(value)),
        ("var_definition", Rule::Ask(value)),
        ("val_declaration", Rule::Define(Symbol::Constant)),
        ("var_declaration", Rule::Define(Symbol::Constant)),
        ("given_definition", Rule::Define(Symbol::Constant)),
        ("type_definition", Rule::Define(Symbol::Alias)),
        ("simple_enum_case", Rule::Define(Symbol::Field)),
        ("full_enum_case", Rule::Define(Symbol::Field)),
        ("modifiers", Rule::Modifiers),
        ("annotation", Rule::Attribute),
        ("template_body", Rule::Body),
        ("comment", Rule::Comment),
        ("block_comment", Rule::Comment),
        ("lambda_expression", Rule::Scope),
        ("type_identifier", Rule::Name),
        ("identifier", Rule::Capital),
        ("operator_identifier", Rule::Word),
        ("call_expression", Rule::Call("function")),
        ("import_declaration", Rule::Import),
    ],
    path: &["field", "function", "name", "type"],
    ..Grammar::PLAIN
};

/// `val name = …`; patterns that take a value apart define no name to look for.
fn value<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("pattern")?;
    (name.kind() == "identifier").then(|| Found::new(Symbol::Constant, name))
}
