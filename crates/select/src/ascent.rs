//! Finding multipliers that make the bound low.
//!
//! The bound is convex in the multipliers; its subgradient is how much the relaxed choice violates
//! each constraint. Each step goes against a direction deflected by the one before (Camerini,
//! Fratta, Maffioli, Mathematical Programming Study 3, 1975), with Polyak's length towards the best
//! known selection. A multiplier at the end of its range that would go further stands still.
//! Multipliers of unlike units are scaled so that a unit of each moves the bound by about as much.
//! A unit of the token price moves it by the whole room, so that price moves by one at least, and
//! reaches zero where everything that is worth anything fits.
//! The parts of a header are no multipliers: they follow how often each payer was taken lately.
//!
//! Floats choose the steps, by `+ - * /` and comparisons only, which every platform rounds alike;
//! the multipliers themselves are integers, so the bound is exact whatever the floats did.

use crate::frame::{Frame, Ground, SHARES};
use crate::multiplier::Multiplier;
use crate::problem::BILLIONTHS_PER_MILLIONTH;
use crate::relaxation::Scratch;
use crate::state::{Mark, State};

/// Weight of the newest relaxed choice in the running mean.
const MEAN_STEP: f64 = 0.15;
/// Iterations without a better bound after which the step is halved.
const PATIENCE: u32 = 6;
/// The ascent ends when its step factor is under this.
const STEP_MIN: f64 = 0.02;
/// Halvings of the bracket when the first price is sought.
const PRICE_STEPS: u32 = 12;

/// How long and how boldly to look for multipliers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub iterations: u32,
    pub step: f64,
}

impl Frame {
    /// Lowers the bound by better multipliers; returns the best bound and leaves its multipliers.
    ///
    /// Stops early once the bound is at most `threshold`, which the step length also aims at.
    pub fn ascend(
        &mut self,
        ground: &Ground,
        state: &State,
        scratch: &mut Scratch,
        (threshold, effort): (i64, Effort),
    ) -> i64 {
        let mut best = i64::MAX;
        let mut step = effort.step;
        let mut waited = 0;
        for _ in 0..effort.iterations {
            let bound = self.evaluate(ground, scratch);
            if bound < best {
                best = bound;
                waited = 0;
                self.keep();
                if best <= threshold {
                    break;
                }
            } else {
                waited += 1;
                if PATIENCE <= waited {
                    waited = 0;
                    step *= 0.5;
                }
            }
            if step < STEP_MIN || !self.step(ground, state, (bound - threshold, step)) {
                break;
            }
            if 1 < self.rows.len() {
                self.weigh(ground, state);
            }
        }
        self.restore();
        if 1 < self.rows.len() {
            self.weigh(ground, state);
        }
        self.bound = best;
        best
    }

    /// Starts the multipliers of a whole frame: pairs halved, and the price that fills the budget.
    pub fn start(&mut self, ground: &Ground, state: &State, scratch: &mut Scratch) {
        self.weigh(ground, state);
        for edge in &mut self.edges {
            edge.multiplier.now = if 0 < edge.value { edge.value / 2 } else { 0 };
        }
        self.share_headers(ground);
        let (mut low, mut high) = (0, ground.objective_size / self.room.max(1) + 1);
        let mut middle = high / 64;
        for _ in 0..PRICE_STEPS {
            self.price.now = middle;
            self.evaluate(ground, scratch);
            if self.room < self.taken_cost(ground) {
                low = middle;
            } else {
                high = middle;
            }
            let is_bracketed = 0 < low;
            middle = if is_bracketed { low + (high - low) / 2 } else { high / 4 };
        }
        self.price.now = high;
    }

    fn price_max(&self, ground: &Ground) -> i64 {
        ground.sum_max / self.room.max(1) + 1
    }

    fn messages(&mut self) -> impl Iterator<Item = &mut Multiplier> {
        let clusters = self.clusters.iter_mut();
        clusters.flat_map(|cluster| {
            let count = cluster.count as usize;
            cluster.nodes[..count].iter_mut().map(|node| &mut node.message)
        })
    }

    fn keep(&mut self) {
        self.price.best = self.price.now;
        self.count_price.best = self.count_price.now;
        self.rows.iter_mut().for_each(|row| row.best = row.now);
        self.edges.iter_mut().for_each(|edge| edge.multiplier.best = edge.multiplier.now);
        self.needs.iter_mut().for_each(|need| need.multiplier.best = need.multiplier.now);
        self.messages().for_each(|message| message.best = message.now);
        self.documents.iter_mut().for_each(|d| d.multiplier.best = d.multiplier.now);
        if !self.documents.is_empty() {
            self.spans.iter_mut().for_each(|span| span.share_best = span.share);
            self.members.iter_mut().for_each(|member| member.share_best = member.share);
        }
    }

