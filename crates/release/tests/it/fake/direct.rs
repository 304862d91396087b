//! The host without a network: requests are function calls. And a transport that dies.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use contextlite_release::clock::Clock;
use contextlite_release::http::{NoAnswer, Request, Response, Transport};

use super::{Ask, Delivery, Fake, NOW, TOKEN};

/// The most redirects that are followed.
const REDIRECTS_MAX: usize = 5;

/// Hands requests to the host directly.
pub struct Direct {
    pub fake: RefCell<Fake>,
}

impl Direct {
    pub fn new(fake: Fake) -> Self {
        Self { fake: RefCell::new(fake) }
    }
}

impl Transport for Direct {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        let mut fake = self.fake.borrow_mut();
        let mut url = request.url.clone();
        let mut headers: BTreeMap<String, String> = request
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if request.token.is_some() {
            headers.insert("authorization".to_owned(), format!("Bearer {TOKEN}"));
        }
        let body = request.body.unwrap_or_default().to_owned();
        headers.insert("content-length".to_owned(), body.len().to_string());
        for _ in 0..REDIRECTS_MAX {
            if let Some(answer) = published(&fake, &url) {
                return Ok(answer);
            }
            let target = url.strip_prefix(&fake.base).or_else(|| url.strip_prefix(&fake.store));
            let target = target.expect("an address of the host").to_owned();
            let mut ask = ask(request.method.name(), &target);
            (ask.headers, ask.body) = (headers.clone(), body.clone());
            let (answer, delivery) = fake.answer(&ask);
            if delivery != Delivery::Whole {
                return Err(NoAnswer("the connection was reset".to_owned()));
            }
            let location = answer.headers.iter().find(|(name, _)| name == "location");
            match location {
                Some((_, location)) if answer.status == 302 => {
                    url.clone_from(location);
                    headers.remove("authorization");
                }
                _ => {
                    let Answered { status, headers, body } = answer.into();
                    return Ok(Response { status, headers, body });
                }
            }
        }
        Err(NoAnswer("too many redirects".to_owned()))
    }
}

/// The answer of the public pages, where everybody downloads.
fn published(fake: &Fake, url: &str) -> Option<Response> {
    let (folder, name) = url.strip_prefix("https://github.com/")?.rsplit_once('/')?;
    let tag = folder.rsplit_once('/')?.1;
    let mut releases = fake.releases.iter();
    let release = releases.find(|release| release.tag == tag && !release.is_draft);
    let asset = release.and_then(|release| release.assets.iter().find(|a| a.name == name));
    let (status, body) = asset.map_or((404, Vec::new()), |asset| (200, asset.bytes.clone()));
    Some(Response { status, headers: Vec::new(), body })
}

struct Answered {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl From<super::Answer> for Answered {
    fn from(answer: super::Answer) -> Self {
        Self { status: answer.status, headers: answer.headers, body: answer.body }
    }
}

/// A request for a path with a query.
pub fn ask(method: &str, target: &str) -> Ask {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    Ask {
        method: method.to_owned(),
        path: path.to_owned(),
        query: pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ..Ask::default()
    }
}

/// When the program dies, relative to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// What unwinds when the program dies.
pub struct Killed;

/// Ends the program, like a signal would, at one request.
pub struct Killing<'a> {
    pub inner: &'a dyn Transport,
    pub at: usize,
    pub when: When,
    pub count: Cell<usize>,
}

impl Transport for Killing<'_> {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        let number = self.count.replace(self.count.get() + 1);
        if number == self.at && self.when == When::Before {
            std::panic::resume_unwind(Box::new(Killed));
        }
        let answer = self.inner.send(request);
        if number == self.at && self.when == When::After {
            std::panic::resume_unwind(Box::new(Killed));
        }
        answer
    }
}

/// Lets something else happen just before one request.
pub struct Interposing<'a> {
    pub inner: &'a dyn Transport,
    pub at: usize,
    pub event: &'a dyn Fn(),
    pub count: Cell<usize>,
}

impl Transport for Interposing<'_> {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        if self.count.replace(self.count.get() + 1) == self.at {
            (self.event)();
        }
        self.inner.send(request)
    }
}

/// A clock whose waiting only moves its hand.
pub struct Hand {
    now_ms: Cell<u64>,
}

impl Hand {
    pub fn new() -> Self {
        Self { now_ms: Cell::new(NOW * 1000) }
    }

    /// The seconds that were waited in all.
    pub fn waited_seconds(&self) -> u64 {
        self.now_ms.get() / 1000 - NOW
    }
}

impl Clock for Hand {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn wait(&self, duration: Duration) {
        let waited = u64::try_from(duration.as_millis()).expect("a short wait");
        self.now_ms.set(self.now_ms.get() + waited);
    }
}
