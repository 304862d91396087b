//! Documents that are not files: put, read, listed, deleted.
//!
//! They live in a library; a request without `X-Workspace-ID` means the default one. What is read
//! may also be a file of a workspace, by its path.

use axum::extract::{Path as InPath, State};
use axum::http::StatusCode;
use contextlite_engine::library::{Library, ListedDocument, NewDocument, StoredDocument};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::{IntoParams, ToSchema};

use super::reply::Reply;
use crate::http::Shared;
use crate::http::extract::{Body, ListBody, Params, WorkspaceId, count};
use crate::http::problem::Problem;
use crate::service::space::Wanted;
use crate::service::{Service, now_ns};

/// The documents of one page of a list where the request does not say.
const LIMIT_DEFAULT: usize = 100;
/// The most documents of one page of a list.
const LIMIT_MAX: usize = 1000;

/// A time as a caller gives it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(untagged)]
enum Time {
    /// Seconds since 1970.
    Seconds(i64),
    /// As `2026-01-31T12:00:00Z`.
    Text(String),
}

impl Time {
    fn nanoseconds(&self, field: &str) -> Result<i64, Problem> {
        let wrong = || Problem::invalid(field, "it is no time as 2026-01-31T12:00:00Z");
        match self {
            Self::Seconds(seconds) => seconds.checked_mul(1_000_000_000).ok_or_else(wrong),
            Self::Text(text) => {
                let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong())?;
                i64::try_from(time.unix_timestamp_nanos()).map_err(|_| wrong())
            }
        }
    }
}

/// A document to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentRequest {
    /// Names it, any text; an equal id replaces. Without it the path, else a new one is made.
    #[schema(example = "meeting/2026-11-03")]
    id: Option<String>,
    #[schema(example = "# Retries\n\nThe team decided to retry five times.")]
    content: String,
    /// The path that it is cited by; the id by default.
    path: Option<String>,
    /// The name of its language; by default it is found out.
    language: Option<String>,
    /// Any JSON; it is given back as it was written.
    #[schema(value_type = Option<serde_json::Value>)]
    metadata: Option<Box<RawValue>>,
    created_at: Option<Time>,
    /// When its content was changed: what recency is measured by.
    modified_time: Option<Time>,
    /// Not believed: it is counted here.
    #[serde(default, rename = "token_count")]
    _token_count: Option<u64>,
    /// Not believed: it is computed here.
    #[serde(default, rename = "content_hash")]
    _content_hash: Option<String>,
}

impl DocumentRequest {
    fn document(self) -> Result<NewDocument, Problem> {
        let time = |time: &Option<Time>, field| {
            time.as_ref().map(|time| time.nanoseconds(field)).transpose()
        };
        Ok(NewDocument {
            created_ns: time(&self.created_at, "created_at")?,
            modified_ns: time(&self.modified_time, "modified_time")?,
            id: self.id,
            path: self.path,
            content: self.content,
            language: self.language,
            metadata: self
                .metadata
                .filter(|metadata| metadata.get() != "null")
                .map(|metadata| metadata.get().to_owned()),
        })
    }
}

/// Several documents: a list, or an object with it.
#[derive(Debug)]
pub struct BulkRequest(Vec<DocumentRequest>);

impl<'de> Deserialize<'de> for BulkRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListOrObject;

        impl<'de> Visitor<'de> for ListOrObject {
            type Value = BulkRequest;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a list of documents, or an object with `documents`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<BulkRequest, A::Error> {
                let mut documents = Vec::new();
                while let Some(document) = list.next_element()? {
                    documents.push(document);
                }
                Ok(BulkRequest(documents))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<BulkRequest, A::Error> {
                use serde::de::Error as _;
                let mut documents = None;
                while let Some(field) = object.next_key::<String>()? {
                    if field != "documents" {
                        return Err(A::Error::unknown_field(&field, &["documents"]));
                    }
                    documents = Some(object.next_value()?);
                }
                documents.map(BulkRequest).ok_or_else(|| A::Error::missing_field("documents"))
            }
        }

        deserializer.deserialize_any(ListOrObject)
    }
}

/// A document that was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptAnswer {
    id: String,
    success: bool,
    /// Whether it took the place of another.
    replaced: bool,
}

/// A document that was not kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkFailure)]
struct BulkFailureWire {
    /// Its place in the list, from 0.
    index: usize,
    error: String,
}

/// What became of several documents.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkAnswer {
    /// The ids of those that were kept, in order.
    ids: Vec<String>,
    /// How many were kept, new or in place of another.
    added: usize,
    errors: Vec<BulkFailureWire>,
    /// How many there were in the request.
    total: usize,
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoredDocument)]
pub struct StoredWire {
    id: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    language: &'static str,
    /// As it was written; null if there is none.
    #[schema(value_type = Option<serde_json::Value>)]
    metadata: Option<Box<RawValue>>,
    /// RFC 3339; null for a file.
    created_at: Option<String>,
    /// RFC 3339; null for a file.
    updated_at: Option<String>,
    /// Of o200k; null for a file.
    tokens: Option<u64>,
    lines: u32,
    document_hash: String,
}

