//! A part of a document, by positions as editors count them.

use axum::extract::State;
use contextlite_engine::error::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rank::Position;
use super::reply::Reply;
use crate::http::Shared;
use crate::http::extract::{Body, WorkspaceId};
use crate::http::problem::Problem;
use crate::service::space::Wanted;

/// Which part of which document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnippetRequest {
    /// The path of a document, relative to its root, or absolute below it.
    #[schema(example = "src/main.rs")]
    file: String,
    start: Position,
    /// Exclusive; a line of 0 or less means the end of the document.
    end: Position,
    /// The folder of the workspace that holds it; absolute.
    workspace_path: Option<String>,
}

/// The part.
#[derive(Debug, Serialize, ToSchema)]
pub struct SnippetAnswer<'a> {
    snippet: &'a str,
    file: &'a str,
    language: &'static str,
    /// The lines of the whole document.
    lines: u32,
}

/// Reads a part of a document that is indexed.
#[utoipa::path(post, path = "/api/v1/snippet", tag = "documents", request_body = SnippetRequest,
    params(("X-Workspace-ID" = Option<String>, Header, description = "The id of a workspace.")),
    responses((status = 200, description = "The part.", body = SnippetAnswer)))]
pub async fn snippet(
    State(app): State<Shared>,
    WorkspaceId(id): WorkspaceId,
    Body(request): Body<SnippetRequest>,
) -> Result<Reply, Problem> {
    app.work(move |service| {
        let wanted = Wanted { path: request.workspace_path.as_deref(), id: id.as_deref() };
        let space = service.spaces.resolve(wanted)?;
        let document = service.document(&space, &request.file)?;
        let document = document.ok_or_else(|| Problem::not_found("document", &request.file))?;
        let text = &document.text;
        let start = offset_of(text, request.start).ok_or_else(|| past("start", document.lines))?;
        let end = match request.end {
            Position { line, .. } if line <= 0 => text.len(),
            end => offset_of(text, end).unwrap_or(text.len()),
        };
        if end < start {
            return Err(Problem::invalid("end", "it lies before start"));
        }
        Ok(Reply::json(&SnippetAnswer {
            snippet: &text[start..end],
            file: &request.file,
            language: document.language.name(),
            lines: document.lines,
        }))
    })
    .await
}

fn past(field: &'static str, lines: u32) -> Problem {
    let message = format!("it lies outside of the document, which has {lines} lines");
    Error::InvalidInput { field, message }.into()
}

/// The byte at a position; a character past the end of its line means its end, and `None` that
/// there is no such line.
fn offset_of(text: &str, position: Position) -> Option<usize> {
    let line = usize::try_from(position.line).ok()?;
    let mut start = 0;
    for _ in 0..line {
        start += text[start..].find('\n')? + 1;
    }
    // What ends with a line feed has no line after it.
    if 0 < line && start == text.len() {
        return None;
    }
    let line = text[start..].split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let mut units = 0;
    for (at, character) in line.char_indices() {
        if position.character <= units {
            return Some(start + at);
        }
        units += character.len_utf16() as u32;
    }
    Some(start + line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_utf_16_and_clamped_to_their_line() {
        let text = "a😀b\r\nsecond\n";
        let at = |line: i64, character: u32| offset_of(text, Position { line, character });
        assert_eq!(at(0, 0), Some(0));
        assert_eq!(at(0, 1), Some(1));
        assert_eq!(at(0, 3), Some(5));
        assert_eq!(at(0, 99), Some(6));
        assert_eq!(at(1, 0), Some(8));
        assert_eq!(at(1, 99), Some(14));
        assert_eq!(at(2, 0), None);
        assert_eq!(at(-1, 0), None);
        assert_eq!(offset_of("", Position { line: 0, character: 0 }), Some(0));
    }
}
