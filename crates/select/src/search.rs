//! Exact search for one aim: branch and bound over shrinking frames.
//!
//! A node is a set of decisions and what follows from them ([`crate::state`]). Its frame holds what
//! is still open ([`crate::frame`]). Visiting a node
//!
//! 1. looks for multipliers that make the bound low ([`crate::ascent`]) and closes the node if the
//!    bound is no better than the best known selection;
//! 2. decides the candidates whose other decision is bounded away, derives a smaller frame and
//!    goes back to 1 while that helps;
//! 3. turns the relaxed choice into a permitted selection (drop what is least dense until it fits,
//!    then fill), in the hope of a better one;
//! 4. branches on a candidate with much at stake (its utility and its pairs) on which the relaxed
//!    choices of the ascent did not agree, the more likely side first.
//!
//! The order is depth first, so memory is one frame for each level, [`FRAME_BYTES_MAX`] for all of
//! them; the frames are kept and used again, so a node allocates nothing once its depth was
//! reached before (`tests/it/allocation.rs` counts it). A limit on nodes, and on
//! the memory of frames, ends the search; the bound is then the largest of the nodes left open.
//! Nothing depends on time, threads or hash order: the same problem gives the same tree.

use crate::aim::Aim;
use crate::ascent::Effort;
use crate::dominance::dominance;
use crate::frame::{Frame, Ground, Member};
use crate::greedy::{Offers, exchange, fill, greedy_selection};
use crate::layout::Layout;
use crate::problem::Problem;
use crate::record::Record;
use crate::relaxation::Scratch;
use crate::selection::Selection;
use crate::state::{Mark, State};
use crate::step::{Register, Step};

/// The most memory that the frames of a search may take; deeper nodes are left open.
pub const FRAME_BYTES_MAX: usize = 64 << 20;
/// The deepest a node may be, because each level is one call on the stack.
const DEPTH_MAX: usize = 512;
/// How often the root alternates between ascent and repair.
const ROOT_ROUNDS: u32 = 60;
/// How fast the root's steps get shorter from round to round.
const ROOT_STEP_DECAY: f64 = 0.15;
/// Pairs of a dense frame are gathered into clusters when the gap is over one in this many.
const WEAK_SHARE: i64 = 50;
/// A frame with at most this many members is small.
const SMALL_FRAME: usize = 130;
const ROOT_EFFORT: Effort = Effort { iterations: 16, step: 1.0 };
const NODE_EFFORT: Effort = Effort { iterations: 7, step: 0.6 };
/// How much a candidate counts for branching on which all relaxed choices agreed.
const AGREED_SHARE: f64 = 0.1;
/// Every so many nodes one is searched for a selection.
const REPAIR_EVERY: u64 = 6;
/// Rounds of fixing in a node.
const FIX_ROUNDS: u32 = 2;

/// When to end a search.
#[derive(Clone, Copy)]
pub(crate) struct Ending<'a> {
    pub nodes_max: u64,
    pub gap_millionths: u32,
    pub stop: Option<&'a dyn Fn() -> bool>,
    pub record: bool,
}

/// What a search found.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The best selection that was found, and its objective in billionths.
    pub best: Option<(i64, Vec<usize>)>,
    pub upper_bound: i64,
    pub root_bound: i64,
    pub greedy: i64,
    pub nodes: u64,
    /// Whether the best selection is proven best, or that there is none.
    pub is_proven: bool,
    pub steps: Option<Vec<Step>>,
}

/// Searches for the best selection for an aim; the pinned candidates must be consistent.
///
/// `known` is a selection to start from, if there is one that is permitted.
pub(crate) fn search(
    problem: &Problem,
    aim: &Aim,
    known: Option<&[usize]>,
    ending: Ending,
) -> Outcome {
    let layout = Layout::new(problem, &crate::style::Measure::objective());
    let view = Layout::new(problem, &aim.objective);
    let ground = Ground::new(problem, &layout, aim);
    let mut edges: Vec<(u32, u32)> =
        problem.implied.iter().map(|need| (need.item as u32, need.needs as u32)).collect();
    if aim.bounds.is_empty() {
        edges.extend(dominance(problem, &view));
    }
    let largest = layout.group_start.windows(2).map(|two| (two[1] - two[0]) as usize).max();
    let mut search = Search {
        ground: &ground,
        view: &view,
        state: State::new(problem, &layout, aim, &edges),
        scratch: Scratch::new(largest.unwrap_or(0)),
        frames: vec![Frame::whole(&ground)],
        spare: Frame::default(),
        places: Vec::new(),
        fixed: Vec::new(),
        selection: Selection::new(problem, &view),
        offers: Offers::default(),
        best: None,
        least: aim.least(problem),
        open_bound: None,
        root_bound: 0,
        frame_bytes: 0,
        nodes: 0,
        ending,
        record: Record::new(ending.record, problem, aim.rows().count()),
    };
    let mut selection = greedy_selection(problem, &view);
    let greedy = selection.value();
    search.offer(selection.value(), selection.chosen());
    exchange(&view, &mut selection, 1);
    search.offer(selection.value(), selection.chosen());
    if let Some(chosen) = known {
        search.offer(aim.objective.of(problem, chosen), chosen.to_vec());
    }
    search.run();
    search.outcome(greedy)
}

