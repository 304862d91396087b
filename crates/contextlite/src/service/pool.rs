//! Work off the async threads: at most so much at once, and so much waiting. One for all faces of
//! a process that answer on async threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

/// Why a piece of work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overload {
    /// Too much waits already.
    QueueFull,
    /// It was not done in time; the seconds that it had.
    Timeout(u64),
    /// It panicked.
    Panicked,
}

/// Bounds the work that blocks.
pub struct Pool {
    permits: Arc<Semaphore>,
    running_max: usize,
    waiting: AtomicUsize,
    waiting_max: usize,
    timeout: Duration,
}

impl Pool {
    /// A pool for `running_max` pieces of work at once, and `waiting_max` that wait; who waits
    /// longer than `timeout` for the end of its work is told so.
    pub fn new(running_max: usize, waiting_max: usize, timeout: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(running_max)),
            running_max,
            waiting: AtomicUsize::default(),
            waiting_max,
            timeout,
        }
    }

    /// Does a piece of work.
    ///
    /// Work that has begun is done to its end, also if nobody waits for it any more.
    ///
    /// # Errors
    /// An [`Overload`], else its own.
    pub async fn run<T: Send + 'static, E: From<Overload> + Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let timely = tokio::time::timeout(self.timeout, async {
            let permit = self.permit().await?;
            let done = tokio::task::spawn_blocking(move || {
                let result = work();
                drop(permit);
                result
            });
            done.await.unwrap_or_else(|_| Err(Overload::Panicked.into()))
        });
        timely.await.unwrap_or_else(|_| Err(Overload::Timeout(self.timeout.as_secs()).into()))
    }

    async fn permit(&self) -> Result<tokio::sync::OwnedSemaphorePermit, Overload> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let waiting = Waiting::enter(&self.waiting);
        if self.waiting_max < waiting.number {
            return Err(Overload::QueueFull);
        }
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        Ok(permit.expect("the pool is never closed"))
    }

    /// How many pieces of work wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many pieces of work are under way.
    pub fn running(&self) -> usize {
        self.running_max - self.permits.available_permits()
    }
}

/// A place in the queue, given back however the wait ends.
struct Waiting<'p> {
    count: &'p AtomicUsize,
    number: usize,
}

impl<'p> Waiting<'p> {
    fn enter(count: &'p AtomicUsize) -> Self {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        Self { count, number }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
