//! What the walk must know about one tree-sitter grammar, as data.
//!
//! A language is described by a list of pairs *node kind, rule*. A kind may have several rules (a
//! Ruby call may define an attribute and also mention a method). On first use the list is
//! compiled into a [`Table`]: one entry for each kind number of the grammar, so that the walk
//! does one array look-up for a node and no string comparison. What no list can say is answered
//! by a function of the language ([`Rule::Ask`]).

use std::sync::OnceLock;

use tree_sitter::Node;

use crate::passage::SymbolKind;
use crate::text::Span;

/// What a function of a language may look at when it is asked about a node.
pub(super) struct Scene<'a, 'tree> {
    /// The text that was parsed.
    pub text: &'a str,
    /// The ancestors of the node, outermost first.
    pub path: &'a [Node<'tree>],
    /// Whether the node stands inside the body of a function.
    pub is_local: bool,
    /// The kind of the definition that encloses the node.
    pub owner: Option<SymbolKind>,
    /// The compiled description of the grammar.
    pub table: &'a Table,
}

impl<'a, 'tree> Scene<'a, 'tree> {
    /// The kind of the `n`-th ancestor; 0 is the parent.
    pub fn ancestor(&self, n: usize) -> &'tree str {
        self.path.len().checked_sub(n + 1).map_or("", |at| self.path[at].kind())
    }

    /// The text of a node.
    pub fn text_of(&self, node: Node<'tree>) -> &'a str {
        &self.text[node.byte_range()]
    }
}

/// A definition that a language's function found at a node.
pub(super) struct Found {
    pub kind: SymbolKind,
    /// Where the name stands.
    pub name: Span,
    /// Where the type stands that the definition belongs to, when it is not around it.
    pub owner: Option<Span>,
    /// Where the signature ends, when not before the field `body`.
    pub signature_end: Option<u32>,
    /// Whether the names inside are local to it, as in a function.
    pub is_scope: bool,
    /// The names that the same declaration also defines.
    pub more: Vec<Span>,
}

impl Found {
    /// A definition named by a node.
    pub fn new(kind: SymbolKind, name: Node<'_>) -> Self {
        let (name, is_scope) = (span_of(name), is_callable(kind));
        Self { kind, name, owner: None, signature_end: None, is_scope, more: Vec::new() }
    }

    /// Ends the signature where `body` starts.
    pub fn with_body(mut self, body: Option<Node<'_>>) -> Self {
        self.signature_end = body.map(|body| body.start_byte() as u32);
        self
    }

    /// Names the type that the definition belongs to.
    pub fn with_owner(mut self, owner: Option<Node<'_>>) -> Self {
        self.owner = owner.map(span_of);
        self
    }
}

/// A function of a language that decides whether a node is a definition.
pub(super) type Ask = for<'a, 'tree> fn(&Scene<'a, 'tree>, Node<'tree>) -> Option<Found>;

/// What a node in front of a definition is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// Documentation of what follows.
    Docs,
    /// Documentation of what is around it.
    InnerDocs,
    /// An attribute of what follows.
    Attribute,
}

/// A function of a language that decides whether a node leads a definition.
pub(super) type AskLead = for<'a, 'tree> fn(&Scene<'a, 'tree>, Node<'tree>) -> Option<Lead>;

/// What a node kind means.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Defines what stands at the field `name`.
    Define(SymbolKind),
    /// Defines what stands at another field; declarators and qualified names are followed.
    DefineAt(SymbolKind, &'static str),
    /// The function says whether it is a definition.
    Ask(Ask),
    /// Belongs to the definition that is its direct child: `export`, `template <...>`.
    Wrap,
    /// A comment.
    Comment,
    /// Belongs to the definition that follows, or leads it: attributes, annotations.
    Attribute,
    /// The function says whether it belongs to the definition that follows.
    Lead(AskLead),
    /// Leads a definition and holds attributes and keywords.
    Modifiers,
    /// The part of a definition that does not belong to its signature.
    Body,
    /// A function without a name.
    Scope,
    /// Its inside is of no interest.
    Opaque,
    /// A leaf that always mentions a name: a type identifier.
    Name,
    /// A leaf that mentions a name when it starts with a capital letter.
    Capital,
    /// A leaf that is a name only inside an import, or as the end of a qualified name.
    Word,
    /// Mentions the name at a field; with an empty field, the name of the first named child.
    Call(&'static str),
    /// All names inside are mentioned.
    Import,
}

/// A grammar and what its node kinds mean.
pub(super) struct Grammar {
    /// Gives the grammar; called on first use only.
    pub load: fn() -> tree_sitter::Language,
    /// The meaning of the node kinds.
    pub rules: &'static [(&'static str, Rule)],
    /// The fields that lead from a declarator or a qualified name towards the name itself.
    pub path: &'static [&'static str],
    /// Gives the documentation that stands inside a definition: a docstring.
    pub docstring: Option<for<'tree> fn(Node<'tree>) -> Option<Node<'tree>>>,
    /// Comments that start like this document what is around them, not what follows.
    pub inner_docs: &'static [&'static str],
    /// Whether neighbours of the same name are one definition: clauses, equations.
    pub joins_clauses: bool,
    /// Whether the scanner of the grammar is only safe with ASCII: it asks the C library for the
    /// class of any character, which reads outside of a table for most of them. The parser then
    /// sees a letter instead of each other byte; positions stay the same.
    pub ascii_only: bool,
}

