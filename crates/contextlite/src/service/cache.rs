//! Answers that are kept, under a key that changes whenever the answer could.
//!
//! The key is the question with every option, and of every store that is asked its root, its
//! identity and its generation. Each committed write makes a new generation, learned weights
//! included, so a kept answer is never stale: it is simply never asked for again, and makes room.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contextlite_engine::context::{Context, Question, SelectionStatus, Stages};
use contextlite_engine::error::Result;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::space::Source;

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
    /// The name of `question` about what is committed in `sources` now.
    ///
    /// # Errors
    /// Any failure of the stores.
    pub fn of(question: &Question, sources: &[Source]) -> Result<Self> {
        let mut key = format!("{question:?}");
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

type Kept = Arc<(Context, Stages)>;

#[derive(Clone)]
struct ByBytes;

impl Weighter<Fingerprint, Kept> for ByBytes {
    fn weight(&self, _: &Fingerprint, kept: &Kept) -> u64 {
        let context = &kept.0;
        let passages: u64 =
            context.passages.iter().map(|passage| passage.text.len() as u64 + PASSAGE_BYTES).sum();
        ANSWER_BYTES + context.text.len() as u64 + passages
    }
}

/// Answers, as many as fit into a number of bytes; the least useful give way.
pub struct AnswerCache {
    kept: Cache<Fingerprint, Kept, ByBytes>,
    bytes_max: u64,
    hits: AtomicU64,
    misses: AtomicU64,
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
        Self {
            kept: Cache::with_weighter(ANSWERS_EXPECTED, bytes_max, ByBytes),
            bytes_max,
            hits: AtomicU64::default(),
            misses: AtomicU64::default(),
            invalidations: AtomicU64::default(),
        }
    }

    /// The kept answer, or the one that `make` makes; and whether it was kept.
    ///
    /// Of equal questions at the same time one is worked on, the others wait for it. What a clock
    /// may have cut short, a gap where `is_timed`, is not kept: the next time may be better.
    ///
    /// # Errors
    /// Those of `make`; the next equal question tries again.
    pub fn get_or_make(
        &self,
        key: Fingerprint,
        is_timed: bool,
        make: impl FnOnce() -> Result<Kept>,
    ) -> Result<(Kept, bool)> {
        use quick_cache::sync::GuardResult;
        match self.kept.get_value_or_guard(&key, None) {
            GuardResult::Value(kept) => {
                self.hits.fetch_add(1, Ordering::Relaxed);
                Ok((kept, true))
            }
            GuardResult::Guard(place) => {
                self.misses.fetch_add(1, Ordering::Relaxed);
                let made = make()?;
                if !(is_timed && made.0.selection.status == SelectionStatus::Gap) {
                    let _ = place.insert(Arc::clone(&made));
                }
                Ok((made, false))
            }
            GuardResult::Timeout => unreachable!("there is no limit of time"),
        }
    }

    /// Drops everything; how many answers that were.
    pub fn clear(&self) -> u64 {
        let entries = self.kept.len() as u64;
        self.kept.clear();
        self.invalidations.fetch_add(1, Ordering::Relaxed);
        entries
    }

    /// What it did and holds.
    pub fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            invalidations: self.invalidations.load(Ordering::Relaxed),
            entries: self.kept.len() as u64,
            bytes: self.kept.weight(),
            bytes_max: self.bytes_max,
        }
    }
}
