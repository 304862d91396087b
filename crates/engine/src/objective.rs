//! What a good selection is: candidates with their features become a selection problem.
//!
//! ```text
//!   maximise   sum over documents of  sum over k of  0.9^k * worth(k-th best passage)
//!            + coherence - redundancy                        pairs of passages, see `pairs`
//!   subject to tokens, number of passages, passages of a document, pins, exclusions
//! ```
//! **Worth.** A candidate's worth is `10⁶ · (u / u_best)^10` millionths, `u` its utility: passages
//! are wanted by how likely they are needed, and that falls much faster than the score. (Measured
//! on the localisation set, share of changed lines within 8,000 tokens: exponent 1 .47, 2 .58, 4
//! .65, 6 .66, 8 .67 with earlier weights of relevance; 8 .651, 10 .657, 12 .652 with today's.)
//! So a worth of 1 is that of the best candidate, and that is the unit of everything a user sees.
//!
//! **Groups.** The passages of one document form a group in which each further one counts for 0.9
//! of the one before, so that an answer is not all of one file.
//!
//! **Styles.** The weighted sum is the default. The lexicographic style has four tiers: worth (the
//! grouped sum), redundancy, coherence, recency (its sum over the passages). The first may be
//! given away by a hundredth, because two selections hardly ever have the same worth and the other
//! tiers would have nothing to decide. The epsilon-constraint style keeps the weighted sum and
//! adds bounds.
//!
//! **Costs** are the tokens of each passage as it is rendered, its header included, and rendered
//! blocks add up exactly (see `citation`); so documents have no overhead of their own.

mod pairs;

use std::collections::BTreeMap;

use contextlite_select::{
    Bound, Contradiction, Group, Item, Limits, Measure, Problem, Solution, SolveOptions, Status,
    Style, Tier, Violation, digest, greedy,
};

use crate::context::{
    Bounds, Comparison, LeftOut, LeftOutReason, Method, ObjectiveStyle, Selection,
    SelectionOptions, SelectionStatus, TierValue,
};
use crate::document::DocumentId;
use crate::error::{Error, Result};
use crate::record::Record;

/// At most this many candidates are chosen from, pinned ones not counted.
pub const CANDIDATES_MAX: usize = 200;
/// The exponent that turns utility into worth.
const WORTH_EXPONENT: i32 = 10;
/// What each further passage of a document counts of the one before, in thousandths.
const GROUP_GAMMA_THOUSANDTHS: u32 = 900;
/// What later tiers of the lexicographic style may give away of the worth, in thousandths.
const WORTH_SLACK_THOUSANDTHS: u32 = 10;
/// The names of the tiers of the lexicographic style.
const TIER_NAMES: [&str; 4] = ["worth", "redundancy", "coherence", "recency"];
/// The largest bound of a style, in units of worth; a sum of all candidates is below it.
const BOUND_MAX: f64 = 1000.0;
/// Millionths in one unit of worth.
const MILLIONTHS: f64 = 1e6;
/// Billionths in one unit of worth.
const BILLIONTHS: f64 = 1e9;
/// So many passages are named in a sentence; the others are counted.
const NAMED_MAX: usize = 4;

/// A candidate as the objective sees it.
#[derive(Debug, Clone)]
pub struct Choice<'r> {
    /// Its utility, at least 0.
    pub utility: f32,
    /// The recency of its document, in [0, 1].
    pub recency: f32,
    /// Its BM25F alone, at least 0.
    pub text: f32,
    /// Its tokens as rendered.
    pub cost: u32,
    /// Its document: the number of the source, and the document's there.
    pub document: (usize, DocumentId),
    /// Whether it must be taken.
    pub is_pinned: bool,
    /// Whether it must not be taken.
    pub is_excluded: bool,
    /// What it is called: `PATH:FIRST-LAST`.
    pub label: String,
    /// Its terms.
    pub record: Record<'r>,
}

/// The problem of one question, in a style.
#[derive(Debug, Clone)]
pub struct Objective {
    /// The numbers.
    pub problem: Problem,
    /// What is maximised, and under which bounds.
    pub style: Style,
    method: Method,
    name: &'static str,
    /// The bounds of the style in words; empty if there are none.
    bounds: String,
    labels: Vec<String>,
}

