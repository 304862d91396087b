//! Authority: how much of the code leans on a file, from who mentions whose names.
//!
//! # The graph
//!
//! Files are nodes. A file *A* that mentions a name which a file *B* ≠ *A* defines gives an edge
//! from *A* to *B*. A name that is defined in *d* files says only with 1/*d* which of them is
//! meant, and one that *m* of *N* files mention says little about each, so the edge weighs
//! ```text
//! Σ over such names   ln(1 + N / m) / d
//! ```
//! Names that more than [`DEFINERS_MAX`] files define (`new`, `main`, `get`) are left out. How
//! often a file mentions a name does not count: a loop is not a stronger vote than a line.
//!
//! # The rank
//!
//! The weight of the votes is spread as in `PageRank`: each file passes its rank on along its edges
//! in proportion to their weights; what files without edges hold, and the share 1 − [`DAMPING`] of
//! all, is spread evenly. [`ITERATIONS`] rounds from an even start bring the change below what can
//! be seen in the result.
//!
//! # The scale
//!
//! Ranks are spread over several orders of magnitude, so authority is where a rank stands on a
//! logarithmic scale between the least and the greatest one:
//! `ln(rank / least) / ln(greatest / least)`, in [0,1]; 0 for all if all are equal.
//!
//! # Determinism
//!
//! All sums are formed in the order in which the files are given (by path), so the result depends
//! on the files alone.
//!
//! # Source
//!
//! Page, Brin, Motwani and Winograd, "The `PageRank` Citation Ranking: Bringing Order to the Web",
//! Stanford `InfoLab` 1999-66, §2.

use crate::store::Rank;

/// A name that more files define than this does not tell which one is meant.
const DEFINERS_MAX: usize = 8;
/// The share of a file's rank that follows its edges.
const DAMPING: f64 = 0.85;
/// 0.85²⁰ ≈ 0.04 of the first error remains, on a scale of several orders of magnitude.
const ITERATIONS: usize = 20;

/// The names of one file as hashes, each list rising.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileNames {
    /// The names that it defines.
    pub defined: Vec<u32>,
    /// The names that it mentions.
    pub mentioned: Vec<u32>,
}

/// The rank of each file, in the order of `files`, which decides the order of sums.
pub fn ranks(files: &[FileNames]) -> Vec<Rank> {
    let graph = Graph::of(files);
    let scores = graph.spread();
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = scores.iter().copied().fold(0.0, f64::max);
    let range = (greatest / least).ln();
    let authority = |score: f64| if range <= 1e-9 { 0.0 } else { (score / least).ln() / range };
    let ranks = scores.iter().zip(&graph.mentions);
    ranks
        .map(|(&score, &mentions)| Rank {
            authority: authority(score).clamp(0.0, 1.0) as f32,
            mentions: mentions.min(u32::from(u16::MAX)) as u16,
        })
        .collect()
}

/// Edges by their source, in rows: those of file `n` are `targets[starts[n]..starts[n + 1]]`.
struct Graph {
    starts: Vec<u32>,
    /// The target of each edge and its share of the source's weight.
    edges: Vec<(u32, f32)>,
    /// The number of other files that mention a name which the file defines.
    mentions: Vec<u32>,
}

impl Graph {
    fn of(files: &[FileNames]) -> Self {
        let definers = Definers::of(files);
        let mut graph = Self { starts: vec![0], edges: Vec::new(), mentions: vec![0; files.len()] };
        let mut weights = vec![0.0_f64; files.len()];
        let mut targets: Vec<u32> = Vec::new();
        for (source, file) in files.iter().enumerate() {
            for &name in &file.mentioned {
                let Some(number) = definers.find(name) else { continue };
                let weight = definers.weights[number];
                for &target in definers.files_of(number) {
                    if target as usize == source {
                        continue;
                    }
                    if weights[target as usize] == 0.0 {
                        targets.push(target);
                    }
                    weights[target as usize] += weight;
                }
            }
            targets.sort_unstable();
            let sum: f64 = targets.iter().map(|&target| weights[target as usize]).sum();
            for target in targets.drain(..) {
                let weight = std::mem::take(&mut weights[target as usize]);
                graph.edges.push((target, (weight / sum) as f32));
                graph.mentions[target as usize] += 1;
            }
            graph.starts.push(graph.edges.len() as u32);
        }
        graph
    }

