//! Replaying a branch record: each claim of a step is recomputed.
//!
//! # The bound
//! At any point of the replay each candidate is in, out or open. For multipliers `s >= 0` (the
//! registers) the objective of every set that agrees with the decisions, times its own multiplier,
//! is at most
//! ```text
//!   sum over groups of the best choice of open members of
//!       weighted utilities (chosen members of the group hold their ranks) + profits
//! + what is decided + price * room + count_price * count_room + ...
//! ```
//! where the profit of an open candidate is what it gains with the candidates that are in, less
//! `price * cost`, less its part of a header, plus its part of each pair with an open candidate:
//! `s` and `value - s` of a positive pair, `-s` each of a negative one (and the bound pays `s`
//! back) unless a cluster bounds it with others, and `s` from the candidate that has a need to the
//! one that is needed. The modules `relaxation` and `cluster` say why. Multipliers out of range are
//! rejected, not repaired.
//!
//! # What follows
//! A forced decision must follow from the decisions by a need, by budget or caps, or because one
//! candidate dominates the other (module `dominance`; only without bounds of the style).

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckError, Claim};
use crate::problem::{ONE_THOUSANDTHS, Pair, Problem, next_weight};
use crate::step::{Register, Step};
use crate::style::Measure;
use crate::work::Work;

/// Headers are shared out in these parts.
const SHARES: i128 = 4096;
/// The most open candidates that a cluster may have.
const CLUSTER_MAX: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open,
    In,
    Out,
}

/// The state of a replay.
pub(super) struct Replay<'a> {
    problem: &'a Problem,
    claim: &'a Claim,
    upper_bound: i128,
    marks: Vec<Mark>,
    trail: Vec<usize>,
    registers: BTreeMap<Register, i64>,
    /// For each branch whose other side is left: how long the trail was, and the other decision.
    pending: Vec<(usize, usize, Mark)>,
    is_contradicted: bool,
    /// Pairs of each cluster, and the pairs that are in any.
    clusters: BTreeMap<u32, Vec<usize>>,
    joined: BTreeSet<usize>,
    /// Members of each group, the most useful first.
    members: Vec<Vec<usize>>,
    /// The document of a group whose members all share one.
    home: Vec<Option<u32>>,
    is_modular: Vec<bool>,
    pairs_of: Vec<BTreeMap<usize, i64>>,
    is_bound: BTreeSet<usize>,
    /// Whether a candidate dominates another, by `strong * candidates + weak`; made when needed.
    dominance: Vec<bool>,
    work: Work,
}

fn mark_of(is_in: bool) -> Mark {
    if is_in { Mark::In } else { Mark::Out }
}

impl<'a> Replay<'a> {
    /// Starts with what the claim's problem pins and excludes left open.
    pub fn new(problem: &'a Problem, claim: &'a Claim, upper_bound: i64) -> Self {
        let mut members = vec![Vec::new(); problem.groups.len()];
        for (index, item) in problem.items.iter().enumerate() {
            members[item.group as usize].push(index);
        }
        let mut home = Vec::new();
        for group in &mut members {
            group.sort_by_key(|&i| (std::cmp::Reverse(problem.items[i].utility), i));
            let documents: BTreeSet<u32> =
                group.iter().map(|&i| problem.items[i].document).collect();
            home.push(documents.first().copied().filter(|_| documents.len() == 1));
        }
        let mut pairs_of = vec![BTreeMap::new(); problem.items.len()];
        for pair in problem.pairs.iter().filter(|pair| claim.objective.counts(pair.value)) {
            pairs_of[pair.a].insert(pair.b, pair.value);
            pairs_of[pair.b].insert(pair.a, pair.value);
        }
        let implied = problem.implied.iter().flat_map(|need| [need.item, need.needs]);
        let wishes = problem.pinned.iter().chain(&problem.excluded).copied();
        Self {
            problem,
            claim,
            upper_bound: i128::from(upper_bound),
            marks: vec![Mark::Open; problem.items.len()],
            trail: Vec::new(),
            registers: BTreeMap::new(),
            pending: Vec::new(),
            is_contradicted: false,
            clusters: BTreeMap::new(),
            joined: BTreeSet::new(),
            members,
            home,
            is_modular: problem
                .groups
                .iter()
                .map(|group| group.gamma_thousandths == ONE_THOUSANDTHS)
                .collect(),
            pairs_of,
            is_bound: implied.chain(wishes).collect(),
            dominance: Vec::new(),
            work: Work::new(problem, claim.bounds.len() + 1),
        }
    }

