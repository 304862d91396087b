//! The rehearsal: services that stand for those that a release speaks to, on this machine.
//!
//! A [`Host`] is what one service knows and how it answers, as strict as the real one where that
//! matters to a release; nothing else. What can go wrong with any service is the same for all and
//! is done by [`Service`]: it counts the requests, writes them down, and disturbs the one that is
//! to be disturbed, by its number from 0. So the faults of a new service are tested on the day it
//! is added. A service is asked in two ways that must not be told apart:
//!
//! - in the process, by [`direct`]: a request is a function call, waiting moves a [`hand`], and a
//!   release is published thousands of times in a second;
//! - over HTTP, by [`server`], for the ordinary clients of a channel (pip, npm, git, `gh`).
//!
//! # Adding a service
//!
//! 1. A file `rehearse/NAME.rs` with a struct of what it knows and its `impl Host`. The head of
//!    the file says in what it is as strict as the real one, and where that is written.
//! 2. [`Host::places`]: the addresses of the real service for which it stands, so that a client
//!    that was told nothing reaches it. One that is configured by its user (pip, npm) needs none.
//! 3. [`Host::shown`], [`Host::pending`] and [`Host::taken`]: what everybody sees, what waits to
//!    be let through, and all that was ever taken. The laws of the rehearsal compare these, and
//!    need to know no more of a service.
//! 4. Faults that only it has are constants of its file, `Fault::Own(NAME)`, listed by
//!    [`Host::own_faults`] and done by [`Host::spoil`]. All others are there already.
//!
//! A service knows its secret, which is invented and opens nothing else.

pub mod hand;
pub mod direct;
pub mod server;
mod rest;
pub mod forge;
pub mod github;
pub mod chocolatey;
pub mod snap;
pub mod marketplace;
pub mod repositories;
pub mod npm;
pub mod pypi;
pub mod tree;
pub mod world;
pub mod loopback;
pub mod case;

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use serde_json::Value;

/// A request as a service reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The method, in capitals.
    pub method: String,
    /// The path as it was sent, percent signs included, without the query.
    pub path: String,
    /// The query, with percent signs resolved.
    pub query: BTreeMap<String, String>,
    /// The headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Ask {
    /// Makes a request for a path with a query.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
            ..Self::default()
        }
    }

    /// Returns the path with percent signs resolved.
    pub fn plain_path(&self) -> String {
        decoded(&self.path)
    }

    /// Returns what the `Authorization` header says after its first word.
    pub fn credential(&self) -> Option<&str> {
        let said = self.headers.get("authorization")?;
        said.split_once(' ').map(|(_, credential)| credential)
    }
}

/// Resolves the percent signs of an address; what is none stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let digits = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// What a service answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status, from 200 to 599.
    pub status: u16,
    /// The headers; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer of plain text.
    pub fn text(status: u16, text: &str) -> Self {
        Self::of(status, "text/plain; charset=utf-8", text.as_bytes().to_owned())
    }

    /// An answer of JSON.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::of(status, "application/json; charset=utf-8", value.to_string().into_bytes())
    }

    /// An answer of a content type.
    pub fn of(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body }
    }

    /// Adds a header, over one of the same name.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// What a service knows, and how it answers when nothing is wrong.
pub trait Host: Send {
    /// Does what a request asks for, if it may.
    fn answer(&mut self, ask: &Ask) -> Answer;

    /// Says no, as this service spells it.
    fn refuse(&self, status: u16, message: &str) -> Answer {
        Answer::text(status, message)
    }

    /// Returns the addresses for which it stands, and the path here that each becomes.
    fn places(&self) -> Vec<(String, &'static str)> {
        Vec::new()
    }

    /// Tells it where it listens, for the addresses in its answers.
    fn listens_at(&mut self, _base: &str) {}

    /// Returns whether a request carries a file, which can be spoiled on its way.
    fn is_upload(&self, _ask: &Ask) -> bool {
        false
    }

