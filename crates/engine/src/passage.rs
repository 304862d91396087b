//! The outline of a document and the passages cut from it.
//!
//! A parser turns text into an [`Outline`]: the named parts (definitions), what is mentioned
//! (references), and where a long part may be cut. The splitter turns text and outline into
//! [`Passage`]s: spans that *tile* the document (every byte in exactly one passage, in order),
//! start and end at line starts, and are what is retrieved, priced and cited.

use crate::text::Span;

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SymbolKind {
    /// A free function, a macro, a shell function.
    Function = 0,
    /// A function that belongs to a type.
    Method = 1,
    /// A class, struct, record, object.
    Type = 2,
    /// An interface, trait, protocol, type class.
    Interface = 3,
    /// An enumeration or union.
    Enum = 4,
    /// A module, namespace, package.
    Module = 5,
    /// A constant, variable or property at module or type level.
    Constant = 6,
    /// A type alias.
    Alias = 7,
    /// An implementation or extension block of a type.
    Implementation = 8,
    /// A heading of a document.
    Section = 9,
    /// A key of a configuration or data file.
    Key = 10,
    /// A field of a type, a variant of an enumeration.
    Field = 11,
}

impl SymbolKind {
    /// All kinds, in the order of their stored numbers.
    pub const ALL: [Self; 12] = [
        Self::Function,
        Self::Method,
        Self::Type,
        Self::Interface,
        Self::Enum,
        Self::Module,
        Self::Constant,
        Self::Alias,
        Self::Implementation,
        Self::Section,
        Self::Key,
        Self::Field,
    ];

    /// The lower-case name that the faces print.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Type => "type",
            Self::Interface => "interface",
            Self::Enum => "enum",
            Self::Module => "module",
            Self::Constant => "constant",
            Self::Alias => "alias",
            Self::Implementation => "implementation",
            Self::Section => "section",
            Self::Key => "key",
            Self::Field => "field",
        }
    }
}

/// One named part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The name as written, without qualification: `render`, `Passage`, `Getting started`.
    pub name: String,
    /// What it defines.
    pub kind: SymbolKind,
    /// The whole part, its leading doc comment, attributes and decorators included.
    pub span: Span,
    /// From the first keyword to the start of the body, as in
    /// `pub fn render(context: &Context) -> String`.
    pub signature: Span,
    /// The doc comment or docstring, where there is one.
    pub docs: Option<Span>,
    /// The index in [`Outline::definitions`] of the part that directly encloses this one.
    pub parent: Option<u32>,
    /// The type it belongs to where that is written and not around it: `Server` of Go's
    /// `func (s *Server) Close()`, of C++'s `Server::close`.
    pub owner: Option<String>,
}

/// One mention of a name that may be defined elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name as written, without qualification.
    pub name: String,
    /// The offset of its first byte.
    pub offset: u32,
}

/// A place where a long passage may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cut {
    /// A line start.
    pub offset: u32,
    /// How deep in the structure; a cut at a smaller depth is better.
    pub depth: u16,
}

/// The structure of a document, as a parser found it. Everything is in order of position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The named parts, outer before inner.
    pub definitions: Vec<Definition>,
    /// The mentions of names: calls, types, imports, super types.
    pub references: Vec<Reference>,
    /// Where the text may be cut; strictly rising offsets.
    pub cuts: Vec<Cut>,
    /// All comments and docstrings, without those inside another.
    pub comments: Vec<Span>,
}

/// What is retrieved, priced and cited: a span of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The bytes; passages of a document tile it.
    pub span: Span,
    /// The first line, 1-based.
    pub first_line: u32,
    /// The last line, 1-based, inclusive.
    pub last_line: u32,
    /// The indices in [`Outline::definitions`] of the parts whose name stands in this passage.
    pub defines: Vec<u32>,
    /// The names of the enclosing parts, outermost first, joined with ` › `; empty at top level.
    pub breadcrumb: String,
}
