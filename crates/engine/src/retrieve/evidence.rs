//! What the records say about a passage and a file, seen from one question.
//!
//! A question's term `i` weighs `W_i = w_i · idf_i`: its weight in the question (less for a word
//! that says what to do, where program text is looked at) times its rarity
//! among the passages of the workspace, `idf = ln(1 + (N - n + 0.5) / (n + 0.5))` (Robertson and
//! Spärck Jones). All sums below are divided by `Σ W_i` of the terms that occur anywhere in the
//! workspace, so that each signal lies in [0, 1] and means the same for every question.
//!
//! A field's frequency is saturated as in BM25, `s(f, l) = f / (f + k (1 - b + b l / l̄))` with the
//! field's own length `l`, usual length `l̄` and `b`. [`PassageEvidence::text`] is BM25F: the
//! weighted and length-normalised frequencies of all fields of passage *and file* are added before
//! one saturation (Robertson, Zaragoza, Taylor: *Simple BM25 extension to multiple weighted
//! fields*, CIKM 2004).

use crate::language::Language;
use crate::query::Query;
use crate::record::{FIELDS, FileField, PassageField, Record};

/// What an alternate is worth of the term that it stands in for.
pub const ALTERNATE_SHARE: f32 = 0.35;

/// What a word that says what to do is worth of its weight in program text. Prose is written in
/// such words itself.
const REQUEST_SHARE: f32 = 0.7;

/// What a term that names the file's language is worth of its weight in every file of it: who asks
/// for something "in Python" does not want the file that talks about Python.
const LANGUAGE_SHARE: f32 = 0.5;

/// One field's part in BM25F.
#[derive(Debug, Clone, Copy)]
pub struct FieldWeight {
    /// The weight of one occurrence.
    pub weight: f32,
    /// How much the field's length counts against it, in [0, 1].
    pub b: f32,
}

/// BM25F of passages: the passage's fields in the order of `PassageField`, then the file's stem and
/// folder.
pub const PASSAGE_FIELDS: [FieldWeight; FIELDS] = [
    FieldWeight { weight: 3.0, b: 0.3 },
    FieldWeight { weight: 1.2, b: 0.4 },
    FieldWeight { weight: 1.5, b: 0.5 },
    FieldWeight { weight: 1.0, b: 0.6 },
    FieldWeight { weight: 1.0, b: 0.3 },
];
/// The weight of a term of the file's stem in the BM25F of its passages.
const STEM_WEIGHT: f32 = 1.6;
/// The weight of a term of the file's folder in the BM25F of its passages.
const FOLDER_WEIGHT: f32 = 0.5;
/// The saturation constant of BM25F of passages.
const PASSAGE_K: f32 = 1.6;
/// The saturation constant of the text of files; files are long, so it is larger.
const FILE_K: f32 = 2.5;
/// The length normalisation of the text of files.
const FILE_B: f32 = 0.45;
/// The saturation constant of the past messages of a file.
const HISTORY_K: f32 = 1.5;
/// The length normalisation of the past messages of a file.
const HISTORY_B: f32 = 0.6;

/// The usual length of each passage field, in terms; see [`length_norm`].
pub const PASSAGE_LENGTHS: [f32; FIELDS] = [2.5, 8.0, 25.0, 90.0, 2.5];
/// The usual length of names, comments and text of a file together, in terms.
const FILE_LENGTH: f32 = 900.0;
/// The usual length of the past messages of a file, in terms.
const HISTORY_LENGTH: f32 = 60.0;

/// A question's terms with their weights in one workspace.
#[derive(Debug, Clone)]
pub struct WeightedQuery {
    /// The terms that occur in the workspace, the weightiest first.
    pub terms: Vec<WeightedTerm>,
    /// `Σ W_i` for program text.
    total: f32,
    /// `Σ W_i` for prose.
    total_in_prose: f32,
}

/// One term that occurs in the workspace.
#[derive(Debug, Clone)]
pub struct WeightedTerm {
    /// The language that the term names; all of that language's files hold it.
    pub language: Option<Language>,
    /// The position in [`Query::terms`].
    pub position: usize,
    /// The term's hash.
    pub hash: u32,
    /// `w_i` for program text, before rarity.
    pub plain: f32,
    /// `W_i` for program text.
    weight: f32,
    /// `W_i` for prose: the same, but for requests.
    weight_in_prose: f32,
    /// The hashes of the words that may stand for it, each with its share of `W_i`.
    pub alternates: Vec<(u32, f32)>,
}

impl WeightedTerm {
    fn weight_in(&self, language: Language) -> f32 {
        if language.is_prose() { self.weight_in_prose } else { self.weight }
    }

    /// The alternates that may stand for it in a text of `language`: the trade's synonyms are for
    /// program text, in prose they mislead.
    fn alternates_in(&self, language: Language) -> &[(u32, f32)] {
        if language.is_prose() { &[] } else { &self.alternates }
    }
}

