//! Small random problems of every shape.

use contextlite_select::{Group, Implied, Item, Limits, Pair, Problem};
use proptest::prelude::*;

/// Problems of up to `items_max` candidates with every kind of constraint.
pub fn small(items_max: usize) -> impl Strategy<Value = Problem> {
    (1..=items_max).prop_flat_map(|count| {
        let item = (0u32..40, 0u32..30, 0u32..4, 0u32..4).prop_map(|(u, cost, document, group)| {
            Item { utility: u * 25_000, cost, document, group }
        });
        let items = prop::collection::vec(item, count);
        let gamma = prop_oneof![Just(1000), Just(600), Just(0), 0u32..=1000];
        let groups = prop::collection::vec(gamma, 4);
        let pair = (0..count, 0..count, -600_000i64..600_000);
        let pairs = prop::collection::vec(pair, 0..=count * 2);
        let caps = (
            prop::option::weighted(0.3, 0u32..6),
            prop::option::weighted(0.3, 0u32..4),
            prop_oneof![Just(0u32), 0u32..12],
        );
        let wishes = (
            prop::collection::vec(0..count, 0..2),
            prop::collection::vec(0..count, 0..2),
            prop::collection::vec((0..count, 0..count), 0..4),
        );
        (items, groups, pairs, caps, wishes, 0u32..160).prop_map(build)
    })
}

type Wishes = (Vec<usize>, Vec<usize>, Vec<(usize, usize)>);
type Caps = (Option<u32>, Option<u32>, u32);
type Parts = (Vec<Item>, Vec<u32>, Vec<(usize, usize, i64)>, Caps, Wishes, u32);

fn build((items, gammas, ends, caps, wishes, budget): Parts) -> Problem {
    let mut pairs: Vec<Pair> = Vec::new();
    for (a, b, value) in ends {
        let is_new = !pairs.iter().any(|p| (p.a, p.b) == (a, b) || (p.b, p.a) == (a, b));
        if a != b && is_new {
            pairs.push(Pair { a, b, value });
        }
    }
    Problem {
        items,
        groups: gammas.into_iter().map(|gamma| Group { gamma_thousandths: gamma }).collect(),
        pairs,
        limits: Limits {
            budget,
            document_overhead: caps.2,
            count_max: caps.0,
            per_document_max: caps.1,
        },
        pinned: wishes.0,
        excluded: wishes.1,
        implied: wishes.2.into_iter().map(|(item, needs)| Implied { item, needs }).collect(),
    }
}

/// Problems in which every candidate is paired with nearly every other, and room for most.
pub fn dense(items_max: usize) -> impl Strategy<Value = Problem> {
    (8..=items_max).prop_flat_map(|count| {
        let items = prop::collection::vec((20u32..60, 5u32..30, 0u32..4, 0u32..12), count);
        let values = prop::collection::vec(-500_000i64..400_000, count * (count - 1) / 2);
        (items, values, 100u32..400).prop_map(|(items, values, budget)| {
            let item =
                |(u, cost, document, group)| Item { utility: u * 25_000, cost, document, group };
            let items: Vec<Item> = items.into_iter().map(item).collect();
            let ends = (0..items.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
            let pairs = ends.zip(values).map(|((a, b), value)| Pair { a, b, value }).collect();
            Problem {
                items,
                groups: vec![Group { gamma_thousandths: 600 }; 12],
                pairs,
                limits: Limits { document_overhead: 3, ..Limits::tokens(budget) },
                pinned: Vec::new(),
                excluded: Vec::new(),
                implied: Vec::new(),
            }
        })
    })
}
