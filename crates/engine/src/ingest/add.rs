//! Preparing documents that come from a caller and not from a folder.

use super::pipeline::{self, Limits};
use crate::document::Document;
use crate::error::Result;
use crate::prepare::{PreparedDocument, prepare};

/// Prepares documents, which `document_of` makes of items, on several threads, and hands them over
/// in order, each with the position of its item.
///
/// # Errors
/// The first error of `take`, which ends it.
pub(crate) fn prepare_all<I: Sync>(
    items: &[I],
    size_bytes: impl Fn(&I) -> u64 + Sync,
    document_of: impl Fn(&I) -> Document + Sync,
    mut take: impl FnMut(usize, PreparedDocument) -> Result<()>,
) -> Result<()> {
    // One is not worth a thread.
    if let [item] = items {
        return take(0, prepare(document_of(item)));
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = |(at, item): &(usize, &I)| (*at, prepare(document_of(item)));
    let numbered: Vec<(usize, &I)> = items.iter().enumerate().collect();
    pipeline::run(
        &numbered,
        |(_, item)| size_bytes(item),
        work,
        Limits::for_threads(threads),
        |_, (at, prepared)| take(at, prepared),
    )
}
