//! Byte-pair encoding: how many tokens of a vocabulary a piece of text becomes.
//!
//! A vocabulary is a list of byte strings; the position in the list is the rank. A piece starts as
//! single bytes; the two neighbours whose joined bytes have the lowest rank are joined, the first
//! such pair if there are several, until no two neighbours form a token (Sennrich, Haddow, Birch:
//! *Neural Machine Translation of Rare Words with Subword Units*, ACL 2016, and the encoder of
//! <https://github.com/openai/tiktoken>). A heap of the possible joins makes this
//! `O(n log n)` in the length of the piece, so that no text takes long.
//!
//! # The tables
//!
//! `o200k.vocabulary` and `cl100k.vocabulary` hold the tokens of OpenAI's published vocabularies
//! by rising rank, each as its length in one byte and its bytes. They stand in the program as they
//! are. To find the rank of a byte string, the first use of a vocabulary fills a table with open
//! addressing: a slot is 18 bits of rank and 14 bits of the hash, which tell most strings that are
//! no token without a look at the bytes. The tokens of two bytes, which every encoding asks for
//! first and most, stand in a table of their own by their bytes.
//!
//! # The cache
//!
//! Text repeats itself: each thread remembers the counts of short pieces, one piece for each slot
//! of a table of fixed size, found by hash and told apart by the bytes themselves. A piece has one
//! slot for both vocabularies, because most pieces are cut alike by both.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The bits of a slot that are a rank.
const RANK_BITS: u32 = 18;
/// A slot that holds no token.
const EMPTY: u32 = u32::MAX;
/// The longest token of any vocabulary; longer strings need not be looked up.
const TOKEN_BYTES_MAX: usize = 128;
/// Pieces of up to this many bytes are remembered: indentation and most names.
const CACHED_BYTES_MAX: usize = 31;
/// The number of pieces that a thread remembers; they and their counts fit its nearer caches.
const CACHE_SLOTS: usize = 1 << 14;
/// The number of vocabularies that there can be.
const VOCABULARIES: usize = 2;

/// The tokens of one vocabulary.
pub(super) struct Vocabulary {
    /// The tokens by rank, each with its length in front.
    tokens: &'static [u8],
    /// Where in `tokens` each token's length stands.
    starts: Vec<u32>,
    /// Ranks by hash.
    slots: Vec<u32>,
    /// Ranks of the tokens of two bytes, by these.
    pairs: Vec<u32>,
    /// By how much a hash is shifted to give the number of its slot.
    shift: u32,
    /// Which of the counts in a cache is its.
    number: usize,
}

impl Vocabulary {
    /// Reads a table; `number` must differ for each vocabulary and be below [`VOCABULARIES`].
    pub(super) fn new(tokens: &'static [u8], number: usize) -> Self {
        let mut starts = Vec::with_capacity(tokens.len() / 7);
        let mut at = 0;
        while at < tokens.len() {
            starts.push(at as u32);
            at += 1 + usize::from(tokens[at]);
        }
        assert!(starts.len() < 1 << RANK_BITS, "a rank has {RANK_BITS} bits");
        let slots = (starts.len() * 2).next_power_of_two();
        let shift = 64 - slots.trailing_zeros();
        let (slots_empty, pairs) = (vec![EMPTY; slots], vec![EMPTY; 1 << 16]);
        let mut vocabulary = Self { tokens, starts, slots: slots_empty, pairs, shift, number };
        for rank in 0..vocabulary.starts.len() as u32 {
            let token = vocabulary.token(rank);
            if let [first, second] = *token {
                vocabulary.pairs[pair(first, second)] = rank;
            }
            let hash = hash(token);
            let mut slot = vocabulary.slot_of(hash);
            while vocabulary.slots[slot] != EMPTY {
                slot = (slot + 1) & (slots - 1);
            }
            vocabulary.slots[slot] = fingerprint(hash) | rank;
        }
        vocabulary
    }

    /// The number of tokens.
    #[cfg(test)]
    pub(super) fn tokens(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of the token with this rank.
    pub(super) fn token(&self, rank: u32) -> &'static [u8] {
        let start = self.starts[rank as usize] as usize;
        let length = usize::from(self.tokens[start]);
        &self.tokens[start + 1..start + 1 + length]
    }

    /// The number of tokens of one piece.
    pub(super) fn count(&self, piece: &str) -> u32 {
        let Some(key) = key_of(piece.as_bytes()) else {
            return self.count_anew(piece.as_bytes());
        };
        CACHE.with_borrow_mut(|cache| self.remember(cache.counts_of(key), piece))
    }

    /// The numbers of tokens of one piece in two vocabularies.
    pub(super) fn count_in_both(&self, other: &Self, piece: &str) -> (u32, u32) {
        let Some(key) = key_of(piece.as_bytes()) else {
            return (self.count_anew(piece.as_bytes()), other.count_anew(piece.as_bytes()));
        };
        CACHE.with_borrow_mut(|cache| {
            let counts = cache.counts_of(key);
            (self.remember(counts, piece), other.remember(counts, piece))
        })
    }

