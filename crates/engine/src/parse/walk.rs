//! One pass over a syntax tree that collects an outline.
//!
//! The walk visits every node once, in text order, with a cursor and its own stack: no recursion,
//! so the depth of a tree costs memory in proportion and nothing else. It keeps
//!
//! * the *lead*: the run of comments and attributes that ended on the line above. A definition
//!   that starts a line directly below takes the lead into its span; comments in it are its docs;
//! * the *wrap*: the outer node (`export`, `template`, decorators) whose direct child is visited;
//! * the stack of open definitions, which gives every definition its parent.
//!
//! Cuts need no knowledge of the language: the outermost named node that starts a line makes that
//! line a place to cut, and its depth in the tree says how good the place is. Lines that start
//! with a bracket or keyword are no cuts, and a line below a comment belongs to the comment.

use tree_sitter::{Node, Tree};

use super::grammar::{self, Found, Kind, Scene, Table, flag, is_callable, is_type, span_of};
use crate::passage::{Cut, Definition, Outline, Reference, SymbolKind};
use crate::text::Span;

/// Names longer than this are no names that anybody asks for.
pub(super) const NAME_BYTES_MAX: usize = 200;

/// A signature is cut here; longer ones are literals that only look like signatures.
const SIGNATURE_BYTES_MAX: u32 = 600;

/// After a definition, a wrap may have this many more bytes (`;`, `)`) and still be its wrap.
const WRAP_REST_BYTES_MAX: usize = 2;

/// Collects the outline of a parsed text.
pub(super) fn collect(text: &str, tree: &Tree, table: &Table) -> Outline {
    let mut walk = Walk::new(text, table);
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        if walk.enter(node) && cursor.goto_first_child() {
            walk.path.push(node);
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return walk.finish();
            }
            walk.path.pop();
        }
    }
}

/// A run of comments and attributes, each starting on its own line, without blank lines between.
struct Lead {
    start: u32,
    end: u32,
    docs: Option<Span>,
    /// Whether it documents what is around it rather than what follows.
    is_inner: bool,
}

/// A node whose direct child it belongs to.
struct Wrap {
    start: u32,
    end: usize,
    /// The number of ancestors that a direct child has.
    depth: usize,
}

struct Walk<'a, 'tree> {
    text: &'a str,
    table: &'a Table,
    path: Vec<Node<'tree>>,
    outline: Outline,
    /// Open definitions, outermost first: end and index.
    open: Vec<(u32, u32)>,
    /// The functions around the current node, with and without a name, outermost first.
    scopes: Vec<Span>,
    /// The end of the import around the current node.
    import_end: u32,
    /// Where the names of the last definition stand; they are no mentions.
    names: Vec<u32>,
    /// The row after the last one that a node started in.
    next_row: usize,
    lead: Option<Lead>,
    wrap: Option<Wrap>,
}

impl<'a, 'tree> Walk<'a, 'tree> {
    fn new(text: &'a str, table: &'a Table) -> Self {
        Self {
            text,
            table,
            path: Vec::new(),
            outline: Outline::default(),
            open: Vec::new(),
            scopes: Vec::new(),
            import_end: 0,
            names: Vec::new(),
            next_row: 0,
            lead: None,
            wrap: None,
        }
    }

    /// Takes note of a node; says whether its children are of interest.
    fn enter(&mut self, node: Node<'tree>) -> bool {
        let kind = self.table.kind(node);
        let row = node.start_position().row;
        if row >= self.next_row && node.end_byte() > node.start_byte() {
            self.next_row = row + 1;
            if node.is_named() {
                self.cut(node);
            }
        }
        if kind.flags == 0 {
            return true;
        }
        self.heed(node, kind)
    }

