//! Any bytes as a small instance, and the check that its answer is the best of all subsets.
//!
//! Three drivers share this: the property test here, `benches/fuzz.rs` with random bytes, and the
//! cargo-fuzz target with bytes that a fuzzer looks for. Missing bytes read as zero, so every
//! input is an instance, and a shorter one is a simpler one.

use contextlite_select::{
    Group, Implied, Item, Limits, Pair, Problem, Solution, SolveOptions, Status, Style, solve,
    verify,
};

const ITEMS_MAX: u32 = 8;
const DOCUMENTS: u32 = 4;
const GROUPS: u32 = 4;

/// Reads numbers from bytes, the shape of the instance first.
struct Bytes<'b>(std::slice::Iter<'b, u8>);

impl Bytes<'_> {
    /// A number below `most`, from as many bytes as it takes.
    fn below(&mut self, most: u32) -> u32 {
        let mut number = 0u32;
        let mut range = 1u32;
        while range < most {
            number = number << 8 | u32::from(self.0.next().copied().unwrap_or(0));
            range = range.saturating_mul(256);
        }
        number % most.max(1)
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.below(256) % count == count - 1
    }
}

/// Reads an instance.
pub fn problem(bytes: &[u8]) -> Problem {
    let bytes = &mut Bytes(bytes.iter());
    let count = 1 + bytes.below(ITEMS_MAX);
    let budget = bytes.below(20 * count + 1);
    // Few different utilities make ties, many make hard sums.
    let steps = if bytes.one_in(2) { 1_000_000 } else { 4 };
    let some = |bytes: &mut Bytes, most| bytes.one_in(3).then(|| bytes.below(most));
    let limits = Limits {
        budget,
        document_overhead: some(bytes, 12).unwrap_or(0),
        count_max: some(bytes, 6),
        per_document_max: some(bytes, 4),
    };
    let density = bytes.below(100);
    let item = |bytes: &mut Bytes| Item {
        utility: bytes.below(steps + 1) * (1_000_000 / steps),
        cost: bytes.below(30),
        document: bytes.below(DOCUMENTS),
        group: bytes.below(GROUPS),
    };
    let items: Vec<Item> = (0..count).map(|_| item(bytes)).collect();
    let gamma = |bytes: &mut Bytes| match bytes.below(4) {
        0 => 1000,
        1 => 600,
        2 => 0,
        _ => bytes.below(1001),
    };
    let groups = (0..GROUPS).map(|_| Group { gamma_thousandths: gamma(bytes) }).collect();
    let mut pairs = Vec::new();
    for a in 0..count as usize {
        for b in a + 1..count as usize {
            if bytes.below(100) < density {
                pairs.push(Pair { a, b, value: i64::from(bytes.below(1_200_000)) - 600_000 });
            }
        }
    }
    let pick = |bytes: &mut Bytes| bytes.below(count) as usize;
    let list = |bytes: &mut Bytes| -> Vec<usize> {
        let length = bytes.below(6).saturating_sub(4);
        (0..length).map(|_| pick(bytes)).collect()
    };
    let (pinned, excluded) = (list(bytes), list(bytes));
    let needs = bytes.below(8).saturating_sub(4);
    let implied = (0..needs).map(|_| Implied { item: pick(bytes), needs: pick(bytes) }).collect();
    Problem { items, groups, pairs, limits, pinned, excluded, implied }
}

/// Solves an instance and checks everything that must hold of the answer; returns whether there
/// is any permitted set.
///
/// # Panics
/// If anything does not hold.
pub fn check(problem: &Problem, is_certified: bool) -> bool {
    let options = SolveOptions { record: is_certified, ..SolveOptions::default() };
    let solution = solve(problem, &options).expect("the instance is valid");
    let best = best(problem);
    assert!(is_right(problem, &solution, best), "{best:?} is best, {solution:?} of {problem:?}");
    if let Some(certificate) = &solution.certificate {
        let verdict = verify(problem, &Style::WeightedSum, certificate);
        assert!(verdict.is_ok_and(|verdict| verdict.is_proven), "not certified: {problem:?}");
    }
    assert_eq!(solution.certificate.is_some(), is_certified);
    best.is_some()
}

fn is_right(problem: &Problem, solution: &Solution, best: Option<i64>) -> bool {
    let Some(best) = best else { return matches!(solution.status, Status::Infeasible(_)) };
    solution.status == Status::Optimal
        && solution.objective == best
        && solution.upper_bound == best
        && solution.greedy_objective <= best
        && problem.violation(&solution.chosen).is_none()
        && problem.objective(&solution.chosen) == best
}

/// The best permitted subset's objective, by a walk over all subsets with early exits; written
/// apart from the crate's own `objective`, so that it checks that as well.
fn best(problem: &Problem) -> Option<i64> {
    let count = problem.items.len();
    let limits = &problem.limits;
    let mut best = None;
    'subsets: for bits in 0u32..1 << count {
        let has = |item: usize| bits >> item & 1 == 1;
        if problem.pinned.iter().any(|&item| !has(item))
            || problem.excluded.iter().any(|&item| has(item))
            || problem.implied.iter().any(|need| has(need.item) && !has(need.needs))
            || limits.count_max.is_some_and(|most| most < bits.count_ones())
        {
            continue;
        }
        let (mut cost, mut value) = (0, 0);
        let mut documents = [0u32; DOCUMENTS as usize];
        let mut utilities = [[0u32; ITEMS_MAX as usize]; GROUPS as usize];
        let mut ranks = [0usize; GROUPS as usize];
        for (_, item) in problem.items.iter().enumerate().filter(|&(index, _)| has(index)) {
            cost += item.cost;
            documents[item.document as usize] += 1;
            let group = item.group as usize;
            utilities[group][ranks[group]] = item.utility;
            ranks[group] += 1;
        }
        for count in documents {
            cost += if 0 < count { limits.document_overhead } else { 0 };
            if limits.per_document_max.is_some_and(|most| most < count) {
                continue 'subsets;
            }
        }
        if limits.budget < cost {
            continue;
        }
        for (group, utilities) in problem.groups.iter().zip(&mut utilities) {
            utilities.sort_unstable_by(|left, right| right.cmp(left));
            let mut weight = 1000;
            for &utility in utilities.iter() {
                value += i64::from(weight) * i64::from(utility);
                weight = weight * group.gamma_thousandths / 1000;
            }
        }
        for pair in problem.pairs.iter().filter(|pair| has(pair.a) && has(pair.b)) {
            value += pair.value * 1000;
        }
        best = best.max(Some(value));
    }
    best
}
