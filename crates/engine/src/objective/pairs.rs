//! Pairs of passages that help or repeat each other, from their records alone.
//!
//! **Coherence.** A passage that mentions a name is understood better beside the one that defines
//! it: caller and callee, use and type, test and code. A term that one candidate has among the
//! names which it defines, and others have in their signatures, text or comments, links them if it
//! is rare here: few candidates define it and few hold it, so it is a name and not a word of the
//! subject. The link is the stronger, the rarer the term. Each passage keeps its strongest
//! definitions, [`DEFINITIONS_MAX`].
//!
//! **Redundancy.** Two passages of different documents that share most of their terms say much the
//! same. Copies are folded before (`assemble`); what is under that threshold and over
//! [`REPEATED_SHARE`] costs the more, the more is shared. Inside a document the group does this.
//! Records are sorted by hash, so their first terms are a sample that is the same for equal texts
//! (bottom-k sketch; Broder, *On the resemblance and containment of documents*, 1997): only pairs
//! with enough of the sample in common are compared in full.
//!
//! Both are shares of the lesser worth of the two, so that no pair can outweigh what it is about.
//! They were chosen on the localisation set (`bench/README.md`): more coherence finds less of what
//! is needed there, so its share only breaks ties in the weighted sum. The lexicographic and the
//! epsilon-constraint style ask for it by itself, and there its size does not matter.

use std::collections::BTreeMap;

use contextlite_select::{Item, Pair};

use super::Choice;
use crate::record::PassageField;

/// What a definition is worth beside its use, as a share of the lesser worth of the two.
const COHERENCE_SHARE: f64 = 0.001;
/// What repeating everything costs, as a share of the lesser worth of the two.
const REDUNDANCY_SHARE: f64 = 0.3;
/// At most this many definitions are linked to a passage that uses them.
const DEFINITIONS_MAX: usize = 2;
/// A term that more candidates define is not a name for one thing.
const DEFINERS_MAX: usize = 2;
/// A term that more candidates hold is a word of the subject.
const HOLDERS_MAX: usize = 8;
/// Passages that share less of their distinct terms do not repeat each other.
const REPEATED_SHARE: f32 = 0.5;
/// At most this many passages that repeat a passage count against it.
const REPEATED_MAX: usize = 3;
/// The size of the sample of a record's terms.
const SAMPLE_TERMS: usize = 16;
/// Two records are compared if their samples have this many terms in common.
const SAMPLE_SHARED_MIN: u8 = 5;
/// A passage with fewer distinct terms is too short to be told from another.
const TERMS_MIN: usize = 12;

