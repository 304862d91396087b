//! Work on many threads, results in order, memory bounded.
//!
//! Threads take items in order and work on them; the caller's thread receives the results in the
//! same order, whichever finishes first, so that what it writes does not depend on timing. An item
//! is only taken while the sizes of all items that are taken and not yet consumed stay within a
//! limit. Because items are taken in order, the one that the caller waits for always has been
//! taken, so the limit cannot block it.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard};

/// What is taken and not yet consumed may weigh this much in total.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The number of threads that work.
    pub threads: usize,
    /// The greatest sum of the sizes of items that are under way; one item may exceed it alone.
    pub size_max: u64,
    /// The greatest number of items that are under way.
    pub items_max: usize,
}

/// Documents under way at once: enough for all threads, small against a document's own size.
const ITEMS_MAX: usize = 64;
/// The bytes of text under way at once; prepared, a text takes several times its size.
const TEXT_BYTES_MAX: u64 = 12 << 20;

impl Limits {
    /// The limits for preparing documents, whose size is the bytes of their text.
    pub(super) fn for_threads(threads: usize) -> Self {
        Self { threads, size_max: TEXT_BYTES_MAX, items_max: ITEMS_MAX }
    }
}

struct State<R> {
    next: usize,
    under_way: usize,
    size: u64,
    done: BTreeMap<usize, (u64, R)>,
    is_stopped: bool,
}

struct Shared<R> {
    state: Mutex<State<R>>,
    changed: Condvar,
}

impl<R> Shared<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().expect("no thread panics while it holds the state")
    }
}

/// Calls `work` on each item, on several threads, and `consume` on each result, in order, on this
/// one; stops at the first error of `consume` and returns it.
pub(super) fn run<I: Sync, R: Send, E>(
    items: &[I],
    size_of: impl Fn(&I) -> u64 + Sync,
    work: impl Fn(&I) -> R + Sync,
    limits: Limits,
    mut consume: impl FnMut(&I, R) -> Result<(), E>,
) -> Result<(), E> {
    let state = State { next: 0, under_way: 0, size: 0, done: BTreeMap::new(), is_stopped: false };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    let threads = limits.threads.clamp(1, items.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _stop = StopOnDrop { shared: &shared, only_in_panic: true };
                while let Some((number, size)) = take(&shared, items, &size_of, limits) {
                    let result = work(&items[number]);
                    shared.lock().done.insert(number, (size, result));
                    shared.changed.notify_all();
                }
            });
        }
        let _stop = StopOnDrop { shared: &shared, only_in_panic: false };
        for (number, item) in items.iter().enumerate() {
            let Some((size, result)) = await_result(&shared, number) else { break };
            let consumed = consume(item, result);
            let mut state = shared.lock();
            state.under_way -= 1;
            state.size -= size;
            drop(state);
            shared.changed.notify_all();
            consumed?;
        }
        Ok(())
    })
}

/// Takes the next item as soon as the limits admit it; `None` when there is none left.
fn take<I, R>(
    shared: &Shared<R>,
    items: &[I],
    size_of: impl Fn(&I) -> u64,
    limits: Limits,
) -> Option<(usize, u64)> {
    let mut state = shared.lock();
    loop {
        let number = state.next;
        if state.is_stopped || items.len() <= number {
            return None;
        }
        let size = size_of(&items[number]);
        let fits = state.size + size <= limits.size_max && state.under_way < limits.items_max;
        if fits || state.under_way == 0 {
            state.next += 1;
            state.under_way += 1;
            state.size += size;
            return Some((number, size));
        }
        state = shared.changed.wait(state).expect("no thread panics while it holds the state");
    }
}

/// Waits for the result of one item; `None` if the threads have stopped.
fn await_result<R>(shared: &Shared<R>, number: usize) -> Option<(u64, R)> {
    let mut state = shared.lock();
    loop {
        if let Some(result) = state.done.remove(&number) {
            return Some(result);
        }
        if state.is_stopped {
            return None;
        }
        state = shared.changed.wait(state).expect("no thread panics while it holds the state");
    }
}

/// Stops all threads when one ends early, by an error or a panic, so that none waits for ever.
struct StopOnDrop<'s, R> {
    shared: &'s Shared<R>,
    only_in_panic: bool,
}

impl<R> Drop for StopOnDrop<'_, R> {
    fn drop(&mut self) {
        if !self.only_in_panic || std::thread::panicking() {
            self.shared.lock().is_stopped = true;
            self.shared.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const LIMITS: Limits = Limits { threads: 4, size_max: 10, items_max: 6 };

    #[test]
    fn results_come_in_order_and_within_the_limits() {
        let items: Vec<u64> = (0..500).map(|n| n * 7 % 13).collect();
        let (held, most) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut seen = Vec::new();
        let work = |&item: &u64| {
            let now = held.fetch_add(item, Ordering::SeqCst) + item;
            most.fetch_max(now, Ordering::SeqCst);
            (0..item * 50).fold(item, |a, b| a ^ std::hint::black_box(b)) ^ item
        };
        let done: Result<(), ()> = run(
            &items,
            |&item| item,
            work,
            LIMITS,
            |&item, _| {
                held.fetch_sub(item, Ordering::SeqCst);
                seen.push(item);
                Ok(())
            },
        );
        assert_eq!(done, Ok(()));
        assert_eq!(seen, items);
        assert!(most.load(Ordering::SeqCst) <= 12, "one item may exceed the limit alone");
    }

    #[test]
    fn an_error_stops_all_threads() {
        let items: Vec<u64> = (0..1000).collect();
        let stopped = run(
            &items,
            |_| 1,
            |&item| item,
            LIMITS,
            |_, item| if item == 7 { Err(item) } else { Ok(()) },
        );
        assert_eq!(stopped, Err(7));
    }

    #[test]
    fn nothing_to_do_is_done() {
        let done: Result<(), ()> = run(&[], |&item: &u64| item, |_| (), LIMITS, |_, ()| Ok(()));
        assert_eq!(done, Ok(()));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_of_the_work_is_not_waited_for() {
        let items: Vec<u64> = (0..100).collect();
        let _: Result<(), ()> =
            run(&items, |_| 1, |&item| assert!(item < 50), LIMITS, |_, ()| Ok(()));
    }
}