impl Grammar {
    /// What a description need not say.
    pub const PLAIN: Self = Self {
        load: || unreachable!("every description names its grammar"),
        rules: &[],
        path: &["name"],
        docstring: None,
        inner_docs: &[],
        joins_clauses: false,
        ascii_only: false,
    };
}

/// The bits of [`Kind::flags`].
pub(super) mod flag {
    pub const DEFINE: u16 = 1;
    pub const WRAP: u16 = 1 << 1;
    pub const COMMENT: u16 = 1 << 2;
    pub const ATTRIBUTE: u16 = 1 << 3;
    pub const MODIFIERS: u16 = 1 << 4;
    pub const BODY: u16 = 1 << 5;
    pub const SCOPE: u16 = 1 << 6;
    pub const OPAQUE: u16 = 1 << 7;
    pub const NAME: u16 = 1 << 8;
    pub const CAPITAL: u16 = 1 << 9;
    pub const WORD: u16 = 1 << 10;
    pub const CALL: u16 = 1 << 11;
    pub const IMPORT: u16 = 1 << 12;
    pub const LEAD: u16 = 1 << 13;
    /// Any leaf that may be a name.
    pub const LEAF: u16 = NAME | CAPITAL | WORD;
}

/// The compiled meaning of one node kind.
#[derive(Clone, Copy, Default)]
pub(super) struct Kind {
    pub flags: u16,
    pub define: Option<SymbolKind>,
    /// The field of the name of a definition; 0 = `name`.
    pub name_field: u16,
    /// The field of the name that is mentioned; 0 = the first named child.
    pub call_field: u16,
    pub ask: Option<Ask>,
    pub ask_lead: Option<AskLead>,
}

/// A compiled [`Grammar`].
pub(super) struct Table {
    pub language: tree_sitter::Language,
    pub grammar: &'static Grammar,
    kinds: Vec<Kind>,
    path: Vec<u16>,
    body: u16,
}

/// The steps from a declarator to its name; real code needs fewer than eight.
const NAME_STEPS_MAX: usize = 16;

impl Table {
    /// Compiles a description. Unknown kinds and fields are ignored here and found by a test.
    pub fn new(grammar: &'static Grammar) -> Self {
        let language = (grammar.load)();
        let field = |name: &str| language.field_id_for_name(name).map_or(0, std::num::NonZero::get);
        let mut kinds = vec![Kind::default(); language.node_kind_count()];
        for (id, kind) in kinds.iter_mut().enumerate() {
            let id = id as u16;
            let Some(name) = language.node_kind_for_id(id) else { continue };
            if !language.node_kind_is_named(id) {
                continue;
            }
            for (_, rule) in grammar.rules.iter().filter(|(known, _)| *known == name) {
                apply(kind, *rule, &field);
            }
        }
        let path = grammar.path.iter().map(|name| field(name)).filter(|&id| id != 0).collect();
        let body = field("body");
        Self { language, grammar, kinds, path, body }
    }

    /// The meaning of a node.
    pub fn kind(&self, node: Node<'_>) -> Kind {
        self.kinds.get(node.kind_id() as usize).copied().unwrap_or_default()
    }