fn raw(metadata: Option<String>) -> Option<Box<RawValue>> {
    metadata.and_then(|text| RawValue::from_string(text).ok())
}

fn rfc_3339(ns: i64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(ns.into()).ok()?.format(&Rfc3339).ok()
}

impl From<StoredDocument> for StoredWire {
    fn from(document: StoredDocument) -> Self {
        Self {
            id: document.id,
            path: document.path,
            content: Some(document.content),
            language: document.language.name(),
            metadata: raw(document.metadata),
            created_at: rfc_3339(document.created_ns),
            updated_at: rfc_3339(document.updated_ns),
            tokens: Some(document.tokens),
            lines: document.lines,
            document_hash: document.hash,
        }
    }
}

impl From<ListedDocument> for StoredWire {
    fn from(document: ListedDocument) -> Self {
        Self {
            id: document.id,
            path: document.path,
            content: None,
            language: document.language.name(),
            metadata: raw(document.metadata),
            created_at: rfc_3339(document.created_ns),
            updated_at: rfc_3339(document.updated_ns),
            tokens: Some(document.tokens),
            lines: document.lines,
            document_hash: document.hash,
        }
    }
}

/// The name of the library that a request is about.
fn library_name(service: &Service, id: Option<&str>) -> Result<String, Problem> {
    let space = service.spaces.resolve(Wanted { path: None, id })?;
    space.library.ok_or_else(|| {
        let message =
            "it names a folder; documents that are not files have a space of another name";
        Problem::invalid("X-Workspace-ID", message)
    })
}

/// Keeps one document.
fn keep(
    service: &Service,
    workspace: Option<&str>,
    request: DocumentRequest,
) -> Result<KeptAnswer, Problem> {
    let document = request.document()?;
    let library = service.spaces.made_library(&library_name(service, workspace)?)?;
    let mut report = library.put(vec![document], now_ns())?;
    if let Some((_, error)) = report.errors.pop() {
        return Err(error.into());
    }
    let id = report.ids.pop().ok_or_else(Problem::internal)?;
    Ok(KeptAnswer { id, success: true, replaced: report.replaced == 1 })
}

/// Keeps a document; one of the same id is replaced.
///
/// When it is answered the document is on disk, and the next question finds it.
#[utoipa::path(post, path = "/api/v1/documents", tag = "documents",
    request_body = DocumentRequest,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 201, description = "It is kept.", body = KeptAnswer)))]
pub async fn add(
    State(app): State<Shared>,
    WorkspaceId(workspace): WorkspaceId,
    Body(request): Body<DocumentRequest>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let kept = keep(service, workspace.as_deref(), request)?;
        Ok(Reply::with(StatusCode::CREATED, &kept))
    })
    .await
}

/// Keeps a document under the id of the address.
#[utoipa::path(put, path = "/api/v1/documents/{id}", tag = "documents",
    request_body = DocumentRequest,
    params(("id" = String, Path, description = "Any text; it may hold `/`."),
        ("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 200, description = "It replaced another.", body = KeptAnswer),
        (status = 201, description = "It is new.", body = KeptAnswer)))]
pub async fn put(
    State(app): State<Shared>,
    InPath(id): InPath<String>,
    WorkspaceId(workspace): WorkspaceId,
    Body(request): Body<DocumentRequest>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        if request.id.as_ref().is_some_and(|other| *other != id) {
            return Err(Problem::invalid("id", "it is another one than in the address"));
        }
        let request = DocumentRequest { id: Some(id), ..request };
        let kept = keep(service, workspace.as_deref(), request)?;
        let status = if kept.replaced { StatusCode::OK } else { StatusCode::CREATED };
        Ok(Reply::with(status, &kept))
    })
    .await
}

/// Keeps several documents at once, all that are acceptable or, on a failure, none.
#[utoipa::path(post, path = "/api/v1/documents/bulk", tag = "documents",
    request_body = Vec<DocumentRequest>,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 200, description = "What became of each.", body = BulkAnswer)))]