    /// Takes note of a node that a rule stands for.
    fn heed(&mut self, node: Node<'tree>, kind: Kind) -> bool {
        if kind.flags & flag::COMMENT != 0 {
            self.comment(node);
            return false;
        }
        if kind.flags & flag::LEAF != 0 {
            self.leaf(node, kind);
        }
        // An attribute inside a wrap belongs to the definition that the wrap will make.
        let is_wrapped = self.wrap.as_ref().is_some_and(|wrap| wrap.depth == self.path.len());
        if kind.flags & flag::ATTRIBUTE != 0 && !is_wrapped {
            self.extend_lead(node, None, false);
        }
        if kind.flags & flag::LEAD != 0
            && let Some(lead) = self.ask_lead(node, kind)
        {
            return lead == grammar::Lead::Attribute;
        }
        if kind.flags & flag::DEFINE != 0 {
            self.ask(node, kind);
        }
        if kind.flags & flag::WRAP != 0 {
            self.wrap(node);
        }
        if kind.flags & flag::SCOPE != 0 {
            self.scopes.push(span_of(node));
        }
        if kind.flags & flag::IMPORT != 0 {
            self.import_end = node.end_byte() as u32;
        }
        if kind.flags & flag::CALL != 0 {
            let name = match kind.call_field {
                0 => node.named_child(0),
                field => node.child_by_field_id(field),
            };
            if let Some(name) = name {
                self.mention(self.table.last_name(name));
            }
        }
        kind.flags & flag::OPAQUE == 0
    }

    /// Makes the line of a node a place to cut, when the node is the first on it.
    fn cut(&mut self, node: Node<'tree>) {
        let Some(start) = self.line_start(node) else { return };
        if !self.follows_lead(node.start_byte() as u32) {
            let depth = self.path.len().min(u16::MAX as usize) as u16;
            self.outline.cuts.push(Cut { offset: start, depth });
        }
    }

    /// Whether the lead belongs to what starts at `offset`: nothing stands between, no blank
    /// line either, unless the lead is a documentation comment by its form.
    fn follows_lead(&self, offset: u32) -> bool {
        self.lead.as_ref().is_some_and(|lead| {
            let is_docs = lead.docs.is_some_and(|docs| docs.of(self.text).starts_with("/**"));
            lead.end <= offset && self.newlines_from(lead.end, offset) <= 1 + usize::from(is_docs)
        })
    }

    /// Whether what starts at `offset` goes on with the lead.
    fn continues_lead(&self, offset: u32) -> bool {
        self.lead
            .as_ref()
            .is_some_and(|lead| lead.end <= offset && self.newlines_from(lead.end, offset) <= 1)
    }

    /// The line ends between two offsets; very many where there is more than white space.
    fn newlines_from(&self, start: u32, end: u32) -> usize {
        const LOOKED_AT_MAX: u32 = 400;
        if end - start > LOOKED_AT_MAX {
            return usize::MAX;
        }
        let between = &self.text.as_bytes()[start as usize..end as usize];
        if between.iter().all(u8::is_ascii_whitespace) {
            memchr::memchr_iter(b'\n', between).count()
        } else {
            usize::MAX
        }
    }

    /// The start of the node's line, when only white space stands before the node.
    fn line_start(&self, node: Node<'tree>) -> Option<u32> {
        let column = node.start_position().column;
        let start = node.start_byte().checked_sub(column)?;
        let before = &self.text.as_bytes()[start..node.start_byte()];
        before.iter().all(|byte| matches!(byte, b' ' | b'\t' | 0x0c)).then_some(start as u32)
    }

    fn comment(&mut self, node: Node<'tree>) {
        let span = trimmed(self.text, span_of(node));
        self.outline.comments.push(span);
        let text = span.of(self.text);
        let is_inner = text.starts_with("#!")
            || self.table.grammar.inner_docs.iter().any(|start| text.starts_with(start));
        self.extend_lead(node, Some(span), is_inner);
    }

    /// Lets the language say whether a node leads a definition; then it defines nothing itself.
    fn ask_lead(&mut self, node: Node<'tree>, kind: Kind) -> Option<grammar::Lead> {
        let (text, table, is_local) = (self.text, self.table, !self.scopes.is_empty());
        let scene = Scene { text, path: &self.path, is_local, owner: None, table };
        let lead = kind.ask_lead.and_then(|ask| ask(&scene, node))?;
        let docs = (lead != grammar::Lead::Attribute).then(|| trimmed(self.text, span_of(node)));
        self.outline.comments.extend(docs);
        self.extend_lead(node, docs, lead == grammar::Lead::InnerDocs);
        Some(lead)
    }

