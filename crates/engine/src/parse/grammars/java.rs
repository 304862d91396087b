//! Java.

use crate::parse::grammar::{Grammar, Rule};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_java::LANGUAGE.into(),
    rules: &[
        ("class_declaration", Rule::Define(Symbol::Type)),
        ("record_declaration", Rule::Define(Symbol::Type)),
        ("interface_declaration", Rule::Define(Symbol::Interface)),
        ("annotation_type_declaration", Rule::Define(Symbol::Interface)),
        ("enum_declaration", Rule::Define(Symbol::Enum)),
        ("method_declaration", Rule::Define(Symbol::Method)),
        ("constructor_declaration", Rule::Define(Symbol::Method)),
        ("compact_constructor_declaration", Rule::Define(Symbol::Method)),
        ("annotation_type_element_declaration", Rule::Define(Symbol::Method)),
        ("field_declaration", Rule::DefineAt(Symbol::Field, "declarator")),
        ("constant_declaration", Rule::DefineAt(Symbol::Field, "declarator")),
        ("enum_constant", Rule::Define(Symbol::Field)),
        ("line_comment", Rule::Comment),
        ("block_comment", Rule::Comment),
        ("modifiers", Rule::Modifiers),
        ("marker_annotation", Rule::Attribute),
        ("annotation", Rule::Attribute),
        ("marker_annotation", Rule::Call("name")),
        ("annotation", Rule::Call("name")),
        ("lambda_expression", Rule::Scope),
        ("type_identifier", Rule::Name),
        ("identifier", Rule::Capital),
        ("method_invocation", Rule::Call("name")),
        ("import_declaration", Rule::Import),
    ],
    path: &["name", "declarator"],
    ..Grammar::PLAIN
};
