//! The upper bound of a frame: multipliers stand in for everything that ties groups together.
//!
//! # The relaxation
//! Lagrangian relaxation (Fisher, Management Science 27, 1981; for quadratic knapsacks Caprara,
//! Pisinger and Toth, INFORMS Journal on Computing 11, 1999) drops a constraint and charges for its
//! violation. Here, over the open candidates, with `x` 1 for a chosen one:
//!
//! - the budget: each candidate pays `price` for each token, and the bound gains `price * room`;
//! - caps on count and on documents likewise;
//! - a document's header: its price `price * overhead` is shared out among the groups that lie in
//!   the document and the single candidates of groups that do not. What is chosen pays its share,
//!   which is never more than the header when anything of the document is chosen;
//! - a positive pair: `v x_a x_b <= s x_a + (v - s) x_b` for any share `0 <= s <= v`;
//! - a negative pair: `-v x_a x_b <= s (1 - x_a - x_b)` for any `0 <= s <= v`;
//! - the pairs of a cluster: their best joint choice, see the module `cluster`;
//! - a need "a needs b": `s (x_b - x_a) >= 0` for any `s >= 0` may be added;
//! - a row of the aim, `measure >= least`: `s (measure - least) >= 0` may be added.
//!
//! What is left is one problem for each group: choose members so that their weighted utilities and
//! profits are largest. Members stand from the most useful to the least, so the rank of a member is
//! how many were chosen before it, and a table over that number solves the group exactly:
//! `best(k + 1) = max(best(k + 1), best(k) + weight(k) * utility + profit)`. A candidate whose
//! full-weight utility and profit are not positive together cannot help its group and is left out
//! of the table. One that gains even at the last rank is sure: it costs those it pushes back at
//! most its own utility times the difference of the weights, because they are less useful. The
//! table is only as wide as the number of members that are neither. All of it is integer
//! arithmetic: **any** multipliers in range give a valid bound, and the checker recomputes the same
//! number.
//!
//! # Fixing
//! For each open candidate, the group's table forwards and backwards gives the bound if it were
//! decided in, and out. Where one of them is no better than the best known selection, the other
//! decision is forced (reduced-cost fixing).

use crate::frame::{Frame, Ground, Member, SHARES, Span};

/// Less than any sum, and far enough from overflow to add to.
const NEVER: i64 = i64::MIN / 4;
/// Groups with more open members than this get a cheaper, weaker loss than the two-way table.
pub(crate) const TABLE_MEMBERS_MAX: usize = 64;
/// Arrays that all evaluations share, so that the inner loop allocates nothing.
pub(crate) struct Scratch {
    table: Vec<i64>,
    active: Vec<u32>,
    bits: Vec<u64>,
    forward: Vec<i64>,
    backward: Vec<i64>,
}

impl Scratch {
    /// Makes room for groups of up to `members` members.
    pub fn new(members: usize) -> Self {
        let rows = members.min(TABLE_MEMBERS_MAX) + 2;
        Self {
            table: vec![0; members + 2],
            active: vec![0; members + 1],
            bits: vec![0; members * (members / 64 + 1) + 1],
            forward: vec![0; rows * rows],
            backward: vec![0; rows * rows],
        }
    }
}

