//! The forward record: which terms a passage or a file holds, how often, and in which field.
//!
//! The full-text index finds candidates; a record lets ranking look at each candidate closely
//! without touching its text. It is stored as bytes beside the passage and read in place.
//!
//! Layout, little endian, `n` entries sorted by strictly rising hash:
//! ```text
//! u16 n | 5 × u16 field lengths (terms, capped) | n × u32 term hash | n × u16 packed levels
//! ```
//! A level says how often a term occurs in a field, in eight steps ([`LEVELS`]); field `f` has the
//! three bits from `3 f`. Ranking saturates in the frequency (BM25), so the steps cost nothing.

use std::cmp::Ordering;

use crate::terms;

/// The number of fields of a record.
pub const FIELDS: usize = 5;
/// The frequency that each three-bit level stands for.
pub const LEVELS: [f32; 8] = [0.0, 1.0, 2.0, 3.0, 4.5, 7.0, 12.0, 22.0];
/// The least count of each level.
const LEVEL_STARTS: [u32; 8] = [0, 1, 2, 3, 4, 6, 10, 17];
const HEADER_BYTES: usize = 2 + 2 * FIELDS;
/// The most entries of one record; a text with more distinct terms keeps the first in hash order.
const ENTRIES_MAX: usize = u16::MAX as usize;

/// The fields of a passage's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum PassageField {
    /// The names that the passage defines.
    Name = 0,
    /// The signatures of what it defines.
    Signature = 1,
    /// Doc comments and comments.
    Docs = 2,
    /// Everything else.
    Body = 3,
    /// The names that enclose it.
    Breadcrumb = 4,
}

/// The fields of a file's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum FileField {
    /// The file name without its extension.
    Stem = 0,
    /// The folders.
    Folder = 1,
    /// The names defined anywhere in the file.
    Name = 2,
    /// Doc comments and comments.
    Docs = 3,
    /// Everything else.
    Body = 4,
}

/// The fields of the record of a file's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum HistoryField {
    /// The words of the messages of the commits that touched the file, once for each message.
    Message = 0,
    /// Those commits themselves, as hashes: two files that share them changed together.
    Commit = 1,
}

/// Counts terms by field and packs them.
#[derive(Debug, Default)]
pub struct RecordBuilder {
    occurrences: Vec<(u32, u8)>,
    lengths: [u32; FIELDS],
}

impl RecordBuilder {
    /// Starts with field lengths that the caller has counted itself.
    pub fn with_lengths(lengths: [u32; FIELDS]) -> Self {
        Self { occurrences: Vec::new(), lengths }
    }

    /// Counts `count` occurrences of the term with this hash, without a change of the lengths.
    pub fn add_count(&mut self, term_hash: u32, field: usize, count: u32) {
        let most = LEVEL_STARTS[LEVEL_STARTS.len() - 1];
        self.occurrences.extend((0..count.min(most)).map(|_| (term_hash, field as u8)));
    }

    /// Counts one occurrence of the term with this hash; `is_part` terms make up the field length.
    pub fn add(&mut self, term_hash: u32, field: usize, is_part: bool) {
        self.occurrences.push((term_hash, field as u8));
        self.lengths[field] += u32::from(is_part);
    }

    /// Counts all terms of `text` in `field`.
    pub fn add_text(&mut self, text: &str, field: usize) {
        terms::each_term(text, |term, kind| {
            self.add(terms::hash(term), field, kind == terms::TermKind::Part);
        });
    }

    /// Packs what was counted and starts over.
    pub fn finish(&mut self) -> Vec<u8> {
        self.occurrences.sort_unstable();
        let mut entries: Vec<(u32, [u32; FIELDS])> = Vec::new();
        for &(term_hash, field) in &self.occurrences {
            match entries.last_mut() {
                Some((last, counts)) if *last == term_hash => counts[field as usize] += 1,
                _ => {
                    let mut counts = [0; FIELDS];
                    counts[field as usize] = 1;
                    entries.push((term_hash, counts));
                }
            }
        }
        entries.truncate(ENTRIES_MAX);
        let mut bytes = Vec::with_capacity(HEADER_BYTES + entries.len() * 6);
        bytes.extend((entries.len() as u16).to_le_bytes());
        for length in self.lengths {
            bytes.extend((length.min(u32::from(u16::MAX)) as u16).to_le_bytes());
        }
        for (term_hash, _) in &entries {
            bytes.extend(term_hash.to_le_bytes());
        }
        for (_, counts) in &entries {
            bytes.extend(pack(counts).to_le_bytes());
        }
        self.occurrences.clear();
        self.lengths = [0; FIELDS];
        bytes
    }
}

