//! Indexed documents as resources: `contextlite://WORKSPACE/PATH`, with `#L10-L20` for some lines.
//!
//! `WORKSPACE` is the 16 digits that name a root, `PATH` the document's path with every byte but
//! letters, digits and `-._~/` as `%XX`. A document is looked up in the store by exactly this path;
//! no file is opened by it, so no path can lead out of what was indexed.

use std::sync::Arc;

use contextlite_engine::error::{Error, Result};
use rmcp::model::{Resource, ResourceContents, ResourceTemplate};

use crate::citation::ALL_LINES;
use crate::place;
use crate::service::Service;
use crate::service::root::Root;
use crate::service::space::Wanted;

/// The scheme and what follows it.
const SCHEME: &str = "contextlite://";
/// The documents of one page of a list.
const PAGE: usize = 200;
/// The most values of one completion.
pub const VALUES_MAX: usize = 100;

/// A document, as an address names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The id of the workspace.
    pub workspace: String,
    /// The path from its root.
    pub path: String,
    /// The lines that are meant.
    pub lines: (u32, u32),
}

impl Address {
    /// Reads an address; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(SCHEME)?;
        let (place, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (workspace, path) = place.split_once('/')?;
        let is_id =
            workspace.len() == 16 && workspace.bytes().all(|digit| digit.is_ascii_hexdigit());
        let lines = if fragment.is_empty() { ALL_LINES } else { lines(fragment)? };
        let path = decoded(path).filter(|path| is_id && !path.is_empty())?;
        Some(Self { workspace: workspace.to_owned(), path, lines })
    }

    fn text(workspace: &str, path: &str) -> String {
        format!("{SCHEME}{workspace}/{}", encoded(path))
    }
}

/// `L10` or `L10-L20`, `L10-20`.
fn lines(fragment: &str) -> Option<(u32, u32)> {
    let (first, last) = fragment.split_once('-').unwrap_or((fragment, fragment));
    let first: u32 = first.strip_prefix('L')?.parse().ok()?;
    let last: u32 = last.strip_prefix('L').unwrap_or(last).parse().ok()?;
    (0 < first && first <= last).then_some((first, last))
}

fn encoded(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// The one template.
pub fn templates() -> Vec<ResourceTemplate> {
    let about = "An indexed document; workspace is the id that `resources/list` shows, lines can \
                 be added as #L10-L20.";
    let template = ResourceTemplate::new("contextlite://{workspace}/{+path}", "document")
        .with_title("Indexed document")
        .with_description(about)
        .with_mime_type("text/plain");
    vec![template]
}

/// One page of the documents of the roots that the server was started for, by root and path, as
/// they are indexed now; and where the next page begins.
///
/// # Errors
/// `InvalidInput` for a cursor that was not given out; any failure of the store.
pub fn list(service: &Service, cursor: Option<&str>) -> Result<(Vec<Resource>, Option<String>)> {
    let (mut number, mut offset) = match cursor {
        Some(cursor) => place_of(cursor).ok_or_else(|| {
            let message = format!("{cursor:?} is none that this server gave out");
            Error::InvalidInput { field: "cursor", message }
        })?,
        None => (0, 0),
    };
    let mut resources = Vec::new();
    while let Some(root) = service.spaces.named().get(number) {
        let left = PAGE - resources.len();
        let paths = paths(service, root, "", offset, left + 1)?;
        let id = place::id_of(root.path());
        let shown = paths.iter().take(left);
        resources.extend(shown.map(|path| resource(&id, path)));
        if left < paths.len() {
            return Ok((resources, Some(format!("{number}:{}", offset + left))));
        }
        (number, offset) = (number + 1, 0);
    }
    Ok((resources, None))
}

fn place_of(cursor: &str) -> Option<(usize, usize)> {
    let (number, offset) = cursor.split_once(':')?;
    Some((number.parse().ok()?, offset.parse().ok()?))
}

fn resource(workspace: &str, path: &str) -> Resource {
    Resource::new(Address::text(workspace, path), path).with_mime_type(mime_type(path))
}

fn mime_type(path: &str) -> &'static str {
    let ending = path.rsplit('.').next().unwrap_or_default();
    match ending.to_ascii_lowercase().as_str() {
        "md" | "markdown" => "text/markdown",
        "json" => "application/json",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "js" | "mjs" => "text/javascript",
        _ => "text/plain",
    }
}

