//! C and C++: one description for two grammars.
//!
//! A name stands behind declarators (`int (*handler(void))(int)`), and in C++ behind qualifiers
//! (`void Server::close()`), whose last part but one is the type that the function belongs to.

use tree_sitter::Node;

use crate::parse::grammar::{Found, Grammar, Rule, Scene};
use crate::passage::SymbolKind as Symbol;

/// The declarators around a name; real code needs fewer than eight.
const DECLARATORS_MAX: usize = 16;

macro_rules! rules {
    ($($more:expr),*) => {
        &[
            ("function_definition", Rule::Ask(function)),
            ("declaration", Rule::Ask(declaration)),
            ("field_declaration", Rule::Ask(field)),
            ("struct_specifier", Rule::Ask(structure)),
            ("union_specifier", Rule::Ask(structure)),
            ("enum_specifier", Rule::Ask(structure)),
            ("type_definition", Rule::Ask(type_definition)),
            ("enumerator", Rule::Define(Symbol::Field)),
            ("preproc_def", Rule::Ask(constant_macro)),
            ("preproc_function_def", Rule::Define(Symbol::Function)),
            ("declaration", Rule::Wrap),
            ("type_definition", Rule::Wrap),
            ("comment", Rule::Comment),
            ("type_identifier", Rule::Name),
            ("identifier", Rule::Capital),
            ("field_identifier", Rule::Word),
            ("call_expression", Rule::Call("function")),
            ("preproc_arg", Rule::Opaque),
            $($more),*
        ]
    };
}

pub(super) const GRAMMAR: Grammar = Grammar {
    load: || tree_sitter_c::LANGUAGE.into(),
    rules: rules!(),
    path: &["declarator", "field", "function", "name"],
    ..Grammar::PLAIN
};

pub(super) const CPP: Grammar = Grammar {
    load: || tree_sitter_cpp::LANGUAGE.into(),
    rules: rules!(
        ("class_specifier", Rule::Ask(structure)),
        ("namespace_definition", Rule::Define(Symbol::Module)),
        ("alias_declaration", Rule::Define(Symbol::Alias)),
        ("concept_definition", Rule::Define(Symbol::Alias)),
        ("template_declaration", Rule::Wrap),
        ("lambda_expression", Rule::Scope),
        ("namespace_identifier", Rule::Word),
        ("operator_name", Rule::Word),
        ("operator_cast", Rule::Word),
        ("destructor_name", Rule::Word),
        ("using_declaration", Rule::Import)
    ),
    path: &["declarator", "field", "function", "name"],
    ..Grammar::PLAIN
};

/// The name behind declarators, the type that qualifies it, and whether a function is declared.
struct Declared<'tree> {
    name: Node<'tree>,
    owner: Option<Node<'tree>>,
    is_function: bool,
}

/// Follows the declarators of a declaration to its name.
fn declared<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Declared<'tree>> {
    let mut at = node.child_by_field_name("declarator")?;
    let (mut owner, mut is_function) = (None, false);
    for _ in 0..DECLARATORS_MAX {
        match at.kind() {
            "function_declarator" => is_function = true,
            // `int (*name)(void)` declares a variable, although a function declarator is in it.
            "pointer_declarator" if is_function => is_function = false,
            "qualified_identifier" => owner = at.child_by_field_name("scope").or(owner),
            _ => {}
        }
        let next = at.child_by_field_name("declarator");
        let next = next.or_else(|| match at.kind() {
            "qualified_identifier" => at.child_by_field_name("name"),
            "parenthesized_declarator" | "reference_declarator" | "attributed_declarator" => {
                at.named_child(0)
            }
            _ => None,
        });
        match next {
            Some(next) => at = next,
            None => break,
        }
    }
    let name = scene.table.last_name(at);
    Some(Declared { name, owner, is_function })
}

fn found_of<'tree>(scene: &Scene<'_, 'tree>, declared: &Declared<'tree>, kind: Symbol) -> Found {
    let owner = declared.owner.map(|owner| scene.table.last_name(owner));
    let mut found = Found::new(kind, declared.name).with_owner(owner);
    if found.owner.is_some() && kind == Symbol::Function {
        found.kind = Symbol::Method;
    }
    found
}

fn function<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let declared = declared(scene, node)?;
    // Some macro before a block looks like a function definition; then no parameters are there.
    let is_function = declared.is_function || node.child_by_field_name("type").is_some();
    is_function.then(|| found_of(scene, &declared, Symbol::Function))
}

/// A prototype or a variable, at file level only: in a function both are local.
fn declaration<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    if scene.is_local {
        return None;
    }
    let declared = declared(scene, node)?;
    let kind = if declared.is_function { Symbol::Function } else { Symbol::Constant };
    let mut found = found_of(scene, &declared, kind);
    found.is_scope = false;
    Some(found)
}

fn field<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let declared = declared(scene, node)?;
    let kind = if declared.is_function { Symbol::Method } else { Symbol::Field };
    Some(found_of(scene, &declared, kind))
}

/// A struct, class, union or enumeration with a body and a name.
fn structure<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let body = node.child_by_field_name("body")?;
    if scene.ancestor(0) == "type_definition" {
        return None;
    }
    let name = node.child_by_field_name("name")?;
    Some(Found::new(kind_of(node), scene.table.last_name(name)).with_body(Some(body)))
}

fn kind_of(node: Node<'_>) -> Symbol {
    if matches!(node.kind(), "enum_specifier" | "union_specifier") {
        Symbol::Enum
    } else {
        Symbol::Type
    }
}

/// `typedef struct {…} name;` defines a type; any other a second name for one.
fn type_definition<'tree>(scene: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    let declared = declared(scene, node)?;
    let of = node.child_by_field_name("type")?;
    let body = of.child_by_field_name("body");
    let kind = if body.is_some() { kind_of(of) } else { Symbol::Alias };
    Some(Found::new(kind, declared.name).with_body(body))
}

/// A macro with a value; one without is an include guard or a switch.
fn constant_macro<'tree>(_: &Scene<'_, 'tree>, node: Node<'tree>) -> Option<Found> {
    node.child_by_field_name("value")?;
    let mut found = Found::new(Symbol::Constant, node.child_by_field_name("name")?);
    found.is_scope = false;
    Some(found)
}
