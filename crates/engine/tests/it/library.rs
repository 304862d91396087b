//! Documents that are not files, as a caller of the engine sees them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use contextlite_engine::context::{CitedPassage, Listed, Place, Question};
use contextlite_engine::engine::{self, Asked, IndexOptions, Location, Workspace};
use contextlite_engine::error::Error;
use contextlite_engine::findings::FindingsCache;
use contextlite_engine::ingest;
use contextlite_engine::language::Language;
use contextlite_engine::library::{
    CONTENT_BYTES_MAX, ID_BYTES_MAX, Library, METADATA_BYTES_MAX, NewDocument, PATH_BYTES_MAX,
};
use contextlite_engine::store::StorePaths;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::yard::{LATER_NS, Yard, copy_folder};

/// A library in a folder of its own.
struct Shelf {
    folder: TempDir,
    library: Library,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(&folder.path().join("made/library.db")).unwrap();
        Self { folder, library }
    }

    fn put(&self, id: &str, content: &str) {
        let report = self.library.put(vec![document(id, content)], 7).unwrap();
        assert_eq!(report.ids, [id]);
    }

    /// The ids that a question finds, in their order.
    fn find(&self, words: &str) -> Vec<String> {
        ids(engine::search(
            [&self.library],
            &Question::new(words),
            Listed::Passages,
            1000,
            &FindingsCache::default(),
        )
        .unwrap()
        .results)
    }
}

fn document(id: &str, content: &str) -> NewDocument {
    let (id, content) = (Some(id.to_owned()), content.to_owned());
    NewDocument { id, content, ..NewDocument::default() }
}

fn ids(passages: Vec<CitedPassage>) -> Vec<String> {
    passages.into_iter().map(|passage| passage.document_id.unwrap_or(passage.path)).collect()
}

#[test]
fn what_is_put_is_given_back_and_found() {
    let shelf = Shelf::new();
    let metadata = Some("{\"b\": 1.50,  \"a\": [null]}\n".to_owned());
    let note = NewDocument {
        id: Some("notes/één ☂ 7\n".to_owned()),
        path: Some("notes/rain.md".to_owned()),
        content: "# Rain\r\n\r\nThe wombat carries an umbrella.\u{feff}\r\n".to_owned(),
        metadata: metadata.clone(),
        created_ns: Some(-5),
        modified_ns: Some(3_000_000_000),
        ..NewDocument::default()
    };
    let report = shelf.library.put(vec![note.clone()], 9).unwrap();
    assert_eq!((report.added, report.replaced, report.errors.len()), (1, 0, 0));
    let id = note.id.unwrap();
    let stored = shelf.library.get(&id).unwrap().unwrap();
    assert_eq!((stored.path.as_str(), stored.content), ("notes/rain.md", note.content));
    assert_eq!((stored.metadata, stored.language), (metadata, Language::Markdown));
    assert_eq!((stored.created_ns, stored.updated_ns, stored.lines), (-5, 9, 3));
    assert_eq!(stored.modified_ns, 3_000_000_000);
    let answer = engine::context([&shelf.library], &Question::new("wombat umbrella")).unwrap();
    let [passage] = answer.passages.as_slice() else { panic!("{answer:?}") };
    assert_eq!(passage.document_id.as_ref(), Some(&id));
    assert_eq!(passage.path, "notes/rain.md");
    let header = "## notes/rain.md:1-3 (document notes/één ☂ 7\\n)\n";
    assert!(answer.text.starts_with(header), "{}", answer.text);
    assert_eq!(answer.total_tokens, passage.tokens);
    assert_eq!(answer.total_tokens, answer.tokenizer.count(&answer.text));
    let lines = shelf.library.show(&id, 2, 99).unwrap();
    assert_eq!((lines.first_line, lines.last_line, lines.changed), (2, 3, false));
    assert!(lines.text.starts_with("\r\nThe wombat"), "{:?}", lines.text);
    let Err(Error::InvalidInput { field: "lines", .. }) = shelf.library.show(&id, 4, 4) else {
        panic!("there is no line 4")
    };
    assert!(matches!(shelf.library.show("no", 1, 1), Err(Error::NotFound { .. })));
}

