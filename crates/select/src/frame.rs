//! A subproblem of the search, cut down to what is still open, with its multipliers.
//!
//! A [`Frame`] holds the open candidates, those chosen ones that share a group with an open one,
//! the pairs between two open candidates, and the needs between two open candidates. Everything
//! else is a constant or has moved into a candidate's own value: a pair with a chosen candidate is
//! a plain gain of the other one. Frames are derived from their parent and keep its multipliers.

use crate::aim::{Aim, SUM_MAX};
use crate::cluster::Cluster;
use crate::layout::Layout;
use crate::multiplier::Multiplier;
use crate::problem::{BILLIONTHS_PER_MILLIONTH, ONE_THOUSANDTHS, Problem};
use crate::state::{Mark, State};
use crate::style::Measure;

/// A header's cost is shared out in these parts.
pub(crate) const SHARES: i64 = 1 << 12;
/// A frame with at least this many pairs for each member is dense.
const DENSE: usize = 3;
/// About how much memory a cluster takes: its table, its nodes and its bonds.
const CLUSTER_BYTES: usize = 9 << 10;

/// What never changes during a search.
pub(crate) struct Ground<'a> {
    pub problem: &'a Problem,
    /// Laid out for the whole objective; the rows of the aim say what counts.
    pub layout: &'a Layout,
    pub aim: &'a Aim,
    /// Whether each group's members are in one document, so that it pays one header as a whole.
    pub is_home: Vec<bool>,
    /// Whether each group's weights are all one, so that its members do not touch each other.
    pub is_modular: Vec<bool>,
    /// Label of each document.
    pub labels: Vec<u32>,
    /// The multiplier of the objective.
    pub scale: i64,
    /// No sum of values exceeds this, whatever the multipliers of the rows.
    pub sum_max: i64,
    /// The sum of all that the objective counts, in the unit of the bounds.
    pub objective_size: i64,
    /// What keeps sums of multipliers from overflowing; the best ones are far smaller.
    pub multiplier_max: i64,
    pub row_multiplier_max: i64,
    /// For each row, what is worth about as much as one step of another multiplier.
    pub row_units: Vec<f64>,
}

impl<'a> Ground<'a> {
    /// Looks up what a search needs of a valid problem.
    pub fn new(problem: &'a Problem, layout: &'a Layout, aim: &'a Aim) -> Self {
        let members = |g: usize| {
            let slots = layout.group_start[g] as usize..layout.group_start[g + 1] as usize;
            layout.item[slots].iter().map(|&item| item as usize)
        };
        let is_modular: Vec<bool> =
            problem.groups.iter().map(|g| g.gamma_thousandths == ONE_THOUSANDTHS).collect();
        let is_home = (0..problem.groups.len())
            .map(|g| {
                let mut documents = members(g).map(|item| layout.document[item]);
                let first = documents.next();
                is_modular[g] || documents.all(|document| Some(document) == first)
            })
            .collect();
        let mut labels = vec![0; layout.documents];
        for (item, &document) in problem.items.iter().zip(&layout.document) {
            labels[document as usize] = item.document;
        }
        let row_multiplier_max = aim.multiplier_max(problem);
        let scale = aim.scale(problem);
        let objective_size = aim.objective.size(problem) * scale + 1;
        let bounds = aim.bounds.iter().map(|bound| bound.measure.size(problem));
        let sum_max = objective_size + bounds.sum::<i64>() * row_multiplier_max;
        let terms = problem.items.len() + problem.pairs.len() + problem.implied.len() + 1;
        let unit = |measure: &Measure| measure.size(problem) as f64 / terms as f64 + 1.0;
        Self {
            problem,
            layout,
            aim,
            is_home,
            is_modular,
            labels,
            scale,
            sum_max,
            objective_size,
            multiplier_max: sum_max.min(SUM_MAX / terms as i64),
            row_multiplier_max,
            row_units: aim.rows().map(unit).collect(),
        }
    }
}

