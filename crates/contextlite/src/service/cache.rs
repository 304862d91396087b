//! Answers that are kept, under a key that changes whenever the answer could.
//!
//! The key is the question with every option, and of every store that is asked its root, its
//! identity and its generation. Each committed write makes a new generation, learned weights
//! included, so a kept answer is never stale: it is simply never asked for again, and makes room.

use std::fmt::{self, Debug, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contextlite_engine::context::{CitedPassage, Context, SearchAnswer, Stages};
use contextlite_engine::error::Result;
use contextlite_engine::findings::FindingsCache;
use quick_cache::Weighter;
use quick_cache::sync::{Cache, GuardResult};

use super::space::Source;

/// The part of the memory that kept lists may take: 1 of so many.
const LISTS_SHARE: u64 = 8;
/// The part of the memory that kept findings may take: 1 of so many.
const FINDINGS_SHARE: u64 = 2;
/// What an answer takes beside its text: passages, features, the list of what was left out.
const ANSWER_BYTES: u64 = 4 << 10;
/// What one passage takes beside its text.
const PASSAGE_BYTES: u64 = 512;
/// How many answers are expected; only a hint for the tables.
const ANSWERS_EXPECTED: usize = 1024;

/// Names a question about a content: the first 16 bytes of the BLAKE3 hash of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The name of `asked`, a question with everything that its answer depends on, about what is
    /// committed in `sources` now.
    ///
    /// # Errors
    /// Any failure of the stores.
    pub fn of(asked: &impl Debug, sources: &[Source]) -> Result<Self> {
        let mut key = format!("{asked:?}");
        for source in sources {
            let _ = write!(key, "\n{}\n{:?}", source.name(), source.version()?);
        }
        let hash = blake3::hash(key.as_bytes());
        Ok(Self(hash.as_bytes()[..16].try_into().expect("a hash has 32 bytes")))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// An answer that can be kept.
pub trait Keepable {
    /// About how many bytes it takes.
    fn bytes(&self) -> u64;
}

impl Keepable for (Context, Stages) {
    fn bytes(&self) -> u64 {
        ANSWER_BYTES + self.0.text.len() as u64 + bytes_of(&self.0.passages)
    }
}

impl Keepable for SearchAnswer {
    fn bytes(&self) -> u64 {
        ANSWER_BYTES + bytes_of(&self.results)
    }
}

fn bytes_of(passages: &[CitedPassage]) -> u64 {
    passages.iter().map(|passage| passage.text.len() as u64 + PASSAGE_BYTES).sum()
}

#[derive(Clone)]
struct ByBytes;

impl<A: Keepable> Weighter<Fingerprint, Arc<A>> for ByBytes {
    fn weight(&self, _: &Fingerprint, kept: &Arc<A>) -> u64 {
        kept.bytes()
    }
}

/// Answers of one kind, as many as fit into a number of bytes; the least useful give way.
pub struct Shelf<A> {
    kept: Cache<Fingerprint, Arc<A>, ByBytes>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl<A: Keepable> Shelf<A> {
    fn new(bytes_max: u64) -> Self {
        Self {
            kept: Cache::with_weighter(ANSWERS_EXPECTED, bytes_max, ByBytes),
            hits: AtomicU64::default(),
            misses: AtomicU64::default(),
        }
    }

    /// The kept answer, or the one that `make` makes; and whether it was kept.
    ///
    /// Of equal questions at the same time one is worked on, the others wait for it. What
    /// `is_final` refuses is not kept: the next time may be better.
    ///
    /// # Errors
    /// Those of `make`; the next equal question tries again.
    pub fn get_or_make(
        &self,
        key: Fingerprint,
        is_final: impl FnOnce(&A) -> bool,
        make: impl FnOnce() -> Result<A>,
    ) -> Result<(Arc<A>, bool)> {
        match self.kept.get_value_or_guard(&key, None) {
            GuardResult::Value(kept) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Ok((kept, true))
            }
            GuardResult::Guard(place) => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                let made = Arc::new(make()?);
                if is_final(&made) {
                    let _ = place.insert(Arc::clone(&made));
                }
                Ok((made, false))
            }
            GuardResult::Timeout => unreachable!("there is no limit of time"),
        }
    }
}

/// All answers that are kept, and what makes the next ones quick.
pub struct AnswerCache {
    /// Answers within a budget.
    pub contexts: Shelf<(Context, Stages)>,
    /// Ranked lists.
    pub lists: Shelf<SearchAnswer>,
    /// What each store has to the words of a question, for answers that are made.
    pub findings: FindingsCache,
    bytes_max: u64,
    invalidations: AtomicU64,
}

/// What the cache did and holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Questions that were answered from memory.
    pub hits: u64,
    /// Questions that were not.
    pub misses: u64,
    /// How often everything was dropped by request.
    pub invalidations: u64,
    /// The answers that are kept.
    pub entries: u64,
    /// About how many bytes they take.
    pub bytes: u64,
    /// How many they may take.
    pub bytes_max: u64,
}

impl AnswerCache {
    /// A cache for about `bytes_max` bytes.
    pub fn new(bytes_max: u64) -> Self {
        let (lists_max, findings_max) = (bytes_max / LISTS_SHARE, bytes_max / FINDINGS_SHARE);
        Self {
            contexts: Shelf::new(bytes_max - lists_max - findings_max),
            lists: Shelf::new(lists_max),
            findings: FindingsCache::new(findings_max),
            bytes_max,
            invalidations: AtomicU64::default(),
        }
    }

    /// Drops everything; how many answers that were.
    pub fn clear(&self) -> u64 {
        let entries = self.entries();
        self.contexts.kept.clear();
        self.lists.kept.clear();
        self.findings.clear();
        self.invalidations.fetch_add(1, Ordering::Relaxed);
        entries
    }

    fn entries(&self) -> u64 {
        (self.contexts.kept.len() + self.lists.kept.len()) as u64
    }

    /// What it did and holds.
    pub fn statistics(&self) -> CacheStatistics {
        let sum = |contexts: &AtomicU64, lists: &AtomicU64| {
            contexts.load(Ordering::Relaxed) + lists.load(Ordering::Relaxed)
        };
        CacheStatistics {
            hits: sum(&self.contexts.hits, &self.lists.hits),
            misses: sum(&self.contexts.misses, &self.lists.misses),
            invalidations: self.invalidations.load(Ordering::Relaxed),
            entries: self.entries(),
            bytes: self.contexts.kept.weight() + self.lists.kept.weight() + self.findings.bytes(),
            bytes_max: self.bytes_max,
        }
    }
}
