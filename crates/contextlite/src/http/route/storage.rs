//! What the stores of the default space hold, measured.

use axum::extract::State;
use contextlite_engine::engine::{Holdings, Totals};
use serde::Serialize;
use utoipa::ToSchema;

use super::reply::Reply;
use crate::http::Shared;
use crate::http::problem::Problem;
use crate::service::Service;
use crate::service::space::Source;
use crate::wire::text_of;

/// Sums over the stores of the default space.
#[derive(Debug, Default)]
pub struct Sums {
    /// Documents, passages and texts.
    pub totals: Totals,
    /// The bytes of the database files.
    pub database_bytes: u64,
    /// The bytes of the full-text indexes.
    pub index_bytes: u64,
    /// The sum of the generations.
    pub generation: i64,
    /// When one of them was last written, in seconds since 1970.
    pub written_s: Option<i64>,
    /// The first database.
    pub database: String,
    /// What cannot be read, and why.
    pub problems: Vec<String>,
}

impl Sums {
    /// Reads all stores of the default space.
    pub fn of(service: &Service) -> Self {
        let mut sums = Self::default();
        for source in service.spaces.default_sources() {
            match source.and_then(|source| Ok((source.holdings()?, source))) {
                Ok((holdings, source)) => sums.add(&holdings, &source),
                Err(error) => sums.problems.push(error.to_string()),
            }
        }
        sums
    }

    fn add(&mut self, holdings: &Holdings, source: &Source) {
        self.totals.documents += holdings.totals.documents;
        self.totals.passages += holdings.totals.passages;
        self.totals.text_bytes += holdings.totals.text_bytes;
        self.database_bytes += holdings.database_bytes;
        self.index_bytes += holdings.index_bytes;
        self.generation += holdings.generation;
        self.written_s = self.written_s.max(holdings.written_s);
        if self.database.is_empty() {
            self.database = text_of(source.database());
        }
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
            document_count: sums.totals.documents,
            total_documents: sums.totals.documents,
            passage_count: sums.totals.passages,
            text_bytes: sums.totals.text_bytes,
            database_size: sums.database_bytes,
            index_size: sums.index_bytes,
            last_update: sums.written_s.unwrap_or(0),
            generation: sums.generation,
        }))
    })
    .await
}