/// A candidate of a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub item: u32,
    /// Place of its document among the frame's documents.
    pub document: u32,
    pub is_in: bool,
    /// Whether the relaxed problem takes it.
    pub is_taken: bool,
    pub utility: i64,
    pub cost: i64,
    /// What it adds by itself, with the chosen candidates it is paired with.
    pub linear: i64,
    /// What it adds under the present multipliers, apart from its weighted utility.
    pub profit: i64,
    /// How much of its document's header it pays, in [`SHARES`]; its group's if that is home.
    pub share: i64,
    pub share_best: i64,
    /// A running mean of how often the relaxed problem takes it, 0 ..= 1.
    pub mean: f64,
    /// By how much the bound falls if it is decided in, or out.
    pub loss_in: i64,
    pub loss_out: i64,
    /// How much of the objective hangs on it: its utility and the pairs with open candidates.
    pub stake: i64,
}

/// The members of one group, or one member of a modular group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
    pub group: u32,
    pub is_home: bool,
    /// How much of its document's header it pays, in [`SHARES`], if it is home.
    pub share: i64,
    pub share_best: i64,
}

/// A pair of two open candidates. Positive value: the multiplier is the share of `a`, the rest is
/// that of `b`. Negative: it is what each pays, and what the bound pays back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    pub a: u32,
    pub b: u32,
    /// Index of the pair in the problem.
    pub pair: u32,
    pub value: i64,
    pub multiplier: Multiplier,
}

/// A need between two open candidates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    pub item: u32,
    pub needs: u32,
    /// Index in [`Problem::implied`].
    pub index: u32,
    pub multiplier: Multiplier,
}

/// A document with an open candidate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document {
    /// Dense index among the problem's documents.
    pub index: u32,
    pub is_open: bool,
    /// How many more candidates it may have.
    pub room: i64,
    pub multiplier: Multiplier,
    /// Scratch: what its open candidates weigh when shares are set.
    pub sum: f64,
}

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    pub members: Vec<Member>,
    pub spans: Vec<Span>,
    pub edges: Vec<Edge>,
    /// Pairs that are bounded together; those are not among the edges.
    pub clusters: Vec<Cluster>,
    /// Clusters that are not in use, kept for their memory.
    pub spare_clusters: Vec<Cluster>,
    pub needs: Vec<Need>,
    pub documents: Vec<Document>,
    /// Grouped value of the groups that are decided, in billionths.
    pub grouped: i64,
    pub room: i64,
    /// How many more candidates may be taken; only with `count_max`.
    pub count_room: Option<i64>,
    pub price: Multiplier,
    pub count_price: Multiplier,
    /// One for each row of the aim; the first never moves.
    pub rows: Vec<Multiplier>,
    /// What a member's weighted utility is multiplied by.
    pub utility_factor: i64,
    pub constant: i64,
    pub bound: i64,
}

impl Frame {
    /// Makes the frame in which everything is open.
    pub fn whole(ground: &Ground) -> Self {
        let (problem, layout) = (ground.problem, ground.layout);
        let mut frame = Self::default();
        let member = |item: u32| Member {
            item,
            document: layout.document[item as usize],
            is_in: false,
            is_taken: false,
            utility: i64::from(problem.items[item as usize].utility),
            cost: i64::from(problem.items[item as usize].cost),
            linear: 0,
            profit: 0,
            share: 0,
            share_best: 0,
            mean: 0.5,
            loss_in: 0,
            loss_out: 0,
            stake: 0,
        };
        frame.members = layout.item.iter().map(|&item| member(item)).collect();
        for g in 0..problem.groups.len() {
            let (start, end) = (layout.group_start[g], layout.group_start[g + 1]);
            let (group, is_home) = (g as u32, ground.is_home[g]);
            let span = |start, end| Span { start, end, group, is_home, share: 0, share_best: 0 };
            if ground.is_modular[g] {
                frame.spans.extend((start..end).map(|slot| span(slot, slot + 1)));
            } else if start < end {
                frame.spans.push(span(start, end));
            }
        }
        for (index, pair) in problem.pairs.iter().enumerate().filter(|(_, pair)| pair.value != 0) {
            let (a, b) = (layout.slot[pair.a], layout.slot[pair.b]);
            let multiplier = Multiplier::default();
            frame.edges.push(Edge { a, b, pair: index as u32, value: 0, multiplier });
        }
        for (index, need) in problem.implied.iter().enumerate() {
            if need.item != need.needs {
                let (item, needs) = (layout.slot[need.item], layout.slot[need.needs]);
                let multiplier = Multiplier::default();
                frame.needs.push(Need { item, needs, index: index as u32, multiplier });
            }
        }
        let document = |index| Document {
            index,
            is_open: false,
            room: 0,
            multiplier: Multiplier::default(),
            sum: 0.0,
        };
        frame.documents = (0..layout.documents as u32).map(document).collect();
        frame.rows = ground.aim.rows().map(|_| Multiplier::default()).collect();
        frame.rows[0].now = ground.scale;
        frame.rows[0].best = ground.scale;
        frame
    }

