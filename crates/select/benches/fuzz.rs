//! Random small instances against every subset: `cargo bench -p contextlite-select --bench fuzz`.
//!
//! Arguments after `--`: how many instances (one million unless told), and the first seed. Each has
//! up to 8 candidates and any mix of constraints. Every answer must be permitted, equal the best
//! subset, be no worse than greedy, and be proven; every 64th is certified and its certificate
//! checked. It stops at the first instance that is not so, and prints it.

use contextlite_select::{
    Group, Implied, Item, Limits, Pair, Problem, SolveOptions, Status, Style, solve, verify,
};

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let mut number = |default| words.next().and_then(|word| word.parse().ok()).unwrap_or(default);
    let (count, first) = (number(1_000_000u64), number(0u64));
    let mut infeasible = 0u64;
    for seed in first..first + count {
        let problem = instance(&mut Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let options = SolveOptions { record: seed % 64 == 0, ..SolveOptions::default() };
        let solution = solve(&problem, &options).expect("the instance is valid");
        let best = brute(&problem);
        let is_right = match best {
            None => matches!(solution.status, Status::Infeasible(_)),
            Some(best) => {
                solution.status == Status::Optimal
                    && solution.objective == best
                    && solution.upper_bound == best
                    && solution.greedy_objective <= best
                    && problem.violation(&solution.chosen).is_none()
                    && problem.objective(&solution.chosen) == best
            }
        };
        assert!(is_right, "seed {seed}: {best:?} is best, {solution:?} of {problem:?}");
        if let Some(certificate) = &solution.certificate {
            let verdict = verify(&problem, &Style::WeightedSum, certificate);
            assert!(verdict.is_ok_and(|verdict| verdict.is_proven), "seed {seed}: {problem:?}");
        }
        infeasible += u64::from(best.is_none());
    }
    println!("{count} instances equal brute force, {infeasible} of them infeasible");
}

/// The best permitted subset's objective, by a walk over all subsets with early exits.
fn brute(problem: &Problem) -> Option<i64> {
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
        let mut utilities = [[0u32; 8]; GROUPS as usize];
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

const DOCUMENTS: u32 = 4;
const GROUPS: u32 = 4;

fn instance(random: &mut Random) -> Problem {
    let count = 1 + random.below(8) as usize;
    let steps = if random.below(2) == 0 { 4 } else { 1_000_000 };
    let utility = 1_000_000 / steps;
    let items = (0..count).map(|_| Item {
        utility: random.below(steps + 1) * utility,
        cost: random.below(30),
        document: random.below(DOCUMENTS),
        group: random.below(GROUPS),
    });
    let items: Vec<Item> = items.collect();
    let gamma = |random: &mut Random| [1000, 600, 0, random.below(1001)][random.below(4) as usize];
    let groups = (0..GROUPS).map(|_| Group { gamma_thousandths: gamma(random) }).collect();
    let mut pairs = Vec::new();
    let density = random.below(100);
    for a in 0..count {
        for b in a + 1..count {
            if random.below(100) < density {
                let value = i64::from(random.below(1_200_000)) - 600_000;
                pairs.push(Pair { a, b, value });
            }
        }
    }
    let some = |random: &mut Random, most| (random.below(3) == 0).then(|| random.below(most));
    let limits = Limits {
        budget: random.below(20 * count as u32 + 1),
        document_overhead: some(random, 12).unwrap_or(0),
        count_max: some(random, 6),
        per_document_max: some(random, 4),
    };
    let pick = |random: &mut Random| random.below(count as u32) as usize;
    let list = |random: &mut Random| -> Vec<usize> {
        let length = random.below(6).saturating_sub(4);
        (0..length).map(|_| pick(random)).collect()
    };
    let (pinned, excluded) = (list(random), list(random));
    let needs = random.below(8).saturating_sub(4);
    let implied = (0..needs).map(|_| Implied { item: pick(random), needs: pick(random) }).collect();
    Problem { items, groups, pairs, limits, pinned, excluded, implied }
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(most)) as u32
    }
}
