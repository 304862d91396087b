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
        let Some((source, document)) = locate(sources, place)? else {
            return Err(Error::NotFound { what: "document", name: name_of(place) });
        };
        let rows = passages(&sources[source], &document, place)?;
        if rows.is_empty() {
            let message = format!(
                "{} has lines 1-{}, none of which is meant by {}",
                document.path,
                document.lines,
                name_of(place)
            );
            return Err(Error::InvalidInput { field: "pin", message });
        }
        let wishes = &mut wishes[source];
        if filter.excludes(&document.path) {
            wishes.excluded.extend(rows.iter().map(|row| row.id));
        }
        wishes.pinned.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let count: usize = wishes.iter().map(|wishes| wishes.pinned.len()).sum();
    if PINNED_MAX < count {
        let message = format!("{count} passages are pinned, the most is {PINNED_MAX}; name lines");
        return Err(Error::InvalidInput { field: "pin", message });
    }
    for place in excluded {
        if let Some((source, document)) = locate(sources, place)? {
            let rows = passages(&sources[source], &document, place)?;
            wishes[source].excluded.extend(rows.into_iter().map(|row| row.id));
        }
    }
    Ok(wishes)
}

/// The first source, and the document in it, that a name of the place fits.
fn locate(sources: &[Source<'_>], place: &Place) -> Result<Option<(usize, DocumentRow)>> {
    for (at, source) in sources.iter().enumerate() {
        for name in &place.names {
            let below = name.strip_prefix(source.root).ok().map(files::path_from_os);
            let path = below.unwrap_or_else(|| name.to_string_lossy().into_owned());
            if let Some(document) = source.snapshot.store().document_by_path(&path)? {
                return Ok(Some((at, document)));
            }
        }
    }
    Ok(None)
}

fn passages(source: &Source<'_>, document: &DocumentRow, place: &Place) -> Result<Vec<PassageRow>> {
    let (first, last) = place.lines.unwrap_or((1, u32::MAX));
    let mut rows = source.snapshot.store().passages_of(document.id)?;
    rows.retain(|row| first <= row.last_line && row.first_line <= last);
    Ok(rows)
}

fn name_of(place: &Place) -> String {
    let name = place.names.first().map(|name| name.display().to_string()).unwrap_or_default();
    match place.lines {
        Some((first, last)) => format!("{name}:{first}-{last}"),
        None => name,
    }
}