    fn restore(&mut self) {
        self.price.now = self.price.best;
        self.count_price.now = self.count_price.best;
        self.rows.iter_mut().for_each(|row| row.now = row.best);
        self.edges.iter_mut().for_each(|edge| edge.multiplier.now = edge.multiplier.best);
        self.needs.iter_mut().for_each(|need| need.multiplier.now = need.multiplier.best);
        self.messages().for_each(|message| message.now = message.best);
        self.documents.iter_mut().for_each(|d| d.multiplier.now = d.multiplier.best);
        if !self.documents.is_empty() {
            self.spans.iter_mut().for_each(|span| span.share = span.share_best);
            self.members.iter_mut().for_each(|member| member.share = member.share_best);
        }
    }

    /// Moves all multipliers one step; returns whether there was a direction to go.
    ///
    /// `distance` is how far the bound stands over what it aims at.
    fn step(&mut self, ground: &Ground, state: &State, (distance, factor): (i64, f64)) -> bool {
        let mut count = 0i64;
        for member in &mut self.members {
            count += i64::from(member.is_taken && !member.is_in);
            member.mean += MEAN_STEP * (f64::from(u8::from(member.is_taken)) - member.mean);
        }
        let used = self.taken_cost(ground);
        let unit = (used as f64 / count.max(1) as f64).max(1.0);
        let price_max = self.price_max(ground);
        let mut norm = self.price.turn((self.room - used) as f64 / unit, price_max);
        if let Some(room) = self.count_room {
            norm += self.count_price.turn((room - count) as f64, ground.multiplier_max);
        }
        let members = &self.members;
        let taken = |place: u32| f64::from(u8::from(members[place as usize].is_taken));
        for edge in &mut self.edges {
            let (a, b) = (taken(edge.a), taken(edge.b));
            let slope = if 0 < edge.value { a - b } else { 1.0 - a - b };
            norm += edge.multiplier.turn(slope, edge.value.abs());
        }
        for cluster in &mut self.clusters {
            for node in &mut cluster.nodes[..cluster.count as usize] {
                let slope = f64::from(u8::from(node.is_on)) - taken(node.member);
                let most = ground.multiplier_max;
                norm += node.message.turn_within(slope, (-most, most));
            }
        }
        for need in &mut self.needs {
            let slope = taken(need.needs) - taken(need.item);
            norm += need.multiplier.turn(slope, ground.multiplier_max);
        }
        norm += self.turn_documents(ground);
        norm += self.turn_rows(ground, state);
        if norm <= 0.0 || distance <= 0 {
            return false;
        }
        self.go(ground, factor * distance as f64 / norm, (unit, price_max));
        true
    }

    fn go(&mut self, ground: &Ground, length: f64, (unit, price_max): (f64, i64)) {
        self.price.go_on(length / unit, price_max);
        self.count_price.go(length, ground.multiplier_max);
        for edge in &mut self.edges {
            edge.multiplier.go(length, edge.value.abs());
        }
        for message in self.messages() {
            message.go_within(length, (-ground.multiplier_max, ground.multiplier_max));
        }
        for need in &mut self.needs {
            need.multiplier.go(length, ground.multiplier_max);
        }
        if ground.problem.limits.per_document_max.is_some() {
            for document in &mut self.documents {
                document.multiplier.go(length, ground.multiplier_max);
            }
        }
        for (row, &unit) in self.rows.iter_mut().zip(&ground.row_units).skip(1) {
            row.go_on(length / unit, ground.row_multiplier_max);
        }
        self.share_headers(ground);
    }

    /// Tokens that the relaxed choice pays for, with the shares of headers that it is charged.
    fn taken_cost(&self, ground: &Ground) -> i64 {
        let new = self.members.iter().filter(|member| member.is_taken && !member.is_in);
        let cost: i64 = new.map(|member| member.cost).sum();
        let header = i64::from(ground.problem.limits.document_overhead);
        if header == 0 {
            return cost;
        }
        let mut shares = 0;
        for span in &self.spans {
            let members = &self.members[span.start as usize..span.end as usize];
            let paying = members.iter().filter(|member| {
                member.is_taken
                    && !member.is_in
                    && !self.documents[member.document as usize].is_open
            });
            shares += if span.is_home {
                paying.take(1).map(|_| span.share).sum::<i64>()
            } else {
                paying.map(|member| member.share).sum()
            };
        }
        cost + header * shares / SHARES
    }