    /// Makes this the frame of the present state, out of a frame of an earlier one.
    ///
    /// `places` is scratch: it maps the parent's members and then its documents.
    pub fn derive(&mut self, parent: &Self, ground: &Ground, state: &State, places: &mut Vec<u32>) {
        self.grouped = parent.grouped;
        self.members.clear();
        self.spans.clear();
        places.clear();
        places.resize(parent.members.len(), u32::MAX);
        for span in &parent.spans {
            self.derive_span(parent, *span, ground, state, places);
        }
        self.edges.clear();
        for edge in &parent.edges {
            let (a, b) = (places[edge.a as usize], places[edge.b as usize]);
            if self.is_open(a) && self.is_open(b) {
                self.edges.push(Edge { a, b, ..*edge });
            }
        }
        self.derive_clusters(parent, state, places);
        self.needs.clear();
        for need in &parent.needs {
            let (item, needs) = (places[need.item as usize], places[need.needs as usize]);
            if self.is_open(item) && self.is_open(needs) {
                self.needs.push(Need { item, needs, ..*need });
            }
        }
        self.derive_documents(parent, state, places);
        self.room = state.room();
        self.count_room =
            state.limits.count_max.map(|most| i64::from(most) - i64::from(state.count));
        self.price = parent.price;
        self.count_price = parent.count_price;
        self.rows.clone_from(&parent.rows);
        self.bound = parent.bound;
        self.weigh(ground, state);
    }

    /// Returns about how much memory the frame takes.
    pub fn bytes(&self) -> usize {
        size_of::<Member>() * self.members.capacity()
            + size_of::<Edge>() * self.edges.capacity()
            + size_of::<Document>() * self.documents.capacity()
            + size_of::<Span>() * self.spans.capacity()
            + size_of::<Need>() * self.needs.capacity()
            + CLUSTER_BYTES * (self.clusters.len() + self.spare_clusters.len())
    }

    fn is_open(&self, place: u32) -> bool {
        self.members.get(place as usize).is_some_and(|member| !member.is_in)
    }

    fn derive_span(
        &mut self,
        parent: &Self,
        span: Span,
        ground: &Ground,
        state: &State,
        places: &mut [u32],
    ) {
        let start = self.members.len();
        let mut open = 0;
        let range = span.start as usize..span.end as usize;
        for (member, place) in parent.members[range.clone()].iter().zip(&mut places[range]) {
            let mark = state.mark(member.item as usize);
            if mark != Mark::Out {
                *place = self.members.len() as u32;
                open += usize::from(mark == Mark::Free);
                self.members.push(Member { is_in: mark == Mark::In, is_taken: false, ..*member });
            }
        }
        if 0 < open {
            let (start, end) = (start as u32, self.members.len() as u32);
            self.spans.push(Span { start, end, ..span });
            return;
        }
        let first = ground.layout.group_start[span.group as usize] as usize;
        let weights = &ground.layout.weight[first..];
        for (member, &weight) in self.members[start..].iter().zip(weights) {
            self.grouped += i64::from(weight) * member.utility;
        }
        places[span.start as usize..span.end as usize].fill(u32::MAX);
        self.members.truncate(start);
    }

