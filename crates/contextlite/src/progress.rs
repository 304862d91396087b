//! What a person sees while an index is made: a bar on a terminal, a line now and then elsewhere.
//!
//! Everything goes to standard error. Short work shows nothing: most questions find an index that
//! is nearly up to date. Ctrl-C asks the work to stop at the next commit; a second one ends the
//! process at once, which is safe too, because what is committed stays.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contextlite_engine::engine::{Progress, Stage, Step};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner shows no bar.
const QUIET: Duration = Duration::from_millis(300);
/// The time between two lines where there is no terminal.
const LINE_PAUSE: Duration = Duration::from_secs(10);
/// Redraws of the bar in a second.
const REDRAWS_PER_S: u8 = 8;
/// The exit code of a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Shows how far an index run is, and carries the wish to stop it; one in a process.
#[derive(Debug)]
pub struct Reporter {
    bar: Option<ProgressBar>,
    is_quiet: bool,
    started: Instant,
    spoken: Mutex<Instant>,
    is_stopped: Arc<AtomicBool>,
}

impl Reporter {
    /// A reporter that is silent, or speaks to standard error in the form that suits it.
    pub fn new(is_quiet: bool) -> Self {
        let is_stopped = Arc::new(AtomicBool::new(false));
        catch_interrupts(&is_stopped);
        let now = Instant::now();
        Self {
            bar: (!is_quiet && std::io::stderr().is_terminal()).then(bar),
            is_quiet,
            started: now,
            spoken: Mutex::new(now),
            is_stopped,
        }
    }

    /// Says now and then how far the work is, where there is no bar.
    fn say_from_time_to_time(&self, step: Step) {
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        if LINE_PAUSE <= spoken.elapsed() {
            *spoken = Instant::now();
            write_line(&sentence(step));
        }
    }

    fn draw(&self, bar: &ProgressBar, step: Step) {
        if bar.is_hidden() {
            if self.started.elapsed() < QUIET {
                return;
            }
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_S));
        }
        let (style, message) = match step.stage {
            Stage::Index => (BAR, "indexing"),
            stage => (SPINNER, name(stage)),
        };
        if bar.message() != message {
            let style = ProgressStyle::with_template(style).expect("the template is right");
            bar.set_style(style);
            bar.set_message(message);
        }
        bar.set_length(step.total);
        bar.set_position(step.done);
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // The handlers cannot be taken back to the default; this makes the next signal end the
        // process, as it does by default.
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}

impl Progress for Reporter {
    fn step(&self, step: Step) -> bool {
        match &self.bar {
            Some(bar) => self.draw(bar, step),
            None if !self.is_quiet => self.say_from_time_to_time(step),
            None => {}
        }
        !self.is_stopped.load(Ordering::Relaxed)
    }
}

/// The form of the stage whose length is known.
const BAR: &str = "{msg} {bar:30} {pos}/{len} files, {eta} left";
/// The form of all other stages.
const SPINNER: &str = "{spinner} {msg}";

/// A bar that is not drawn yet.
fn bar() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
}

/// What is done in a stage.
fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::List => "looking for files",
        Stage::Heal => "repairing the full-text index",
        Stage::History => "reading the git history",
        Stage::Index => "indexing",
        Stage::Finish => "finishing",
    }
}

fn sentence(step: Step) -> String {
    match step.stage {
        Stage::Index => format!("indexing: {} of {} files", step.done, step.total),
        stage => name(stage).to_owned(),
    }
}

/// Writes a line to standard error; nobody reads it if that fails.
fn write_line(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Makes the first interrupt set the flag, and each one after it end the process.
///
/// Where a handler cannot be set, the signal ends the process at once, as it does by default.
fn catch_interrupts(is_stopped: &Arc<AtomicBool>) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag::{register, register_conditional_shutdown};
    for signal in [SIGINT, SIGTERM] {
        let end = register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(is_stopped));
        if end.is_ok() {
            let _ = register(signal, Arc::clone(is_stopped));
        }
    }
}