    /// Turns the prices of the caps on documents.
    fn turn_documents(&mut self, ground: &Ground) -> f64 {
        if ground.problem.limits.per_document_max.is_none() {
            return 0.0;
        }
        for document in &mut self.documents {
            document.sum = document.room as f64;
        }
        for member in self.members.iter().filter(|member| member.is_taken && !member.is_in) {
            self.documents[member.document as usize].sum -= 1.0;
        }
        let turns = self.documents.iter_mut();
        turns.map(|d| d.multiplier.turn(d.sum, ground.multiplier_max)).sum()
    }

    /// Shares each unpaid header among its payers by how often each was taken lately.
    fn share_headers(&mut self, ground: &Ground) {
        if ground.problem.limits.document_overhead == 0 {
            return;
        }
        for document in &mut self.documents {
            document.sum = 0.0;
        }
        for span in &self.spans {
            let members = &self.members[span.start as usize..span.end as usize];
            let open = members.iter().filter(|member| !member.is_in);
            if span.is_home {
                if let Some(first) = open.clone().next() {
                    let most = open.map(|member| member.mean).fold(0.0, f64::max);
                    self.documents[first.document as usize].sum += most + f64::MIN_POSITIVE;
                }
            } else {
                for member in open {
                    self.documents[member.document as usize].sum += member.mean + f64::MIN_POSITIVE;
                }
            }
        }
        for span in &mut self.spans {
            let members = &mut self.members[span.start as usize..span.end as usize];
            if span.is_home {
                let open = members.iter().filter(|member| !member.is_in);
                if let Some(first) = open.clone().next() {
                    let most = open.map(|member| member.mean).fold(0.0, f64::max);
                    let sum = self.documents[first.document as usize].sum;
                    span.share = ((most + f64::MIN_POSITIVE) / sum * SHARES as f64) as i64;
                }
            } else {
                for member in members.iter_mut().filter(|member| !member.is_in) {
                    let sum = self.documents[member.document as usize].sum;
                    member.share = ((member.mean + f64::MIN_POSITIVE) / sum * SHARES as f64) as i64;
                }
            }
        }
    }

    /// Turns the multipliers of the aim's bounds.
    fn turn_rows(&mut self, ground: &Ground, state: &State) -> f64 {
        let mut norm = 0.0;
        for place in 1..self.rows.len() {
            let unit = ground.row_units[place];
            let slope = self.relaxed_excess(ground, state, place) as f64 / unit;
            norm += self.rows[place].turn(slope, ground.row_multiplier_max);
        }
        norm
    }

    /// By how much the relaxed choice exceeds a bound of the aim, in billionths.
    fn relaxed_excess(&self, ground: &Ground, state: &State, place: usize) -> i64 {
        let bound = &ground.aim.bounds[place - 1];
        let measure = &bound.measure;
        let counted = |value: i64| if measure.counts(value) { value } else { 0 };
        let mut total = state.sums.values[place] - bound.at_least;
        total += counted(state.sums.positive) + counted(state.sums.negative);
        if measure.utility {
            total += self.grouped;
            for span in &self.spans {
                let first = ground.layout.group_start[span.group as usize] as usize;
                let members = &self.members[span.start as usize..span.end as usize];
                let taken = members.iter().filter(|member| member.is_taken);
                let weights = &ground.layout.weight[first..];
                let worth = taken.zip(weights).map(|(m, &weight)| i64::from(weight) * m.utility);
                total += worth.sum::<i64>();
            }
        }
        for member in self.members.iter().filter(|member| member.is_taken && !member.is_in) {
            let item = member.item as usize;
            let value = measure.values.get(item).copied().unwrap_or(0);
            let neighbours = ground.layout.neighbours.of(item).iter();
            let chosen = neighbours.filter(|other| state.mark(other.item as usize) == Mark::In);
            total += value * BILLIONTHS_PER_MILLIONTH;
            total += chosen.map(|other| counted(other.value)).sum::<i64>();
        }
        let is_taken = |place: u32| self.members[place as usize].is_taken;
        let inside = self.edges.iter().filter(|edge| is_taken(edge.a) && is_taken(edge.b));
        let values = inside.map(|edge| counted(ground.problem.pairs[edge.pair as usize].value));
        total + values.sum::<i64>() * BILLIONTHS_PER_MILLIONTH
    }
}