    fn derive_clusters(&mut self, parent: &Self, state: &State, places: &[u32]) {
        let mut old = std::mem::take(&mut self.clusters);
        let mut count = 0;
        for cluster in &parent.clusters {
            if old.len() == count {
                old.push(self.spare_clusters.pop().unwrap_or_else(|| Cluster::new(cluster.index)));
            }
            let place =
                |member: u32| Some(places[member as usize]).filter(|&place| self.is_open(place));
            let is_in =
                |member: u32| state.mark(parent.members[member as usize].item as usize) == Mark::In;
            count += usize::from(old[count].derive(cluster, place, is_in));
        }
        self.spare_clusters.extend(old.drain(count..));
        self.clusters = old;
    }

    fn derive_documents(&mut self, parent: &Self, state: &State, places: &mut Vec<u32>) {
        self.documents.clear();
        if state.limits.document_overhead == 0 && state.limits.per_document_max.is_none() {
            return;
        }
        places.clear();
        places.resize(parent.documents.len(), u32::MAX);
        for member in self.members.iter_mut().filter(|member| !member.is_in) {
            let place = &mut places[member.document as usize];
            if *place == u32::MAX {
                *place = self.documents.len() as u32;
                let document = parent.documents[member.document as usize];
                let count = state.document_count[document.index as usize];
                let most = state.limits.per_document_max.unwrap_or(0);
                self.documents.push(Document {
                    is_open: 0 < count,
                    room: i64::from(most) - i64::from(count),
                    ..document
                });
            }
            member.document = *place;
        }
    }

    /// Returns whether there are so many pairs that bounding them one by one is too weak.
    pub fn is_dense(&self) -> bool {
        DENSE * self.members.len() <= self.edges.len()
    }

    /// Computes how much hangs on each open candidate.
    pub fn measure_stakes(&mut self) {
        let top = self.utility_factor * i64::from(ONE_THOUSANDTHS);
        for member in &mut self.members {
            member.stake = top * member.utility + member.linear.abs();
        }
        for cluster in &self.clusters {
            for bond in &cluster.bonds {
                for place in [bond.a, bond.b] {
                    let node = &cluster.nodes[place as usize];
                    self.members[node.member as usize].stake += bond.value.abs();
                }
            }
        }
        for edge in &self.edges {
            self.members[edge.a as usize].stake += edge.value.abs();
            self.members[edge.b as usize].stake += edge.value.abs();
        }
    }

    /// Recomputes what depends on the rows' multipliers and the chosen candidates.
    pub fn weigh(&mut self, ground: &Ground, state: &State) {
        let (mut positive, mut negative, mut constant) = (0, 0, 0);
        self.utility_factor = 0;
        for (place, (row, multiplier)) in ground.aim.rows().zip(&self.rows).enumerate() {
            let factor = multiplier.now;
            self.utility_factor += if row.utility { factor } else { 0 };
            positive += if row.coherence { factor } else { 0 };
            negative += if row.redundancy { factor } else { 0 };
            constant += factor * state.sums.values[place];
            if 0 < place {
                constant -= factor * ground.aim.bounds[place - 1].at_least;
            }
        }
        self.constant = constant
            + self.utility_factor * self.grouped
            + positive * state.sums.positive
            + negative * state.sums.negative;
        let factor = |value: i64| if 0 < value { positive } else { negative };
        for member in self.members.iter_mut().filter(|member| !member.is_in) {
            let item = member.item as usize;
            let neighbours = ground.layout.neighbours.of(item).iter();
            let chosen = neighbours.filter(|other| state.mark(other.item as usize) == Mark::In);
            member.linear = chosen.map(|other| factor(other.value) * other.value).sum();
            for (row, multiplier) in ground.aim.rows().zip(&self.rows) {
                let value = row.values.get(item).copied().unwrap_or(0);
                member.linear += multiplier.now * value * BILLIONTHS_PER_MILLIONTH;
            }
        }
        for cluster in &self.clusters {
            for node in cluster.nodes() {
                self.members[node.member as usize].linear -= node.inside;
            }
        }
        for edge in &mut self.edges {
            let value = ground.problem.pairs[edge.pair as usize].value;
            edge.value = factor(value) * value * BILLIONTHS_PER_MILLIONTH;
            edge.multiplier.now = edge.multiplier.now.min(edge.value.abs());
        }
    }
}