impl Objective {
    /// Makes the problem of the candidates, best first.
    ///
    /// # Errors
    /// `InvalidInput` for a bound of the style that is out of range, or a method that the style
    /// does not have.
    pub fn new(choices: &[Choice<'_>], budget: u32, options: &SelectionOptions) -> Result<Self> {
        if options.method == Method::Greedy && options.style != ObjectiveStyle::WeightedSum {
            let message = "a greedy choice serves the weighted sum only; leave the style out";
            return Err(Error::InvalidInput { field: "method", message: message.to_owned() });
        }
        let problem = problem(choices, budget, options);
        let (name, style, bounds) = match options.style {
            ObjectiveStyle::WeightedSum => ("weighted-sum", Style::WeightedSum, String::new()),
            ObjectiveStyle::Lexicographic => {
                ("lexicographic", Style::Lexicographic(tiers(choices)), String::new())
            }
            ObjectiveStyle::EpsilonConstraint(bounds) => {
                let style = Style::EpsilonConstraint(constraints(choices, bounds)?);
                ("epsilon-constraint", style, words_of(bounds))
            }
        };
        let labels = choices.iter().map(|choice| choice.label.clone()).collect();
        Ok(Self { problem, style, method: options.method, name, bounds, labels })
    }

    /// Chooses, within the limits of the options.
    ///
    /// A greedy choice is answered with the bound that the exact search proves.
    pub fn solve(&self, options: &SelectionOptions) -> Solution {
        let mut solution = self.solve_exactly(options);
        let is_found = matches!(solution.status, Status::Optimal | Status::Gap);
        if options.method == Method::Greedy && is_found {
            self.choose_instead(&mut solution, self.greedy());
        }
        solution
    }

    fn greedy(&self) -> Vec<usize> {
        greedy(&self.problem).expect("the problem is valid")
    }

    /// Puts another permitted choice in place of the best, under the same bound.
    fn choose_instead(&self, solution: &mut Solution, chosen: Vec<usize>) {
        let objective = self.problem.objective(&chosen);
        solution.objective = objective;
        solution.cost = self.problem.cost(&chosen);
        if objective < solution.upper_bound {
            solution.status = Status::Gap;
        }
        solution.stages.iter_mut().for_each(|stage| stage.objective = Some(objective));
        let proofs = solution.certificate.iter_mut().flat_map(|made| &mut made.proofs);
        for proof in proofs {
            proof.chosen.clone_from(&chosen);
            proof.objective = Some(objective);
        }
        solution.chosen = chosen;
    }

    fn solve_exactly(&self, options: &SelectionOptions) -> Solution {
        let start = std::time::Instant::now();
        let is_over = || options.time_max.is_some_and(|most| most <= start.elapsed());
        let options = SolveOptions {
            style: self.style.clone(),
            gap_millionths: options.gap_millionths,
            stop: options.time_max.is_some().then_some(&is_over),
            record: options.record,
            ..SolveOptions::default()
        };
        contextlite_select::solve(&self.problem, &options)
            .expect("the problem is made of valid candidates and its style of checked bounds")
    }

    /// What is known of a solution.
    pub fn describe(&self, solution: &Solution) -> Selection {
        let (status, note) = match solution.status {
            Status::Optimal => (SelectionStatus::Optimal, None),
            Status::Gap => (SelectionStatus::Gap, None),
            Status::Unknown => {
                let note = "no selection within the bounds was found, nor the proof that none is";
                (SelectionStatus::Gap, Some(format!("{note} ({})", self.bounds)))
            }
            Status::Infeasible(reason) => (SelectionStatus::Infeasible, Some(self.words(reason))),
        };
        let tiers = TIER_NAMES.iter().zip(&solution.stages).map(|(&name, stage)| TierValue {
            name,
            objective: stage.objective,
            upper_bound: stage.upper_bound,
        });
        let is_tiered = matches!(self.style, Style::Lexicographic(_));
        let gaps = solution.stages.iter().map(contextlite_select::Stage::gap);
        Selection {
            status,
            style: self.name,
            method: self.method,
            objective: solution.objective,
            upper_bound: solution.upper_bound,
            gap: gaps.fold(0.0, f64::max),
            coherence: Measure::coherence().of(&self.problem, &solution.chosen),
            redundancy: -Measure::redundancy().of(&self.problem, &solution.chosen),
            tiers: if is_tiered { tiers.collect() } else { Vec::new() },
            candidates: self.problem.items.len(),
            pairs: self.problem.pairs.len(),
            constraints: self.constraints(),
            nodes: solution.nodes,
            digest: digest(&self.problem, &self.style),
            note,
        }
    }

    /// Compares a choice with the greedy one and with taking passages by their utility, or by their
    /// BM25 alone, until the next one does not fit; all by the weighted sum.
    pub fn compare(&self, choices: &[Choice<'_>], chosen: &[usize]) -> Vec<Comparison> {
        let mut by_text: Vec<usize> = (0..choices.len()).collect();
        by_text.sort_by(|&a, &b| choices[b].text.total_cmp(&choices[a].text).then(a.cmp(&b)));
        let methods = [
            ("optimal", chosen.to_vec()),
            ("greedy", self.greedy()),
            ("top-k", self.in_order(0..choices.len())),
            ("bm25", self.in_order(by_text)),
        ];
        let compared = methods.into_iter().map(|(method, set)| Comparison {
            method,
            objective: self.problem.objective(&set),
            tokens: self.problem.cost(&set),
            passages: set.iter().map(|&item| self.labels[item].clone()).collect(),
            shared: set.iter().filter(|item| chosen.binary_search(item).is_ok()).count(),
            is_permitted: self.problem.violation(&set).is_none() && self.meets_bounds(&set),
        });
        compared.collect()
    }

    /// Says of each candidate that was not chosen what keeps it out, by rank.
    pub fn left_out(&self, choices: &[Choice<'_>], chosen: &[usize]) -> Vec<LeftOut> {
        let is_out = |item: &usize| chosen.binary_search(item).is_err();
        let left_out = (0..choices.len()).filter(is_out).map(|item| LeftOut {
            passage: self.labels[item].clone(),
            tokens: choices[item].cost,
            score: choices[item].utility,
            reason: self.reason(item, chosen),
        });
        left_out.collect()
    }

    fn reason(&self, item: usize, chosen: &[usize]) -> LeftOutReason {
        if self.problem.excluded.contains(&item) {
            return LeftOutReason::Excluded;
        }
        if self.problem.limits.budget < self.problem.items[item].cost {
            return LeftOutReason::TooLarge;
        }
        let mut with = chosen.to_vec();
        with.insert(with.partition_point(|&other| other < item), item);
        match self.problem.violation(&with) {
            Some(Violation::OverCount) => LeftOutReason::CountCap,
            Some(Violation::OverDocument(_)) => LeftOutReason::DocumentCap,
            Some(_) => LeftOutReason::NoRoom,
            None if self.problem.objective(&with) <= self.problem.objective(chosen) => {
                LeftOutReason::NoGain
            }
            None => LeftOutReason::Style,
        }
    }

    /// How many limits a selection must keep.
    fn constraints(&self) -> usize {
        let problem = &self.problem;
        let is_less = |most: u32, count: usize| (most as usize) < count;
        let count = problem.limits.count_max.is_some_and(|most| is_less(most, problem.items.len()));
        let documents = problem.limits.per_document_max.map_or(0, |most| {
            let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
            problem.items.iter().for_each(|item| *sizes.entry(item.document).or_default() += 1);
            sizes.into_values().filter(|&size| is_less(most, size)).count()
        });
        let bounds = match &self.style {
            Style::EpsilonConstraint(bounds) => bounds.len(),
            Style::WeightedSum | Style::Lexicographic(_) => 0,
        };
        let wishes = problem.pinned.len() + problem.excluded.len();
        1 + usize::from(count) + documents + wishes + bounds
    }

    /// The names of the candidates.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The pinned candidates, then the others by rank while they fit.
    fn in_order(&self, order: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut set = self.problem.pinned.clone();
        for item in order {
            if set.contains(&item) || self.problem.excluded.contains(&item) {
                continue;
            }
            let mut more = set.clone();
            more.push(item);
            let count_max = self.problem.limits.count_max.map_or(usize::MAX, |most| most as usize);
            let budget = u64::from(self.problem.limits.budget);
            if count_max < more.len() || budget < self.problem.cost(&more) {
                break;
            }
            set = more;
        }
        set.sort_unstable();
        set
    }

    fn meets_bounds(&self, set: &[usize]) -> bool {
        let Style::EpsilonConstraint(bounds) = &self.style else { return true };
        bounds.iter().all(|bound| bound.at_least <= bound.measure.of(&self.problem, set))
    }

    /// Why there is no selection, with the names of the passages.
    fn words(&self, reason: Contradiction) -> String {
        let pinned: Vec<usize> = self.problem.pinned.clone();
        match reason {
            Contradiction::PinnedOverBudget { cost, budget } => {
                let pins = self.list(&pinned);
                format!("the pinned {pins} cost {cost} tokens, the budget is {budget}")
            }
            Contradiction::PinnedOverCount { count, most } => {
                let pins = self.list(&pinned);
                format!("{count} passages are pinned ({pins}), at most {most} may be taken")
            }
            Contradiction::PinnedOverDocument { document } => {
                let is_there = |item: &usize| self.problem.items[*item].document == document;
                let pins: Vec<usize> = pinned.into_iter().filter(is_there).collect();
                let most = self.problem.limits.per_document_max.unwrap_or(u32::MAX);
                let list = self.list(&pins);
                format!("{list} are pinned, at most {most} of one document may be taken")
            }
            Contradiction::PinnedExcluded { item } => {
                format!("{} is pinned and excluded", self.labels[item])
            }
            Contradiction::BoundsUnmet if pinned.is_empty() => {
                format!("no selection meets the bounds ({})", self.bounds)
            }
            Contradiction::BoundsUnmet => {
                let pins = self.list(&pinned);
                format!("no selection with the pinned {pins} meets the bounds ({})", self.bounds)
            }
        }
    }

    fn list(&self, items: &[usize]) -> String {
        let mut names: Vec<String> =
            items.iter().take(NAMED_MAX).map(|&item| self.labels[item].clone()).collect();
        match items.len() - names.len() {
            0 => {}
            others => names.push(format!("{others} more")),
        }
        let last = names.pop().unwrap_or_default();
        if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) }
    }
}

fn problem(choices: &[Choice<'_>], budget: u32, options: &SelectionOptions) -> Problem {
    let best = choices.iter().map(|choice| choice.utility).fold(f32::MIN_POSITIVE, f32::max);
    let mut documents: BTreeMap<(usize, DocumentId), u32> = BTreeMap::new();
    let items = choices.iter().map(|choice| {
        let next = documents.len() as u32;
        let document = *documents.entry(choice.document).or_insert(next);
        let share = f64::from(choice.utility / best);
        let utility = (share.powi(WORTH_EXPONENT) * MILLIONTHS).round() as u32;
        Item { utility, cost: choice.cost, document, group: document }
    });
    let items: Vec<Item> = items.collect();
    let pairs = pairs::pairs(choices, &items);
    let marked = |is_marked: fn(&Choice<'_>) -> bool| {
        let choices = choices.iter().enumerate();
        choices.filter(|(_, choice)| is_marked(choice)).map(|(at, _)| at).collect()
    };
    Problem {
        items,
        groups: vec![Group { gamma_thousandths: GROUP_GAMMA_THOUSANDTHS }; documents.len()],
        pairs,
        limits: Limits {
            count_max: options.passages_max,
            per_document_max: options.per_document_max,
            ..Limits::tokens(budget)
        },
        pinned: marked(|choice| choice.is_pinned),
        excluded: marked(|choice| choice.is_excluded),
        implied: Vec::new(),
    }
}

fn tiers(choices: &[Choice<'_>]) -> Vec<Tier> {
    let recency = choices.iter().map(|choice| i64::from(recency_of(choice))).collect();
    let measures =
        [Measure::utility(), Measure::redundancy(), Measure::coherence(), Measure::sum(recency)];
    let slack = |at| if at == 0 { WORTH_SLACK_THOUSANDTHS } else { 0 };
    let tiers = measures.into_iter().enumerate();
    tiers.map(|(at, measure)| Tier { measure, slack_thousandths: slack(at) }).collect()
}

fn constraints(choices: &[Choice<'_>], bounds: Bounds) -> Result<Vec<Bound>> {
    let mut list = Vec::new();
    let billionths = |value: f64| (value * BILLIONTHS).round() as i64;
    if let Some(most) = bounds.redundancy_max {
        let most = within(most, BOUND_MAX, "redundancy_max")?;
        list.push(Bound::redundancy_at_most(billionths(most)));
    }
    if let Some(least) = bounds.coherence_min {
        let least = within(least, BOUND_MAX, "coherence_min")?;
        list.push(Bound::coherence_at_least(billionths(least)));
    }
    if let Some(least) = bounds.recency_min {
        let least = within(least, 1.0, "recency_min")?;
        let recencies: Vec<u32> = choices.iter().map(recency_of).collect();
        list.push(Bound::mean_at_least(&recencies, (least * MILLIONTHS).round() as u32));
    }
    Ok(list)
}

/// The recency in millionths.
fn recency_of(choice: &Choice<'_>) -> u32 {
    (f64::from(choice.recency.clamp(0.0, 1.0)) * MILLIONTHS).round() as u32
}

fn within(value: f64, most: f64, field: &'static str) -> Result<f64> {
    if (0.0..=most).contains(&value) {
        return Ok(value);
    }
    let message = format!("{value} is not a number from 0 to {most}");
    Err(Error::InvalidInput { field, message })
}

fn words_of(bounds: Bounds) -> String {
    let bounds = [
        bounds.redundancy_max.map(|most| format!("redundancy at most {most}")),
        bounds.coherence_min.map(|least| format!("coherence at least {least}")),
        bounds.recency_min.map(|least| format!("mean recency at least {least}")),
    ];
    bounds.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Vec<Choice<'static>> {
        let choice = |(at, utility): (usize, f32)| Choice {
            utility,
            recency: 1.0 - at as f32 / 4.0,
            text: at as f32,
            cost: 100,
            document: (0, DocumentId(at as i64 / 2)),
            is_pinned: false,
            is_excluded: false,
            label: format!("f{}:{}-{}", at / 2, at + 1, at + 1),
            record: Record::new(&[]),
        };
        [0.8, 0.7, 0.6, 0.5].into_iter().enumerate().map(choice).collect()
    }

    fn solve(
        choices: &[Choice<'_>],
        budget: u32,
        options: &SelectionOptions,
    ) -> (Solution, Selection) {
        let objective = Objective::new(choices, budget, options).unwrap();
        let solution = objective.solve(options);
        let selection = objective.describe(&solution);
        (solution, selection)
    }

    fn check_contradiction(
        change: impl Fn(&mut Vec<Choice<'static>>, &mut SelectionOptions),
        budget: u32,
        expected: &str,
    ) {
        let (mut choices, mut options) = (choices(), SelectionOptions::default());
        change(&mut choices, &mut options);
        let (solution, selection) = solve(&choices, budget, &options);
        assert!(solution.chosen.is_empty());
        assert_eq!(selection.status, SelectionStatus::Infeasible);
        assert_eq!(selection.note.as_deref(), Some(expected));
    }

    #[test]
    fn contradictions_name_the_passages() {
        let pin = |choices: &mut Vec<Choice<'static>>| {
            choices[..3].iter_mut().for_each(|choice| choice.is_pinned = true);
        };
        check_contradiction(
            |choices, _| pin(choices),
            200,
            "the pinned f0:1-1, f0:2-2 and f1:3-3 cost 300 tokens, the budget is 200",
        );
        check_contradiction(
            |choices, options| {
                pin(choices);
                options.passages_max = Some(2);
            },
            1000,
            "3 passages are pinned (f0:1-1, f0:2-2 and f1:3-3), at most 2 may be taken",
        );
        check_contradiction(
            |choices, options| {
                pin(choices);
                options.per_document_max = Some(1);
            },
            1000,
            "f0:1-1 and f0:2-2 are pinned, at most 1 of one document may be taken",
        );
        check_contradiction(
            |choices, _| {
                pin(choices);
                choices[1].is_excluded = true;
            },
            1000,
            "f0:2-2 is pinned and excluded",
        );
        let bounds = Bounds { coherence_min: Some(0.5), ..Bounds::default() };
        check_contradiction(
            |_, options| options.style = ObjectiveStyle::EpsilonConstraint(bounds),
            1000,
            "no selection meets the bounds (coherence at least 0.5)",
        );
    }

    #[test]
    fn wishes_caps_and_bounds_are_kept() {
        let mut pinned = choices();
        pinned[3].is_pinned = true;
        let (solution, selection) = solve(&pinned, 200, &SelectionOptions::default());
        assert_eq!((solution.chosen, selection.status), (vec![0, 3], SelectionStatus::Optimal));
        let one = SelectionOptions { per_document_max: Some(1), ..SelectionOptions::default() };
        assert_eq!(solve(&choices(), 1000, &one).0.chosen, [0, 2]);
        let two = SelectionOptions { passages_max: Some(2), ..SelectionOptions::default() };
        assert_eq!(solve(&choices(), 1000, &two).0.chosen, [0, 1]);
        let bounds = Bounds { recency_min: Some(0.8), ..Bounds::default() };
        let style = ObjectiveStyle::EpsilonConstraint(bounds);
        let recent = SelectionOptions { style, ..SelectionOptions::default() };
        assert_eq!(solve(&choices(), 1000, &recent).0.chosen, [0, 1]);
    }

    #[test]
    fn tiers_are_named_and_proven() {
        let style = ObjectiveStyle::Lexicographic;
        let options = SelectionOptions { style, ..SelectionOptions::default() };
        let (solution, selection) = solve(&choices(), 300, &options);
        assert_eq!(solution.status, Status::Optimal);
        let names: Vec<&str> = selection.tiers.iter().map(|tier| tier.name).collect();
        assert_eq!(names, TIER_NAMES);
        assert_eq!(selection.tiers[0].objective, Some(selection.tiers[0].upper_bound));
    }

    #[test]
    fn a_comparison_is_by_the_same_sum() {
        let mut choices = choices();
        choices[0].cost = 350;
        let objective = Objective::new(&choices, 400, &SelectionOptions::default()).unwrap();
        let solution = objective.solve(&SelectionOptions::default());
        let compared = objective.compare(&choices, &solution.chosen);
        let methods: Vec<&str> = compared.iter().map(|other| other.method).collect();
        assert_eq!(methods, ["optimal", "greedy", "top-k", "bm25"]);
        assert!(compared.iter().all(|other| other.objective <= compared[0].objective));
        assert_eq!(compared[2].passages, ["f0:1-1"]);
        assert!(compared.iter().all(|other| other.is_permitted && other.tokens <= 400));
    }

    #[test]
    fn a_greedy_choice_has_the_bound_of_the_best() {
        let mut choices = choices();
        // One passage fills the budget; two that gain more for each token leave half of it empty.
        choices[0].cost = 200;
        choices[1].cost = 30;
        let options = SelectionOptions { record: true, ..SelectionOptions::default() };
        let greedy = SelectionOptions { method: Method::Greedy, ..options.clone() };
        let ((best, exact), (found, selection)) =
            (solve(&choices, 210, &options), solve(&choices, 210, &greedy));
        assert_eq!((exact.method, selection.method), (Method::Exact, Method::Greedy));
        assert_eq!(selection.upper_bound, exact.upper_bound);
        assert!(selection.objective <= exact.objective);
        assert_eq!(selection.status == SelectionStatus::Optimal, found.chosen == best.chosen);
        let certificate = found.certificate.unwrap();
        assert_eq!(certificate.chosen(), found.chosen);
        let objective = Objective::new(&choices, 210, &greedy).unwrap();
        let verdict =
            contextlite_select::verify(&objective.problem, &objective.style, &certificate).unwrap();
        assert_eq!(verdict.objective, Some(selection.objective));
        let tiered = SelectionOptions { style: ObjectiveStyle::Lexicographic, ..greedy };
        assert!(Objective::new(&choices, 210, &tiered).is_err());
    }

    #[test]
    fn what_keeps_a_candidate_out_is_told() {
        let mut choices = choices();
        choices[3].cost = 900;
        choices[2].is_excluded = true;
        let reasons = |options: &SelectionOptions, budget: u32| -> Vec<(String, LeftOutReason)> {
            let objective = Objective::new(&choices, budget, options).unwrap();
            let chosen = objective.solve(options).chosen;
            let left_out = objective.left_out(&choices, &chosen).into_iter();
            left_out.map(|each| (each.passage, each.reason)).collect()
        };
        let named = |passage: &str, reason| (passage.to_owned(), reason);
        let excluded = named("f1:3-3", LeftOutReason::Excluded);
        let plain = SelectionOptions::default();
        assert_eq!(reasons(&plain, 1100), std::slice::from_ref(&excluded));
        let too_large = named("f1:4-4", LeftOutReason::TooLarge);
        assert_eq!(
            reasons(&plain, 150),
            [named("f0:2-2", LeftOutReason::NoRoom), excluded.clone(), too_large]
        );
        let one = SelectionOptions { passages_max: Some(1), ..SelectionOptions::default() };
        let capped = |passage: &str| named(passage, LeftOutReason::CountCap);
        assert_eq!(reasons(&one, 1100), [capped("f0:2-2"), excluded.clone(), capped("f1:4-4")]);
        let each = SelectionOptions { per_document_max: Some(1), ..SelectionOptions::default() };
        assert_eq!(reasons(&each, 1100), [named("f0:2-2", LeftOutReason::DocumentCap), excluded]);
    }

    #[test]
    fn bounds_out_of_range_are_named() {
        let bounds = Bounds { recency_min: Some(1.5), ..Bounds::default() };
        let style = ObjectiveStyle::EpsilonConstraint(bounds);
        let options = SelectionOptions { style, ..SelectionOptions::default() };
        let error = Objective::new(&choices(), 400, &options).unwrap_err();
        assert_eq!(error.to_string(), "recency_min: 1.5 is not a number from 0 to 1");
    }
}
