//! How long a library takes: `cargo run --release -p contextlite-engine --example library`.
//!
//! Single puts, a bulk of a thousand, questions of what has not changed, and questions each of
//! which follows a put. Times are of this machine, median and the slowest of a hundred.

use std::time::{Duration, Instant};

use contextlite_engine::context::{Listed, Question};
use contextlite_engine::engine;
use contextlite_engine::findings::FindingsCache;
use contextlite_engine::library::{Library, NewDocument};

const ROUNDS: usize = 400;

fn note(number: usize) -> NewDocument {
    let places = ["harbour", "quarry", "orchard", "station", "mill", "lighthouse", "market"];
    let (here, there) = (places[number % 7], places[(number / 7) % 7]);
    let content = format!(
        "# Note {number}\n\nThe crane at the {here} lifts {number} parcels for the {there}.\n\n\
         ## Rules\n\nWeigh each parcel twice, write lane {} on it, and call the {there} at noon.\n",
        number % 13
    );
    let path = Some(format!("notes/{here}/{number}.md"));
    NewDocument { path, content, ..NewDocument::default() }
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let total: Duration = times.iter().sum();
    let (middle, slow) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    let rate = times.len() as f64 / total.as_secs_f64();
    println!("{what:<28} median {middle:>10.2?}  99 % {slow:>10.2?}  {rate:>8.0}/s");
}

fn timed(mut act: impl FnMut(usize)) -> Vec<Duration> {
    let time = |round| {
        let start = Instant::now();
        act(round);
        start.elapsed()
    };
    (0..ROUNDS).map(time).collect()
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let library = Library::open(&folder.path().join("library.db")).expect("a library");
    let put = |documents: Vec<NewDocument>| {
        library.put(documents, 1).expect("the documents are acceptable");
    };
    let ask = |round: usize| {
        let question = Question::new(format!("which parcels does the crane lift in lane {round}"));
        engine::search([&library], &question, Listed::Passages, 10, &FindingsCache::default())
            .expect("an answer");
    };
    report("single puts", timed(|round| put(vec![note(round)])));
    let start = Instant::now();
    ask(0);
    println!("first question after them    {:>10.2?}", start.elapsed());
    let start = Instant::now();
    put((1000..2000).map(note).collect());
    println!("a bulk of 1000               {:>10.2?}", start.elapsed());
    let start = Instant::now();
    ask(0);
    println!("first question after it      {:>10.2?}", start.elapsed());
    report("questions", timed(ask));
    let both = timed(|round| {
        put(vec![note(5000 + round)]);
        ask(round);
    });
    report("a put and a question", both);
    report(
        "removals",
        timed(|round| {
            assert!(library.remove(&note(round).path.expect("it has one")).expect("a removal"));
        }),
    );
}
