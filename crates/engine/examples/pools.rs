//! Writes what ranking sees: every signal of every candidate of each question, for `bench/fit`.
//!
//! `pools DATABASE [BUDGET] < QUESTIONS > POOLS`. Questions are separated by NUL bytes. With a
//! budget, only the passages that an answer within it has are written, the best first, as first
//! line, last line and path. Without one the output is lines
//! of tab-separated columns, in three kinds:
//! ```text
//! question  its number, from 0
//! file      the kind, whether it is asked for, whether it is prose, the file's signals, its path
//! passage   the position of its file, first line, last line, tokens, the passage's signals
//! ```
//! Each is preceded by `columns` lines that name the columns of files and of passages, once.

use std::error::Error;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use contextlite_engine::context::{Order, Question};
use contextlite_engine::engine::{self, Location, Workspace};
use contextlite_engine::feature::{self, FEATURE_NAMES, Features};
use contextlite_engine::neighbourhood::Neighbours;
use contextlite_engine::query::{self, Intent};
use contextlite_engine::relevance;
use contextlite_engine::retrieve::{self, Candidate, FileCandidate, PathFilter, Pool};
use contextlite_engine::snapshot::{Snapshot, Snapshots};
use contextlite_engine::store::StorePaths;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let usage = "usage: pools DATABASE [BUDGET] < QUESTIONS > POOLS";
    let database = PathBuf::from(std::env::args_os().nth(1).ok_or(usage)?);
    let mut questions = String::new();
    std::io::stdin().read_to_string(&mut questions)?;
    if let Some(budget) = std::env::args().nth(2) {
        return write_answers(database, &questions, budget.parse()?);
    }
    let snapshots = Snapshots::new(StorePaths::of(&database), Duration::from_secs(1));
    let snapshot = snapshots.take()?.ok_or("there is no such database")?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, question) in questions.split('\0').enumerate() {
        write_pool(&mut out, &snapshot, number, question)?;
    }
    Ok(out.flush()?)
}

fn write_answers(database: PathBuf, questions: &str, budget_tokens: u32) -> Outcome {
    let location = Location { root: PathBuf::new(), database };
    let workspaces = [Workspace::open(&location)?];
    let mut out = std::io::stdout().lock();
    for (number, text) in questions.split('\0').enumerate() {
        let question =
            Question { budget_tokens, order: Order::Score, ..Question::new(text.to_owned()) };
        writeln!(out, "question\t{number}")?;
        for passage in engine::context(&workspaces, &question)?.passages {
            let path = passage.path.replace(['\t', '\n'], " ");
            writeln!(out, "passage\t{}\t{}\t{path}", passage.first_line, passage.last_line)?;
        }
    }
    Ok(())
}

fn write_pool(
    out: &mut impl Write,
    snapshot: &Snapshot<'_>,
    number: usize,
    question: &str,
) -> Outcome {
    let query = query::parse(question);
    let pool: Pool = retrieve::candidates(snapshot, &query, &PathFilter::default())?;
    let neighbours = relevance::neighbours(&pool, query.intent);
    let features = feature::measure(&pool, query.intent, &[]);
    if number == 0 {
        let names = |columns: Vec<(&'static str, f32)>| -> Vec<&'static str> {
            columns.into_iter().map(|(name, _)| name).collect()
        };
        let file = pool.files.first().map(|file| file_columns(file, neighbours[0], query.intent));
        let passage = pool.candidates.first().map(|c| passage_columns(c, &features[0]));
        writeln!(out, "columns\tfile\t{}", names(file.unwrap_or_default()).join("\t"))?;
        writeln!(out, "columns\tpassage\t{}", names(passage.unwrap_or_default()).join("\t"))?;
    }
    writeln!(out, "question\t{number}")?;
    for (file, neighbours) in pool.files.iter().zip(neighbours) {
        write!(out, "file")?;
        write_values(out, &file_columns(file, neighbours, query.intent))?;
        writeln!(out, "\t{}", file.row.path.replace(['\t', '\n'], " "))?;
    }
    for (candidate, features) in pool.candidates.iter().zip(&features) {
        write!(out, "passage")?;
        write_values(out, &passage_columns(candidate, features))?;
        writeln!(out)?;
    }
    Ok(())
}

fn write_values(out: &mut impl Write, columns: &[(&str, f32)]) -> std::io::Result<()> {
    columns.iter().try_for_each(|(_, value)| write!(out, "\t{value}"))
}

fn file_columns(
    file: &FileCandidate,
    neighbours: Neighbours,
    intent: Intent,
) -> Vec<(&'static str, f32)> {
    let evidence = &file.evidence;
    vec![
        ("kind", f32::from(file.row.kind as u8)),
        ("is_asked", f32::from(u8::from(relevance::is_asked(file.row.kind, intent)))),
        ("is_prose", f32::from(u8::from(file.row.language.is_prose()))),
        ("text", evidence.text),
        ("coverage", evidence.coverage),
        ("stem", evidence.stem),
        ("stem_precision", evidence.stem_precision),
        ("folder", evidence.folder),
        ("names", evidence.names),
        ("history", evidence.history),
        ("path", file.path),
        ("coverage_best", file.coverage_best),
        ("following", file.following),
        ("folder_files", neighbours.folder),
        ("changes", neighbours.changes),
    ]
}

fn passage_columns(candidate: &Candidate, features: &Features) -> Vec<(&'static str, f32)> {
    let evidence = &candidate.evidence;
    let signals = [
        ("file", candidate.file as f32),
        ("first_line", candidate.row.first_line as f32),
        ("last_line", candidate.row.last_line as f32),
        ("tokens", candidate.row.tokens as f32),
        ("text", evidence.text),
        ("coverage", evidence.coverage),
        ("name", evidence.name),
        ("name_precision", evidence.name_precision),
        ("breadcrumb", evidence.breadcrumb),
        ("definition", candidate.definition),
    ];
    signals.into_iter().chain(FEATURE_NAMES.into_iter().zip(features.values())).collect()
}
