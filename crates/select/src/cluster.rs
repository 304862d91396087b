//! Clusters: small sets of candidates whose pairs are bounded together.
//!
//! A pair on its own is bounded as if its two ends could choose half-heartedly: with every
//! candidate "half taken", no negative pair costs anything and every positive one pays half. Around
//! a cycle with an odd number of negative pairs that is worse than any real choice. A cluster takes
//! up to [`NODES_MAX`] candidates with the pairs between them and looks at all their joint choices:
//! ```text
//!   sum of pairs inside  <=  - sum of m_i x_i  +  max over y in {0,1}^k of ( sum of m_i y_i
//!                                                 + sum of v_ij y_i y_j )
//! ```
//! for any messages `m`: each candidate pays its message, and the cluster's own copy of the choice
//! receives it. This is the decomposition bound of pairwise models by overlapping subproblems
//! (Wainwright, Jaakkola, Willsky, IEEE Transactions on Information Theory 51, 2005; with cycles,
//! Sontag et al., UAI 2008). Each pair is in at most one cluster, so a cluster replaces the shares
//! of its pairs, and with the messages made of those shares the bound starts where it was.
//!
//! When a candidate of a cluster is decided in, its pairs stay with the cluster, as an extra to the
//! messages of the others; when it is out, they are gone. With one candidate left, the cluster is
//! dissolved.

use crate::frame::{Frame, Multiplier};

/// The most candidates of a cluster; it has two to the power of this many joint choices.
pub(crate) const NODES_MAX: usize = 10;

/// A candidate of a cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// Place among the frame's members.
    pub member: u32,
    pub message: Multiplier,
    /// The values of its pairs inside the cluster with candidates that are in.
    pub inside: i64,
    /// Whether the cluster's best choice has it.
    pub is_on: bool,
}

/// A pair inside a cluster; its ends are places among the cluster's nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bond {
    pub a: u8,
    pub b: u8,
    pub pair: u32,
    pub value: i64,
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub index: u32,
    pub count: u8,
    pub nodes: [Node; NODES_MAX],
    pub bonds: Vec<Bond>,
    /// The sum of the bonds inside each joint choice.
    sums: Vec<i64>,
}

impl Cluster {
    fn new(index: u32) -> Self {
        let node = Node { member: 0, message: Multiplier::default(), inside: 0, is_on: false };
        Self { index, count: 0, nodes: [node; NODES_MAX], bonds: Vec::new(), sums: Vec::new() }
    }

    /// Returns the nodes in use.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes[..self.count as usize]
    }

    fn place_of(&self, member: u32) -> Option<usize> {
        self.nodes().iter().position(|node| node.member == member)
    }

    fn tabulate(&mut self) {
        self.sums.clear();
        self.sums.resize(1 << self.count, 0);
        for bond in &self.bonds {
            let both = (1usize << bond.a) | (1 << bond.b);
            for (choice, sum) in self.sums.iter_mut().enumerate() {
                if choice & both == both {
                    *sum += bond.value;
                }
            }
        }
    }

    /// Returns the value of the best joint choice and marks it.
    pub fn solve(&mut self) -> i64 {
        let mut received = [0i64; 1 << NODES_MAX];
        let (mut best, mut choice) = (0, 0usize);
        let mut width = 1;
        for node in &self.nodes[..self.count as usize] {
            let message = node.message.now + node.inside;
            for place in 0..width {
                received[width + place] = received[place] + message;
            }
            width *= 2;
        }
        for (place, (received, sum)) in received[..width].iter().zip(&self.sums).enumerate() {
            if best < received + sum {
                (best, choice) = (received + sum, place);
            }
        }
        for (place, node) in self.nodes[..self.count as usize].iter_mut().enumerate() {
            node.is_on = choice >> place & 1 == 1;
        }
        best
    }

    /// Makes this the cluster of a derived frame; returns whether anything is left of it.
    ///
    /// `place` says where a member is in the new frame, and `is_in` whether it is now in.
    pub fn derive(
        &mut self,
        parent: &Self,
        place: impl Fn(u32) -> Option<u32>,
        is_in: impl Fn(u32) -> bool,
    ) -> bool {
        self.index = parent.index;
        self.count = 0;
        self.bonds.clear();
        let mut moved = [u8::MAX; NODES_MAX];
        for (old, node) in parent.nodes().iter().enumerate() {
            if let Some(member) = place(node.member) {
                moved[old] = self.count;
                self.nodes[self.count as usize] = Node { member, ..*node };
                self.count += 1;
            }
        }
        if self.count < 2 {
            return false;
        }
        for bond in &parent.bonds {
            let (a, b) = (moved[bond.a as usize], moved[bond.b as usize]);
            if a != u8::MAX && b != u8::MAX {
                self.bonds.push(Bond { a, b, ..*bond });
            } else if a != u8::MAX && is_in(parent.nodes[bond.b as usize].member) {
                self.nodes[a as usize].inside += bond.value;
            } else if b != u8::MAX && is_in(parent.nodes[bond.a as usize].member) {
                self.nodes[b as usize].inside += bond.value;
            }
        }
        self.tabulate();
        true
    }
}

