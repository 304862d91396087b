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

use crate::multiplier::Multiplier;

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
    /// Makes an empty cluster.
    pub fn new(index: u32) -> Self {
        let node = Node { member: 0, message: Multiplier::default(), inside: 0, is_on: false };
        Self {
            index,
            count: 0,
            nodes: [node; NODES_MAX],
            bonds: Vec::with_capacity(NODES_MAX * (NODES_MAX - 1) / 2),
            sums: Vec::with_capacity(1 << NODES_MAX),
        }
    }

    /// Returns the nodes in use.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes[..self.count as usize]
    }

    /// Returns the place of a member among the nodes.
    pub fn place_of(&self, member: u32) -> Option<usize> {
        self.nodes().iter().position(|node| node.member == member)
    }

    /// Adds up the bonds inside each joint choice, once all nodes and bonds are there.
    pub fn tabulate(&mut self) {
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
