//! The compact encodings of what is stored as one value for each document.
//!
//! Numbers are LEB128: seven bits in each byte, the low ones first, the top bit set on all but the
//! last byte. Rising numbers are written as differences. What repeats itself (text, names) is
//! compressed with LZ4, its length in front.
//!
//! ```text
//! symbols     lz4( n, n × (kind, passage, line, name length, name bytes) )
//! passages    n, n × (bytes to the next passage, length in the text, first line − last line of the
//!             one before, lines − 1, o200k tokens, cl100k tokens, breadcrumb length, breadcrumb,
//!             forward record)
//! names       n, n × hash difference, m, m × (hash difference, count)   defined; mentioned
//! touches     n, n × commit number                     newest first
//! ranks       n × (u32 document, u16 authority, u16 mentions)   little endian, rising documents
//! ```
//! Readers return `None` for bytes that do not follow the format; the caller reports a damaged
//! store. Nothing here panics on any bytes.

use std::ops::Range;

use crate::passage::SymbolKind;
use crate::prepare::{PreparedPassage, PreparedSymbol};
use crate::text::Span;

/// The bytes of one entry of the ranks.
const RANK_BYTES: usize = 8;
/// A text that claims to be longer than this is damage, not content.
const TEXT_BYTES_MAX: usize = 1 << 31;

/// How much of the code leans on one document.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rank {
    /// In [0,1]; see the module `authority`.
    pub authority: f32,
    /// The number of other documents that mention a name which this one defines; saturating.
    pub mentions: u16,
}

pub(super) fn compress(text: &[u8]) -> Vec<u8> {
    lz4_flex::compress_prepend_size(text)
}

pub(super) fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, _) = lz4_flex::block::uncompressed_size(bytes).ok()?;
    if TEXT_BYTES_MAX < length || bytes.len().saturating_mul(256) < length {
        return None;
    }
    lz4_flex::decompress_size_prepended(bytes).ok()
}

pub(super) fn symbols_to_bytes(symbols: &[PreparedSymbol]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(symbols.len() * 16 + 4);
    push_number(&mut bytes, symbols.len() as u64);
    for symbol in symbols {
        bytes.push(symbol.kind as u8);
        push_number(&mut bytes, u64::from(symbol.passage));
        push_number(&mut bytes, u64::from(symbol.line));
        push_number(&mut bytes, symbol.name.len() as u64);
        bytes.extend(symbol.name.as_bytes());
    }
    compress(&bytes)
}

pub(super) fn symbols_from_bytes(bytes: &[u8]) -> Option<Vec<PreparedSymbol>> {
    let bytes = decompress(bytes)?;
    let mut input = bytes.as_slice();
    let count = take_number(&mut input)? as usize;
    let mut symbols = Vec::with_capacity(count.min(input.len()));
    for _ in 0..count {
        let (&kind, rest) = input.split_first()?;
        input = rest;
        let kind = *SymbolKind::ALL.get(usize::from(kind))?;
        let passage = u32::try_from(take_number(&mut input)?).ok()?;
        let line = u32::try_from(take_number(&mut input)?).ok()?;
        let length = take_number(&mut input)? as usize;
        let name = std::str::from_utf8(input.get(..length)?).ok()?.to_owned();
        input = &input[length..];
        symbols.push(PreparedSymbol { name, kind, passage, line });
    }
    Some(symbols)
}

/// A passage as it is stored, its parts as ranges of the bytes that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredPassage {
    pub(super) span: Span,
    pub(super) lines: (u32, u32),
    pub(super) tokens: u32,
    pub(super) tokens_cl100k: u32,
    pub(super) breadcrumb: Range<usize>,
    pub(super) record: Range<usize>,
}

