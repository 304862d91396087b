//! The routes, a file for each resource.
//!
//! A handler takes its request apart, does its work in the pool, and answers with what the wire
//! types say. Paths under `/api/v1` are documented by their handlers; the aliases that older
//! clients call are the same handlers under another path.

mod reply;
mod metadata;
mod asking;
mod context;
mod search;
mod rank;
mod snippet;
mod documents;
mod weights;
mod workspaces;
mod cache;
mod storage;
mod health;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use serde_json::Value;
use utoipa::OpenApi as _;
use utoipa::openapi::{OpenApi, RefOr, Response, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Shared;
use super::page;
use super::problem::ProblemWire;

/// The frame of the API document; the handlers fill it.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "ContextLite",
        description = "The passages to read for a question, within a token budget, with a proof. \
            Runs on the user's own machine.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(documents::get, documents::put, documents::delete),
    components(schemas(ProblemWire)),
    modifiers(&Token)
)]
struct Frame;

/// How a request bears its token.
struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, api: &mut OpenApi) {
        use utoipa::openapi::security::{
            Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
        };
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", scheme);
        // Without a token where the server was started without one.
        let none = SecurityRequirement::default();
        let token = SecurityRequirement::new("token", Vec::<String>::new());
        api.security = Some(vec![none, token]);
    }
}

fn documented() -> (Router<Shared>, OpenApi) {
    OpenApiRouter::with_openapi(Frame::openapi())
        .routes(routes!(context::assemble))
        .routes(routes!(context::baseline))
        .routes(routes!(search::search))
        .routes(routes!(rank::rank))
        .routes(routes!(snippet::snippet))
        .routes(routes!(documents::list, documents::add, documents::clear))
        .routes(routes!(documents::bulk))
        .routes(routes!(weights::weights))
        .routes(routes!(weights::update))
        .routes(routes!(weights::undo))
        .routes(routes!(weights::reset))
        .routes(routes!(workspaces::index))
        .routes(routes!(workspaces::job))
        .routes(routes!(workspaces::list))
        .routes(routes!(workspaces::status, workspaces::forget))
        .routes(routes!(cache::statistics))
        .routes(routes!(cache::invalidate))
        .routes(routes!(health::solver))
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(storage::storage))
        .split_for_parts()
}

/// A document by its id, which may hold `/`: one part of a path in the API document, any number for
/// the router.
fn one_document() -> MethodRouter<Shared> {
    get(documents::get).put(documents::put).delete(documents::delete)
}

/// All routes.
pub fn router() -> Router<Shared> {
    let (router, _) = documented();
    router
        .merge(page::router())
        .route("/api/v1/documents/{*id}", one_document())
        .route("/documents/{*id}", one_document())
        .route("/documents", get(documents::list).post(documents::add).delete(documents::clear))
        .route("/documents/bulk", post(documents::bulk))
        .route("/documents/search", get(search::search))
        .route("/openapi.json", get(|| async { reply::Reply::json(&openapi()) }))
        .route("/api/workspace/index", post(workspaces::index))
        .route("/query", get(search::query))
        .route("/stats", get(health::stats))
        .route("/storage/info", get(storage::storage))
}

/// The API document; every operation also has the one form of all failures.
fn openapi() -> Value {
    let (_, mut api) = documented();
    env!("CARGO_PKG_VERSION").clone_into(&mut api.info.version);
    let failure = failure();
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten();
        for operation in operations {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(failure.clone()));
        }
    }
    let mut document = serde_json::to_value(api).expect("it is made of what JSON has");
    state_ranges(&mut document);
    document
}

/// Puts the greatest number in place of a format: a format cannot say that there is no sign.
fn state_ranges(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(state_ranges),
        Value::Object(fields) => {
            let greatest = match fields.get("format").and_then(Value::as_str) {
                Some("int32") => Some(Value::from(u32::MAX)),
                Some("int64") if fields.contains_key("minimum") => Some(Value::from(u64::MAX)),
                Some("int64") => Some(Value::from(i64::MAX)),
                _ => None,
            };
            if let Some(greatest) = greatest {
                fields.remove("format");
                fields.entry("maximum").or_insert(greatest);
            }
            fields.values_mut().for_each(state_ranges);
        }
        _ => {}
    }
}

fn failure() -> Response {
    use utoipa::openapi::{ContentBuilder, Ref};
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new()
        .description("It cannot be served; `code` and `error` say why.")
        .content("application/json", content)
        .build()
}