    /// Replays all steps of the record of a proof.
    ///
    /// # Errors
    /// The first step that does not hold, or that the record ends too early or is too much work.
    pub fn run(mut self, proof: usize, steps: &[Step]) -> Result<(), CheckError> {
        for &item in &self.problem.pinned {
            self.decide(item, Mark::In);
        }
        for &item in &self.problem.excluded {
            self.decide(item, Mark::Out);
        }
        let mut is_done = false;
        for (step, &action) in steps.iter().enumerate() {
            if is_done {
                let reason = "the record goes on after its end";
                return Err(CheckError::Step { proof, step, reason });
            }
            let clusters = self.cluster_work(action);
            if !self.work.add(action, clusters) {
                return Err(CheckError::TooMuchWork { proof });
            }
            is_done =
                self.step(action).map_err(|reason| CheckError::Step { proof, step, reason })?;
        }
        if is_done { Ok(()) } else { Err(CheckError::Unfinished { proof }) }
    }

    /// What the clusters add to the work of the bound that a step makes necessary.
    fn cluster_work(&self, step: Step) -> u64 {
        let needs_bound = match step {
            Step::Fix { .. } => !self.is_contradicted,
            Step::Close => !self.is_contradicted && !self.breaks_limit(),
            _ => false,
        };
        let clusters = self.clusters.values().filter(|_| needs_bound);
        clusters.map(|pairs| Work::of_cluster(self.open_ends(pairs).len())).sum()
    }

    /// The candidates of a cluster's pairs that are open.
    fn open_ends(&self, pairs: &[usize]) -> BTreeSet<usize> {
        let ends = pairs.iter().map(|&pair| &self.problem.pairs[pair]);
        let ends = ends.flat_map(|pair| [pair.a, pair.b]);
        ends.filter(|&item| self.marks[item] == Mark::Open).collect()
    }

