//! Rust.

use crate::parse::grammar::{Grammar, Rule};
use crate::passage::SymbolKind as Symbol;

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_rust::LANGUAGE.into(),
    rules: &[
        ("function_item", Rule::Define(Symbol::Function)),
        ("function_signature_item", Rule::Define(Symbol::Function)),
        ("macro_definition", Rule::Define(Symbol::Function)),
        ("struct_item", Rule::Define(Symbol::Type)),
        ("union_item", Rule::Define(Symbol::Enum)),
        ("enum_item", Rule::Define(Symbol::Enum)),
        ("trait_item", Rule::Define(Symbol::Interface)),
        ("impl_item", Rule::DefineAt(Symbol::Implementation, "type")),
        ("mod_item", Rule::Define(Symbol::Module)),
        ("const_item", Rule::Define(Symbol::Constant)),
        ("static_item", Rule::Define(Symbol::Constant)),
        ("type_item", Rule::Define(Symbol::Alias)),
        ("associated_type", Rule::Define(Symbol::Alias)),
        ("field_declaration", Rule::Define(Symbol::Field)),
        ("enum_variant", Rule::Define(Symbol::Field)),
        ("line_comment", Rule::Comment),
        ("block_comment", Rule::Comment),
        ("attribute_item", Rule::Attribute),
        ("closure_expression", Rule::Scope),
        ("type_identifier", Rule::Name),
        ("identifier", Rule::Capital),
        ("field_identifier", Rule::Word),
        ("call_expression", Rule::Call("function")),
        ("macro_invocation", Rule::Call("macro")),
        ("attribute", Rule::Call("")),
        ("use_declaration", Rule::Import),
    ],
    path: &["name", "field", "function", "type", "value"],
    inner_docs: &["//!", "/*!"],
    ..Grammar::PLAIN
};