    /// Adds a comment or an attribute to the lead, or starts a new one with it.
    fn extend_lead(&mut self, node: Node<'tree>, docs: Option<Span>, is_inner: bool) {
        let continues = self.continues_lead(node.start_byte() as u32);
        if self.line_start(node).is_none() && !continues {
            return;
        }
        let span = trimmed(self.text, span_of(node));
        match &mut self.lead {
            Some(lead) if continues && lead.is_inner == is_inner => {
                lead.end = span.end;
                lead.docs = match (lead.docs, docs) {
                    (Some(a), Some(b)) => Some(Span::new(a.start, b.end.max(a.end))),
                    (a, b) => a.or(b),
                };
            }
            lead => *lead = Some(Lead { start: span.start, end: span.end, docs, is_inner }),
        }
    }

    /// Remembers a node that its direct child definition will take in.
    fn wrap(&mut self, node: Node<'tree>) {
        let depth = self.path.len() + 1;
        match &mut self.wrap {
            Some(wrap) if wrap.depth + 1 == depth && node.end_byte() <= wrap.end => {
                wrap.depth = depth;
            }
            wrap => {
                *wrap = Some(Wrap { start: node.start_byte() as u32, end: node.end_byte(), depth });
            }
        }
    }

    /// Finds out whether a node is a definition, and records it.
    fn ask(&mut self, node: Node<'tree>, kind: Kind) {
        let start = node.start_byte() as u32;
        while self.open.last().is_some_and(|&(end, _)| end <= start) {
            self.open.pop();
        }
        let owner = self.open.last().map(|&(_, at)| self.outline.definitions[at as usize].kind);
        while self.scopes.last().is_some_and(|scope| scope.end <= start) {
            self.scopes.pop();
        }
        let is_local = !self.scopes.is_empty();
        let found = match (kind.ask, kind.define) {
            (Some(ask), _) => {
                let (text, table) = (self.text, self.table);
                ask(&Scene { text, path: &self.path, is_local, owner, table }, node)
            }
            (None, Some(symbol)) => self.named(node, symbol, kind.name_field),
            (None, None) => None,
        };
        if let Some(mut found) = found {
            let in_type = owner.is_some_and(is_type);
            let in_value = owner.is_some_and(is_value);
            let in_part = in_type || owner == Some(SymbolKind::Field);
            // A function without a name in a type: what is in it is no member of the type.
            let part = self
                .open
                .last()
                .map_or(0, |&(_, at)| self.outline.definitions[at as usize].span.start);
            let in_part = in_part && self.scopes.last().is_none_or(|scope| scope.start <= part);
            match found.kind {
                SymbolKind::Function if in_type => found.kind = SymbolKind::Method,
                SymbolKind::Constant if in_type && owner != Some(SymbolKind::Implementation) => {
                    found.kind = SymbolKind::Field;
                }
                SymbolKind::Constant if in_value || owner == Some(SymbolKind::Field) => return,
                SymbolKind::Field if in_value => return,
                SymbolKind::Constant | SymbolKind::Field if is_local && !in_part => return,
                _ => {}
            }
            self.define(node, &found);
        }
    }

    /// A definition of all names at a field.
    fn named(&self, node: Node<'tree>, symbol: SymbolKind, field: u16) -> Option<Found> {
        let first = grammar::child_at(node, field)?;
        let mut found = Found::new(symbol, self.table.last_name(first));
        // Only declarators are many; a name is alone, and the cursor costs more than the look-up.
        if first.next_named_sibling().is_some_and(|next| next.kind_id() == first.kind_id()) {
            let mut cursor = node.walk();
            let field = std::num::NonZero::new(field)?;
            let names = node.children_by_field_id(field, &mut cursor).skip(1);
            found.more = names.map(|name| span_of(self.table.last_name(name))).collect();
        }
        Some(found)
    }