impl Frame {
    /// Returns the bound under the present multipliers and marks the relaxed choice.
    pub fn evaluate(&mut self, ground: &Ground, scratch: &mut Scratch) -> i64 {
        let mut bound = self.constant + self.price.now * self.room;
        bound += self.count_price.now * self.count_room.unwrap_or(0);
        let (price, count_price) = (self.price.now, self.count_price.now);
        for member in &mut self.members {
            member.is_taken = member.is_in;
            member.profit =
                if member.is_in { 0 } else { member.linear - price * member.cost - count_price };
        }
        if !self.documents.is_empty() {
            bound += self.charge_documents(ground);
        }
        for edge in &self.edges {
            let share = edge.multiplier.now;
            if 0 < edge.value {
                self.members[edge.a as usize].profit += share;
                self.members[edge.b as usize].profit += edge.value - share;
            } else {
                self.members[edge.a as usize].profit -= share;
                self.members[edge.b as usize].profit -= share;
                bound += share;
            }
        }
        for cluster in &mut self.clusters {
            for node in cluster.nodes() {
                self.members[node.member as usize].profit -= node.message.now;
            }
            bound += cluster.solve();
        }
        for need in &self.needs {
            self.members[need.item as usize].profit -= need.multiplier.now;
            self.members[need.needs as usize].profit += need.multiplier.now;
        }
        for index in 0..self.spans.len() {
            bound += self.solve_span(self.spans[index], ground, scratch);
        }
        bound
    }

    /// Charges members for caps and, if their group is not home, for headers.
    fn charge_documents(&mut self, ground: &Ground) -> i64 {
        let header = self.header_price(ground);
        for span in self.spans.iter().filter(|span| !span.is_home) {
            for member in &mut self.members[span.start as usize..span.end as usize] {
                if !member.is_in && !self.documents[member.document as usize].is_open {
                    member.profit -= share_of(header, member.share);
                }
            }
        }
        if ground.problem.limits.per_document_max.is_none() {
            return 0;
        }
        for member in self.members.iter_mut().filter(|member| !member.is_in) {
            member.profit -= self.documents[member.document as usize].multiplier.now;
        }
        self.documents.iter().map(|document| document.multiplier.now * document.room).sum()
    }

    fn header_price(&self, ground: &Ground) -> i64 {
        self.price.now * i64::from(ground.problem.limits.document_overhead)
    }

    /// What a home group pays as soon as anything of it is taken.
    fn entry_price(&self, span: Span, ground: &Ground) -> i64 {
        let first = &self.members[span.start as usize];
        let is_free = self.documents.is_empty() || !span.is_home || {
            first.is_in || self.documents[first.document as usize].is_open
        };
        if is_free { 0 } else { share_of(self.header_price(ground), span.share) }
    }

    fn solve_span(&mut self, span: Span, ground: &Ground, scratch: &mut Scratch) -> i64 {
        let entry = self.entry_price(span, ground);
        let first = ground.layout.group_start[span.group as usize] as usize;
        let weights = &ground.layout.weight[first..];
        let factor = self.utility_factor;
        let top = factor * i64::from(weights[0]);
        let members = &mut self.members[span.start as usize..span.end as usize];
        if let [member] = members {
            let value = top * member.utility + member.profit - entry;
            member.is_taken = 0 < value;
            return value.max(0);
        }
        let mut active = 0;
        for (place, member) in members.iter().enumerate() {
            if member.is_in || 0 < top * member.utility + member.profit {
                scratch.active[active] = place as u32;
                active += 1;
            }
        }
        let bottom = factor * i64::from(weights[active.saturating_sub(1)]);
        let words = active / 64 + 1;
        let table = &mut scratch.table[..=active];
        table[0] = 0;
        // Between `least` and `most` members can be taken of those seen so far.
        let (mut least, mut most) = (0, 0);
        for (row, &place) in scratch.active[..active].iter().enumerate() {
            let member = &members[place as usize];
            let gain =
                |taken: usize| factor * i64::from(weights[taken]) * member.utility + member.profit;
            let bits = &mut scratch.bits[row * words..(row + 1) * words];
            if member.is_in || 0 < bottom * member.utility + member.profit {
                for taken in (least..=most).rev() {
                    table[taken + 1] = table[taken] + gain(taken);
                }
                bits.fill(u64::MAX);
                least += 1;
            } else {
                bits.fill(0);
                table[most + 1] = NEVER;
                for taken in (least..=most).rev() {
                    let value = table[taken] + gain(taken);
                    if table[taken + 1] < value {
                        table[taken + 1] = value;
                        bits[taken / 64] |= 1 << (taken % 64);
                    }
                }
            }
            most += 1;
        }
        let (mut best, mut taken) = (NEVER, 0);
        for (count, &value) in table.iter().enumerate().skip(least) {
            let value = if 0 < count { value - entry } else { value };
            if best < value {
                (best, taken) = (value, count);
            }
        }
        // A sure member pays for itself, but perhaps not for the header as well.
        let is_held = members.iter().any(|member| member.is_in);
        if best < 0 && !is_held {
            return 0;
        }
        for row in (0..active).rev() {
            let is_taken = 0 < taken && {
                scratch.bits[row * words + (taken - 1) / 64] >> ((taken - 1) % 64) & 1 == 1
            };
            members[scratch.active[row] as usize].is_taken = is_taken;
            taken -= usize::from(is_taken);
        }
        best
    }

