//! Families of instances that look like the product's, and hard ones: for tests and benches.
//!
//! Costs are lognormal with a median near 180 tokens; utilities are skewed, a few candidates good
//! and most of them middling; groups have 1 to 12 members that sit in one file or are near
//! duplicates. All of it comes from a seed by integer arithmetic and `f64` functions.

use contextlite_select::{Group, Item, Limits, Pair, Problem};

/// How to make instances.
#[derive(Debug, Clone)]
pub struct Family {
    pub name: String,
    pub items: usize,
    pub budget: u32,
    /// Positive and negative pairs for each candidate.
    pub positive: usize,
    pub negative: usize,
    /// Whether pairs join any two candidates, and not mostly near ones.
    pub is_random: bool,
    pub overhead: u32,
    pub per_document_max: Option<u32>,
}

/// All families, the realistic ones first.
pub fn all() -> Vec<Family> {
    let mut families = Vec::new();
    for thousands in [1, 2, 4, 8, 16, 32] {
        let base = Family {
            name: format!("plain {thousands}k"),
            items: 200,
            budget: thousands * 1000,
            positive: 0,
            negative: 0,
            is_random: false,
            overhead: 0,
            per_document_max: None,
        };
        let real =
            Family { name: format!("real {thousands}k"), positive: 2, negative: 3, ..base.clone() };
        let five = Family { name: format!("five {thousands}k"), is_random: true, ..real.clone() };
        let header = Family { name: format!("header {thousands}k"), overhead: 16, ..real.clone() };
        let capped = Family {
            name: format!("capped {thousands}k"),
            per_document_max: Some(2),
            ..header.clone()
        };
        families.extend([base, real, five, header, capped]);
    }
    for thousands in [4, 16] {
        let twenty = Family {
            name: format!("twenty {thousands}k"),
            items: 200,
            budget: thousands * 1000,
            positive: 10,
            negative: 10,
            is_random: true,
            overhead: 0,
            per_document_max: None,
        };
        let thousand = Family {
            name: format!("thousand {thousands}k"),
            items: 1000,
            positive: 2,
            negative: 3,
            ..twenty.clone()
        };
        families.extend([twenty, thousand]);
    }
    families.sort_by_key(|family| family.name.split(' ').next().map(str::to_owned));
    families
}

impl Family {
    /// Makes the instance of a seed.
    pub fn problem(&self, seed: u64) -> Problem {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.items as u64);
        let mut items: Vec<Item> = Vec::with_capacity(self.items);
        let mut groups = Vec::new();
        let mut document = 0;
        while items.len() < self.items {
            let members =
                (1 + (12.0 * random.unit().powi(3)) as usize).min(self.items - items.len());
            let level = random.unit();
            document += u32::from(random.unit() < 0.7);
            for _ in 0..members {
                let cost = (180.0 * (0.7 * random.normal()).exp()).clamp(12.0, 1500.0) as u32;
                let worth = 0.02 + 0.9 * (0.7 * level + 0.3 * random.unit()).powi(4);
                let utility = (worth * 1e6) as u32;
                items.push(Item { utility, cost, document, group: groups.len() as u32 });
            }
            groups.push(Group { gamma_thousandths: 600 });
        }
        let mut problem = Problem {
            items,
            groups,
            pairs: Vec::new(),
            limits: Limits {
                document_overhead: self.overhead,
                per_document_max: self.per_document_max,
                ..Limits::tokens(self.budget)
            },
            pinned: Vec::new(),
            excluded: Vec::new(),
            implied: Vec::new(),
        };
        // Each pair touches two candidates, so half as many pairs as ends.
        for _ in 0..self.positive * self.items / 2 {
            self.join(&mut problem, &mut random, 1);
        }
        for _ in 0..self.negative * self.items / 2 {
            self.join(&mut problem, &mut random, -1);
        }
        problem
    }

    fn join(&self, problem: &mut Problem, random: &mut Random, sign: i64) {
        let a = random.below(self.items);
        let near = (a + 1 + (40.0 * random.unit().powi(2)) as usize) % self.items;
        let b = if self.is_random { random.below(self.items) } else { near };
        let is_known = problem.pairs.iter().any(|p| (p.a, p.b) == (a, b) || (p.b, p.a) == (a, b));
        if a == b || is_known {
            return;
        }
        let smaller = problem.items[a].utility.min(problem.items[b].utility);
        let share = if 0 < sign { 0.05 + 0.25 * random.unit() } else { 0.1 + 0.5 * random.unit() };
        let value = sign * (f64::from(smaller) * share) as i64;
        problem.pairs.push(Pair { a, b, value });
    }
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().max(1e-300).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}
