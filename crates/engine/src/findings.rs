//! What one source has to the words of a question: its candidates with their features.
//!
//! Budget, tokenizer and wishes come later, and other sources do not matter here. So the findings
//! of a question can serve again for the next one with the same words: one with another budget,
//! or one after a write to another store. [`FindingsCache`] keeps them under the version of the
//! store, so that a committed write makes them unreachable.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::error::Result;
use crate::feature::{self, Features};
use crate::query::Query;
use crate::retrieve::{self, Candidate, FileCandidate, PathFilter, Pool};
use crate::snapshot::Snapshot;
use crate::store::{PassageRow, RecordBytes};

/// How many findings are expected; only a hint for the tables.
const FINDINGS_EXPECTED: usize = 256;

/// The candidates of one source and their features, in the same order.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The candidates.
    pub pool: Pool,
    /// The features of each.
    pub features: Vec<Features>,
}

impl Findings {
    /// Finds and measures what `snapshot` has to `query`, and measures `pinned` passages too.
    ///
    /// # Errors
    /// Any failure of the store or the index.
    pub fn find(
        snapshot: &Snapshot<'_>,
        query: &Query,
        filter: &PathFilter,
        pinned: &[PassageRow],
    ) -> Result<Self> {
        let mut pool = retrieve::candidates(snapshot, query, filter)?;
        retrieve::include(snapshot, query, &mut pool, pinned)?;
        let features = feature::measure(&pool, query.intent, &snapshot.store().feedback()?);
        Ok(Self { pool, features })
    }

    /// Drops what only finding and measuring need.
    fn compact(mut self) -> Self {
        for file in &mut self.pool.files {
            file.row.record = Vec::new();
            file.row.history = Vec::new();
        }
        RecordBytes::gather(self.pool.candidates.iter_mut().map(|found| &mut found.row.record));
        self
    }

    /// About how many bytes it keeps in memory.
    fn bytes(&self) -> u64 {
        let Pool { files, candidates } = &self.pool;
        let of_candidates = candidates.iter().map(|found| {
            size_of::<(Candidate, Features)>() + found.row.record.len() + found.row.breadcrumb.len()
        });
        let of_files = files.iter().map(|file| size_of::<FileCandidate>() + file.row.path.len());
        of_candidates.chain(of_files).sum::<usize>() as u64
    }
}

/// Names the words of a question about a content.
type Key = blake3::Hash;

#[derive(Clone)]
struct ByBytes;

impl Weighter<Key, Arc<Findings>> for ByBytes {
    fn weight(&self, _: &Key, findings: &Arc<Findings>) -> u64 {
        findings.bytes()
    }
}

/// Findings of recent questions, as many as fit into a number of bytes; the least useful give way.
pub struct FindingsCache {
    kept: Cache<Key, Arc<Findings>, ByBytes>,
}

impl FindingsCache {
    /// A cache for about `bytes_max` bytes; with 0 it keeps nothing.
    pub fn new(bytes_max: u64) -> Self {
        Self { kept: Cache::with_weighter(FINDINGS_EXPECTED, bytes_max, ByBytes) }
    }

    /// The kept findings of a question in a snapshot, or new ones, which are then kept.
    ///
    /// # Errors
    /// As [`Findings::find`].
    pub(crate) fn get_or_find(
        &self,
        snapshot: &Snapshot<'_>,
        query: &Query,
        filter: &PathFilter,
    ) -> Result<Arc<Findings>> {
        let key = format!("{:?}\n{filter}\n{}", snapshot.version(), query.text);
        let key = blake3::hash(key.as_bytes());
        self.kept.get_or_insert_with(&key, || {
            Findings::find(snapshot, query, filter, &[]).map(|found| Arc::new(found.compact()))
        })
    }

    /// The findings that are kept.
    pub fn entries(&self) -> u64 {
        self.kept.len() as u64
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> u64 {
        self.kept.weight()
    }

    /// Drops everything.
    pub fn clear(&self) {
        self.kept.clear();
    }
}

impl Default for FindingsCache {
    /// A cache that keeps nothing.
    fn default() -> Self {
        Self::new(0)
    }
}
