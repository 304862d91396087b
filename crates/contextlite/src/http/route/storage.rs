//! What the stores of the default space hold, measured.

use axum::extract::State;
use contextlite_engine::error::Error;
use contextlite_engine::library::{Library, LibraryStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::Reply;
use crate::http::Shared;
use crate::http::problem::Problem;
use crate::service::Service;
use crate::service::space::DEFAULT_LIBRARY;
use crate::wire::text_of;

/// Sums over the stores of the default space.
#[derive(Debug, Default)]
pub struct Sums {
    /// The documents.
    pub documents: u64,
    /// The passages.
    pub passages: u64,
    /// The bytes of all texts.
    pub text_bytes: u64,
    /// The bytes of the database files.
    pub database_bytes: u64,
    /// The bytes of the full-text indexes.
    pub index_bytes: u64,
    /// The sum of the generations.
    pub generation: i64,
    /// When one of them was last written, in seconds since 1970.
    pub indexed_s: Option<i64>,
    /// The first database.
    pub database: String,
    /// What cannot be read, and why.
    pub problems: Vec<String>,
}

impl Sums {
    /// Reads all stores of the default space; a root that is not indexed yet counts nothing.
    pub fn of(service: &Service) -> Self {
        let mut sums = Self::default();
        match service
            .spaces
            .library(DEFAULT_LIBRARY)
            .and_then(|library| library.map(|library| Ok((library.status()?, library))).transpose())
        {
            Ok(Some((status, library))) => sums.add_library(&status, &library),
            Ok(None) => {}
            Err(error) => sums.problems.push(error.to_string()),
        }
        for root in service.spaces.named() {
            let measured = root.workspace(&service.spaces.grounds).and_then(|workspace| {
                let sizes = workspace.sizes();
                Ok((workspace.totals()?, workspace.version()?, sizes, workspace))
            });
            match measured {
                Ok((totals, version, sizes, workspace)) => {
                    sums.documents += totals.documents;
                    sums.passages += totals.passages;
                    sums.text_bytes += totals.text_bytes;
                    sums.database_bytes += sizes.database_bytes;
                    sums.index_bytes += sizes.index_bytes;
                    sums.generation += version.generation;
                    sums.indexed_s = sums.indexed_s.max(workspace.indexed_s());
                    if sums.database.is_empty() {
                        sums.database = text_of(&workspace.location().database);
                    }
                }
                Err(Error::NotFound { what: "index" | "database", .. }) => {}
                Err(error) => sums.problems.push(error.to_string()),
            }
        }
        sums
    }

    fn add_library(&mut self, status: &LibraryStatus, library: &Library) {
        self.documents += status.documents;
        self.passages += status.passages;
        self.text_bytes += status.text_bytes;
        self.database_bytes += status.database_bytes;
        self.index_bytes += status.index_bytes;
        self.generation += status.generation;
        self.indexed_s = self.indexed_s.max(status.indexed_s);
        self.database = text_of(library.database());
    }
}

/// What the stores of the default space hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct StorageAnswer {
    /// The first database; empty before the first index run.
    database_path: String,
    /// Databases and full-text indexes together.
    size_bytes: u64,
    document_count: u64,
    /// The same as `document_count`.
    total_documents: u64,
    passage_count: u64,
    text_bytes: u64,
    /// The bytes of the databases.
    database_size: u64,
    /// The bytes of the full-text indexes.
    index_size: u64,
    /// When a store was last written, in seconds since 1970; 0 if none was.
    last_update: i64,
    /// Grows with every write.
    generation: i64,
}

/// Says what the stores hold.
#[utoipa::path(get, path = "/api/v1/storage/info", tag = "status",
    responses((status = 200, description = "Measured now.", body = StorageAnswer)))]
pub async fn storage(State(app): State<Shared>) -> Result<Reply, Problem> {
    app.work(|service| {
        let sums = Sums::of(service);
        if let Some(problem) = sums.problems.first() {
            return Err(Problem::unready(problem));
        }
        Ok(Reply::json(&StorageAnswer {
            database_path: sums.database,
            size_bytes: sums.database_bytes + sums.index_bytes,
            document_count: sums.documents,
            total_documents: sums.documents,
            passage_count: sums.passages,
            text_bytes: sums.text_bytes,
            database_size: sums.database_bytes,
            index_size: sums.index_bytes,
            last_update: sums.indexed_s.unwrap_or(0),
            generation: sums.generation,
        }))
    })
    .await
}