    /// The ranks, summing to 1.
    fn spread(&self) -> Vec<f64> {
        let files = self.mentions.len();
        let even = 1.0 / files.max(1) as f64;
        let mut ranks = vec![even; files];
        for _ in 0..ITERATIONS {
            let mut next = vec![0.0; files];
            let mut idle = 0.0;
            for (source, &rank) in ranks.iter().enumerate() {
                let edges = self.starts[source] as usize..self.starts[source + 1] as usize;
                if edges.is_empty() {
                    idle += rank;
                }
                for &(target, share) in &self.edges[edges] {
                    next[target as usize] += rank * f64::from(share);
                }
            }
            let base = (1.0 - DAMPING) * even + DAMPING * idle * even;
            for rank in &mut next {
                *rank = base + DAMPING * *rank;
            }
            ranks = next;
        }
        ranks
    }
}

/// Which files define a name, for the names that few define.
struct Definers {
    names: Vec<u32>,
    starts: Vec<u32>,
    files: Vec<u32>,
    /// What one mention of each name weighs for each of its definers.
    weights: Vec<f64>,
}

impl Definers {
    fn of(files: &[FileNames]) -> Self {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (number, file) in files.iter().enumerate() {
            pairs.extend(file.defined.iter().map(|&name| (name, number as u32)));
        }
        pairs.sort_unstable();
        let mut definers =
            Self { names: Vec::new(), starts: vec![0], files: Vec::new(), weights: Vec::new() };
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            if same.len() <= DEFINERS_MAX {
                definers.names.push(same[0].0);
                definers.files.extend(same.iter().map(|&(_, file)| file));
                definers.starts.push(definers.files.len() as u32);
            }
        }
        let mut mentioners = vec![0_u32; definers.names.len()];
        for name in files.iter().flat_map(|file| &file.mentioned) {
            if let Some(number) = definers.find(*name) {
                mentioners[number] += 1;
            }
        }
        let weight = |(number, &mentioners): (usize, &u32)| {
            let count = definers.files_of(number).len() as f64;
            (1.0 + files.len() as f64 / f64::from(mentioners.max(1))).ln() / count
        };
        definers.weights = mentioners.iter().enumerate().map(weight).collect();
        definers
    }

    fn find(&self, name: u32) -> Option<usize> {
        self.names.binary_search(&name).ok()
    }

    fn files_of(&self, number: usize) -> &[u32] {
        &self.files[self.starts[number] as usize..self.starts[number + 1] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::btree_set;
    use proptest::prelude::*;

    fn file(defined: &[u32], mentioned: &[u32]) -> FileNames {
        FileNames { defined: defined.to_vec(), mentioned: mentioned.to_vec() }
    }

    fn check(files: &[FileNames], order: &[usize], mentions: &[u16]) {
        let ranks = ranks(files);
        let found: Vec<u16> = ranks.iter().map(|rank| rank.mentions).collect();
        assert_eq!(found, mentions);
        let mut by_authority: Vec<usize> = (0..files.len()).collect();
        by_authority.sort_by(|&a, &b| ranks[b].authority.total_cmp(&ranks[a].authority));
        assert_eq!(by_authority, order, "{ranks:?}");
    }

    #[test]
    fn what_is_mentioned_leads() {
        // 0 is used by 1 and 2; 1 is used by 2 and 3; nothing uses 2 and 3.
        let files = [file(&[10], &[]), file(&[11], &[10]), file(&[], &[10, 11]), file(&[], &[11])];
        check(&files, &[0, 1, 2, 3], &[2, 2, 0, 0]);
    }

    #[test]
    fn own_names_and_common_names_are_no_votes() {
        let alone = [file(&[1], &[1]), file(&[2], &[2])];
        check(&alone, &[0, 1], &[0, 0]);
        let common: Vec<FileNames> = (0..9).map(|_| file(&[7], &[7])).collect();
        assert!(ranks(&common).iter().all(|rank| *rank == Rank::default()));
    }

    #[test]
    fn authority_reaches_from_zero_to_one() {
        let files = [file(&[10], &[]), file(&[], &[10]), file(&[], &[10])];
        let ranks = ranks(&files);
        assert_eq!(ranks[0].authority.to_bits(), 1.0_f32.to_bits());
        assert_eq!(ranks[1].authority.to_bits(), 0.0_f32.to_bits());
        assert!(super::ranks(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn ranks_sum_to_one_and_authority_stays_in_range(
            files in prop::collection::vec(
                (btree_set(0_u32..12, 0..4), btree_set(0_u32..12, 0..6)),
                1..12,
            ),
        ) {
            let files: Vec<FileNames> = files
                .into_iter()
                .map(|(defined, mentioned)| FileNames {
                    defined: defined.into_iter().collect(),
                    mentioned: mentioned.into_iter().collect(),
                })
                .collect();
            let sum: f64 = Graph::of(&files).spread().iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-6, "{}", sum);
            prop_assert!(ranks(&files).iter().all(|rank| (0.0..=1.0).contains(&rank.authority)));
        }
    }
}
