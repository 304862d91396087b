//! What a user's judgement changes, and that it can be taken back to the last bit.

use std::slice;

use contextlite_engine::context::{Context, Listed, Question};
use contextlite_engine::engine::{self, Asked, Location, Workspace};
use contextlite_engine::error::{Error, Result};
use contextlite_engine::findings::FindingsCache;
use contextlite_engine::learn::{self, JUDGED_MAX, Judged, Judgement, LearnedWeights};
use contextlite_engine::library::{Library, NewDocument};
use contextlite_engine::store::Reader;

use crate::yard::Yard;

const QUERY: &str = "how are parcels weighed in a lane";

/// A workspace and a library that answer the same.
struct Desk {
    yard: Yard,
    workspace: Workspace,
    library: Library,
}

impl Desk {
    fn new() -> Self {
        let yard = Yard::new();
        let texts = (0..6).map(|number| {
            let lane = "The lane has a scale, and each clerk weighs the parcels of the lane.\n";
            (format!("notes/lane_{number}.md"), format!("# Lane {number}\n\n{lane}{number}\n"))
        });
        let texts: Vec<(String, String)> = texts.collect();
        for (path, text) in &texts {
            yard.write(path, text);
        }
        yard.index();
        let library = Library::open(&yard.folder.path().join("library.db")).unwrap();
        let document = |(path, content): (String, String)| NewDocument {
            id: Some(format!("id of {path}")),
            path: Some(path),
            content,
            ..NewDocument::default()
        };
        library.put(texts.into_iter().map(document).collect(), 1).unwrap();
        let location = Location { root: yard.root.clone(), database: yard.paths.database.clone() };
        let workspace = Workspace::open(&location).unwrap();
        Self { yard, workspace, library }
    }

    fn both(&self) -> [Learner<'_>; 2] {
        [
            Learner { asked: Asked::from(&self.workspace), prefix: "" },
            Learner { asked: Asked::from(&self.library), prefix: "id of " },
        ]
    }
}

/// What both can do.
struct Learner<'a> {
    asked: Asked<'a>,
    /// What stands before a path in the name of a document.
    prefix: &'static str,
}

impl Learner<'_> {
    fn answer(&self) -> Context {
        let question = Question { budget_tokens: 150, ..Question::new(QUERY) };
        engine::context([self.asked], &question).unwrap()
    }

    fn ranked(&self) -> Vec<String> {
        let found = engine::search(
            [self.asked],
            &Question::new(QUERY),
            Listed::Passages,
            100,
            &FindingsCache::default(),
        )
        .unwrap();
        found.results.into_iter().map(|it| it.document_id.unwrap_or(it.path)).collect()
    }

    fn learn(&self, accepted: &[Judged], rejected: &[Judged]) -> Result<LearnedWeights> {
        let judgement = Judgement { query: QUERY, accepted, rejected, now_ns: 5 };
        match self.asked {
            Asked::Workspace(it) => it.learn(&judgement),
            Asked::Library(it) => it.learn(&judgement),
        }
    }

    fn undo(&self) -> Option<LearnedWeights> {
        match self.asked {
            Asked::Workspace(it) => it.undo(),
            Asked::Library(it) => it.undo(),
        }
        .unwrap()
    }

    fn reset(&self) {
        match self.asked {
            Asked::Workspace(it) => it.reset(),
            Asked::Library(it) => it.reset(),
        }
        .unwrap();
    }

    fn weights(&self) -> LearnedWeights {
        match self.asked {
            Asked::Workspace(it) => it.weights(),
            Asked::Library(it) => it.weights(),
        }
        .unwrap()
    }

    fn reader(&self) -> Reader {
        let database = match self.asked {
            Asked::Workspace(it) => &it.location().database,
            Asked::Library(it) => it.database(),
        };
        Reader::open(database).unwrap().unwrap()
    }

    /// Everything that was learned, each value with all its bits.
    fn learned(&self) -> String {
        let reader = self.reader();
        let weights = reader.weights().unwrap();
        let bits: Vec<_> = weights.iter().map(|(name, it)| (name, it.to_bits())).collect();
        format!("{:?} {bits:?}", reader.feedback().unwrap())
    }

    fn judged(&self, number: usize, lines: Option<(u32, u32)>) -> Judged {
        Judged { document: format!("{}notes/lane_{number}.md", self.prefix), lines }
    }
}

#[test]
fn judgements_move_the_ranking_and_a_reset_takes_them_back() {
    let desk = Desk::new();
    for learner in desk.both() {
        let (before, ranked) = (learner.answer(), learner.ranked());
        assert_eq!(ranked.len(), 6, "{ranked:?}");
        let (first, last) = (ranked[0].clone(), ranked[5].clone());
        let judged = |document: &str| [Judged { document: document.to_owned(), lines: None }];
        for round in 1..4 {
            let weights = learner.learn(&judged(&last), &judged(&first)).unwrap();
            assert_eq!(
                (weights.updates, weights.accepted, weights.rejected),
                (round, round, round)
            );
        }
        let after = learner.ranked();
        assert_eq!((&after[0], &after[5]), (&last, &first));
        assert_ne!(learner.answer().text, before.text);
        learner.reset();
        assert_eq!(learner.answer(), before, "all of the answer is as it was");
        assert_eq!(learner.ranked(), ranked);
        assert_eq!(learner.weights().updates, 0);
        assert!(learner.undo().is_none());
    }
}