    fn define(&mut self, node: Node<'tree>, found: &Found) {
        let Some(name) = clean_name(self.text, found.name) else { return };
        let mut span = self.wrapped(node);
        // Some grammars end a part with the line ends that follow it.
        span.end = trimmed(self.text, span).end;
        let signature = self.signature(node, span, found.signature_end);
        let mut docs = None;
        if self.follows_lead(span.start)
            && let Some(lead) = self.lead.take_if(|lead| !lead.is_inner)
            && self.last_start() <= lead.start
        {
            span.start = lead.start;
            docs = lead.docs;
        }
        if docs.is_none()
            && self.table.grammar.joins_clauses
            && self.join(name, found.kind, span.end)
        {
            return;
        }
        if let Some(docstring) = self.table.grammar.docstring.and_then(|find| find(node)) {
            docs = Some(span_of(docstring));
        }
        let parent = self.open.last().map(|&(_, at)| at);
        let owner = found.owner.and_then(|span| clean_name(self.text, span)).map(str::to_owned);
        let definition = Definition {
            name: name.to_owned(),
            kind: found.kind,
            span,
            signature,
            docs,
            parent,
            owner,
        };
        self.open.push((span.end, self.outline.definitions.len() as u32));
        if found.is_scope {
            self.scopes.push(span);
        }
        self.names.clear();
        self.names.push(found.name.start);
        self.names.extend(found.more.iter().map(|name| name.start));
        let names = found.more.iter().filter_map(|&more| clean_name(self.text, more));
        let more = names.map(|name| Definition { name: name.to_owned(), ..definition.clone() });
        let more: Vec<_> = more.collect();
        self.outline.definitions.push(definition);
        self.outline.definitions.extend(more);
    }

    /// Where the last definition starts; a later one must not start before it.
    fn last_start(&self) -> u32 {
        self.outline.definitions.last().map_or(0, |last| last.span.start)
    }

    /// Extends the definition before to `end` when it is another clause of the same function.
    fn join(&mut self, name: &str, kind: SymbolKind, end: u32) -> bool {
        let parent = self.open.last().map(|&(_, at)| at);
        let mut last = self.outline.definitions.len().checked_sub(1);
        while let Some(at) = last {
            let definition = &mut self.outline.definitions[at];
            if definition.parent == parent {
                let joins = definition.name == name && definition.kind == kind && is_callable(kind);
                if joins {
                    definition.span.end = end;
                    self.open.push((end, at as u32));
                    self.scopes.push(definition.span);
                }
                return joins;
            }
            last = definition.parent.map(|parent| parent as usize);
        }
        false
    }

    /// The span of a definition with the nodes that wrap it.
    fn wrapped(&mut self, node: Node<'tree>) -> Span {
        let own = span_of(node);
        let depth = self.path.len();
        let wrap = self.wrap.take_if(|wrap| wrap.depth == depth && own.end as usize <= wrap.end);
        // What stands in a decorator or another leading part starts after the wrap and comes first.
        let wrap = wrap.filter(|wrap| self.last_start() <= wrap.start);
        let Some(wrap) = wrap else { return own };
        let rest = &self.text[own.end as usize..wrap.end];
        if rest.trim().len() <= WRAP_REST_BYTES_MAX {
            return Span::new(wrap.start, wrap.end as u32);
        }
        let before = &self.text[wrap.start as usize..own.start as usize];
        if before.contains('\n') { own } else { Span::new(wrap.start, own.end) }
    }