    fn remember(&self, counts: &mut [u8; VOCABULARIES], piece: &str) -> u32 {
        let count = &mut counts[self.number];
        if *count == 0 {
            *count = self.count_anew(piece.as_bytes()) as u8;
        }
        u32::from(*count)
    }

    fn count_anew(&self, piece: &[u8]) -> u32 {
        if piece.len() <= 1 || self.rank(piece).is_some() {
            return piece.len().min(1) as u32;
        }
        JOINS.with_borrow_mut(|joins| joins.run(self, piece))
    }

    fn rank(&self, bytes: &[u8]) -> Option<u32> {
        if let [first, second] = *bytes {
            let rank = self.pairs[pair(first, second)];
            return (rank != EMPTY).then_some(rank);
        }
        if TOKEN_BYTES_MAX < bytes.len() {
            return None;
        }
        let hash = hash(bytes);
        let mut slot = self.slot_of(hash);
        loop {
            let found = self.slots[slot];
            if found == EMPTY {
                return None;
            }
            let rank = found & ((1 << RANK_BITS) - 1);
            if found ^ rank == fingerprint(hash) && self.token(rank) == bytes {
                return Some(rank);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn slot_of(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
    static JOINS: RefCell<Joins> = RefCell::default();
}

/// A short piece and its length, as numbers; never all 0.
type Key = [u64; 4];

/// The counts of the pieces that a thread met last.
struct Cache {
    keys: Vec<Key>,
    /// For each key, the counts by vocabulary; 0 where it is not known. No count exceeds the bytes
    /// of the piece.
    counts: Vec<[u8; VOCABULARIES]>,
}

impl Default for Cache {
    fn default() -> Self {
        let counts = vec![[0; VOCABULARIES]; CACHE_SLOTS];
        Self { keys: vec![Key::default(); CACHE_SLOTS], counts }
    }
}

impl Cache {
    /// The counts of a piece, none of them known if the slot was another's.
    fn counts_of(&mut self, key: Key) -> &mut [u8; VOCABULARIES] {
        let [a, b, c, d] = key;
        let folded = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47);
        let at = (mix(folded) >> (64 - CACHE_SLOTS.trailing_zeros())) as usize;
        if self.keys[at] != key {
            self.keys[at] = key;
            self.counts[at] = [0; VOCABULARIES];
        }
        &mut self.counts[at]
    }
}

/// The key of a piece that is short enough to be remembered.
fn key_of(piece: &[u8]) -> Option<Key> {
    if CACHED_BYTES_MAX < piece.len() {
        return None;
    }
    let mut bytes = [0; 32];
    bytes[..piece.len()].copy_from_slice(piece);
    bytes[CACHED_BYTES_MAX] = piece.len() as u8;
    let (words, _) = bytes.as_chunks::<8>();
    Some(std::array::from_fn(|at| u64::from_le_bytes(words[at])))
}

/// Where a token of two bytes stands in [`Vocabulary::pairs`].
fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

/// The parts of one piece while they are joined; kept for its memory.
#[derive(Default)]
struct Joins {
    /// For the start of each part its end; 0 where no part starts.
    ends: Vec<u32>,
    /// For the start of each part the start of the one before.
    before: Vec<u32>,
    /// Possible joins: rank, start, end. One is void unless two parts make up its range.
    open: BinaryHeap<Reverse<(u32, u32, u32)>>,
}

impl Joins {
    fn run(&mut self, vocabulary: &Vocabulary, piece: &[u8]) -> u32 {
        let length = piece.len() as u32;
        self.ends.clear();
        self.ends.extend(1..=length);
        self.before.clear();
        self.before.extend((0..length).map(|at| at.saturating_sub(1)));
        self.open.clear();
        for start in 0..length - 1 {
            self.consider(vocabulary, piece, start, start + 2);
        }
        let mut parts = length;
        while let Some(Reverse((_, start, end))) = self.open.pop() {
            let middle = self.ends[start as usize];
            if middle == 0 || end <= middle || self.ends[middle as usize] != end {
                continue;
            }
            self.ends[start as usize] = end;
            self.ends[middle as usize] = 0;
            parts -= 1;
            if end < length {
                self.before[end as usize] = start;
                self.consider(vocabulary, piece, start, self.ends[end as usize]);
            }
            if 0 < start {
                self.consider(vocabulary, piece, self.before[start as usize], end);
            }
        }
        parts
    }

    fn consider(&mut self, vocabulary: &Vocabulary, piece: &[u8], start: u32, end: u32) {
        if let Some(rank) = vocabulary.rank(&piece[start as usize..end as usize]) {
            self.open.push(Reverse((rank, start, end)));
        }
    }
}

/// The bits of a hash that stand in a slot beside the rank. They are never all set, so that no
/// slot that is in use looks empty.
fn fingerprint(hash: u64) -> u32 {
    let bits = (hash as u32) << RANK_BITS;
    if bits >> RANK_BITS == u32::MAX >> RANK_BITS { 0 } else { bits }
}

fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut state = bytes.len() as u64;
    for word in words {
        state = mix(state ^ u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(state ^ u64::from_le_bytes(last))
}

/// Spreads all bits of a number over all bits (the finaliser of MurmurHash3, shortened).
fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (number ^ number >> 29).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
}