    /// The part of a definition that ends its signature.
    pub fn body<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        child_at(node, self.body).or_else(|| {
            let mut cursor = node.walk();
            let mut has_next = cursor.goto_first_child();
            while has_next {
                if self.kind(cursor.node()).flags & flag::BODY != 0 {
                    return Some(cursor.node());
                }
                has_next = cursor.goto_next_sibling();
            }
            None
        })
    }

    /// Follows declarators and qualified names down to the node of the last name.
    pub fn last_name<'tree>(&self, node: Node<'tree>) -> Node<'tree> {
        let mut node = node;
        for _ in 0..NAME_STEPS_MAX {
            if self.kind(node).flags & flag::LEAF != 0 || node.named_child_count() == 0 {
                break;
            }
            let next = self.path.iter().find_map(|&field| node.child_by_field_id(field));
            let next = next.or_else(|| self.last_leaf(node));
            match next {
                Some(child) => node = child,
                None => break,
            }
        }
        node
    }

    /// The last named child that may be or hold a name.
    fn last_leaf<'tree>(&self, node: Node<'tree>) -> Option<Node<'tree>> {
        (0..node.named_child_count() as u32)
            .rev()
            .filter_map(|at| node.named_child(at))
            .find(|&child| self.kind(child).flags & flag::LEAF != 0)
            .or_else(|| node.named_child(0))
    }
}

/// The child at a compiled field.
pub(super) fn child_at(node: Node<'_>, field: u16) -> Option<Node<'_>> {
    if field == 0 { None } else { node.child_by_field_id(field) }
}

fn apply(kind: &mut Kind, rule: Rule, field: &dyn Fn(&str) -> u16) {
    kind.flags |= match rule {
        Rule::Define(symbol) => {
            kind.define = Some(symbol);
            flag::DEFINE
        }
        Rule::DefineAt(symbol, name) => {
            kind.define = Some(symbol);
            kind.name_field = field(name);
            flag::DEFINE
        }
        Rule::Ask(ask) => {
            kind.ask = Some(ask);
            flag::DEFINE
        }
        Rule::Call(name) => {
            kind.call_field = if name.is_empty() { 0 } else { field(name) };
            flag::CALL
        }
        Rule::Lead(ask) => {
            kind.ask_lead = Some(ask);
            flag::LEAD
        }
        Rule::Wrap => flag::WRAP,
        Rule::Comment => flag::COMMENT,
        Rule::Attribute => flag::ATTRIBUTE,
        Rule::Modifiers => flag::MODIFIERS,
        Rule::Body => flag::BODY,
        Rule::Scope => flag::SCOPE,
        Rule::Opaque => flag::OPAQUE,
        Rule::Name => flag::NAME,
        Rule::Capital => flag::CAPITAL,
        Rule::Word => flag::WORD,
        Rule::Import => flag::IMPORT,
    };
    if kind.name_field == 0 {
        kind.name_field = field("name");
    }
}

/// A table that is compiled on first use.
pub(super) struct Lazy {
    grammar: &'static Grammar,
    cell: OnceLock<Table>,
}

impl Lazy {
    pub const fn new(grammar: &'static Grammar) -> Self {
        Self { grammar, cell: OnceLock::new() }
    }

    pub fn table(&self) -> &Table {
        self.cell.get_or_init(|| Table::new(self.grammar))
    }
}

/// The bytes of a node.
pub(super) fn span_of(node: Node<'_>) -> Span {
    Span::new(node.start_byte() as u32, node.end_byte().max(node.start_byte()) as u32)
}

/// Whether names inside such a definition are local to it.
pub(super) fn is_callable(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Function | SymbolKind::Method)
}

/// Whether functions inside such a definition are its methods, and variables its fields.
pub(super) fn is_type(kind: SymbolKind) -> bool {
    use SymbolKind::{Enum, Implementation, Interface, Type};
    matches!(kind, Type | Interface | Enum | Implementation)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Every kind and field that a description names exists in its grammar.
    pub fn check_words(name: &str, grammar: &'static Grammar) {
        let language = (grammar.load)();
        for (kind, rule) in grammar.rules {
            assert!(language.id_for_node_kind(kind, true) != 0, "{name}: no node kind {kind}");
            if let Rule::DefineAt(_, field) | Rule::Call(field) = rule {
                let is_known = field.is_empty() || language.field_id_for_name(field).is_some();
                assert!(is_known, "{name}: no field {field}");
            }
        }
        for field in grammar.path {
            assert!(language.field_id_for_name(field).is_some(), "{name}: no field {field}");
        }
    }
}