    /// From the first keyword to the body, or the first line where there is no body.
    fn signature(&self, node: Node<'tree>, span: Span, end: Option<u32>) -> Span {
        let own = node.start_byte() as u32;
        let before = &self.text[span.start as usize..own as usize];
        let start = if before.contains('\n') { own } else { span.start };
        let start = self.first_keyword(node).filter(|&keyword| keyword > own).unwrap_or(start);
        let body = || self.table.body(node).map(|body| body.start_byte() as u32);
        let end = end.or_else(body).filter(|&end| end > start).unwrap_or_else(|| {
            let rest = &self.text[start as usize..span.end.max(start) as usize];
            start + rest.find('\n').unwrap_or(rest.len()) as u32
        });
        let end = floor_boundary(self.text, end.min(start + SIGNATURE_BYTES_MAX));
        trimmed(self.text, Span::new(start, end.max(start)))
    }

    /// Where the first child starts that is no attribute, when attributes lead the node.
    fn first_keyword(&self, node: Node<'tree>) -> Option<u32> {
        let mut cursor = node.walk();
        let mut has_next = cursor.goto_first_child();
        let mut skipped = false;
        while has_next {
            let flags = self.table.kind(cursor.node()).flags;
            if flags & flag::MODIFIERS != 0 && cursor.goto_first_child() {
                let depth = cursor.depth();
                while self.table.kind(cursor.node()).flags & (flag::ATTRIBUTE | flag::COMMENT) != 0
                {
                    skipped = true;
                    if !cursor.goto_next_sibling() {
                        cursor.goto_parent();
                        break;
                    }
                }
                if cursor.depth() == depth {
                    return skipped.then(|| cursor.node().start_byte() as u32);
                }
            } else if flags & (flag::ATTRIBUTE | flag::COMMENT) != 0 {
                skipped = true;
            } else {
                return skipped.then(|| cursor.node().start_byte() as u32);
            }
            has_next = cursor.goto_next_sibling();
        }
        None
    }

    fn leaf(&mut self, node: Node<'tree>, kind: Kind) {
        let start = node.start_byte();
        let is_name = kind.flags & flag::NAME != 0
            || (start as u32) < self.import_end
            || (kind.flags & flag::CAPITAL != 0
                && self.text.as_bytes().get(start).is_some_and(u8::is_ascii_uppercase));
        if is_name {
            self.mention(node);
        }
    }

    fn mention(&mut self, node: Node<'tree>) {
        let offset = node.start_byte() as u32;
        let is_known = self.outline.references.last().is_some_and(|last| last.offset == offset);
        if is_known || self.names.contains(&offset) {
            return;
        }
        let name = &self.text[node.byte_range()];
        let name = name.rsplit(['.', ':', '/', '\\']).next().unwrap_or(name);
        let is_name = !name.is_empty() && name.len() <= NAME_BYTES_MAX;
        if is_name && !name.contains(char::is_whitespace) {
            self.outline.references.push(Reference { name: name.to_owned(), offset });
        }
    }

    fn finish(self) -> Outline {
        let mut outline = self.outline;
        outline.references.sort_by_key(|reference| reference.offset);
        outline.references.dedup_by_key(|reference| reference.offset);
        outline
    }
}

/// A name without what surrounds it; `None` for what is no name.
fn clean_name(text: &str, span: Span) -> Option<&str> {
    const QUOTES: [char; 3] = ['"', '\'', '`'];
    let is_around = |c: char| c.is_whitespace() || matches!(c, ':' | '$');
    let name = text[span.start as usize..span.end as usize].trim_matches(is_around);
    // A quote at the end alone closes the last part of a path: `target."cfg(unix)"`.
    let name = if name.starts_with(QUOTES) { name.trim_matches(QUOTES) } else { name };
    let is_name = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name != "_";
    is_name.then_some(name)
}

/// Whether such a definition is a value, so that what it holds is no part of a module.
fn is_value(kind: SymbolKind) -> bool {
    matches!(kind, SymbolKind::Constant | SymbolKind::Alias)
}

/// The span without white space at its ends.
pub(super) fn trimmed(text: &str, span: Span) -> Span {
    let part = span.of(text);
    let start = span.start + (part.len() - part.trim_start().len()) as u32;
    Span::new(start, (start + part.trim().len() as u32).max(start))
}

/// The last character boundary that is not after `offset`.
pub(super) fn floor_boundary(text: &str, offset: u32) -> u32 {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at as u32
}