    /// Computes for each open candidate by how much the bound falls if it is decided.
    ///
    /// The frame must have been evaluated under the present multipliers.
    pub fn measure_losses(&mut self, ground: &Ground, scratch: &mut Scratch) {
        for index in 0..self.spans.len() {
            let span = self.spans[index];
            let entry = self.entry_price(span, ground);
            let first = ground.layout.group_start[span.group as usize] as usize;
            let weights = &ground.layout.weight[first..];
            let factor = self.utility_factor;
            let top = factor * i64::from(weights[0]);
            let members = &mut self.members[span.start as usize..span.end as usize];
            if let [member] = members {
                let value = top * member.utility + member.profit - entry;
                (member.loss_in, member.loss_out) = ((-value).max(0), value.max(0));
            } else if members.len() <= TABLE_MEMBERS_MAX {
                two_way_losses(members, weights, factor, entry, scratch);
            } else {
                for member in members {
                    let value = top * member.utility + member.profit;
                    (member.loss_in, member.loss_out) = ((-value).max(0), 0);
                }
            }
        }
    }
}

/// What a part of a header's price comes to.
fn share_of(header: i64, share: i64) -> i64 {
    (i128::from(header) * i128::from(share) / i128::from(SHARES)) as i64
}

/// Losses of a group from the best sums of what stands before and behind each member.
fn two_way_losses(
    members: &mut [Member],
    weights: &[u32],
    factor: i64,
    entry: i64,
    scratch: &mut Scratch,
) {
    let count = members.len();
    let width = count + 1;
    let (forward, backward) = (&mut scratch.forward, &mut scratch.backward);
    forward[..width * width].fill(NEVER);
    forward[0] = 0;
    let gain = |member: &Member, taken: usize| {
        factor * i64::from(weights[taken]) * member.utility + member.profit
    };
    for (place, member) in members.iter().enumerate() {
        let (before, after) = forward[place * width..].split_at_mut(width);
        for taken in 0..=place {
            let out = if member.is_in { NEVER } else { before[taken] };
            after[taken] = after[taken].max(out);
            after[taken + 1] = before[taken] + gain(member, taken);
        }
    }
    for taken in 0..=count {
        backward[count * width + taken] = if 0 < taken { -entry } else { 0 };
    }
    for (place, member) in members.iter().enumerate().rev() {
        let (before, after) = backward[place * width..].split_at_mut(width);
        for taken in 0..=place {
            let out = if member.is_in { NEVER } else { after[taken] };
            before[taken] = out.max(gain(member, taken) + after[taken + 1]);
        }
    }
    let best = backward[0];
    for (place, member) in members.iter_mut().enumerate().filter(|(_, member)| !member.is_in) {
        let before = &forward[place * width..][..=place];
        let after = &backward[(place + 1) * width..][..width];
        let (mut inside, mut outside) = (NEVER, NEVER);
        for (taken, &value) in before.iter().enumerate() {
            outside = outside.max(value + after[taken]);
            inside = inside.max(value + gain(member, taken) + after[taken + 1]);
        }
        (member.loss_in, member.loss_out) = (best - inside, best - outside);
    }
}