pub async fn bulk(
    State(app): State<Shared>,
    WorkspaceId(workspace): WorkspaceId,
    ListBody(BulkRequest(requests)): ListBody<BulkRequest>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let total = requests.len();
        let mut errors = Vec::new();
        let mut places = Vec::with_capacity(total);
        let mut documents = Vec::with_capacity(total);
        for (index, request) in requests.into_iter().enumerate() {
            match request.document() {
                Ok(document) => {
                    places.push(index);
                    documents.push(document);
                }
                Err(problem) => errors.push(BulkFailureWire { index, error: problem.sentence() }),
            }
        }
        let name = library_name(service, workspace.as_deref())?;
        if total == 0 {
            return Ok(Reply::json(&BulkAnswer { ids: Vec::new(), added: 0, errors, total }));
        }
        let report = service.spaces.made_library(&name)?.put(documents, now_ns())?;
        errors.extend(
            report
                .errors
                .into_iter()
                .map(|(at, error)| BulkFailureWire { index: places[at], error: error.to_string() }),
        );
        errors.sort_by_key(|failure| failure.index);
        Ok(Reply::json(&BulkAnswer { added: report.ids.len(), ids: report.ids, errors, total }))
    })
    .await
}

/// Reads a document by its id, or a file of a workspace by its path.
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "Any text; it may hold `/`."),
        ("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 200, description = "The document.", body = StoredWire)))]
pub async fn get(
    State(app): State<Shared>,
    InPath(id): InPath<String>,
    WorkspaceId(workspace): WorkspaceId,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let space = service.spaces.resolve(Wanted { path: None, id: workspace.as_deref() })?;
        let library = space.library.as_ref().map(|name| service.spaces.library(name));
        let stored = match library.transpose()?.flatten() {
            Some(library) => library.get(&id)?,
            None => None,
        };
        if let Some(document) = stored {
            return Ok(Reply::json(&StoredWire::from(document)));
        }
        let file = service.document(&space, &id)?;
        let file = file.ok_or_else(|| Problem::not_found("document", &id))?;
        Ok(Reply::json(&StoredWire {
            id: file.path.clone(),
            path: file.path,
            content: Some(file.text),
            language: file.language.name(),
            metadata: None,
            created_at: None,
            updated_at: None,
            tokens: None,
            lines: file.lines,
            document_hash: file.document_hash,
        }))
    })
    .await
}

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    success: bool,
    /// How many documents that were.
    deleted: u64,
}

/// Deletes a document.
#[utoipa::path(delete, path = "/api/v1/documents/{id}", tag = "documents",
    params(("id" = String, Path, description = "Any text; it may hold `/`."),
        ("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 200, description = "It is deleted.", body = DeletedAnswer)))]
pub async fn delete(
    State(app): State<Shared>,
    InPath(id): InPath<String>,
    WorkspaceId(workspace): WorkspaceId,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let is_removed = match opened(service, workspace.as_deref())? {
            Some(library) => library.remove(&id)?,
            None => false,
        };
        if !is_removed {
            return Err(Problem::not_found("document", &id));
        }
        Ok(Reply::json(&DeletedAnswer { id: Some(id), success: true, deleted: 1 }))
    })
    .await
}

/// Deletes all documents of a space that are not files.
#[utoipa::path(delete, path = "/api/v1/documents", tag = "documents",
    params(("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 200, description = "They are deleted.", body = DeletedAnswer)))]
pub async fn clear(
    State(app): State<Shared>,
    WorkspaceId(workspace): WorkspaceId,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let deleted = match opened(service, workspace.as_deref())? {
            Some(library) => library.clear()?,
            None => 0,
        };
        Ok(Reply::json(&DeletedAnswer { id: None, success: true, deleted }))
    })
    .await
}

fn opened(
    service: &Service,
    workspace: Option<&str>,
) -> Result<Option<std::sync::Arc<Library>>, Problem> {
    Ok(service.spaces.library(&library_name(service, workspace)?)?)
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// The most documents, 1 to 1000; 100 by default.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// How many are left out at the start.
    offset: Option<u32>,
}

/// Documents by id, without their content.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListAnswer {
    documents: Vec<StoredWire>,
    /// The documents of the space that are not files.
    total: u64,
    offset: usize,
}

/// Lists the documents of a space that are not files, by id.
#[utoipa::path(get, path = "/api/v1/documents", tag = "documents", params(ListParams,
    ("X-Workspace-ID" = Option<String>, Header, description = "The name of a space.")),
    responses((status = 200, description = "A part of the list.", body = ListAnswer)))]
pub async fn list(
    State(app): State<Shared>,
    WorkspaceId(workspace): WorkspaceId,
    Params(params): Params<ListParams>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let limit = count("limit", params.limit, LIMIT_DEFAULT, LIMIT_MAX)?;
        let offset = params.offset.unwrap_or(0) as usize;
        let (documents, total) = match opened(service, workspace.as_deref())? {
            Some(library) => (library.list(offset, limit)?, library.count()?),
            None => (Vec::new(), 0),
        };
        let documents = documents.into_iter().map(StoredWire::from).collect();
        Ok(Reply::json(&ListAnswer { documents, total, offset }))
    })
    .await
}