/// The passages of one document, which tile its text.
pub(super) fn passages_to_bytes(passages: &[PreparedPassage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_number(&mut bytes, passages.len() as u64);
    let mut line = 0;
    let mut entry = Vec::new();
    for PreparedPassage { passage, tokens, tokens_cl100k, record, .. } in passages {
        entry.clear();
        push_number(&mut entry, u64::from(passage.span.end - passage.span.start));
        push_signed(&mut entry, i64::from(passage.first_line) - line);
        push_number(&mut entry, u64::from(passage.last_line - passage.first_line));
        push_number(&mut entry, u64::from(*tokens));
        push_number(&mut entry, u64::from(*tokens_cl100k));
        push_number(&mut entry, passage.breadcrumb.len() as u64);
        entry.extend(passage.breadcrumb.as_bytes());
        entry.extend(record);
        push_number(&mut bytes, entry.len() as u64);
        bytes.extend(&entry);
        line = i64::from(passage.last_line);
    }
    bytes
}

/// Calls `take` with each passage of [`passages_to_bytes`] and its position, in order.
pub(super) fn each_passage(bytes: &[u8], mut take: impl FnMut(u32, StoredPassage)) -> Option<()> {
    let mut input = bytes;
    let count = take_number(&mut input)?;
    let (mut start, mut line) = (0_u32, 0_i64);
    for ordinal in 0..u32::try_from(count).ok()? {
        let length = usize::try_from(take_number(&mut input)?).ok()?;
        let (mut entry, rest) = input.split_at_checked(length)?;
        let span_end = start.checked_add(take_u32(&mut entry)?)?;
        let first_line = u32::try_from(line.checked_add(take_signed(&mut entry)?)?).ok()?;
        let last_line = first_line.checked_add(take_u32(&mut entry)?)?;
        let (tokens, tokens_cl100k) = (take_u32(&mut entry)?, take_u32(&mut entry)?);
        let breadcrumb_bytes = usize::try_from(take_number(&mut entry)?).ok()?;
        let record_bytes = entry.len().checked_sub(breadcrumb_bytes)?;
        let record_end = bytes.len() - rest.len();
        let record_start = record_end - record_bytes;
        take(
            ordinal,
            StoredPassage {
                span: Span::new(start, span_end),
                lines: (first_line, last_line),
                tokens,
                tokens_cl100k,
                breadcrumb: record_start - breadcrumb_bytes..record_start,
                record: record_start..record_end,
            },
        );
        (start, line, input) = (span_end, i64::from(last_line), rest);
    }
    Some(())
}

/// Both lists must be sorted by strictly rising hash.
pub(super) fn names_to_bytes(defined: &[u32], mentioned: &[(u32, u32)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity((defined.len() + mentioned.len()) * 4 + 4);
    push_number(&mut bytes, defined.len() as u64);
    let mut before = 0;
    for &hash in defined {
        push_number(&mut bytes, u64::from(hash - before));
        before = hash;
    }
    push_number(&mut bytes, mentioned.len() as u64);
    before = 0;
    for &(hash, count) in mentioned {
        push_number(&mut bytes, u64::from(hash - before));
        push_number(&mut bytes, u64::from(count));
        before = hash;
    }
    bytes
}

/// The hashes of the names that are defined, and of those that are mentioned, with counts.
pub(super) type Names = (Vec<u32>, Vec<(u32, u32)>);

pub(super) fn names_from_bytes(mut input: &[u8]) -> Option<Names> {
    let count = take_number(&mut input)? as usize;
    let mut defined = Vec::with_capacity(count.min(input.len()));
    let mut before = 0_u32;
    for _ in 0..count {
        before = before.checked_add(u32::try_from(take_number(&mut input)?).ok()?)?;
        defined.push(before);
    }
    let count = take_number(&mut input)? as usize;
    let mut mentioned = Vec::with_capacity(count.min(input.len()));
    before = 0;
    for _ in 0..count {
        before = before.checked_add(u32::try_from(take_number(&mut input)?).ok()?)?;
        mentioned.push((before, u32::try_from(take_number(&mut input)?).ok()?));
    }
    Some((defined, mentioned))
}

pub(super) fn numbers_to_bytes(numbers: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * 2 + 2);
    push_number(&mut bytes, numbers.len() as u64);
    for &number in numbers {
        push_number(&mut bytes, number);
    }
    bytes
}

pub(super) fn numbers_from_bytes(mut input: &[u8]) -> Option<Vec<u64>> {
    let count = take_number(&mut input)? as usize;
    let mut numbers = Vec::with_capacity(count.min(input.len()));
    for _ in 0..count {
        numbers.push(take_number(&mut input)?);
    }
    Some(numbers)
}

/// `ranks` must be sorted by strictly rising document.
pub(super) fn ranks_to_bytes(ranks: &[(i64, Rank)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ranks.len() * RANK_BYTES);
    for (document, rank) in ranks {
        let authority = (rank.authority.clamp(0.0, 1.0) * f32::from(u16::MAX)).round() as u16;
        bytes.extend((*document as u32).to_le_bytes());
        bytes.extend(authority.to_le_bytes());
        bytes.extend(rank.mentions.to_le_bytes());
    }
    bytes
}

/// Finds one document in the bytes of [`ranks_to_bytes`]; a document without a rank has none.
pub(super) fn rank_in_bytes(bytes: &[u8], document: i64) -> Rank {
    let (entries, _) = bytes.as_chunks::<RANK_BYTES>();
    let id_of =
        |entry: &[u8; RANK_BYTES]| u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]);
    match entries.binary_search_by_key(&document, |entry| i64::from(id_of(entry))) {
        Ok(at) => {
            let entry = entries[at];
            let authority = u16::from_le_bytes([entry[4], entry[5]]);
            Rank {
                authority: f32::from(authority) / f32::from(u16::MAX),
                mentions: u16::from_le_bytes([entry[6], entry[7]]),
            }
        }
        Err(_) => Rank::default(),
    }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A number that may be negative, the small ones of both signs short (zigzag).
fn push_signed(bytes: &mut Vec<u8>, number: i64) {
    push_number(bytes, (number << 1 ^ number >> 63) as u64);
}

fn take_signed(input: &mut &[u8]) -> Option<i64> {
    let number = take_number(input)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}