#[test]
fn the_same_id_is_replaced_and_other_ids_are_kept_apart() {
    let shelf = Shelf::new();
    let at = |id: &str, content: &str| NewDocument {
        path: Some("same/path.txt".to_owned()),
        ..document(id, content)
    };
    let all = vec![at("a", "the wombat sleeps"), at("b", "the wombat sleeps"), at("a", "an ibis")];
    let report = shelf.library.put(all, 1).unwrap();
    assert_eq!((report.added, report.replaced), (2, 1));
    assert_eq!(report.ids, ["a", "b", "a"]);
    assert_eq!(shelf.find("wombat"), ["b"]);
    assert_eq!(shelf.find("ibis"), ["a"]);
    shelf.put("c", "the wombat sleeps");
    shelf.library.put(vec![at("a", "the wombat sleeps")], 20).unwrap();
    let mut found = shelf.find("wombat");
    found.sort();
    assert_eq!(found, ["a", "b", "c"]);
    assert!(shelf.find("ibis").is_empty());
    let replaced = shelf.library.get("a").unwrap().unwrap();
    assert_eq!((replaced.created_ns, replaced.updated_ns), (1, 20));
    let listed = shelf.library.list(1, 5).unwrap();
    assert_eq!(listed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    assert_eq!(shelf.library.count().unwrap(), 3);
}

#[test]
fn documents_without_an_id_get_one_that_nobody_has() {
    let shelf = Shelf::new();
    let nameless = || NewDocument { content: "text".to_owned(), ..NewDocument::default() };
    let by_path = NewDocument { path: Some("x.md".to_owned()), ..nameless() };
    let all = vec![nameless(), by_path, document("doc-1", "given"), nameless()];
    assert_eq!(shelf.library.put(all, 1).unwrap().ids, ["doc-2", "x.md", "doc-1", "doc-3"]);
    assert_eq!(shelf.library.get("doc-2").unwrap().unwrap().path, "doc-2");
    assert!(shelf.library.remove("doc-3").unwrap());
    assert!(!shelf.library.remove("doc-3").unwrap());
    assert_eq!(shelf.library.clear().unwrap(), 3);
    let again = Library::open_existing(shelf.library.database()).unwrap().unwrap();
    assert_eq!(again.put(vec![nameless()], 1).unwrap().ids, ["doc-4"]);
}

#[test]
fn what_is_not_acceptable_is_named_and_the_rest_is_kept() {
    let shelf = Shelf::new();
    let with = |change: fn(&mut NewDocument)| {
        let mut document = document("id", "text");
        change(&mut document);
        document
    };
    let wrong = [
        ("id", with(|it| it.id = Some(String::new()))),
        ("id", with(|it| it.id = Some("x".repeat(ID_BYTES_MAX + 1)))),
        ("path", with(|it| it.path = Some("x".repeat(PATH_BYTES_MAX + 1)))),
        ("content", with(|it| it.content = "x".repeat(CONTENT_BYTES_MAX + 1))),
        ("metadata", with(|it| it.metadata = Some("x".repeat(METADATA_BYTES_MAX + 1)))),
        ("language", with(|it| it.language = Some("pyton".to_owned()))),
    ];
    let mut all: Vec<NewDocument> = wrong.iter().map(|(_, it)| it.clone()).collect();
    all.push(document("right", ""));
    let report = shelf.library.put(all, 1).unwrap();
    assert_eq!(report.ids, ["right"]);
    for ((field, _), (at, error)) in wrong.iter().zip(&report.errors) {
        let message = error.to_string();
        assert!(message.starts_with(&format!("{field}: ")), "{at}: {message}");
    }
    assert_eq!(report.errors.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert!(report.errors[5].1.to_string().contains("\"python\""), "{}", report.errors[5].1);
    let empty = shelf.library.get("right").unwrap().unwrap();
    assert_eq!((empty.content.as_str(), empty.tokens, empty.lines), ("", 0, 1));
    assert_eq!(shelf.library.count().unwrap(), 1);
    let generation = shelf.library.version().unwrap();
    assert!(shelf.library.put(Vec::new(), 1).unwrap().ids.is_empty());
    assert!(!shelf.library.remove("absent").unwrap());
    assert_eq!(shelf.library.version().unwrap(), generation, "nothing was written");
}

#[test]
fn a_named_language_outlives_a_rebuild_of_the_index() {
    let shelf = Shelf::new();
    let content = "def weigh(parcel):\n    return parcel\n".to_owned();
    let language = Some("Py".to_owned());
    shelf.library.put(vec![NewDocument { language, ..document("x", &content) }], 1).unwrap();
    let before = engine::context([&shelf.library], &Question::new("weigh parcel")).unwrap();
    assert_eq!(before.passages[0].language, Language::Python);
    assert_eq!(before.passages[0].symbols[0].name, "weigh");
    std::fs::remove_dir_all(StorePaths::of(shelf.library.database()).index).unwrap();
    let reopened = Library::open(shelf.library.database()).unwrap();
    let after = engine::context([&reopened], &Question::new("weigh parcel")).unwrap();
    assert_eq!(before, after);
    reopened.check().unwrap();
}

#[test]
fn a_workspace_and_a_library_answer_together() {
    let yard = Yard::new();
    yard.write("notes.md", "# Lane\n\nThe wombat waits in lane 4.\n");
    let location = Location { root: yard.root.clone(), database: yard.paths.database.clone() };
    yard.index();
    let mut workspace = Workspace::open(&location).unwrap();
    let options = IndexOptions { threads: 1, ..IndexOptions::at(LATER_NS) };
    workspace.index(&options, &|_: ingest::Step| true).unwrap();
    let shelf = Shelf::new();
    shelf.put("notes.md", "# Street\n\nThe wombat waits in street 9, says the library.\n");
    let question = Question { budget_tokens: 500, ..Question::new("where waits the wombat") };
    let both = [Asked::from(&workspace), Asked::from(&shelf.library)];
    let answer = engine::context(both, &question).unwrap();
    let mut headers: Vec<&str> = answer.text.lines().filter(|it| it.starts_with("## ")).collect();
    headers.sort_unstable();
    let expected = ["## notes.md:1-3", "## notes.md:1-3 (document)"];
    assert_eq!(headers, expected);
    assert_eq!(answer.total_tokens, answer.tokenizer.count(&answer.text));
    assert_eq!(answer.documents, 2);
    let other = Shelf::new();
    other.put("more", "The wombat waits elsewhere.\n");
    let three = [both[0], both[1], Asked::from(&other.library)];
    let answer = engine::context(three, &question).unwrap();
    let roots = answer.text.lines().filter(|it| it.starts_with("## ") && it.contains(" in "));
    assert_eq!(roots.count(), 3, "{}", answer.text);
    let sum: u32 = answer.passages.iter().map(|passage| passage.tokens).sum();
    assert_eq!(answer.total_tokens, sum);
}

#[test]
fn pins_exclusions_and_globs_reach_into_a_library() {
    let shelf = Shelf::new();
    let at = |id: &str, path: &str| NewDocument {
        path: Some(path.to_owned()),
        ..document(id, "the wombat sleeps\n")
    };
    let all = vec![at("1", "/abs/a.txt"), at("2", "/abs/a.txt"), at("3", "b.md"), at("4", "c.md")];
    shelf.library.put(all, 1).unwrap();
    let found = |change: &dyn Fn(&mut Question)| {
        let mut question = Question::new("wombat");
        change(&mut question);
        let mut found = ids(engine::context([&shelf.library], &question).unwrap().passages);
        found.sort();
        found
    };
    let place = |name: &str| Place { names: vec![PathBuf::from(name)], lines: None };
    assert_eq!(found(&|it| it.include = vec!["*.md".to_owned()]), ["3", "4"]);
    assert_eq!(found(&|it| it.exclude = vec!["abs/".to_owned(), "c.md".to_owned()]), ["3"]);
    let without = vec![place("/abs/a.txt"), place("4"), place("absent")];
    assert_eq!(found(&|it| it.without.clone_from(&without)), ["3"]);
    let pinned = |it: &mut Question| {
        it.text = "nothing of the kind".to_owned();
        it.selection.pinned = vec![place("/abs/a.txt"), place("3")];
    };
    assert_eq!(found(&pinned), ["1", "2", "3"]);
}

#[test]
fn kept_findings_change_no_answer() {
    let (notes, tasks) = (Shelf::new(), Shelf::new());
    notes.put("rain", "The wombat carries an umbrella when it rains.");
    tasks.put("buy", "Buy an umbrella for the wombat.");
    let cache = FindingsCache::new(1 << 20);
    let asked = [&notes.library, &tasks.library];
    let check = |budget_tokens, entries| {
        let question = Question { budget_tokens, ..Question::new("umbrella of the wombat") };
        let (kept, _) = engine::timed_context(asked, &question, &cache).unwrap();
        assert_eq!(kept, engine::context(asked, &question).unwrap());
        let list = |cache| engine::search(asked, &question, Listed::Documents, 5, cache).unwrap();
        assert_eq!(list(&cache), list(&FindingsCache::default()));
        assert_eq!(cache.entries(), entries);
        kept.text
    };
    let before = check(400, 2);
    assert!(check(60, 2).len() < before.len());
    // A write to one store leaves what is kept of the other in use.
    tasks.put("lend", "Lend the wombat an umbrella until tomorrow.");
    assert_ne!(check(400, 3), before);
    cache.clear();
    assert_eq!((cache.entries(), cache.bytes()), (0, 0));
}

#[test]
fn a_store_is_a_library_or_a_workspace() {
    let yard = Yard::with_files();
    yard.index();
    let refused = Library::open(&yard.paths.database).err().unwrap();
    assert!(matches!(refused, Error::InvalidInput { field: "database", .. }), "{refused}");
    let shelf = Shelf::new();
    shelf.put("kept", "text");
    let paths = StorePaths::of(shelf.library.database());
    let refused = ingest::run(&paths, &yard.root, &Yard::options(), &|_: ingest::Step| true);
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Error::InvalidInput { field: "database", .. }), "{refused}");
    assert_eq!(shelf.library.count().unwrap(), 1);
    let absent = shelf.folder.path().join("absent.db");
    assert!(Library::open_existing(&absent).unwrap().is_none());
    assert!(!absent.exists());
}