impl WeightedQuery {
    /// Weighs a question; `frequency` gives the number of passages that hold a term.
    pub fn new(query: &Query, passages: u64, mut frequency: impl FnMut(u32) -> u64) -> Self {
        let mut terms: Vec<WeightedTerm> = Vec::new();
        let (mut unmatched, mut unmatched_in_prose) = (0.0, 0.0);
        let alternates: Vec<(usize, u32, f32)> = query
            .alternates
            .iter()
            .filter_map(|alternate| {
                let count = frequency(alternate.hash);
                (0 < count).then(|| (alternate.stands_for, alternate.hash, rarity(count, passages)))
            })
            .collect();
        for (position, term) in query.terms.iter().enumerate() {
            let count = frequency(term.hash);
            if count == 0 && (term.is_joined || term.kind == crate::terms::TermKind::Compound) {
                continue;
            }
            let share = if term.is_request { REQUEST_SHARE } else { 1.0 };
            let plain = share * term.weight;
            let weight_in_prose = term.weight * rarity(count, passages);
            let weight = share * weight_in_prose;
            let standing: Vec<(u32, f32)> = alternates
                .iter()
                .filter(|(stands_for, ..)| *stands_for == position)
                .map(|&(_, hash, idf)| (hash, ALTERNATE_SHARE * plain * idf))
                .collect();
            if count == 0 && standing.is_empty() {
                unmatched += weight * 0.5;
                unmatched_in_prose += weight_in_prose * 0.5;
                continue;
            }
            terms.push(WeightedTerm {
                language: term.language,
                position,
                hash: term.hash,
                plain,
                weight,
                weight_in_prose,
                alternates: standing,
            });
        }
        terms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.position.cmp(&b.position)));
        let total = terms.iter().map(|term| term.weight).sum::<f32>() + unmatched;
        let total_in_prose =
            terms.iter().map(|term| term.weight_in_prose).sum::<f32>() + unmatched_in_prose;
        Self {
            terms,
            total: total.max(f32::MIN_POSITIVE),
            total_in_prose: total_in_prose.max(f32::MIN_POSITIVE),
        }
    }

    fn total_in(&self, language: Language) -> f32 {
        if language.is_prose() { self.total_in_prose } else { self.total }
    }
}

/// `ln(1 + (N - n + 0.5) / (n + 0.5))`, never negative.
pub fn rarity(count: u64, total: u64) -> f32 {
    let (count, total) = (count.min(total) as f32, total as f32);
    ((total - count + 0.5) / (count + 0.5)).ln_1p()
}

/// What a passage's record says, each in [0, 1].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PassageEvidence {
    /// BM25F of all fields, the file's stem and folder included.
    pub text: f32,
    /// The share of the question's weight that occurs at all.
    pub coverage: f32,
    /// The share that occurs in the names which it defines.
    pub name: f32,
    /// The share of those names' terms that the question has.
    pub name_precision: f32,
    /// The share that occurs in the breadcrumb.
    pub breadcrumb: f32,
}

/// What a file's record says, each in [0, 1].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct FileEvidence {
    /// BM25 of names, comments and text together.
    pub text: f32,
    /// The share of the question's weight that occurs at all.
    pub coverage: f32,
    /// The share that occurs in the file's stem.
    pub stem: f32,
    /// The share of the stem's terms that the question has.
    pub stem_precision: f32,
    /// The share that occurs in the folder.
    pub folder: f32,
    /// The share that occurs in names defined in the file, saturated.
    pub names: f32,
    /// BM25 of the messages of past commits that touched the file.
    pub history: f32,
}