struct Search<'a> {
    ground: &'a Ground<'a>,
    /// The layout for the measure that is maximised.
    view: &'a Layout,
    state: State<'a>,
    scratch: Scratch,
    frames: Vec<Frame>,
    spare: Frame,
    places: Vec<u32>,
    fixed: Vec<(u32, Mark)>,
    /// What a relaxed choice is made permitted in.
    selection: Selection<'a>,
    offers: Offers,
    best: Option<(i64, Vec<usize>)>,
    /// A number that every objective exceeds.
    least: i64,
    /// The largest bound of a node that was left open, in the unit of the aim.
    open_bound: Option<i64>,
    root_bound: i64,
    frame_bytes: usize,
    nodes: u64,
    ending: Ending<'a>,
    record: Record,
}

impl Search<'_> {
    fn run(&mut self) {
        let problem = self.ground.problem;
        self.record.push(Step::Set(Register::Objective, self.ground.scale));
        let mut result = Ok(());
        for &item in &problem.pinned {
            result = result.and_then(|()| self.state.decide(item, Mark::In));
        }
        for &item in &problem.excluded {
            result = result.and_then(|()| self.state.decide(item, Mark::Out));
        }
        let decided = self.state.point();
        result = result.and_then(|()| self.state.follow());
        self.record.forced(self.state.since(decided), &self.state);
        if let Err(conflict) = result {
            self.record.conflict(conflict);
            self.root_bound = self.least * self.ground.scale;
            return;
        }
        let mut root = Frame::default();
        root.derive(&self.frames[0], self.ground, &self.state, &mut self.places);
        root.start(self.ground, &self.state, &mut self.scratch);
        root.bound = i64::MAX;
        self.frames[0] = root;
        self.visit(0);
    }

    fn outcome(self, greedy: i64) -> Outcome {
        let scale = self.ground.scale;
        let floor = self.best.as_ref().map_or(self.least, |best| best.0);
        let open = self.open_bound.map_or(floor, |bound| bound.div_euclid(scale));
        let tolerated = self.threshold().div_euclid(scale);
        let root_bound = self.root_bound.div_euclid(scale).max(floor);
        let upper_bound = open.max(tolerated).min(root_bound).max(floor);
        Outcome {
            upper_bound,
            root_bound,
            greedy,
            nodes: self.nodes,
            is_proven: upper_bound == floor,
            steps: self.record.steps(),
            best: self.best,
        }
    }

    /// What a node's bound must exceed to be worth visiting, in the unit of the aim.
    fn threshold(&self) -> i64 {
        let scale = self.ground.scale;
        let Some((best, _)) = &self.best else { return self.least * scale + scale - 1 };
        let gap = i128::from(best.abs()) * i128::from(self.ending.gap_millionths) / 1_000_000;
        (best + gap as i64) * scale + scale - 1
    }

    /// Takes a permitted selection as the best if it is.
    fn offer(&mut self, value: i64, chosen: Vec<usize>) {
        let is_better = self.best.as_ref().is_none_or(|best| best.0 < value);
        if is_better
            && self.ground.problem.violation(&chosen).is_none()
            && self.ground.aim.is_met(self.ground.problem, &chosen)
        {
            debug_assert_eq!(value, self.ground.aim.objective.of(self.ground.problem, &chosen));
            self.best = Some((value, chosen));
        }
    }

    /// Visits the node whose frame is at `depth` and whose decisions are the present state.
    fn visit(&mut self, depth: usize) {
        let is_over = self.ending.nodes_max <= self.nodes
            || DEPTH_MAX <= depth
            || FRAME_BYTES_MAX < self.frame_bytes
            || self.ending.stop.is_some_and(|stop| stop());
        if is_over && 0 < self.nodes {
            return self.leave_open(depth);
        }
        self.nodes += 1;
        let is_closed = if depth == 0 { self.work_on_root() } else { self.work_on_node(depth) };
        if is_closed {
            return;
        }
        if self.frames[depth].spans.is_empty() {
            return self.finish_leaf();
        }
        let Some((item, mark)) = choose_branch(&mut self.frames[depth]) else {
            return self.leave_open(depth);
        };
        self.record.push(Step::Branch { item: item as u32, is_in: mark == Mark::In });
        let other = if mark == Mark::In { Mark::Out } else { Mark::In };
        for side in [mark, other] {
            let point = self.state.point();
            self.descend(depth, item, side);
            self.state.undo(point);
        }
    }

    fn descend(&mut self, depth: usize, item: usize, mark: Mark) {
        let point = self.state.point();
        let result = self.state.decide(item, mark).and_then(|()| self.state.follow());
        self.record.forced(&self.state.since(point)[1..], &self.state);
        if let Err(conflict) = result {
            return self.record.conflict(conflict);
        }
        if self.frames.len() <= depth + 1 {
            self.frame_bytes += self.frames[depth].bytes();
            self.frames.push(Frame::default());
        }
        let (parents, children) = self.frames.split_at_mut(depth + 1);
        children[0].derive(&parents[depth], self.ground, &self.state, &mut self.places);
        self.visit(depth + 1);
    }

    /// Gives the root more time, and looks for selections in between.
    fn work_on_root(&mut self) -> bool {
        let mut best = i64::MAX;
        let mut stale = 0;
        for round in 0..ROOT_ROUNDS {
            let step = ROOT_EFFORT.step / (1.0 + ROOT_STEP_DECAY * f64::from(round));
            if self.improve(0, Effort { step, ..ROOT_EFFORT }) {
                return true;
            }
            self.repair(0);
            // A small rest is cheaper to branch on; a large one is worth a lower bound first.
            let frame = &self.frames[0];
            let is_small = frame.members.len() <= SMALL_FRAME;
            let left = frame.bound - self.threshold();
            let worth = left / if is_small { 8 } else { 1500 };
            stale = if best.saturating_sub(frame.bound) < worth { stale + 1 } else { 0 };
            best = frame.bound;
            if stale <= if is_small { 0 } else { 2 } {
                continue;
            }
            let is_weak = frame.bound < left.saturating_mul(WEAK_SHARE);
            let can_gather = frame.clusters.is_empty() && self.ground.aim.bounds.is_empty();
            if !(is_weak && can_gather && frame.is_dense()) {
                break;
            }
            self.frames[0].gather();
            self.record.clusters(&self.frames[0]);
            stale = 0;
        }
        false
    }

    fn work_on_node(&mut self, depth: usize) -> bool {
        if self.improve(depth, NODE_EFFORT) {
            return true;
        }
        if self.nodes.is_multiple_of(REPAIR_EVERY) {
            self.repair(depth);
        }
        false
    }

    /// Lowers the node's bound and fixes candidates; returns whether that closed the node.
    fn improve(&mut self, depth: usize, effort: Effort) -> bool {
        for _ in 0..FIX_ROUNDS {
            let threshold = self.threshold();
            let parent_bound = self.frames[depth].bound;
            let frame = &mut self.frames[depth];
            if frame.spans.is_empty() {
                return false;
            }
            let bound =
                frame.ascend(self.ground, &self.state, &mut self.scratch, (threshold, effort));
            frame.bound = bound.min(parent_bound);
            if depth == 0 {
                // What was fixed away before is only known to be under the threshold.
                self.root_bound = frame.bound.max(threshold);
            }
            if bound <= threshold {
                self.record.multipliers(frame, self.ground);
                self.record.push(Step::Close);
                return true;
            }
            let spans = frame.members.len();
            match self.fix(depth) {
                Err(()) => return true,
                Ok(false) => return false,
                Ok(true) => {}
            }
            if spans * 9 / 10 < self.frames[depth].members.len() {
                return false;
            }
        }
        false
    }

    /// Decides what is bounded away and derives the smaller frame; returns whether there was any.
    ///
    /// An error says that the node is closed.
    fn fix(&mut self, depth: usize) -> Result<bool, ()> {
        let threshold = self.threshold();
        let frame = &mut self.frames[depth];
        let bound = frame.evaluate(self.ground, &mut self.scratch);
        frame.measure_losses(self.ground, &mut self.scratch);
        self.fixed.clear();
        for member in frame.members.iter().filter(|member| !member.is_in) {
            if bound - member.loss_in <= threshold {
                self.fixed.push((member.item, Mark::Out));
            } else if bound - member.loss_out <= threshold {
                self.fixed.push((member.item, Mark::In));
            }
        }
        if self.fixed.is_empty() {
            return Ok(false);
        }
        self.record.multipliers(frame, self.ground);
        for &(item, mark) in &self.fixed {
            self.record.push(Step::Fix { item, is_in: mark == Mark::In });
        }
        let mut result = Ok(());
        for &(item, mark) in &self.fixed {
            result = result.and_then(|()| self.state.decide(item as usize, mark));
        }
        let point = self.state.point();
        result = result.and_then(|()| self.state.follow());
        self.record.forced(self.state.since(point), &self.state);
        if let Err(conflict) = result {
            self.record.conflict(conflict);
            return Err(());
        }
        self.spare.derive(&self.frames[depth], self.ground, &self.state, &mut self.places);
        std::mem::swap(&mut self.spare, &mut self.frames[depth]);
        Ok(true)
    }

    /// Makes a permitted selection of the relaxed choice, and offers it.
    fn repair(&mut self, depth: usize) {
        let frame = &mut self.frames[depth];
        frame.evaluate(self.ground, &mut self.scratch);
        let selection = &mut self.selection;
        selection.clear();
        let taken = frame.members.iter().filter(|member| member.is_taken);
        let decided = 0..self.ground.problem.items.len();
        let decided = decided.filter(|&item| self.state.mark(item) == Mark::In);
        for item in taken.map(|member| member.item as usize).chain(decided) {
            for &needed in self.view.needs.of(item) {
                if !selection.has(needed as usize) && self.state.mark(needed as usize) != Mark::Out
                {
                    selection.add(needed as usize);
                }
            }
        }
        trim(self.view, selection);
        fill(self.view, selection, &mut self.offers);
        let best = self.best.as_ref().map_or(i64::MIN, |best| best.0);
        if best < selection.value() && self.ground.aim.bounds.is_empty() {
            exchange(self.view, selection, 1);
        }
        if best < selection.value() {
            let (value, chosen) = (selection.value(), selection.chosen());
            self.offer(value, chosen);
        }
    }

    fn finish_leaf(&mut self) {
        let items = 0..self.ground.problem.items.len();
        let chosen: Vec<usize> = items.filter(|&i| self.state.mark(i) == Mark::In).collect();
        self.offer(self.ground.aim.objective.of(self.ground.problem, &chosen), chosen);
        self.record.push(Step::Close);
    }

    fn leave_open(&mut self, depth: usize) {
        let frame = &mut self.frames[depth];
        let inherited = frame.bound;
        let bound = frame.evaluate(self.ground, &mut self.scratch).min(inherited);
        self.open_bound = Some(self.open_bound.map_or(bound, |open| open.max(bound)));
        self.record.multipliers(frame, self.ground);
        self.record.push(Step::Close);
    }
}