#[test]
fn a_database_that_was_deleted_is_made_anew() {
    let shelf = Shelf::new();
    shelf.put("old", "the wombat sleeps");
    assert_eq!(shelf.find("wombat"), ["old"]);
    std::fs::remove_dir_all(shelf.folder.path().join("made")).unwrap();
    assert!(matches!(shelf.library.count(), Err(Error::NotFound { .. })));
    let again = Library::open(shelf.library.database()).unwrap();
    again.put(vec![document("new", "the wombat wakes")], 1).unwrap();
    assert_eq!(shelf.find("wombat"), ["new"]);
    shelf.put("more", "the wombat eats");
    assert_eq!(again.count().unwrap(), 2);
}

#[test]
fn questions_are_answered_while_others_write() {
    let shelf = Shelf::new();
    shelf.put("first", "the wombat sleeps in lane first");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let writers: Vec<_> = ["a", "b"]
            .map(|name| {
                let shelf = &shelf;
                threads.spawn(move || {
                    for round in 0..25 {
                        shelf.put(&format!("{name}{round}"), &format!("a quokka {name} {round}"));
                        assert!(shelf.library.get(&format!("{name}{round}")).unwrap().is_some());
                    }
                })
            })
            .into();
        let reader = threads.spawn(|| {
            let mut rounds = 0;
            while !is_over.load(Ordering::Relaxed) {
                let before = shelf.library.count().unwrap() as usize - 1;
                let found = shelf.find("quokka").len();
                assert!(before <= found, "{before} were there, {found} were found");
                assert_eq!(shelf.find("wombat lane first"), ["first"]);
                rounds += 1;
            }
            rounds
        });
        for writer in writers {
            writer.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(0 < reader.join().unwrap());
    });
    assert_eq!(shelf.find("quokka").len(), 50);
}