impl Frame {
    /// Gathers the frame's pairs into clusters, heaviest first; pairs on trees stay as they are.
    pub fn gather(&mut self) {
        let count = self.members.len();
        let mut ends: Vec<Vec<(u32, u32)>> = vec![Vec::new(); count];
        for (index, edge) in self.edges.iter().enumerate() {
            ends[edge.a as usize].push((edge.b, index as u32));
            ends[edge.b as usize].push((edge.a, index as u32));
        }
        let mut order: Vec<usize> = (0..self.edges.len()).collect();
        order.sort_by_key(|&index| (-self.edges[index].value.abs(), index));
        let mut is_used = vec![false; self.edges.len()];
        let mut weight = vec![0i64; count];
        for seed in order {
            if is_used[seed] {
                continue;
            }
            let mut cluster = Cluster::new(self.clusters.len() as u32);
            let mut next = Some(self.edges[seed].a);
            while let Some(member) = next {
                cluster.nodes[cluster.count as usize].member = member;
                cluster.count += 1;
                for &(other, edge) in &ends[member as usize] {
                    if !is_used[edge as usize] {
                        weight[other as usize] += self.edges[edge as usize].value.abs();
                    }
                }
                let is_full = cluster.count as usize == NODES_MAX;
                next = (0..count as u32)
                    .filter(|&m| !is_full && 0 < weight[m as usize])
                    .filter(|&m| cluster.place_of(m).is_none())
                    .max_by_key(|&m| (weight[m as usize], std::cmp::Reverse(m)));
            }
            weight.fill(0);
            for place in 0..cluster.count as usize {
                for &(other, edge) in &ends[cluster.nodes[place].member as usize] {
                    let inside = cluster.place_of(other).filter(|&other| place < other);
                    if let Some(other) = inside.filter(|_| !is_used[edge as usize]) {
                        let (a, b) = (place as u8, other as u8);
                        cluster.bonds.push(Bond { a, b, pair: edge, value: 0 });
                    }
                }
            }
            if cluster.bonds.len() < cluster.count as usize {
                is_used[seed] = true;
                continue;
            }
            self.adopt(&mut cluster, &mut is_used);
            self.clusters.push(cluster);
        }
        let clustered: Vec<bool> = {
            let mut clustered = vec![false; self.edges.len()];
            let pairs: std::collections::BTreeSet<u32> = self
                .clusters
                .iter()
                .flat_map(|cluster| cluster.bonds.iter().map(|bond| bond.pair))
                .collect();
            for (edge, is_clustered) in self.edges.iter().zip(&mut clustered) {
                *is_clustered = pairs.contains(&edge.pair);
            }
            clustered
        };
        let mut keep = clustered.iter().map(|is_clustered| !is_clustered);
        self.edges.retain(|_| keep.next().expect("there is a flag for each edge"));
    }

    /// Turns the shares of a cluster's pairs into messages.
    fn adopt(&self, cluster: &mut Cluster, is_used: &mut [bool]) {
        for bond in &mut cluster.bonds {
            let index = bond.pair as usize;
            is_used[index] = true;
            let edge = &self.edges[index];
            (bond.pair, bond.value) = (edge.pair, edge.value);
            for place in [bond.a, bond.b] {
                let node = &mut cluster.nodes[place as usize];
                let share = edge.multiplier.now;
                node.message.now += match (0 < edge.value, node.member == edge.a) {
                    (true, true) => -share,
                    (true, false) => share - edge.value,
                    (false, _) => share,
                };
            }
        }
        cluster.tabulate();
    }
}