#[test]
fn undoing_goes_back_one_judgement_at_a_time() {
    let desk = Desk::new();
    for learner in desk.both() {
        let mut states = Vec::new();
        let judged = |number, lines| vec![learner.judged(number, lines)];
        let judgements = [
            (judged(2, None), judged(4, Some((1, 1)))),
            (judged(2, Some((1, 4))), Vec::new()),
            (Vec::new(), judged(4, Some((3, 3)))),
            (judged(4, None), judged(2, None)),
        ];
        for (accepted, rejected) in &judgements {
            states.push((learner.learned(), learner.weights(), learner.answer()));
            let learned = learner.learn(accepted, rejected).unwrap();
            assert_eq!(learned, learner.weights());
            assert_eq!(learned.undoable, states.len() as u64);
            for (name, value, default) in learned.weights {
                let (least, most) = learn::caps(default);
                assert!(least <= value + 1e-9 && value <= most + 1e-9, "{name}: {value}");
            }
        }
        for (learned, weights, answer) in states.into_iter().rev() {
            assert_eq!(learner.undo().as_ref(), Some(&weights));
            assert_eq!(learner.learned(), learned);
            assert_eq!(learner.answer(), answer);
        }
        assert_eq!(learner.undo(), None);
    }
}

#[test]
fn a_judged_passage_is_told_from_the_others_of_its_document() {
    let desk = Desk::new();
    for learner in desk.both() {
        learner.learn(&[learner.judged(1, Some((3, 3)))], &[]).unwrap();
        let found = engine::search(
            [learner.asked],
            &Question::new(QUERY),
            Listed::Passages,
            100,
            &FindingsCache::default(),
        )
        .unwrap();
        let prior = |number: usize| {
            let path = format!("notes/lane_{number}.md");
            found.results.iter().find(|it| it.path == path).unwrap().features.prior
        };
        assert!(0.7 < prior(1), "{}", prior(1));
        assert!((prior(2) - 0.5).abs() < 1e-6);
        let file = engine::search(
            [learner.asked],
            &Question::new("lane_1"),
            Listed::Passages,
            1,
            &FindingsCache::default(),
        )
        .unwrap();
        let off = (file.results[0].features.prior - prior(1)).abs();
        assert!(off < 1e-6, "whatever the question is");
    }
}

#[test]
fn learning_raises_the_generation_and_leaves_the_index() {
    let desk = Desk::new();
    for learner in desk.both() {
        learner.answer();
        let state = || learner.reader().state().clone();
        let before = state();
        learner.learn(&[learner.judged(1, None)], &[]).unwrap();
        let learned = state();
        assert_eq!((learned.generation, learned.content), (before.generation + 1, before.content));
        learner.undo().unwrap();
        assert_eq!(state().generation, before.generation + 2);
        learner.learn(&[learner.judged(1, None)], &[]).unwrap();
        learner.reset();
        assert_eq!(state().generation, before.generation + 4);
        learner.reset();
        assert_eq!(state().generation, before.generation + 4, "there was nothing to forget");
    }
}

#[test]
fn judgements_outlive_an_index_run() {
    let desk = Desk::new();
    let [workspace, _] = desk.both();
    workspace.learn(&[workspace.judged(1, Some((3, 3)))], &[]).unwrap();
    let before = workspace.ranked();
    desk.yard.write("notes/lane_9.md", "nothing of the kind\n");
    desk.yard.index();
    assert_eq!(workspace.weights().accepted, 1);
    assert_eq!(workspace.ranked()[0], before[0]);
    assert_eq!(before[0], "notes/lane_1.md");
}

#[test]
fn what_cannot_be_judged_is_named() {
    let desk = Desk::new();
    for learner in desk.both() {
        let absent = Judged { document: "../absent.md".to_owned(), lines: None };
        let (one, far) = (learner.judged(1, None), learner.judged(1, Some((90, 99))));
        let many: Vec<Judged> = vec![one.clone(); JUDGED_MAX + 1];
        let (is_absent, is_there) = (slice::from_ref(&absent), slice::from_ref(&one));
        let wrong: [(&str, &str, &[Judged], &[Judged]); 6] = [
            ("accepted", "name what", &[], &[]),
            ("accepted", "../absent.md", is_absent, is_there),
            ("rejected", "../absent.md", is_there, is_absent),
            ("rejected", ":90-99", &[], &[far]),
            ("rejected", "lane_1.md", is_there, is_there),
            ("accepted", "at once", &many, &[]),
        ];
        let before = learner.learned();
        for (field, word, accepted, rejected) in wrong {
            match learner.learn(accepted, rejected).unwrap_err() {
                Error::InvalidInput { field: found, message } => {
                    assert_eq!(found, field, "{message}");
                    assert!(message.contains(word), "{message}");
                }
                other => panic!("{other}"),
            }
        }
        let judgement = Judgement { query: " \n", accepted: is_there, rejected: &[], now_ns: 0 };
        let refused = match learner.asked {
            Asked::Workspace(it) => it.learn(&judgement),
            Asked::Library(it) => it.learn(&judgement),
        };
        assert!(matches!(refused, Err(Error::InvalidInput { field: "query", .. })));
        assert_eq!(learner.learned(), before);
    }
}