#[test]
fn an_index_that_a_loss_of_power_took_back_follows_again() {
    let mut shelf = Shelf::new();
    for id in ["a", "b", "c", "d"] {
        shelf.put(id, &format!("the wombat sleeps in the burrow {id}"));
    }
    assert_eq!(shelf.find("wombat").len(), 4);
    let index = StorePaths::of(shelf.library.database()).index;
    let before = shelf.folder.path().join("before");
    copy_folder(&index, &before);
    assert!(shelf.library.remove("b").unwrap());
    shelf.put("c", "an ibis wades");
    let question = Question::new("wombat burrow");
    let answer = engine::context([&shelf.library], &question).unwrap();
    assert_eq!(answer.passages.len(), 2);
    shelf.put("e", "an ibis flies");
    std::fs::remove_dir_all(&index).unwrap();
    copy_folder(&before, &index);
    shelf.library = Library::open(shelf.library.database()).unwrap();
    assert!(shelf.library.remove("e").unwrap());
    assert_eq!(engine::context([&shelf.library], &question).unwrap(), answer);
    assert_eq!(shelf.find("ibis"), ["c"]);
}

#[test]
fn removals_are_forgotten_once_the_index_is_on_the_disk() {
    let shelf = Shelf::new();
    let remembered = || -> u64 {
        let database = rusqlite::Connection::open(shelf.library.database()).unwrap();
        let count = database.query_row("SELECT count(*) FROM tombstones", [], |row| row.get(0));
        count.unwrap()
    };
    let many = (0..1000).map(|number| document(&number.to_string(), "the wombat sleeps"));
    shelf.library.put(many.collect(), 1).unwrap();
    for id in ["1", "2", "3"] {
        assert!(shelf.library.remove(id).unwrap());
        assert!(!shelf.find("wombat").contains(&id.to_owned()));
    }
    assert_eq!(remembered(), 3);
    assert_eq!(shelf.library.clear().unwrap(), 997);
    assert!(shelf.find("wombat").is_empty());
    shelf.put("new", "the wombat wakes");
    assert_eq!(remembered(), 0);
    assert_eq!(shelf.find("wombat"), ["new"]);
}