    /// Returns the names of the faults that only this service has and that have to be overcome.
    fn own_faults(&self) -> &'static [&'static str] {
        &[]
    }

    /// Carries a request out with a fault that only this service has.
    fn spoil(&mut self, ask: &Ask, _fault: &'static str) -> Answer {
        self.answer(ask)
    }

    /// Returns what everybody sees now: the name of each thing and its SHA-256 or its text.
    ///
    /// A name begins with the id of the channel that the thing belongs to, and a slash.
    fn shown(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Returns what was taken and is not shown yet, in the same form.
    fn pending(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    /// Lets through what waits, as those who review there do.
    fn approve(&mut self) {}

    /// Returns the name of each thing that was ever taken to be shown, in order; what is taken
    /// twice stands there twice.
    fn taken(&self) -> Vec<String> {
        Vec::new()
    }
}

/// How one request goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The service answers this instead of doing anything: status, headers, message.
    Refuse(u16, Vec<(&'static str, String)>, &'static str),
    /// The request never arrives.
    LostRequest,
    /// The request is carried out and its answer never arrives.
    LostAnswer,
    /// The request is carried out and its answer breaks off.
    HalfAnswer,
    /// An upload loses its end.
    Truncated,
    /// An upload is damaged on the way.
    Damaged,
    /// An answer is damaged on the way: a download that is not what it was.
    Spoiled,
    /// One that only this service has, by its name.
    Own(&'static str),
}

/// What the connection does with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It brings all of it.
    Whole,
    /// It breaks off in its middle.
    Half,
    /// It brings nothing.
    Nothing,
}

/// A host with its connection: every request is written down, and some are disturbed.
#[derive(Debug, Clone, Default)]
pub struct Service<H: ?Sized> {
    /// What goes wrong, by the number of the request.
    pub faults: BTreeMap<usize, Fault>,
    /// Every request so far, as method and path.
    pub log: Vec<String>,
    /// What it knows.
    pub host: H,
}

impl<H> Service<H> {
    /// Makes an undisturbed one.
    pub fn new(host: H) -> Self {
        Self { faults: BTreeMap::new(), log: Vec::new(), host }
    }
}

impl<H: ?Sized> Deref for Service<H> {
    type Target = H;

    fn deref(&self) -> &H {
        &self.host
    }
}

impl<H: ?Sized> DerefMut for Service<H> {
    fn deref_mut(&mut self) -> &mut H {
        &mut self.host
    }
}

/// What can be put behind a socket.
pub trait Answering: Send {
    /// Answers one request, with the fault that is due.
    fn answer(&mut self, ask: &Ask) -> (Answer, Delivery);

    /// Tells it where it listens.
    fn listens_at(&mut self, base: &str);
}

impl<H: Host> Answering for Service<H> {
    fn answer(&mut self, ask: &Ask) -> (Answer, Delivery) {
        Service::answer(self, ask)
    }

    fn listens_at(&mut self, base: &str) {
        self.host.listens_at(base);
    }
}

impl<H: Host + ?Sized> Service<H> {
    /// Answers one request, with the fault that is due.
    pub fn answer(&mut self, ask: &Ask) -> (Answer, Delivery) {
        let number = self.log.len();
        self.log.push(format!("{} {}", ask.method, ask.path));
        let host = &mut self.host;
        match self.faults.get(&number) {
            None => (host.answer(ask), Delivery::Whole),
            Some(Fault::Refuse(status, headers, message)) => {
                let answer = host.refuse(*status, message);
                let with = |answer: Answer, (name, value): &(&'static str, String)| {
                    answer.with(name, value)
                };
                (headers.iter().fold(answer, with), Delivery::Whole)
            }
            Some(Fault::LostRequest) => (Answer::default(), Delivery::Nothing),
            Some(Fault::LostAnswer) => (host.answer(ask), Delivery::Nothing),
            Some(Fault::HalfAnswer) => (host.answer(ask), Delivery::Half),
            Some(Fault::Spoiled) => {
                let mut answer = host.answer(ask);
                let middle = answer.body.len() / 2;
                if let Some(byte) = answer.body.get_mut(middle) {
                    *byte ^= 1;
                }
                (answer, Delivery::Whole)
            }
            Some(Fault::Own(fault)) => (host.spoil(ask, fault), Delivery::Whole),
            Some(fault @ (Fault::Truncated | Fault::Damaged)) => {
                let mut ask = ask.clone();
                if host.is_upload(&ask) && !ask.body.is_empty() {
                    match fault {
                        Fault::Truncated => ask.body.truncate(ask.body.len() / 2),
                        _ => ask.body[0] ^= 1,
                    }
                }
                (host.answer(&ask), Delivery::Whole)
            }
        }
    }

    /// Returns the path here of an address for which this service stands.
    pub fn path_of(&self, url: &str) -> Option<String> {
        self.host.places().into_iter().find_map(|(place, path)| {
            let rest = url.strip_prefix(&place)?;
            let is_below = place.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?']);
            is_below.then(|| format!("{path}{rest}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Ask, Delivery, Fault, Host, Service};

    /// Counts what it is sent.
    #[derive(Default)]
    struct Counting {
        bytes: usize,
    }

    impl Host for Counting {
        fn answer(&mut self, ask: &Ask) -> Answer {
            self.bytes += ask.body.len();
            Answer::text(200, &self.bytes.to_string())
        }

        fn is_upload(&self, ask: &Ask) -> bool {
            ask.method == "PUT"
        }

        fn places(&self) -> Vec<(String, &'static str)> {
            vec![("https://example.org/".to_owned(), "/there/")]
        }
    }

    #[test]
    fn each_fault_does_what_its_name_says() {
        let check = |fault: Fault, bytes: usize, delivery: Delivery| {
            let mut service = Service::new(Counting::default());
            service.faults.insert(1, fault.clone());
            let ask = Ask { body: vec![0; 4], ..Ask::new("PUT", "/a?b=c%20d") };
            assert_eq!(ask.query["b"], "c d");
            assert_eq!(service.answer(&ask).1, Delivery::Whole, "{fault:?}");
            let (answer, delivered) = service.answer(&ask);
            assert_eq!((service.host.bytes - 4, delivered), (bytes, delivery), "{fault:?}");
            assert_eq!(service.log, ["PUT /a", "PUT /a"]);
            if let Fault::Refuse(status, ..) = fault {
                assert_eq!((answer.status, answer.headers.len()), (status, 2));
            }
        };
        let after = vec![("retry-after", "7".to_owned())];
        check(Fault::Refuse(429, after, "slow down"), 0, Delivery::Whole);
        check(Fault::LostRequest, 0, Delivery::Nothing);
        check(Fault::LostAnswer, 4, Delivery::Nothing);
        check(Fault::HalfAnswer, 4, Delivery::Half);
        check(Fault::Truncated, 2, Delivery::Whole);
        check(Fault::Damaged, 4, Delivery::Whole);
        check(Fault::Spoiled, 4, Delivery::Whole);
        check(Fault::Own("unknown"), 4, Delivery::Whole);
    }

    #[test]
    fn a_service_answers_for_the_addresses_that_it_stands_for() {
        let service = Service::new(Counting::default());
        let path = |url: &str| service.path_of(url);
        assert_eq!(path("https://example.org/a?b"), Some("/there/a?b".to_owned()));
        assert_eq!(path("https://example.com/a"), None);
    }
}
