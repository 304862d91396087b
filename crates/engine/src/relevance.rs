//! How well a candidate answers the question: the ranking layer over the evidence.
//!
//! Relevance is a weighted sum of the signals of a passage and of its file, times a factor for the
//! kind of the file. The weights were fitted by `bench/fit` on the development halves of the public
//! sets together (questions about code, commit messages with the files that they changed, prose);
//! `bench/README.md` has the numbers, also for repositories that were left out of the fit.
//! What they say, in order of worth: the text of the passage, the file's other passages, what past
//! commits of the file were about, its folder and name, names that are defined, how much of the
//! passage is about the question.
//!
//! It is computed in two steps: each file as it stands alone, then with what the files around it
//! say, which is known only then ([`crate::neighbourhood`]).

use crate::document::DocumentKind;
use crate::neighbourhood::{self, Neighbours, Site};
use crate::query::Intent;
use crate::record::Record;
use crate::retrieve::{Candidate, FileCandidate, Pool};

/// The sum that counts as full relevance; few questions have an answer that reaches half of it.
const FULL: f32 = 6.0;

/// The weight of a path that the question names. No question of the sets names one, so this one is
/// set by hand: a named file comes first.
const PATH_WEIGHT: f32 = 0.8;

/// How much of its relevance a file keeps that nobody asked for, by `DocumentKind`.
const KIND_SHARES: [f32; 8] = [1.0, 0.27, 0.34, 0.38, 0.31, 0.38, 0.37, 0.5];
/// The same for a kind that the question asks for.
const ASKED_SHARE: f32 = 0.9;
/// The same for prose that the question asks for in so many words. The sets hold no such question;
/// set by hand so that a page comes before the code that it is about.
const PROSE_FIRST_SHARE: f32 = 2.0;
/// The density at which a passage is half specific.
const SPECIFICITY_HALF: f32 = 0.1;

/// The relevance of all candidates of a pool, each in [0, 1], in their order.
pub fn relevances(pool: &Pool, intent: Intent) -> Vec<f32> {
    let sums: Vec<f32> = pool.candidates.iter().map(|candidate| alone(pool, candidate)).collect();
    let neighbours = neighbours_by(pool, intent, &sums);
    let relevance = |(candidate, sum): (&Candidate, f32)| {
        let file = &pool.files[candidate.file];
        let is_prose = file.row.language.is_prose();
        let more = if is_prose { 0.0 } else { of_neighbours(neighbours[candidate.file]) };
        of_sum(sum + more, file, intent)
    };
    pool.candidates.iter().zip(sums).map(relevance).collect()
}

/// What the files around each file of a pool say about it, in their order.
pub fn neighbours(pool: &Pool, intent: Intent) -> Vec<Neighbours> {
    let sums: Vec<f32> = pool.candidates.iter().map(|candidate| alone(pool, candidate)).collect();
    neighbours_by(pool, intent, &sums)
}

fn neighbours_by(pool: &Pool, intent: Intent, sums: &[f32]) -> Vec<Neighbours> {
    let files = pool.files.iter();
    let mut sites: Vec<Site<'_>> = files
        .map(|file| Site {
            path: &file.row.path,
            history: Record::new(&file.row.history),
            alone: 0.0,
        })
        .collect();
    for (candidate, &sum) in pool.candidates.iter().zip(sums) {
        let relevance = of_sum(sum, &pool.files[candidate.file], intent);
        let site = &mut sites[candidate.file];
        site.alone = site.alone.max(relevance);
    }
    neighbourhood::of(&sites)
}

fn of_sum(sum: f32, file: &FileCandidate, intent: Intent) -> f32 {
    (sum * kind_share(file.row.kind, intent) / FULL).clamp(0.0, 1.0)
}

/// The weighted sum of a candidate without its neighbours.
fn alone(pool: &Pool, candidate: &Candidate) -> f32 {
    let file = &pool.files[candidate.file];
    if file.row.language.is_prose() {
        of_prose(file, candidate)
    } else {
        of_file(file) + of_passage(candidate)
    }
}

fn of_file(file: &FileCandidate) -> f32 {
    let evidence = &file.evidence;
    let stem_precision = if 0.0 < evidence.stem { evidence.stem_precision } else { 0.0 };
    1.06 * file.following
        + 0.1 * evidence.text
        + 0.13 * evidence.coverage
        + 0.1 * evidence.stem
        + 0.25 * stem_precision
        + 0.55 * evidence.stem * evidence.stem_precision
        + 0.58 * evidence.folder
        + 0.12 * evidence.names
        + 1.02 * evidence.history
        + 0.48 * file.coverage_best
        + PATH_WEIGHT * file.path
}

fn of_passage(candidate: &Candidate) -> f32 {
    let evidence = &candidate.evidence;
    0.64 * evidence.text
        + 0.04 * evidence.name
        + 0.21 * evidence.name * evidence.name_precision
        + 0.06 * evidence.breadcrumb
        + 0.44 * candidate.definition
        + 0.36 * specificity(candidate)
}

fn of_neighbours(neighbours: Neighbours) -> f32 {
    0.66 * neighbours.folder + 0.34 * neighbours.changes
}

/// Prose has no names to go by; what else is said beside the question's words counts instead
/// (pseudo-relevance feedback, see `retrieve::association`).
fn of_prose(file: &FileCandidate, candidate: &Candidate) -> f32 {
    1.05 * candidate.evidence.text
        + 2.32 * candidate.entanglement
        + 0.15 * file.evidence.text
        + 0.05 * candidate.evidence.name
        + 0.95 * file.evidence.stem
        + 0.05 * file.evidence.history
        + PATH_WEIGHT * file.path
}

/// How much of a passage is about the question, in [0, 1): `d / (d + 0.1)`, `d` the share of its
/// distinct terms that are the question's.
pub fn specificity(candidate: &Candidate) -> f32 {
    candidate.density / (candidate.density + SPECIFICITY_HALF)
}

fn kind_share(kind: DocumentKind, intent: Intent) -> f32 {
    if kind == DocumentKind::Prose && intent.prose_first {
        return PROSE_FIRST_SHARE;
    }
    let share = KIND_SHARES[kind as usize];
    if is_asked(kind, intent) { share.max(ASKED_SHARE) } else { share }
}

/// Whether a question asks for files of this kind.
pub fn is_asked(kind: DocumentKind, intent: Intent) -> bool {
    match kind {
        DocumentKind::Test => intent.tests,
        DocumentKind::Prose => intent.prose,
        DocumentKind::Example => intent.examples,
        DocumentKind::Configuration => intent.configuration,
        _ => false,
    }
}