fn pack(counts: &[u32; FIELDS]) -> u16 {
    counts.iter().enumerate().fold(0, |packed, (field, &count)| {
        let level = LEVEL_STARTS.partition_point(|&start| start <= count) - 1;
        packed | (level as u16) << (3 * field)
    })
}

/// The packed levels of one term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Levels(u16);

impl Levels {
    /// How often the term occurs in `field`, by step ([`LEVELS`]).
    pub fn frequency(self, field: usize) -> f32 {
        LEVELS[usize::from(self.0 >> (3 * field) & 7)]
    }

    /// Whether the term occurs in `field`.
    pub fn is_in(self, field: usize) -> bool {
        self.0 >> (3 * field) & 7 != 0
    }
}

/// A record read in place. Bytes that are not a record read as an empty one.
#[derive(Debug, Clone, Copy)]
pub struct Record<'r> {
    hashes: &'r [[u8; 4]],
    levels: &'r [[u8; 2]],
    lengths: [u16; FIELDS],
}

impl<'r> Record<'r> {
    /// Reads a record.
    pub fn new(bytes: &'r [u8]) -> Self {
        Self::parse(bytes).unwrap_or(Self { hashes: &[], levels: &[], lengths: [0; FIELDS] })
    }

    fn parse(bytes: &'r [u8]) -> Option<Self> {
        let (header, entries) = bytes.split_at_checked(HEADER_BYTES)?;
        let (numbers, _) = header.as_chunks::<2>();
        let count = usize::from(u16::from_le_bytes(numbers[0]));
        let (hashes, levels) = entries.split_at_checked(count * 4)?;
        let lengths = std::array::from_fn(|field| u16::from_le_bytes(numbers[field + 1]));
        let (levels, _) = levels.as_chunks::<2>();
        (levels.len() == count).then_some(Self { hashes: hashes.as_chunks().0, levels, lengths })
    }

    /// The number of terms in `field`, repeated ones counted, capped at 65,535.
    pub fn length(&self, field: usize) -> f32 {
        f32::from(self.lengths[field])
    }

    /// The number of distinct terms.
    pub fn distinct(&self) -> usize {
        self.hashes.len()
    }

    /// The levels of one term; `None` where it does not occur.
    pub fn levels(&self, term_hash: u32) -> Option<Levels> {
        self.hashes
            .binary_search_by(|bytes| u32::from_le_bytes(*bytes).cmp(&term_hash))
            .ok()
            .map(|at| Levels(u16::from_le_bytes(self.levels[at])))
    }

    /// The share of distinct terms that two records have in common (Jaccard), in [0, 1].
    pub fn shared_terms(&self, other: &Record<'_>) -> f32 {
        let (mut mine, mut theirs) =
            (self.hashes.iter().peekable(), other.hashes.iter().peekable());
        let mut common = 0;
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            match u32::from_le_bytes(**a).cmp(&u32::from_le_bytes(**b)) {
                Ordering::Less => drop(mine.next()),
                Ordering::Greater => drop(theirs.next()),
                Ordering::Equal => {
                    common += 1;
                    mine.next();
                    theirs.next();
                }
            }
        }
        let all = self.distinct() + other.distinct() - common;
        common as f32 / all.max(1) as f32
    }

    /// All terms with their levels, by rising hash.
    pub fn entries(&self) -> impl Iterator<Item = (u32, Levels)> + 'r {
        let levels = self.levels;
        let hashes = self.hashes.iter().map(|bytes| u32::from_le_bytes(*bytes));
        hashes.zip(levels.iter().map(|bytes| Levels(u16::from_le_bytes(*bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp, reason = "a table gives these numbers, nothing computes them")]
    fn a_record_says_what_was_counted() {
        let mut builder = RecordBuilder::default();
        builder.add_text("parse the header, parse fast", PassageField::Body as usize);
        builder.add_text("parseHeader", PassageField::Name as usize);
        let bytes = builder.finish();
        let record = Record::new(&bytes);
        let parse = record.levels(terms::hash("pars")).expect("the term was counted");
        assert!(parse.frequency(PassageField::Body as usize) == 2.0);
        assert!(parse.frequency(PassageField::Name as usize) == 1.0);
        assert!(!parse.is_in(PassageField::Docs as usize));
        assert!(record.levels(terms::hash("absent")).is_none());
        assert!(record.length(PassageField::Body as usize) == 4.0);
        assert_eq!(record.distinct(), record.entries().count());
        assert_eq!(builder.finish(), RecordBuilder::default().finish());
    }

    #[test]
    fn damaged_bytes_read_as_an_empty_record() {
        let mut builder = RecordBuilder::default();
        builder.add_text("some words here", 0);
        let bytes = builder.finish();
        for end in 0..bytes.len() {
            let record = Record::new(&bytes[..end]);
            assert_eq!(record.distinct(), 0, "cut at {end}");
        }
    }
}