/// One thing that a caller may do.
#[derive(Debug, Clone)]
enum Step {
    Put(Vec<(u8, u8)>),
    Remove(u8),
    Clear,
    Reopen,
}

/// The word that only the document with this content number holds.
fn word(content: u8) -> String {
    let letters = ["ba", "ko", "mi", "tu", "ze", "fa", "lo", "ri"];
    let at = usize::from(content);
    format!("x{}{}q", letters[at % 8], letters[at / 8 % 8])
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => prop::collection::vec((0_u8..12, 0_u8..40), 1..4).prop_map(Step::Put),
        3 => (0_u8..12).prop_map(Step::Remove),
        1 => Just(Step::Clear),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_kept_as_it_is(
        id in "\\PC{1,20}|[\\x00-\\x7f]{1,9}",
        path in prop::option::of("[/.a-c\\\\: %\\n]{0,12}|.{0,9}"),
        content in "(\\PC|[\\x00-\\x7f]){0,80}",
        metadata in prop::option::of(".{0,20}"),
    ) {
        let shelf = Shelf::new();
        let (kept, asked) = (content.clone(), content.clone());
        let (given, noted) = (path.clone(), metadata.clone());
        let put = NewDocument { path: given, metadata: noted, ..document(&id, &content) };
        shelf.library.put(vec![put], 1).unwrap();
        let stored = shelf.library.get(&id).unwrap().unwrap();
        prop_assert_eq!(&stored.id, &id);
        let path = path.filter(|path| !path.is_empty());
        prop_assert_eq!(stored.path, path.unwrap_or_else(|| id.clone()));
        prop_assert_eq!(stored.content, kept);
        prop_assert_eq!(stored.metadata, metadata);
        let shown = shelf.library.show(&id, 1, u32::MAX).unwrap();
        prop_assert_eq!(shown.text, content);
        let question = Question { include: vec!["**".to_owned()], ..Question::new(asked) };
        let answer = engine::context([&shelf.library], &question).unwrap();
        prop_assert!(answer.passages.iter().all(|it| it.document_id.as_ref() == Some(&id)));
    }

    #[test]
    fn a_library_is_a_map_whose_texts_are_found(steps in steps()) {
        let mut shelf = Shelf::new();
        let mut model: BTreeMap<String, u8> = BTreeMap::new();
        let name = |id: u8| format!("folder {}/№{id}", id % 3);
        let text = |content: u8| format!("the wombat says {}\n", word(content));
        for step in steps {
            match step {
                Step::Put(all) => {
                    let documents = all.iter().map(|&(id, it)| document(&name(id), &text(it)));
                    let report = shelf.library.put(documents.collect(), 1).unwrap();
                    let before = model.len();
                    model.extend(all.iter().map(|&(id, it)| (name(id), it)));
                    prop_assert_eq!(report.added, model.len() - before);
                    prop_assert_eq!(report.added + report.replaced, all.len());
                }
                Step::Remove(id) => {
                    let is_there = model.remove(&name(id)).is_some();
                    prop_assert_eq!(shelf.library.remove(&name(id)).unwrap(), is_there);
                }
                Step::Clear => {
                    prop_assert_eq!(shelf.library.clear().unwrap(), model.len() as u64);
                    model.clear();
                }
                Step::Reopen => {
                    shelf.library = Library::open(shelf.library.database()).unwrap();
                }
            }
            let listed = shelf.library.list(0, 100).unwrap();
            let listed: Vec<&str> = listed.iter().map(|it| it.id.as_str()).collect();
            prop_assert_eq!(listed, model.keys().map(String::as_str).collect::<Vec<_>>());
            for content in model.values() {
                let mut found = shelf.find(&word(*content));
                found.sort();
                let with = model.iter().filter(|(_, other)| *other == content);
                let expected: Vec<String> = with.map(|(id, _)| id.clone()).collect();
                prop_assert_eq!(found, expected);
            }
        }
        for (id, content) in &model {
            prop_assert_eq!(shelf.library.get(id).unwrap().unwrap().content, text(*content));
        }
        let absent = (0..40).find(|it| !model.values().any(|other| other == it)).unwrap();
        prop_assert!(shelf.find(&word(absent)).is_empty());
        let holdings = shelf.library.holdings().unwrap();
        prop_assert_eq!(holdings.totals.documents, model.len() as u64);
        shelf.library.check().unwrap();
    }
}