fn take_u32(input: &mut &[u8]) -> Option<u32> {
    u32::try_from(take_number(input)?).ok()
}

fn take_number(input: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::Passage;
    use proptest::prelude::*;

    #[test]
    fn ranks_are_found_by_document() {
        let ranks =
            [(3, Rank { authority: 0.0, mentions: 1 }), (9, Rank { authority: 1.0, mentions: 70 })];
        let bytes = ranks_to_bytes(&ranks);
        assert_eq!(rank_in_bytes(&bytes, 9), ranks[1].1);
        assert_eq!(rank_in_bytes(&bytes, 3), ranks[0].1);
        assert_eq!(rank_in_bytes(&bytes, 4), Rank::default());
        assert_eq!(rank_in_bytes(&[], 4), Rank::default());
    }

    fn any_symbol() -> impl Strategy<Value = PreparedSymbol> {
        ("\\PC{0,20}", 0..SymbolKind::ALL.len(), any::<u32>(), any::<u32>()).prop_map(
            |(name, kind, passage, line)| PreparedSymbol {
                name,
                kind: SymbolKind::ALL[kind],
                passage,
                line,
            },
        )
    }

    fn any_passage() -> impl Strategy<Value = PreparedPassage> {
        let record = prop::collection::vec(any::<u8>(), 0..40);
        let numbers = (0_u32..5000, 0_u32..300, any::<u32>(), any::<u32>());
        (numbers, "\\PC{0,20}", record).prop_map(|(numbers, breadcrumb, record)| {
            let (length, lines, tokens, tokens_cl100k) = numbers;
            let passage = Passage {
                span: Span::new(0, length),
                first_line: 1,
                last_line: 1 + lines,
                defines: Vec::new(),
                breadcrumb,
            };
            let index_terms = String::new();
            PreparedPassage { passage, tokens, tokens_cl100k, record, index_terms }
        })
    }

    /// Lays passages one after the other; some begin on the line on which the last one ends.
    fn tiled(mut passages: Vec<PreparedPassage>) -> Vec<PreparedPassage> {
        let (mut start, mut line) = (0, 1);
        for PreparedPassage { passage, tokens, .. } in &mut passages {
            let lines = passage.last_line - passage.first_line;
            passage.span = Span::new(start, start + passage.span.end);
            (passage.first_line, passage.last_line) = (line, line + lines);
            (start, line) = (passage.span.end, passage.last_line + *tokens % 2);
        }
        passages
    }

    proptest! {
        #[test]
        fn symbols_come_back(symbols in prop::collection::vec(any_symbol(), 0..30)) {
            let bytes = symbols_to_bytes(&symbols);
            prop_assert_eq!(symbols_from_bytes(&bytes), Some(symbols));
        }

        #[test]
        fn passages_come_back(passages in prop::collection::vec(any_passage(), 0..20)) {
            let passages = tiled(passages);
            let bytes = passages_to_bytes(&passages);
            let mut back = Vec::new();
            let read = each_passage(&bytes, |ordinal, stored| back.push((ordinal, stored)));
            prop_assert_eq!(read, Some(()));
            prop_assert_eq!(back.len(), passages.len());
            for ((ordinal, stored), expected) in back.into_iter().zip(&passages) {
                let passage = &expected.passage;
                prop_assert_eq!(&passages[ordinal as usize], expected);
                prop_assert_eq!(stored.span, passage.span);
                prop_assert_eq!(stored.lines, (passage.first_line, passage.last_line));
                let tokens = (stored.tokens, stored.tokens_cl100k);
                prop_assert_eq!(tokens, (expected.tokens, expected.tokens_cl100k));
                prop_assert_eq!(&bytes[stored.breadcrumb], passage.breadcrumb.as_bytes());
                prop_assert_eq!(&bytes[stored.record], &expected.record[..]);
            }
        }

        #[test]
        fn names_come_back(
            defined in prop::collection::btree_set(any::<u32>(), 0..50),
            mentioned in prop::collection::btree_map(any::<u32>(), any::<u32>(), 0..50),
        ) {
            let defined: Vec<_> = defined.into_iter().collect();
            let mentioned: Vec<_> = mentioned.into_iter().collect();
            let bytes = names_to_bytes(&defined, &mentioned);
            prop_assert_eq!(names_from_bytes(&bytes), Some((defined, mentioned)));
        }

        #[test]
        fn numbers_come_back(numbers in prop::collection::vec(any::<u64>(), 0..50)) {
            prop_assert_eq!(numbers_from_bytes(&numbers_to_bytes(&numbers)), Some(numbers));
        }

        #[test]
        fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = symbols_from_bytes(&bytes);
            let _ = each_passage(&bytes, |_, stored| {
                let _ = (&bytes[stored.breadcrumb], &bytes[stored.record]);
            });
            let _ = names_from_bytes(&bytes);
            let _ = numbers_from_bytes(&bytes);
            let _ = decompress(&bytes);
        }
    }
}
