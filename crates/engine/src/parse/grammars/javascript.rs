//! JavaScript, TypeScript and TSX: one description for three grammars.
//!
//! Functions are often values: of a variable, of a property, of an assignment to
//! `exports.name`, `module.exports.name`, `Type.prototype.name` or `object.name`. All of these
//! define the name that the function is stored under.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene, span_of};
use crate::passage::SymbolKind as Symbol;

const PATH: &[&str] = &["property", "name", "function", "constructor"];

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_javascript::LANGUAGE.into(),
    rules: &[
        ("function_declaration", Rule::Define(Symbol::Function)),
        ("generator_function_declaration", Rule::Define(Symbol::Function)),
        ("class_declaration", Rule::Define(Symbol::Type)),
        ("method_definition", Rule::Define(Symbol::Method)),
        ("field_definition", Rule::Ask(field)),
        ("variable_declarator", Rule::Ask(variable)),
        ("assignment_expression", Rule::Ask(assignment)),
        ("pair", Rule::Ask(pair)),
        ("export_statement", Rule::Wrap),
        ("lexical_declaration", Rule::Wrap),
        ("variable_declaration", Rule::Wrap),
        ("expression_statement", Rule::Wrap),
        ("comment", Rule::Comment),
        ("decorator", Rule::Attribute),
        ("decorator", Rule::Call("")),
        ("arrow_function", Rule::Scope),
        ("function_expression", Rule::Scope),
        ("generator_function", Rule::Scope),
        ("identifier", Rule::Capital),
        ("property_identifier", Rule::Word),
        ("private_property_identifier", Rule::Word),
        ("call_expression", Rule::Call("function")),
        ("new_expression", Rule::Call("constructor")),
        ("import_statement", Rule::Import),
        ("jsx_opening_element", Rule::Call("name")),
        ("jsx_self_closing_element", Rule::Call("name")),
    ],
    path: PATH,
    ..Grammar::PLAIN
};

pub(super) const TYPESCRIPT: Grammar = Grammar {
    load: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    rules: TYPESCRIPT_RULES,
    path: PATH,
    ..Grammar::PLAIN
};

pub(super) const TSX: Grammar = Grammar {
    load: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    rules: TSX_RULES,
    path: PATH,
    ..Grammar::PLAIN
};

macro_rules! typescript_rules {
    ($($more:expr),*) => {
        &[
            ("function_declaration", Rule::Define(Symbol::Function)),
            ("generator_function_declaration", Rule::Define(Symbol::Function)),
            ("function_signature", Rule::Define(Symbol::Function)),
            ("class_declaration", Rule::Define(Symbol::Type)),
            ("abstract_class_declaration", Rule::Define(Symbol::Type)),
            ("interface_declaration", Rule::Define(Symbol::Interface)),
            ("type_alias_declaration", Rule::Define(Symbol::Alias)),
            ("enum_declaration", Rule::Define(Symbol::Enum)),
            ("internal_module", Rule::Define(Symbol::Module)),
            ("module", Rule::Define(Symbol::Module)),
            ("method_definition", Rule::Define(Symbol::Method)),
            ("method_signature", Rule::Define(Symbol::Method)),
            ("abstract_method_signature", Rule::Define(Symbol::Method)),
            ("property_signature", Rule::Ask(member_of_interface)),
            ("enum_assignment", Rule::Define(Symbol::Field)),
            ("property_identifier", Rule::Ask(enumerator)),
            ("public_field_definition", Rule::Ask(field)),
            ("variable_declarator", Rule::Ask(variable)),
            ("assignment_expression", Rule::Ask(assignment)),
            ("pair", Rule::Ask(pair)),
            ("export_statement", Rule::Wrap),
            ("ambient_declaration", Rule::Wrap),
            ("lexical_declaration", Rule::Wrap),
            ("variable_declaration", Rule::Wrap),
            ("expression_statement", Rule::Wrap),
            ("comment", Rule::Comment),
            ("decorator", Rule::Attribute),
            ("decorator", Rule::Call("")),
            ("arrow_function", Rule::Scope),
            ("function_expression", Rule::Scope),
            ("generator_function", Rule::Scope),
            ("type_identifier", Rule::Name),
            ("identifier", Rule::Capital),
            ("property_identifier", Rule::Word),
            ("private_property_identifier", Rule::Word),
            ("call_expression", Rule::Call("function")),
            ("new_expression", Rule::Call("constructor")),
            ("import_statement", Rule::Import),
            $($more),*
        ]
    };
}