/// Finds the pair terms of the candidates, by rising indices.
pub(super) fn pairs(choices: &[Choice<'_>], items: &[Item]) -> Vec<Pair> {
    let mut values: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (a, b, strength) in coherent(choices) {
        *values.entry((a.min(b), a.max(b))).or_default() += COHERENCE_SHARE * strength;
    }
    for (a, b, strength) in repeated(choices) {
        *values.entry((a, b)).or_default() -= REDUNDANCY_SHARE * strength;
    }
    let pair = |((a, b), share): ((usize, usize), f64)| {
        let lesser = items[a].utility.min(items[b].utility);
        let value = (share * f64::from(lesser)).round() as i64;
        (value != 0).then_some(Pair { a, b, value })
    };
    values.into_iter().filter_map(pair).collect()
}

/// `(user, definition, strength)`, strength in (0, 1].
fn coherent(choices: &[Choice<'_>]) -> Vec<(usize, usize, f64)> {
    let name = PassageField::Name as usize;
    let mut holders: Vec<(u32, u32, bool)> = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        let entries = choice.record.entries();
        holders.extend(entries.map(|(term, levels)| (term, at as u32, levels.is_in(name))));
    }
    holders.sort_unstable();
    // For each user the strongest link to each definition.
    let mut links: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for same in holders.chunk_by(|a, b| a.0 == b.0) {
        let definers = same.iter().filter(|holder| holder.2).count();
        if definers == 0 || DEFINERS_MAX < definers || HOLDERS_MAX < same.len() {
            continue;
        }
        let strength = 1.0 / (same.len() - definers).max(1) as f64 / definers as f64;
        for definer in same.iter().filter(|holder| holder.2) {
            for user in same.iter().filter(|holder| !holder.2) {
                let known = links.entry((user.1, definer.1)).or_default();
                *known = known.max(strength);
            }
        }
    }
    let mut kept = Vec::new();
    let links: Vec<((u32, u32), f64)> = links.into_iter().collect();
    for of_user in links.chunk_by(|a, b| a.0.0 == b.0.0) {
        let mut best = of_user.to_vec();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(DEFINITIONS_MAX);
        kept.extend(
            best.into_iter().map(|((user, definition), strength)| {
                (user as usize, definition as usize, strength)
            }),
        );
    }
    kept
}

/// `(earlier, later, strength)`, strength in (0, 1): how much is shared over the threshold.
fn repeated(choices: &[Choice<'_>]) -> Vec<(usize, usize, f64)> {
    let mut holders: Vec<(u32, u32)> = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        if TERMS_MIN <= choice.record.distinct() {
            let sample = choice.record.entries().take(SAMPLE_TERMS);
            holders.extend(sample.map(|(term, _)| (term, at as u32)));
        }
    }
    holders.sort_unstable();
    let count = choices.len();
    let mut shared = vec![0_u8; count * count];
    for same in holders.chunk_by(|a, b| a.0 == b.0) {
        for (place, &(_, a)) in same.iter().enumerate() {
            for &(_, b) in &same[place + 1..] {
                shared[a as usize * count + b as usize] += 1;
            }
        }
    }
    let mut found: Vec<(usize, usize, f64)> = Vec::new();
    for (place, _) in shared.iter().enumerate().filter(|(_, n)| SAMPLE_SHARED_MIN <= **n) {
        let (a, b) = (place / count, place % count);
        if choices[a].document == choices[b].document {
            continue;
        }
        let share = choices[a].record.shared_terms(&choices[b].record);
        if REPEATED_SHARE < share {
            found.push((a, b, f64::from((share - REPEATED_SHARE) / (1.0 - REPEATED_SHARE))));
        }
    }
    found.sort_by(|x, y| y.2.total_cmp(&x.2).then((x.0, x.1).cmp(&(y.0, y.1))));
    let mut counts = vec![0; count];
    found.retain(|&(a, b, _)| {
        let has_room = counts[a] < REPEATED_MAX && counts[b] < REPEATED_MAX;
        if has_room {
            counts[a] += 1;
            counts[b] += 1;
        }
        has_room
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::DocumentId;
    use crate::record::{Record, RecordBuilder};

    /// A passage that defines the first and says the second, each in a document of its own.
    fn record(names: &str, text: &str) -> Vec<u8> {
        let mut builder = RecordBuilder::default();
        builder.add_text(names, PassageField::Name as usize);
        builder.add_text(text, PassageField::Body as usize);
        builder.finish()
    }

    fn pairs_of(passages: &[(&str, &str)]) -> Vec<(usize, usize, i64)> {
        let records: Vec<Vec<u8>> = passages.iter().map(|(n, text)| record(n, text)).collect();
        let choices: Vec<Choice<'_>> = records
            .iter()
            .enumerate()
            .map(|(at, record)| Choice {
                utility: 1.0,
                recency: 0.0,
                text: 0.0,
                cost: 10,
                document: (0, DocumentId(at as i64)),
                is_pinned: false,
                is_excluded: false,
                label: at.to_string(),
                record: Record::new(record),
            })
            .collect();
        let item = |at| Item { utility: 1_000_000, cost: 10, document: at, group: at };
        let items: Vec<Item> = (0..passages.len() as u32).map(item).collect();
        pairs(&choices, &items).into_iter().map(|pair| (pair.a, pair.b, pair.value)).collect()
    }

    #[test]
    fn a_use_goes_with_its_definition() {
        let whole = (COHERENCE_SHARE * 1e6) as i64;
        let found = pairs_of(&[
            ("open_archive", "path"),
            ("unrelated", "nothing to see"),
            ("main", "open_archive of the other"),
        ]);
        assert_eq!(found, [(0, 2, whole)]);
        // The more use it, the weaker is each link; a name that all hold links nothing.
        let user = ("", "open_archive again");
        let found = pairs_of(&[("open_archive", ""), user, user]);
        assert_eq!(found, [(0, 1, whole / 2), (0, 2, whole / 2)]);
        let mut many = vec![user; HOLDERS_MAX];
        many.push(("open_archive", ""));
        assert_eq!(pairs_of(&many), []);
    }

    #[test]
    fn what_repeats_another_document_costs() {
        let words = |from: usize| -> String {
            let words: Vec<String> = (from..from + 40).map(|at| format!("word{at:03}x")).collect();
            words.join(" ")
        };
        let (one, alike, other) = (words(0), words(5), words(100));
        let found = pairs_of(&[("", &one), ("", &alike), ("", &other)]);
        assert!(matches!(found[..], [(0, 1, value)] if value < 0), "{found:?}");
        let same = pairs_of(&[("", &one), ("", &one)]);
        assert_eq!(same, [(0, 1, -(REDUNDANCY_SHARE * 1e6) as i64)]);
    }
}
