//! What callers keep beside their documents, given back as it was written.

use std::collections::HashMap;

use contextlite_engine::context::CitedPassage;
use serde_json::value::RawValue;

use crate::http::problem::Problem;
use crate::service::Service;
use crate::service::space::Space;

/// The metadata of documents by id, ready for an answer.
pub type Metadata = HashMap<String, Box<RawValue>>;

/// The metadata of the documents of an answer.
pub fn metadata(
    service: &Service,
    space: &Space,
    passages: &[CitedPassage],
) -> Result<Metadata, Problem> {
    let written = service.metadata(space, passages)?.into_iter();
    Ok(written.filter_map(|(id, text)| Some((id, RawValue::from_string(text).ok()?))).collect())
}
