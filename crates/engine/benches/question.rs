//! How long a whole question takes beside a bare full-text query: `bench/speed` runs it.
//!
//! Arguments: the database of an indexed workspace, a file with one question a line, a scratch
//! folder. On the very same passages it asks, question by question in turn,
//! 1. **ContextLite**: the whole walk from the words to the rendered answer, index open and fresh;
//! 2. **tantivy**: the 200 best of an OR query, in an index of one segment that holds each
//!    passage's terms and its number;
//! 3. **FTS5**: the 200 best by `bm25()` of an OR query, in an SQLite table of the same terms.
//!
//! The terms of all three are those of [`contextlite_engine::terms`]; the peers are asked with the
//! question's own ones. Each question is asked in several rounds and its least time counts,
//! because other work on the machine only ever adds.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use contextlite_engine::context::{Listed, Question};
use contextlite_engine::engine::{self, Location, Workspace};
use contextlite_engine::findings::FindingsCache;
use contextlite_engine::retrieve::{self, PathFilter};
use contextlite_engine::snapshot::{SNAPSHOT_WAIT, Snapshots};
use contextlite_engine::store::{Reader, StorePaths};
use contextlite_engine::{query, terms};
use rusqlite::Connection;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Query, TermQuery};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{TantivyDocument, Term};

/// How often each question is asked.
const ROUNDS: usize = 5;
/// How many passages the peers give.
const TOP: usize = 200;
/// The budget of an answer, in tokens.
const BUDGET_TOKENS: u32 = 8000;
/// The memory of the peer's index writer, in bytes.
const WRITER_BYTES: usize = 256 << 20;

/// A row of the table: its name, and how a question is asked.
type Row<'r> = (&'r str, &'r dyn Fn(&str));

fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [database, questions, scratch] = words.as_slice() else {
        eprintln!("usage: question DATABASE QUESTIONS SCRATCH (see bench/speed)");
        std::process::exit(2);
    };
    let questions = std::fs::read_to_string(questions).expect("the file of questions is read");
    let questions: Vec<&str> = questions.lines().collect();
    let passages = passages(Path::new(database));
    println!("{} passages, {} questions, {ROUNDS} rounds\n", passages.len(), questions.len());
    let tantivy = Tantivy::new(&passages);
    let fts5 = Fts5::new(&passages, &Path::new(scratch).join("fts5.db"));
    drop(passages);
    let product = Product::new(Path::new(database));
    let columns: [Row<'_>; 5] = [
        ("ContextLite: question to rendered answer", &|text| product.context(text)),
        ("ContextLite: ranked list, best 10", &|text| product.search(text)),
        ("of both: candidates with evidence", &|text| product.candidates(text)),
        ("tantivy, OR query, best 200", &|text| tantivy.ask(text)),
        ("SQLite FTS5, bm25() OR query, best 200", &|text| fts5.ask(text)),
    ];
    let mut times = vec![vec![f64::INFINITY; questions.len()]; columns.len()];
    for _ in 0..ROUNDS {
        for (at, text) in questions.iter().enumerate() {
            for ((_, ask), times) in columns.iter().zip(&mut times) {
                let start = Instant::now();
                ask(text);
                times[at] = times[at].min(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    print_table(&columns.map(|(name, _)| name), &mut times);
}

/// One row for each column: percentiles in milliseconds, and ratios to the peers.
fn print_table(names: &[&str], times: &mut [Vec<f64>]) {
    times.iter_mut().for_each(|times| times.sort_by(f64::total_cmp));
    let percentile = |times: &[f64], share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let [.., tantivy, fts5] = times else { unreachable!("the peers are the last two") };
    let peers = [0.5, 0.99].map(|share| (percentile(tantivy, share), percentile(fts5, share)));
    println!("| | p50 ms | p99 ms | p50 / tantivy | p99 / tantivy | FTS5 / p50 | FTS5 / p99 |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, times) in names.iter().zip(times.iter()) {
        let (p50, p99) = (percentile(times, 0.5), percentile(times, 0.99));
        let [(tantivy50, fts50), (tantivy99, fts99)] = peers;
        println!(
            "| {name} | {p50:.2} | {p99:.2} | {:.2} | {:.2} | {:.1} | {:.1} |",
            p50 / tantivy50,
            p99 / tantivy99,
            fts50 / p50,
            fts99 / p99
        );
    }
}

/// The terms of each passage of the workspace, separated by spaces.
fn passages(database: &Path) -> Vec<String> {
    let reader = Reader::open(database).expect("the database is sound").expect("it exists");
    let mut passages = Vec::new();
    for (document, _) in reader.changed_since(-1).expect("documents are listed") {
        let text = reader.text(document).expect("a document has a text");
        for row in reader.passages_of(document).expect("a document has passages") {
            passages.push(words(row.span.of(&text)).join(" "));
        }
    }
    passages
}

/// The terms of a text.
fn words(text: &str) -> Vec<String> {
    terms::terms_of(text).into_iter().map(|(term, _)| term).collect()
}

/// The distinct terms of a question.
fn asked(text: &str) -> Vec<String> {
    let mut words = words(text);
    words.sort_unstable();
    words.dedup();
    words
}

/// The product, as a face that stays open uses it.
struct Product {
    workspaces: [Workspace; 1],
    snapshots: Snapshots,
}

impl Product {
    fn new(database: &Path) -> Self {
        let location = Location { root: "/".into(), database: database.to_owned() };
        let workspace = Workspace::open(&location).expect("the database is sound");
        let snapshots = Snapshots::new(StorePaths::of(database), SNAPSHOT_WAIT);
        Self { workspaces: [workspace], snapshots }
    }

    fn context(&self, text: &str) {
        let question = Question { budget_tokens: BUDGET_TOKENS, ..Question::new(text) };
        black_box(engine::context(&self.workspaces, &question).expect("it is answered"));
    }

    fn search(&self, text: &str) {
        let question = Question::new(text);
        black_box(
            engine::search(
                &self.workspaces,
                &question,
                Listed::Passages,
                10,
                &FindingsCache::default(),
            )
            .expect("it is answered"),
        );
    }

    fn candidates(&self, text: &str) {
        let snapshot = self.snapshots.take().expect("it is sound").expect("it exists");
        let filter = PathFilter::new(&[], &[]).expect("no glob is malformed");
        let query = query::parse(text);
        black_box(retrieve::candidates(&snapshot, &query, &filter).expect("they are found"));
    }
}

/// A bare tantivy index of the passages, in memory.
struct Tantivy {
    searcher: tantivy::Searcher,
    terms: Field,
}

impl Tantivy {
    fn new(passages: &[String]) -> Self {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("whitespace")
            .set_index_option(IndexRecordOption::WithFreqs)
            .set_fieldnorms(true);
        let terms =
            schema.add_text_field("terms", TextOptions::default().set_indexing_options(indexing));
        let number = schema.add_u64_field("number", FAST);
        let index = tantivy::Index::create_in_ram(schema.build());
        let mut writer =
            index.writer_with_num_threads(1, WRITER_BYTES).expect("a writer is opened");
        for (at, passage) in passages.iter().enumerate() {
            let mut document = TantivyDocument::new();
            document.add_text(terms, passage);
            document.add_u64(number, at as u64);
            writer.add_document(document).expect("a passage is indexed");
        }
        writer.commit().expect("the passages are committed");
        let segments = index.searchable_segment_ids().expect("segments are listed");
        if 1 < segments.len() {
            writer.merge(&segments).wait().expect("the segments are merged");
        }
        let reader = index.reader().expect("the index is read");
        reader.reload().expect("the index is read");
        Self { searcher: reader.searcher(), terms }
    }

    fn ask(&self, text: &str) {
        let term = |word: String| -> Box<dyn Query> {
            let term = Term::from_field_text(self.terms, &word);
            Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
        };
        let query = BooleanQuery::union(asked(text).into_iter().map(term).collect());
        let top = TopDocs::with_limit(TOP).order_by_score();
        black_box(self.searcher.search(&query, &top).expect("it is answered"));
    }
}

/// A full-text table of the passages.
struct Fts5(Connection);

impl Fts5 {
    fn new(passages: &[String], path: &Path) -> Self {
        let _ = std::fs::remove_file(path);
        let mut connection = Connection::open(path).expect("a database is made");
        let pragmas = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; \
                       PRAGMA cache_size = -262144; PRAGMA mmap_size = 1073741824; \
                       CREATE VIRTUAL TABLE passages USING fts5(terms, content = '')";
        connection.execute_batch(pragmas).expect("a table is made");
        let transaction = connection.transaction().expect("a transaction is begun");
        for (at, passage) in passages.iter().enumerate() {
            let row = (at as i64 + 1, passage);
            let sql = "INSERT INTO passages (rowid, terms) VALUES (?1, ?2)";
            let mut statement = transaction.prepare_cached(sql).expect("a statement is made");
            statement.execute(row).expect("a passage is indexed");
        }
        transaction.commit().expect("the passages are committed");
        let optimize = "INSERT INTO passages (passages) VALUES ('optimize')";
        connection.execute_batch(optimize).expect("the segments are merged");
        Self(connection)
    }

    fn ask(&self, text: &str) {
        let quoted: Vec<String> = asked(text).iter().map(|word| format!("\"{word}\"")).collect();
        let sql = "SELECT rowid, rank FROM passages WHERE passages MATCH ?1 \
                   ORDER BY rank LIMIT ?2";
        let mut statement = self.0.prepare_cached(sql).expect("a statement is made");
        let rows = statement
            .query_map((quoted.join(" OR "), TOP as i64), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?))
            })
            .expect("it is asked");
        black_box(rows.collect::<rusqlite::Result<Vec<_>>>().expect("it is answered"));
    }
}