/// Chooses what to branch on: much at stake, and the relaxed choices least agreed.
fn choose_branch(frame: &mut Frame) -> Option<(usize, Mark)> {
    frame.measure_stakes();
    let score =
        |member: &Member| (member.mean.min(1.0 - member.mean) + AGREED_SHARE) * member.stake as f64;
    let mut best: Option<(f64, &Member)> = None;
    for member in frame.members.iter().filter(|member| !member.is_in) {
        let score = score(member);
        if best.is_none_or(|(other, _)| other < score) {
            best = Some((score, member));
        }
    }
    let (_, member) = best?;
    let mark = if 0.5 <= member.mean { Mark::In } else { Mark::Out };
    Some((member.item as usize, mark))
}

/// Takes out what gains least for each token until the selection is within its limits.
fn trim(layout: &Layout, selection: &mut Selection) {
    while !selection.is_within_limits() {
        let mut worst: Option<(i64, u64, usize)> = None;
        for item in 0..layout.cost.len() {
            if !selection.has(item) || selection.is_pinned(item) || selection.is_needed(item) {
                continue;
            }
            let value = selection.value();
            selection.remove(item);
            let (lost, freed) = (value - selection.value(), selection.added_cost(item).max(1));
            selection.add(item);
            let is_worse = worst.is_none_or(|(other_lost, other_freed, _)| {
                i128::from(lost) * i128::from(other_freed)
                    < i128::from(other_lost) * i128::from(freed)
            });
            if is_worse {
                worst = Some((lost, freed, item));
            }
        }
        let Some((_, _, item)) = worst else { return };
        selection.remove(item);
    }
}