/// Looks at a passage.
pub fn of_passage(
    query: &WeightedQuery,
    passage: &Record<'_>,
    file: &Record<'_>,
    language: Language,
) -> PassageEvidence {
    let mut evidence = PassageEvidence::default();
    let norms = passage_norms(passage, language);
    let mut name_terms = 0.0;
    for term in &query.terms {
        let weight = term.weight_in(language);
        if term.language == Some(language) {
            evidence.text += LANGUAGE_SHARE * weight;
            evidence.coverage += weight;
            continue;
        }
        let in_file = file.levels(term.hash);
        let stem = in_file.is_some_and(|levels| levels.is_in(FileField::Stem as usize));
        let folder = in_file.is_some_and(|levels| levels.is_in(FileField::Folder as usize));
        let from_path =
            f32::from(u8::from(stem)) * STEM_WEIGHT + f32::from(u8::from(folder)) * FOLDER_WEIGHT;
        let own = passage.levels(term.hash);
        let mut frequency = from_path;
        let mut best = 0.0_f32;
        if let Some(levels) = own {
            for field in 0..FIELDS {
                frequency += PASSAGE_FIELDS[field].weight * levels.frequency(field) / norms[field];
            }
            if levels.is_in(PassageField::Name as usize) {
                evidence.name += weight;
                name_terms += 1.0;
            }
            if levels.is_in(PassageField::Breadcrumb as usize) {
                evidence.breadcrumb += weight;
            }
            evidence.coverage += weight;
            best = weight;
        }
        let mut text = weight * frequency / (frequency + PASSAGE_K);
        for &(hash, share) in term.alternates_in(language) {
            if let Some(levels) = passage.levels(hash) {
                let frequency: f32 = (0..FIELDS)
                    .map(|field| {
                        PASSAGE_FIELDS[field].weight * levels.frequency(field) / norms[field]
                    })
                    .sum();
                text = text.max(share * frequency / (frequency + PASSAGE_K));
                if best < share {
                    evidence.coverage += share - best;
                    best = share;
                }
            }
        }
        evidence.text += text;
    }
    let total = query.total_in(language);
    evidence.name_precision = share_of(name_terms, passage.length(PassageField::Name as usize));
    for value in
        [&mut evidence.text, &mut evidence.coverage, &mut evidence.name, &mut evidence.breadcrumb]
    {
        *value = (*value / total).min(1.0);
    }
    evidence
}

/// Prose is written at length or briefly about the same things; its length counts more.
const PROSE_B: f32 = 0.8;

fn passage_norms(passage: &Record<'_>, language: Language) -> [f32; FIELDS] {
    std::array::from_fn(|field| {
        let b = if language.is_prose() { PROSE_B } else { PASSAGE_FIELDS[field].b };
        length_norm(passage.length(field), PASSAGE_LENGTHS[field], b)
    })
}

/// Looks at a file; `history` is its history record, empty where there is none.
pub fn of_file(
    query: &WeightedQuery,
    file: &Record<'_>,
    history: &Record<'_>,
    language: Language,
) -> FileEvidence {
    let mut evidence = FileEvidence::default();
    let text_fields =
        [FileField::Name as usize, FileField::Docs as usize, FileField::Body as usize];
    let length: f32 = text_fields.iter().map(|&field| file.length(field)).sum();
    let norm = length_norm(length, FILE_LENGTH, FILE_B);
    let history_norm = length_norm(history.length(0), HISTORY_LENGTH, HISTORY_B);
    let mut stem_terms = 0.0;
    for term in &query.terms {
        let weight = term.weight_in(language);
        if term.language == Some(language) {
            evidence.text += LANGUAGE_SHARE * weight;
            evidence.coverage += weight;
            continue;
        }
        if let Some(levels) = history.levels(term.hash) {
            let frequency = levels.frequency(0) / history_norm;
            evidence.history += weight * frequency / (frequency + HISTORY_K);
        }
        let mut text = 0.0_f32;
        let mut covered = 0.0_f32;
        if let Some(levels) = file.levels(term.hash) {
            let frequency: f32 =
                text_fields.iter().map(|&field| levels.frequency(field)).sum::<f32>() / norm;
            text = weight * frequency / (frequency + FILE_K);
            covered = weight;
            if levels.is_in(FileField::Stem as usize) {
                evidence.stem += weight;
                stem_terms += 1.0;
            }
            if levels.is_in(FileField::Folder as usize) {
                evidence.folder += weight;
            }
            let named = levels.frequency(FileField::Name as usize);
            evidence.names += weight * named / (named + 0.5);
        }
        for &(hash, share) in term.alternates_in(language) {
            if let Some(levels) = file.levels(hash) {
                let frequency: f32 =
                    text_fields.iter().map(|&field| levels.frequency(field)).sum::<f32>() / norm;
                text = text.max(share * frequency / (frequency + FILE_K));
                covered = covered.max(share);
                if levels.is_in(FileField::Stem as usize) {
                    evidence.stem += share;
                    stem_terms += ALTERNATE_SHARE;
                }
            }
        }
        evidence.text += text;
        evidence.coverage += covered;
    }
    let total = query.total_in(language);
    evidence.stem_precision = share_of(stem_terms, file.length(FileField::Stem as usize));
    for value in [
        &mut evidence.text,
        &mut evidence.coverage,
        &mut evidence.stem,
        &mut evidence.folder,
        &mut evidence.names,
        &mut evidence.history,
    ] {
        *value = (*value / total).min(1.0);
    }
    evidence
}

/// BM25's `1 - b + b l / l̄`. The mean length is a constant, what is usual in program text, rather
/// than the workspace's own: then scores mean the same in every workspace, several can be asked
/// in one question, and a changed file changes no other file's score.
fn length_norm(length: f32, usual: f32, b: f32) -> f32 {
    1.0 - b + b * length / usual
}

fn share_of(part: f32, whole: f32) -> f32 {
    if whole <= 0.0 { 0.0 } else { (part / whole).min(1.0) }
}