const TYPESCRIPT_RULES: &[(&str, Rule)] = typescript_rules!();
const TSX_RULES: &[(&str, Rule)] = typescript_rules!(
    ("jsx_opening_element", Rule::Call("name")),
    ("jsx_self_closing_element", Rule::Call("name"))
);

/// What a value makes of the name that it is stored under.
fn kind_of(value: Option<Node<'_>>) -> Option<Symbol> {
    match value?.kind() {
        "arrow_function" | "function_expression" | "generator_function" => Some(Symbol::Function),
        "class" => Some(Symbol::Type),
        _ => None,
    }
}

fn body_of(value: Option<Node<'_>>) -> Option<Node<'_>> {
    value.and_then(|value| value.child_by_field_name("body"))
}

/// `require("x")` and `require("x").y` bring a name in and define none.
fn is_import<'tree>(scene: &Scene<'_, 'tree>, value: Option<Node<'tree>>) -> bool {
    value.is_some_and(|value| scene.text_of(value).starts_with("require("))
}

fn variable<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name")?;
    if name.kind() != "identifier" {
        return None;
    }
    let value = node.child_by_field_name("value");
    let kind = kind_of(value);
    let is_loop = matches!(scene.ancestor(0), "for_statement" | "for_in_statement");
    if kind.is_none() && (scene.is_local || is_loop || is_import(scene, value)) {
        return None;
    }
    Some(Found::new(kind.unwrap_or(Symbol::Constant), name).with_body(body_of(value)))
}

fn field<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let name = node.child_by_field_name("name").or_else(|| node.child_by_field_name("property"))?;
    let value = node.child_by_field_name("value");
    let kind = match kind_of(value) {
        Some(Symbol::Function) => Symbol::Method,
        Some(other) => other,
        None => Symbol::Field,
    };
    Some(Found::new(kind, name).with_body(body_of(value)))
}

/// A property of an interface; those of type literals elsewhere are no names to look for.
fn member_of_interface<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let is_member = scene.ancestor(0) == "interface_body";
    let name = node.child_by_field_name("name").filter(|_| is_member)?;
    Some(Found::new(Symbol::Field, name))
}

/// A member of an enumeration without a value is only its name.
fn enumerator<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    (scene.owner == Some(Symbol::Enum) && scene.ancestor(0) == "enum_body")
        .then(|| Found::new(Symbol::Field, node))
}

/// `exports.name = function …`, `Type.prototype.name = …`, `name = () => …`.
fn assignment<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let left = node.child_by_field_name("left")?;
    let value = node.child_by_field_name("right");
    let Some(kind) = kind_of(value) else { return exported(scene, node, left) };
    let name = scene.table.last_name(left);
    let mut found = Found::new(kind, name).with_body(body_of(value));
    if let Some(object) = left.child_by_field_name("object") {
        let text = scene.text_of(object);
        let of = object.child_by_field_name("object").filter(|_| text.ends_with(".prototype"));
        match of {
            Some(of) => {
                found.owner = Some(span_of(scene.table.last_name(of)));
                found.kind = Symbol::Method;
            }
            None if text == "module" && scene.text_of(name) == "exports" => {
                let own = value.and_then(|value| value.child_by_field_name("name"))?;
                found.name = span_of(own);
            }
            None if !matches!(text, "exports" | "module.exports" | "this") => {
                found.owner = Some(span_of(scene.table.last_name(object)));
                found.kind = if kind == Symbol::Function { Symbol::Method } else { kind };
            }
            None => {}
        }
    }
    Some(found)
}

/// `exports.name = value` at the level of the module.
fn exported<'tree>(
    scene: &Scene<'_, 'tree>,
    node: Node<'tree>,
    left: Node<'tree>,
) -> Option<Found> {
    let object = left.child_by_field_name("object")?;
    let is_export = matches!(scene.text_of(object), "exports" | "module.exports");
    let is_plain = node.child_by_field_name("right")?.kind() != "identifier";
    let name = left.child_by_field_name("property").filter(|_| is_export && is_plain)?;
    Some(Found::new(Symbol::Constant, name))
}

/// `name: function …` in an object.
fn pair<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let value = node.child_by_field_name("value");
    let kind = kind_of(value)?;
    let kind = if kind == Symbol::Function { Symbol::Method } else { kind };
    let key = node.child_by_field_name("key")?;
    (key.kind() != "computed_property_name")
        .then(|| Found::new(kind, key).with_body(body_of(value)))
}