/// The paths of a root that is indexed; none of one that is not.
fn paths(
    service: &Service,
    root: &Root,
    start: &str,
    offset: usize,
    limit: usize,
) -> Result<Vec<String>> {
    match root.workspace(&service.spaces.grounds) {
        Ok(workspace) => workspace.paths(start, offset, limit),
        Err(Error::NotFound { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The paths that begin with `start` in the roots of the start, and whether there are more.
///
/// # Errors
/// Any failure of the store.
pub fn completions(service: &Service, start: &str) -> Result<(Vec<String>, bool)> {
    let mut values = Vec::new();
    for root in service.spaces.named() {
        values.extend(paths(service, root, start, 0, VALUES_MAX + 1)?);
    }
    let has_more = VALUES_MAX < values.len();
    values.truncate(VALUES_MAX);
    Ok((values, has_more))
}

/// The ids of the roots of the start that begin with `start`.
pub fn workspaces(service: &Service, start: &str) -> Vec<String> {
    let ids = service.spaces.named().iter().map(|root| place::id_of(root.path()));
    ids.filter(|id| id.starts_with(start)).take(VALUES_MAX).collect()
}

/// The text of a document as it is on disk now; `None` if none is indexed under the address.
///
/// # Errors
/// `InvalidInput` on `lines` for lines that it does not have; any failure of the store.
pub fn read(
    service: &Arc<Service>,
    address: &Address,
    patience: std::time::Duration,
) -> Result<Option<ResourceContents>> {
    let known = service.spaces.named().iter().map(|root| root.path().to_owned());
    let mut roots = known.chain(service.spaces.known()?.into_iter().map(|known| known.root));
    let Some(root) = roots.find(|root| place::id_of(root) == address.workspace) else {
        return Ok(None);
    };
    let Some(path) = root.to_str() else { return Ok(None) };
    let Ok(space) = service.spaces.resolve(Wanted { path: Some(path), id: None }) else {
        return Ok(None);
    };
    let prepared = service.prepare_within(&space, patience, &|_| {})?;
    let Some(source) = prepared.sources.first() else { return Ok(None) };
    match source.excerpt(&address.path, address.lines) {
        Ok(excerpt) => {
            let uri = Address::text(&address.workspace, &excerpt.path);
            let contents = ResourceContents::text(excerpt.text, uri);
            Ok(Some(contents.with_mime_type(mime_type(&excerpt.path))))
        }
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_document_and_nothing_else() {
        let id = "0123456789abcdef";
        for path in ["src/main.rs", "notes with space.txt", "ä/#?%.md", "../etc/passwd", "a//b"] {
            let text = Address::text(id, path);
            let address = Address::parse(&text).unwrap();
            assert_eq!((address.path.as_str(), address.lines), (path, ALL_LINES), "{text}");
        }
        let lines = |fragment: &str| {
            Address::parse(&format!("contextlite://{id}/a{fragment}")).map(|address| address.lines)
        };
        assert_eq!(lines("#L3"), Some((3, 3)));
        assert_eq!(lines("#L3-L9"), Some((3, 9)));
        assert_eq!(lines("#L3-9"), Some((3, 9)));
        for wrong in ["#3", "#L0", "#L9-L3", "#Lx"] {
            assert_eq!(lines(wrong), None, "{wrong}");
        }
        for wrong in [
            "file:///a",
            "contextlite://short/a",
            "contextlite://0123456789abcdef/",
            "contextlite://0123456789abcdef",
            "contextlite://0123456789abcdef/%GG",
            "contextlite://0123456789abcdef/%ff",
            "contextlite://0123456789abcdef/%4",
        ] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }
}