    /// Replays one step; returns whether the record is complete with it.
    fn step(&mut self, step: Step) -> Result<bool, &'static str> {
        match step {
            Step::Set(register, value) => {
                let least = match register {
                    Register::Message { .. } => i64::MIN,
                    Register::Objective => 1,
                    _ => 0,
                };
                if value < least {
                    return Err(
                        "a multiplier is negative, or that of the objective is not positive",
                    );
                }
                self.registers.insert(register, value);
            }
            Step::Join { pair, cluster } => {
                let is_known = (pair as usize) < self.problem.pairs.len();
                if !is_known || !self.joined.insert(pair as usize) {
                    return Err("a pair does not exist or is in two clusters");
                }
                self.clusters.entry(cluster).or_default().push(pair as usize);
            }
            Step::Fix { item, is_in } => {
                let item = self.known(item)?;
                if self.marks[item] != Mark::Open {
                    return Err("a decided candidate is fixed");
                }
                if !self.is_contradicted {
                    let point = self.trail.len();
                    self.decide(item, mark_of(!is_in));
                    let is_away = self.breaks_limit() || self.is_bounded()?;
                    self.undo(point);
                    if !is_away {
                        return Err("the other decision is not bounded away");
                    }
                }
                self.decide(item, mark_of(is_in));
            }
            Step::Force { item, is_in } => {
                let item = self.known(item)?;
                if !self.follows(item, mark_of(is_in)) {
                    return Err("the decision does not follow");
                }
                self.decide(item, mark_of(is_in));
            }
            Step::Branch { item, is_in } => {
                let item = self.known(item)?;
                if self.marks[item] != Mark::Open {
                    return Err("a decided candidate is branched on");
                }
                self.pending.push((self.trail.len(), item, mark_of(!is_in)));
                self.decide(item, mark_of(is_in));
            }
            Step::Close => {
                if !(self.is_contradicted || self.breaks_limit() || self.is_bounded()?) {
                    return Err("the closed node is not bounded");
                }
                let Some((point, item, mark)) = self.pending.pop() else { return Ok(true) };
                self.undo(point);
                self.decide(item, mark);
            }
        }
        Ok(false)
    }

    fn known(&self, item: u32) -> Result<usize, &'static str> {
        let item = item as usize;
        if item < self.marks.len() { Ok(item) } else { Err("there is no such candidate") }
    }

    fn decide(&mut self, item: usize, mark: Mark) {
        if self.marks[item] == Mark::Open {
            self.marks[item] = mark;
            self.trail.push(item);
        } else if self.marks[item] != mark {
            self.is_contradicted = true;
        }
    }

    fn undo(&mut self, point: usize) {
        for item in self.trail.drain(point..) {
            self.marks[item] = Mark::Open;
        }
        self.is_contradicted = false;
    }

    fn chosen(&self) -> Vec<usize> {
        (0..self.marks.len()).filter(|&item| self.marks[item] == Mark::In).collect()
    }

    /// Whether what is in breaks budget or caps.
    fn breaks_limit(&self) -> bool {
        let limits = &self.problem.limits;
        let chosen = self.chosen();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for &item in &chosen {
            *counts.entry(self.problem.items[item].document).or_default() += 1;
        }
        u64::from(limits.budget) < self.problem.cost(&chosen)
            || limits.count_max.is_some_and(|most| (most as usize) < chosen.len())
            || limits.per_document_max.is_some_and(|most| counts.values().any(|&n| most < n))
    }

    fn follows(&mut self, item: usize, mark: Mark) -> bool {
        if self.is_contradicted {
            return true;
        }
        let marks = &self.marks;
        let by_need = self.problem.implied.iter().any(|need| match mark {
            Mark::In => need.needs == item && marks[need.item] == Mark::In,
            _ => need.item == item && marks[need.needs] == Mark::Out,
        });
        if by_need {
            return true;
        }
        if mark == Mark::Out && self.marks[item] == Mark::Open {
            let point = self.trail.len();
            let was_contradicted = self.is_contradicted;
            self.decide(item, Mark::In);
            let breaks = self.breaks_limit();
            self.undo(point);
            self.is_contradicted = was_contradicted;
            if breaks {
                return true;
            }
        }
        if !self.claim.bounds.is_empty() {
            return false;
        }
        let count = self.marks.len();
        if self.dominance.is_empty() {
            let all = (0..count).flat_map(|strong| (0..count).map(move |weak| (strong, weak)));
            self.dominance = all.map(|(strong, weak)| self.dominates(strong, weak)).collect();
        }
        (0..count).any(|other| match mark {
            Mark::In => self.marks[other] == Mark::In && self.dominance[item * count + other],
            _ => self.marks[other] == Mark::Out && self.dominance[other * count + item],
        })
    }

    /// Whether `strong` may always stand in for `weak`, and comes first in the fixed order.
    fn dominates(&self, strong: usize, weak: usize) -> bool {
        if strong == weak || self.is_bound.contains(&strong) || self.is_bound.contains(&weak) {
            return false;
        }
        let (left, right) = (&self.problem.items[strong], &self.problem.items[weak]);
        let worth = |item: usize| {
            let measure = &self.claim.objective;
            let utility = if measure.utility { self.problem.items[item].utility } else { 0 };
            (i64::from(utility), measure.values.get(item).copied().unwrap_or(0))
        };
        let ((utility, value), (other_utility, other_value)) = (worth(strong), worth(weak));
        let group = left.group as usize;
        let ranks_first = self.is_modular[group] || self.members[group].len() == 1;
        let limits = &self.problem.limits;
        let by_document = 0 < limits.document_overhead || limits.per_document_max.is_some();
        let pair = |item: usize, third: usize| self.pairs_of[item].get(&third).copied();
        let thirds = self.pairs_of[strong].keys().chain(self.pairs_of[weak].keys());
        let mut thirds = thirds.filter(|&&third| third != strong && third != weak);
        let sum = |item: usize| self.pairs_of[item].values().sum::<i64>();
        let place = |item: usize, (utility, value): (i64, i64)| {
            (-utility, self.problem.items[item].cost, -value, -sum(item), item)
        };
        other_utility <= utility
            && other_value <= value
            && left.cost <= right.cost
            && (left.group == right.group || ranks_first)
            && (left.document == right.document || !by_document)
            && thirds
                .all(|&third| pair(weak, third).unwrap_or(0) <= pair(strong, third).unwrap_or(0))
            && place(strong, (utility, value)) < place(weak, (other_utility, other_value))
    }

    /// Whether no set under the present decisions exceeds the claimed upper bound.
    fn is_bounded(&self) -> Result<bool, &'static str> {
        if self.marks.iter().all(|&mark| mark != Mark::Open) {
            let chosen = self.chosen();
            let bounds = &self.claim.bounds;
            let meets = bounds.iter().all(|b| b.at_least <= b.measure.of(self.problem, &chosen));
            let objective = i128::from(self.claim.objective.of(self.problem, &chosen));
            if !meets || objective <= self.upper_bound {
                return Ok(true);
            }
        }
        Ok(self.bound()?.div_euclid(self.scale()) <= self.upper_bound)
    }

    /// The multiplier of the objective.
    fn scale(&self) -> i128 {
        i128::from(self.registers.get(&Register::Objective).copied().unwrap_or(1))
    }

    fn register(&self, register: Register) -> i128 {
        i128::from(self.registers.get(&register).copied().unwrap_or(0))
    }

    /// The rows with their multipliers, the objective first.
    fn rows(&self) -> Vec<(i128, &Measure)> {
        let bounds = self.claim.bounds.iter().enumerate();
        let bounds = bounds.map(|(i, b)| (self.register(Register::Bound(i as u32)), &b.measure));
        std::iter::once((self.scale(), &self.claim.objective)).chain(bounds).collect()
    }

    /// The bound of the module essay, in units of one over the objective's multiplier.
    fn bound(&self) -> Result<i128, &'static str> {
        let (problem, limits) = (self.problem, &self.problem.limits);
        let rows = self.rows();
        let price = self.register(Register::Price);
        let chosen = self.chosen();
        let cost = i128::from(problem.cost(&chosen));
        let mut bound = price * (i128::from(limits.budget) - cost);
        let mut profits = vec![0i128; problem.items.len()];
        for (index, claim) in self.claim.bounds.iter().enumerate() {
            bound -= self.register(Register::Bound(index as u32)) * i128::from(claim.at_least);
        }
        for (index, item) in problem.items.iter().enumerate() {
            let values = rows.iter().map(|(multiplier, measure)| {
                multiplier * i128::from(measure.values.get(index).copied().unwrap_or(0)) * 1000
            });
            match self.marks[index] {
                Mark::In => bound += values.sum::<i128>(),
                _ => profits[index] = values.sum::<i128>() - price * i128::from(item.cost),
            }
        }
        if let Some(most) = limits.count_max {
            let charge = self.register(Register::CountPrice);
            bound += charge * (i128::from(most) - chosen.len() as i128);
            for profit in &mut profits {
                *profit -= charge;
            }
        }
        self.charge_documents(&chosen, &mut bound, &mut profits);
        let mut bounded: BTreeSet<usize> = BTreeSet::new();
        for (&cluster, pairs) in &self.clusters {
            let charged = (rows.as_slice(), &mut bound, profits.as_mut_slice());
            if self.charge_cluster(cluster, pairs, charged)? {
                bounded.extend(pairs);
            }
        }
        for (index, pair) in problem.pairs.iter().enumerate() {
            let is_inside = [pair.a, pair.b].iter().all(|&end| self.marks[end] == Mark::In);
            if bounded.contains(&index) && !is_inside {
                continue;
            }
            self.charge_pair(index, pair, (&rows, &mut bound, &mut profits))?;
        }
        for (index, need) in problem.implied.iter().enumerate() {
            let charge = self.register(Register::Need(index as u32));
            if need.item == need.needs {
                continue;
            }
            // Where one end is decided so that the need is met, there is nothing to charge; where
            // the other end is about to follow, the charge is what keeps the bound low.
            match (self.marks[need.item], self.marks[need.needs]) {
                (Mark::Open, Mark::Open) => {
                    profits[need.item] -= charge;
                    profits[need.needs] += charge;
                }
                (Mark::In, Mark::Open) => {
                    profits[need.needs] += charge;
                    bound -= charge;
                }
                (Mark::Open, Mark::Out) => profits[need.item] -= charge,
                (Mark::In, Mark::Out) => bound -= charge,
                _ => {}
            }
        }
        let factor = rows.iter().filter(|(_, m)| m.utility).map(|(multiplier, _)| multiplier).sum();
        let paid = self.paid_headers(&chosen)?;
        for group in 0..problem.groups.len() {
            bound += self.best_of_group(group, factor, (&profits, &paid))?;
        }
        Ok(bound)
    }

    /// Charges the open candidates of a cluster, and adds its best joint choice to the bound.
    ///
    /// Returns whether it did: with fewer than two open candidates it is dissolved.
    fn charge_cluster(
        &self,
        cluster: u32,
        pairs: &[usize],
        (rows, bound, profits): (&[(i128, &Measure)], &mut i128, &mut [i128]),
    ) -> Result<bool, &'static str> {
        let open: Vec<usize> = self.open_ends(pairs).into_iter().collect();
        if open.len() < 2 {
            return Ok(false);
        }
        if CLUSTER_MAX < open.len() {
            return Err("a cluster is too large");
        }
        let bit = |item: usize| open.binary_search(&item).ok();
        // What each node receives alone, and what two nodes add together.
        let mut alone = vec![0i128; open.len()];
        let mut both = vec![vec![0i128; open.len()]; open.len()];
        for (place, &item) in open.iter().enumerate() {
            alone[place] = self.register(Register::Message { cluster, item: item as u32 });
            profits[item] -= alone[place];
        }
        for pair in pairs.iter().map(|&pair| &self.problem.pairs[pair]) {
            let value = Self::pair_value(pair, rows);
            let is_in = |item: usize| self.marks[item] == Mark::In;
            match (bit(pair.a), bit(pair.b)) {
                (Some(a), Some(b)) => both[a.max(b)][a.min(b)] += value,
                (Some(a), None) if is_in(pair.b) => alone[a] += value,
                (None, Some(b)) if is_in(pair.a) => alone[b] += value,
                _ => {}
            }
        }
        // The value of a choice is that of the choice without its highest node, and what that adds.
        let mut values = vec![0i128];
        for (node, alone) in alone.iter().enumerate() {
            for choice in 0..1usize << node {
                let others = (0..node).filter(|other| choice >> other & 1 == 1);
                let added: i128 = others.map(|other| both[node][other]).sum();
                values.push(values[choice] + alone + added);
            }
        }
        *bound += values.into_iter().max().unwrap_or(0);
        Ok(true)
    }

    /// What a pair adds under the multipliers of the rows.
    fn pair_value(pair: &Pair, rows: &[(i128, &Measure)]) -> i128 {
        let counting = rows.iter().filter(|(_, measure)| measure.counts(pair.value));
        counting.map(|(multiplier, _)| multiplier).sum::<i128>() * i128::from(pair.value) * 1000
    }

    fn charge_pair(
        &self,
        index: usize,
        pair: &Pair,
        (rows, bound, profits): (&[(i128, &Measure)], &mut i128, &mut [i128]),
    ) -> Result<(), &'static str> {
        let value = Self::pair_value(pair, rows);
        match (self.marks[pair.a], self.marks[pair.b]) {
            (Mark::In, Mark::In) => *bound += value,
            (Mark::In, Mark::Open) => profits[pair.b] += value,
            (Mark::Open, Mark::In) => profits[pair.a] += value,
            (Mark::Open, Mark::Open) => {
                let share = self.register(Register::Pair(index as u32));
                if value.abs() < share {
                    return Err("a pair's share is over its value");
                }
                if 0 < value {
                    profits[pair.a] += share;
                    profits[pair.b] += value - share;
                } else {
                    profits[pair.a] -= share;
                    profits[pair.b] -= share;
                    *bound += share;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Charges open candidates for caps on their documents.
    fn charge_documents(&self, chosen: &[usize], bound: &mut i128, profits: &mut [i128]) {
        let Some(most) = self.problem.limits.per_document_max else { return };
        let document = |item: usize| self.problem.items[item].document;
        let open = (0..self.marks.len()).filter(|&item| self.marks[item] == Mark::Open);
        let mut rooms: BTreeMap<u32, i128> = BTreeMap::new();
        for item in open {
            rooms.entry(document(item)).or_insert(i128::from(most));
            profits[item] -= self.register(Register::DocumentPrice(document(item)));
        }
        for &item in chosen {
            rooms.entry(document(item)).and_modify(|room| *room -= 1);
        }
        for (document, room) in rooms {
            *bound += room * self.register(Register::DocumentPrice(document));
        }
    }

    /// The best choice of a group's open members, by a table over how many are chosen.
    fn best_of_group(
        &self,
        group: usize,
        factor: i128,
        (profits, paid): (&[i128], &BTreeSet<u32>),
    ) -> Result<i128, &'static str> {
        let gamma = self.problem.groups[group].gamma_thousandths;
        let header =
            self.register(Register::Price) * i128::from(self.problem.limits.document_overhead);
        let pays_once = self.home[group].is_some() && !self.is_modular[group];
        let mut best: Vec<Option<i128>> = vec![Some(0)];
        let mut weights = vec![ONE_THOUSANDTHS];
        let mut entry = 0;
        for &item in &self.members[group] {
            let mark = self.marks[item];
            if mark == Mark::Out {
                continue;
            }
            let mut profit = 0;
            if mark == Mark::Open {
                profit = profits[item];
                let is_paid = paid.contains(&self.problem.items[item].document);
                let share = if is_paid { 0 } else { self.register(self.payer(item)) };
                if pays_once {
                    entry = header * share / SHARES;
                } else {
                    profit -= header * share / SHARES;
                }
            }
            let utility = factor * i128::from(self.problem.items[item].utility);
            let with = best.iter().zip(&weights).map(|(value, &weight)| {
                value.map(|value| value + i128::from(weight) * utility + profit)
            });
            let with: Vec<Option<i128>> = std::iter::once(None).chain(with).collect();
            if mark == Mark::In {
                best.fill(None);
            }
            best.push(None);
            best = best.into_iter().zip(with).map(|(out, inside)| out.max(inside)).collect();
            let last = weights.last().copied().unwrap_or(0);
            weights.push(next_weight(last, gamma));
        }
        let rest = best[1..].iter().flatten().max().map(|value| value - entry);
        best[0].max(rest).ok_or("a group has no choice")
    }

    /// The documents of which something is in; of the others no more than a header may be shared.
    fn paid_headers(&self, chosen: &[usize]) -> Result<BTreeSet<u32>, &'static str> {
        let document = |item: usize| self.problem.items[item].document;
        let paid: BTreeSet<u32> = chosen.iter().map(|&item| document(item)).collect();
        if self.problem.limits.document_overhead == 0 {
            return Ok(paid);
        }
        let open = (0..self.marks.len()).filter(|&item| self.marks[item] == Mark::Open);
        let unpaid = open.filter(|&item| !paid.contains(&document(item)));
        let payers: BTreeSet<(u32, Register)> =
            unpaid.map(|item| (document(item), self.payer(item))).collect();
        let mut totals: BTreeMap<u32, i128> = BTreeMap::new();
        for (document, payer) in payers {
            *totals.entry(document).or_default() += self.register(payer);
        }
        if totals.values().any(|&total| SHARES < total) {
            return Err("more than a whole header is shared out");
        }
        Ok(paid)
    }

    fn payer(&self, item: usize) -> Register {
        let group = self.problem.items[item].group;
        let is_home = self.home[group as usize].is_some() && !self.is_modular[group as usize];
        if is_home { Register::GroupShare(group) } else { Register::ItemShare(item as u32) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Group, Item, Limits};

    /// Forty candidates, each worth one and paired with the first.
    fn star() -> Problem {
        let item = |group| Item { utility: 1, cost: 1, document: 0, group };
        Problem {
            items: (0..40).map(item).collect(),
            groups: vec![Group { gamma_thousandths: 900 }; 40],
            pairs: (1..40).map(|b| Pair { a: 0, b, value: 1 }).collect(),
            limits: Limits::tokens(40),
            pinned: Vec::new(),
            excluded: Vec::new(),
            implied: Vec::new(),
        }
    }

    fn check(cluster: u32, expected: Option<&CheckError>) {
        let problem = star();
        let claim = Claim { objective: Measure::objective(), bounds: Vec::new() };
        let join = |pair| Step::Join { pair, cluster: 0 };
        let steps: Vec<Step> = (0..cluster).map(join).chain([Step::Close]).collect();
        let found = Replay::new(&problem, &claim, i64::MAX).run(0, &steps);
        assert_eq!(found.as_ref().err(), expected);
    }

    #[test]
    fn records_of_too_much_work_are_refused() {
        check(11, None);
        let reason = "a cluster is too large";
        check(12, Some(&CheckError::Step { proof: 0, step: 12, reason }));
        check(39, Some(&CheckError::TooMuchWork { proof: 0 }));
    }
}
