//! Greedy choice: what other tools stop at, and what the exact search starts from.
//!
//! [`greedy`] is the fair comparator: it takes the candidate with the most gain for each token,
//! with what that one needs, skips what does not fit and goes on until nothing gains; and it
//! compares that with starting from the best single candidate. (Density alone can be arbitrarily
//! bad; the better of the two is not, for modular utilities: Sviridenko, Operations Research
//! Letters 32, 2004.) The exchange adds local search: swap one in for one out while that gains.

use crate::layout::Layout;
use crate::problem::{Problem, ProblemError};
use crate::selection::Selection;
use crate::style::Measure;

/// Chooses greedily by gain for each token; ascending indices.
///
/// The choice keeps every limit, unless the pinned candidates alone break one: then it is those.
///
/// # Errors
/// The [`ProblemError`] of [`Problem::validate`].
pub fn greedy(problem: &Problem) -> Result<Vec<usize>, ProblemError> {
    problem.validate()?;
    let layout = Layout::new(problem, &Measure::objective());
    Ok(greedy_selection(problem, &layout).chosen())
}

/// The better of density greedy and best singleton with fill.
pub(crate) fn greedy_selection<'a>(problem: &Problem, layout: &'a Layout) -> Selection<'a> {
    let mut pinned = Selection::new(problem, layout);
    for item in 0..problem.items.len() {
        if pinned.is_pinned(item) {
            pinned.add(item);
        }
    }
    if !pinned.is_within_limits() {
        return pinned;
    }
    let mut offers = Offers::default();
    let mut dense = pinned.clone();
    fill(layout, &mut dense, &mut offers);
    let mut single = pinned;
    let all = (0..problem.items.len()).filter_map(|item| Offer::of(layout, &mut single, item));
    let best = all.max_by_key(|offer| (offer.gain, std::cmp::Reverse(offer.item)));
    if let Some(offer) = best.filter(|offer| 0 < offer.gain) {
        // Density greedy that starts with the same candidate goes on to the same end.
        if !dense.has(offer.item) {
            add_bundle(layout, &mut single, offer.item);
            fill(layout, &mut single, &mut offers);
        }
    }
    if dense.value() < single.value() { single } else { dense }
}

/// The offer of each candidate; kept between fills, so that they allocate nothing.
#[derive(Debug, Default)]
pub(crate) struct Offers(Vec<Option<Offer>>);

/// What adding one candidate, with what it needs, would gain and cost.
#[derive(Debug, Clone, Copy)]
struct Offer {
    item: usize,
    gain: i64,
    cost: u64,
}

impl Offer {
    /// Returns the offer if the candidate is not in yet and fits with what it needs.
    fn of(layout: &Layout, selection: &mut Selection, item: usize) -> Option<Self> {
        if !selection.fits(item) {
            return None;
        }
        let needs = layout.needs.of(item);
        if needs.len() == 1 {
            let cost = selection.added_cost(item);
            return Some(Self { item, gain: selection.gain(item), cost });
        }
        let (value, cost) = (selection.value(), selection.cost());
        let fits = selection.try_all(needs);
        let offer = Self { item, gain: selection.value() - value, cost: selection.cost() - cost };
        selection.give_up();
        fits.then_some(offer)
    }

    fn is_denser_than(&self, other: &Self) -> bool {
        let ours = i128::from(self.gain) * i128::from(other.cost.max(1));
        let theirs = i128::from(other.gain) * i128::from(self.cost.max(1));
        theirs < ours
    }
}

/// Adds what gains most for each token until nothing gains.
///
/// An offer changes only when something of its group, its document or its neighbours comes in, or
/// when it has needs; the others are kept from the round before.
pub(crate) fn fill(layout: &Layout, selection: &mut Selection, offers: &mut Offers) {
    let offers = &mut offers.0;
    offers.clear();
    offers.extend((0..layout.cost.len()).map(|item| Offer::of(layout, selection, item)));
    loop {
        let mut best: Option<Offer> = None;
        for offer in offers.iter().flatten().filter(|offer| 0 < offer.gain) {
            if best.is_none_or(|best| offer.is_denser_than(&best)) && selection.fits(offer.item) {
                best = Some(*offer);
            }
        }
        let Some(best) = best else { return };
        for &needed in layout.needs.of(best.item) {
            if !selection.has(needed as usize) {
                selection.add(needed as usize);
                renew(layout, selection, offers, needed as usize);
            }
        }
        offers[best.item] = None;
    }
}

/// Makes those offers again that the arrival of a candidate has changed.
fn renew(layout: &Layout, selection: &mut Selection, offers: &mut [Option<Offer>], item: usize) {
    let (group, document) = (layout.group[item], layout.document[item]);
    offers[item] = None;
    for (other, offer) in offers.iter_mut().enumerate() {
        let is_near = layout.group[other] == group
            || (layout.document[other] == document
                && selection.document_count(document as usize) == 1)
            || layout.needs.of(other).len() != 1;
        if is_near && !selection.has(other) {
            *offer = Offer::of(layout, selection, other);
        }
    }
    for neighbour in layout.neighbours.of(item) {
        if !selection.has(neighbour.item as usize) {
            offers[neighbour.item as usize] = Offer::of(layout, selection, neighbour.item as usize);
        }
    }
}

fn add_bundle(layout: &Layout, selection: &mut Selection, item: usize) {
    for &needed in layout.needs.of(item) {
        if !selection.has(needed as usize) {
            selection.add(needed as usize);
        }
    }
}

/// Improves a selection by exchange: one candidate out, then the best one in, then fill.
///
/// Pinned candidates stay, and so do candidates that a chosen one needs; what has needs itself
/// comes in only by the fill. Gains are kept, and made again only near a change.
pub(crate) fn exchange(layout: &Layout, selection: &mut Selection, passes: usize) {
    let mut offers = Offers::default();
    let mut gains: Vec<i64> = (0..layout.cost.len())
        .map(|item| if selection.has(item) { 0 } else { selection.gain(item) })
        .collect();
    for _ in 0..passes {
        let mut is_better = false;
        for out in selection.chosen() {
            if selection.is_pinned(out) || selection.is_needed(out) {
                continue;
            }
            let value = selection.value();
            selection.remove(out);
            let lost = value - selection.value();
            renew_gains(layout, selection, &mut gains, out);
            gains[out] = lost;
            let mut best: Option<usize> = None;
            for (item, &gain) in gains.iter().enumerate() {
                let least = best.map_or(lost, |best| gains[best]);
                if least < gain && layout.needs.of(item).len() == 1 && selection.fits(item) {
                    best = Some(item);
                }
            }
            if best.is_none() && lost < 0 {
                is_better = true;
                continue;
            }
            let next = best.unwrap_or(out);
            selection.add(next);
            renew_gains(layout, selection, &mut gains, next);
            is_better |= best.is_some();
        }
        if !is_better {
            return;
        }
        fill(layout, selection, &mut offers);
        for (item, gain) in gains.iter_mut().enumerate() {
            *gain = if selection.has(item) { 0 } else { selection.gain(item) };
        }
    }
}

/// Makes the gains again that the coming or going of a candidate changed.
fn renew_gains(layout: &Layout, selection: &Selection, gains: &mut [i64], item: usize) {
    let group = layout.group[item] as usize;
    let slots = layout.group_start[group] as usize..layout.group_start[group + 1] as usize;
    let neighbours = layout.neighbours.of(item).iter().map(|neighbour| neighbour.item);
    for other in layout.item[slots].iter().copied().chain(neighbours) {
        let other = other as usize;
        gains[other] = if selection.has(other) { 0 } else { selection.gain(other) };
    }
}
