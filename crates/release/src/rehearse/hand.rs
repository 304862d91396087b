//! Clocks whose waiting only moves their hands, so that a rehearsal takes no longer than its work.

use std::cell::Cell;
use std::time::Duration;

use crate::clock::Clock;

/// The time at which every rehearsal begins: 2026-11-22T10:30:00Z, in seconds.
pub const NOW: u64 = 1_795_343_400;

/// The clock.
#[derive(Debug)]
pub struct Hand {
    now_ms: Cell<u64>,
}

impl Default for Hand {
    fn default() -> Self {
        Self { now_ms: Cell::new(NOW * 1000) }
    }
}

impl Hand {
    /// Returns the seconds that were waited in all.
    pub fn waited_seconds(&self) -> u64 {
        self.now_ms.get() / 1000 - NOW
    }
}

/// A clock that goes as another does, and whose waiting only puts it ahead.
pub struct Ahead<'a> {
    inner: &'a dyn Clock,
    ahead_ms: Cell<u64>,
}

impl<'a> Ahead<'a> {
    /// Makes one that goes as `inner` does.
    pub fn new(inner: &'a dyn Clock) -> Self {
        Self { inner, ahead_ms: Cell::new(0) }
    }
}

impl Clock for Ahead<'_> {
    fn now_ms(&self) -> u64 {
        self.inner.now_ms().saturating_add(self.ahead_ms.get())
    }

    fn wait(&self, duration: Duration) {
        let waited = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.ahead_ms.set(self.ahead_ms.get().saturating_add(waited));
    }
}

impl Clock for Hand {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn wait(&self, duration: Duration) {
        let waited = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.now_ms.set(self.now_ms.get().saturating_add(waited));
    }
}
