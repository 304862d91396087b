//! Passages that a caller names: those that must be in the answer, and those that must not.
//!
//! A [`Place`] names a document, or lines of it; what is meant are the passages that share a line
//! with it. A pinned place must be indexed, for a wish that cannot be fulfilled is an error. An
//! excluded place need not be: what is not there is not in the answer. A passage may be both, or
//! pinned and in a document that a glob excludes; that is a contradiction, which the selection
//! finds and explains.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Place;
use crate::error::{Error, Result};
use crate::files;
use crate::retrieve::PathFilter;
use crate::snapshot::Source;
use crate::store::{DocumentRow, PassageId, PassageRow};

/// The most passages that may be pinned; far more than any budget holds.
pub const PINNED_MAX: usize = 1000;

/// The wishes about passages of one source.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The passages that must be in the answer.
    pub pinned: BTreeMap<PassageId, PassageRow>,
    /// The passages that must not be.
    pub excluded: BTreeSet<PassageId>,
}

/// Finds what is meant, for each source.
///
/// # Errors
/// `NotFound` for a pinned document that is in no source; `InvalidInput` on `pin` for lines that
/// it does not have and for too many passages; any failure of the stores.
pub fn find(
    sources: &[Source<'_>],
    pinned: &[Place],
    excluded: &[Place],
    filter: &PathFilter,
) -> Result<Vec<Wishes>> {
    let mut wishes = vec![Wishes::default(); sources.len()];
    for place in pinned {
        let Some((source, documents)) = locate(sources, place)? else {
            return Err(Error::NotFound { what: "document", name: place.to_string() });
        };
        let mut is_meant = false;
        for document in &documents {
            let rows = passages(&sources[source], document, place)?;
            is_meant |= !rows.is_empty();
            let wishes = &mut wishes[source];
            if filter.excludes(&document.path) {
                wishes.excluded.extend(rows.iter().map(|row| row.id));
            }
            wishes.pinned.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        if !is_meant {
            let message = none_meant(&documents[0], place);
            return Err(Error::InvalidInput { field: "pin", message });
        }
    }
    let count: usize = wishes.iter().map(|wishes| wishes.pinned.len()).sum();
    if PINNED_MAX < count {
        let message = format!("{count} passages are pinned, the most is {PINNED_MAX}; name lines");
        return Err(Error::InvalidInput { field: "pin", message });
    }
    for place in excluded {
        let Some((source, documents)) = locate(sources, place)? else { continue };
        for document in documents {
            let rows = passages(&sources[source], &document, place)?;
            wishes[source].excluded.extend(rows.into_iter().map(|row| row.id));
        }
    }
    Ok(wishes)
}

/// The first source in which a name of the place fits, and the documents there: one, or in a
/// library all that are at a path.
///
/// # Errors
/// Any failure of the stores.
pub fn locate(sources: &[Source<'_>], place: &Place) -> Result<Option<(usize, Vec<DocumentRow>)>> {
    for (at, source) in sources.iter().enumerate() {
        let store = source.snapshot.store();
        for name in &place.names {
            if source.is_library
                && let Some(document) = store.document_by_library_id(&name.to_string_lossy())?
            {
                return Ok(Some((at, vec![document])));
            }
            let below = name.strip_prefix(source.root).ok().map(files::path_from_os);
            let path = below.unwrap_or_else(|| name.to_string_lossy().into_owned());
            let documents = store.documents_by_path(&path)?;
            if !documents.is_empty() {
                return Ok(Some((at, documents)));
            }
        }
    }
    Ok(None)
}

/// The passages of a document that share a line with the place, in order.
///
/// # Errors
/// Any failure of the store.
pub fn passages(
    source: &Source<'_>,
    document: &DocumentRow,
    place: &Place,
) -> Result<Vec<PassageRow>> {
    let (first, last) = place.lines.unwrap_or((1, u32::MAX));
    let mut rows = source.snapshot.store().passages_of(document.id)?;
    rows.retain(|row| first <= row.last_line && row.first_line <= last);
    Ok(rows)
}

/// Why a place means no passage of a document that is there.
pub fn none_meant(document: &DocumentRow, place: &Place) -> String {
    format!("{} has lines 1-{}, none of which is meant by {place}", document.key(), document.lines)
}
