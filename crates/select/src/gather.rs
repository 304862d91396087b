//! Gathering the pairs of a frame into clusters.
//!
//! The heaviest pair that is left starts a cluster; then the candidate with the most weight of
//! unused pairs to the cluster joins, until the cluster is full. Its pairs are taken if they close
//! a cycle: on a tree, single pairs bound just as well. The messages start as the shares that the
//! pairs had, so that the bound starts where it was.

use crate::cluster::{Bond, Cluster, NODES_MAX};
use crate::frame::Frame;

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
