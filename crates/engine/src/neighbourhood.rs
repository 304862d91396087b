//! What the files around a file say about it: the best of its folder, and the best of those that
//! change together with it.
//!
//! A question is rarely about one file alone. Files that do one thing stand in one folder, and
//! files that depend on one another are changed by the same commits, though they may share no word
//! with the question. Both are looked for among the candidates only, so that it costs no reading.
//!
//! Let `r` be the relevance of a file as it stands alone, in [0, 1].
//! ```text
//! folder(f)  = (sum of the three greatest r(g), g another file of the same folder) / 3
//! changes(f) = Σ_g r(g)² · P(f | g) / Σ_g r(g)²      g over the best files, f left out
//! P(f | g)   = commits that touched both / (commits that touched g + 2)
//! ```
//! The 2 keeps a file with one or two commits from saying much.

use rustc_hash::FxHashMap;

use crate::record::{HistoryField, Levels, Record};

/// How many of the best files say what changed together with them.
const WITNESSES: usize = 5;
/// How many other files of its folder a file is judged by.
const FOLDER_FILES: usize = 3;
/// Commits that a file is thought to have had without the others.
const COMMITS_PRIOR: f32 = 2.0;

/// A file among the candidates.
#[derive(Debug, Clone, Copy)]
pub struct Site<'p> {
    /// Its path.
    pub path: &'p str,
    /// The record of its history.
    pub history: Record<'p>,
    /// Its relevance as it stands alone, in [0, 1].
    pub alone: f32,
}

/// The evidence of other files for one file, each in [0, 1].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Neighbours {
    /// How relevant the best other files of its folder are.
    pub folder: f32,
    /// How often it changed together with the most relevant files.
    pub changes: f32,
}

/// Looks around each of `sites`, in their order.
pub fn of(sites: &[Site<'_>]) -> Vec<Neighbours> {
    let mut neighbours = vec![Neighbours::default(); sites.len()];
    let mut best_first: Vec<usize> = (0..sites.len()).collect();
    best_first.sort_by(|&a, &b| sites[b].alone.total_cmp(&sites[a].alone).then(a.cmp(&b)));
    look_into_folders(sites, &best_first, &mut neighbours);
    best_first.truncate(WITNESSES);
    look_into_changes(sites, &best_first, &mut neighbours);
    neighbours
}

fn look_into_folders(sites: &[Site<'_>], best_first: &[usize], neighbours: &mut [Neighbours]) {
    let mut best_of: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for &at in best_first {
        let best = best_of.entry(folder(sites[at].path)).or_default();
        if best.len() <= FOLDER_FILES {
            best.push(at);
        }
    }
    for (at, site) in sites.iter().enumerate() {
        let others = best_of[folder(site.path)].iter().filter(|&&other| other != at);
        let sum: f32 = others.take(FOLDER_FILES).map(|&other| sites[other].alone).sum();
        neighbours[at].folder = sum / FOLDER_FILES as f32;
    }
}

fn look_into_changes(sites: &[Site<'_>], witnesses: &[usize], neighbours: &mut [Neighbours]) {
    // What one commit that is shared with a witness is worth, and with any of them.
    let mut of_witness: FxHashMap<usize, f32> = FxHashMap::default();
    let mut of_commit: FxHashMap<u32, f32> = FxHashMap::default();
    let mut total = 0.0;
    for &witness in witnesses {
        let Site { history, alone, .. } = &sites[witness];
        let count = history.length(HistoryField::Commit as usize);
        let worth = alone * alone / (count + COMMITS_PRIOR);
        total += alone * alone;
        of_witness.insert(witness, worth);
        for commit in commits(history) {
            *of_commit.entry(commit).or_default() += worth;
        }
    }
    if of_commit.is_empty() || total <= 0.0 {
        return;
    }
    for (at, site) in sites.iter().enumerate() {
        let own = of_witness.get(&at).copied().unwrap_or(0.0);
        let shared = commits(&site.history).filter_map(|commit| of_commit.get(&commit));
        neighbours[at].changes = shared.map(|worth| worth - own).sum::<f32>() / total;
    }
}

fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..end])
}

/// The commits that a history's record holds.
fn commits<'r>(history: &Record<'r>) -> impl Iterator<Item = u32> + 'r {
    let is_commit = |levels: Levels| levels.is_in(HistoryField::Commit as usize);
    history.entries().filter(move |&(_, levels)| is_commit(levels)).map(|(hash, _)| hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RecordBuilder;

    /// The record of a history with these commits, and words that are like them.
    fn history(commits: &[u32]) -> Vec<u8> {
        let mut record = RecordBuilder::default();
        for &commit in commits {
            record.add(commit, HistoryField::Commit as usize, true);
            record.add(7, HistoryField::Message as usize, true);
        }
        record.finish()
    }

    /// Files as path, commits, relevance alone; and what is expected of folder and changes.
    fn check(files: &[(&str, &[u32], f32)], expected: &[(f32, f32)]) {
        let histories: Vec<Vec<u8>> = files.iter().map(|file| history(file.1)).collect();
        let sites: Vec<Site<'_>> = files
            .iter()
            .zip(&histories)
            .map(|(&(path, _, alone), history)| Site { path, history: Record::new(history), alone })
            .collect();
        let found = of(&sites);
        assert_eq!(found.len(), expected.len());
        for (neighbours, (folder, changes)) in found.iter().zip(expected) {
            let off = (neighbours.folder - folder).abs().max((neighbours.changes - changes).abs());
            assert!(off < 1e-5, "{found:?}");
        }
    }

    #[test]
    fn the_best_others_of_a_folder_count() {
        let files: [(&str, &[u32], f32); 6] = [
            ("a/1", &[], 0.8),
            ("a/2", &[], 0.3),
            ("a/3", &[], 0.2),
            ("a/4", &[], 0.1),
            ("a/b/5", &[], 1.0),
            ("6", &[], 1.0),
        ];
        let thirds = [0.6, 1.1, 1.2, 1.3, 0.0, 0.0].map(|sum| (sum / 3.0, 0.0));
        check(&files, &thirds);
    }

    #[test]
    fn shared_commits_count_by_the_witness() {
        let files = |second| -> [(&str, &[u32], f32); 3] {
            [("a/1", &[10, 20], 0.5), ("b/2", &[20, 30], second), ("c/3", &[40], 0.0)]
        };
        // One witness: of its two commits and two that are thought, one is shared.
        check(&files(0.0), &[(0.0, 0.0), (0.0, 0.25), (0.0, 0.0)]);
        // Two: each is judged by the other, whose weight is half of all.
        check(&files(0.5), &[(0.0, 0.125), (0.0, 0.125), (0.0, 0.0)]);
    }

    #[test]
    fn nothing_relevant_and_no_history_say_nothing() {
        check(&[("a/1", &[2], 0.0), ("b/2", &[2], 0.0)], &[(0.0, 0.0); 2]);
        check(&[("a/1", &[], 1.0), ("b/2", &[], 0.5)], &[(0.0, 0.0); 2]);
        check(&[], &[]);
    }
}
