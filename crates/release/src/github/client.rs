//! Requests to one repository, at the pace that the host asks for.
//!
//! - Two changes are at least [`PACE`] apart.
//! - A limit that was reached is waited for, as long as the host says; what was refused for it
//!   was not carried out, so every sort of request is sent again. All waiting of one client is
//!   at most [`LIMIT_WAIT_MAX`]: after that a person is better told.
//! - A fault that may pass is tried again for requests that only read. A change whose answer was
//!   lost may have happened: that is for the caller, who looks.
//!
//! # Source
//!
//! "Best practices for using the REST API",
//! <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>.

use std::cell::Cell;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::github::address::Address;
use crate::github::refusal::{Cause, Limit, Origin, Refusal};
use crate::http::{Method, Request, Response, Token};
use crate::surroundings::Surroundings;

/// The time between two changes; the host asks for one second.
pub const PACE: Duration = Duration::from_secs(1);

/// The longest that one client waits for limits, in all.
pub const LIMIT_WAIT_MAX: Duration = Duration::from_mins(15);

/// How long is waited for a limit of which the host does not say how long; doubled each time.
const LIMIT_WAIT_USUAL: Duration = Duration::from_mins(1);

/// How often a request that only reads is sent again after a fault that may pass.
const RETRIES_MAX: u32 = 4;

/// The first wait after a fault that may pass; doubled each time.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// The most bytes of an answer that is no file.
pub const ANSWER_BYTES_MAX: u64 = 16 << 20;

/// The entries that are asked for at once; the most that the host gives.
const PAGE_ENTRIES: usize = 100;

/// The most pages that are asked for: the host lists no more than ten thousand releases.
const PAGES_MAX: usize = 100;

/// The form of an answer.
const JSON: &str = "application/vnd.github+json";

/// Whom a client speaks to, and as whom.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where the host listens.
    pub address: Address,
    /// The repository, as `OWNER/NAME`.
    pub repository: String,
    /// The secret; without one only what everybody may see is seen.
    pub token: Option<Token>,
    /// Who asks.
    pub origin: Origin,
}

/// Sends requests about one repository.
pub struct Client<'a> {
    surroundings: Surroundings<'a>,
    access: Access,
    changed_ms: Cell<Option<u64>>,
    waited: Cell<Duration>,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    method: Method,
    url: String,
    accept: &'a str,
    content_type: &'a str,
    body: Option<&'a [u8]>,
    answer_bytes_max: u64,
}

impl<'a> Client<'a> {
    /// Makes a client; nothing is sent.
    pub fn new(surroundings: Surroundings<'a>, access: Access) -> Self {
        Self {
            surroundings,
            access,
            changed_ms: Cell::new(None),
            waited: Cell::new(Duration::ZERO),
        }
    }

    /// Returns whom this client speaks to.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Returns the time, in seconds since the first of January 1970, UTC.
    pub fn now_seconds(&self) -> u64 {
        self.surroundings.clock.now_ms() / 1000
    }

    /// Returns a request about a path below the repository, such as `/releases`.
    pub fn call<'c>(&self, method: Method, path: &str) -> Call<'c> {
        let url = self.access.address.of(&format!("/repos/{}{path}", self.access.repository));
        Call::to(method, url)
    }

    /// Returns what a path holds, as JSON.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it cannot be had.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        self.read(&self.call(Method::Get, path))
    }

    /// Returns what a path holds, or nothing if it is absent.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it cannot be known.
    pub fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Refusal> {
        match self.get(path) {
            Ok(found) => Ok(Some(found)),
            Err(refusal) if refusal.cause == Cause::Absent => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Returns every entry of a list, page by page.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if a page cannot be had, or if there are more than are read.
    pub fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Refusal> {
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!("{path}?per_page={PAGE_ENTRIES}&page={page}");
            let entries: Vec<T> = self.get(&path)?;
            let is_last = entries.len() < PAGE_ENTRIES;
            all.extend(entries);
            if is_last {
                return Ok(all);
            }
        }
        let message = format!("more than {} entries", PAGES_MAX * PAGE_ENTRIES);
        Err(Refusal { request: path.to_owned(), status: None, cause: Cause::Invalid, message })
    }

    /// Sends a request and reads its answer as JSON.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not granted or the answer is not what it should be.
    pub fn read<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, Refusal> {
        self.read_whole(call).map(|(found, _)| found)
    }

    /// Sends a request and reads its answer as JSON; returns the answer too, for its headers.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not granted or the answer is not what it should be.
    pub fn read_whole<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
    ) -> Result<(T, Response), Refusal> {
        let response = self.send(call)?;
        match serde_json::from_slice(&response.body) {
            Ok(found) => Ok((found, response)),
            Err(error) => Err(Refusal::unreadable(label(call), response.status, error.to_string())),
        }
    }

    /// Sends a request, waiting and trying again where that is right.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is not granted, or if nobody knows whether it was.
    pub fn send(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        let (mut retries, mut limits) = (0, 0);
        loop {
            let refusal = match self.send_once(call) {
                Ok(response) => return Ok(response),
                Err(refusal) => refusal,
            };
            match refusal.cause {
                Cause::Limit(limit, seconds) => {
                    let usual = LIMIT_WAIT_USUAL * 2u32.saturating_pow(limits);
                    let wait = seconds.map_or(usual, Duration::from_secs);
                    limits += 1;
                    if !self.wait_for(limit, wait) {
                        return Err(refusal);
                    }
                }
                Cause::Passing if call.method == Method::Get && retries < RETRIES_MAX => {
                    self.surroundings.clock.wait(RETRY_WAIT * 2u32.saturating_pow(retries));
                    retries += 1;
                }
                _ => return Err(refusal),
            }
        }
    }

    fn send_once(&self, call: &Call<'_>) -> Result<Response, Refusal> {
        self.keep_pace(call.method);
        let mut headers = vec![("accept", call.accept), ("x-github-api-version", "2022-11-28")];
        if call.body.is_some() {
            headers.push(("content-type", call.content_type));
        }
        let answer = self.surroundings.transport.send(&Request {
            method: call.method,
            url: call.url.clone(),
            token: self.access.token.as_ref(),
            headers,
            body: call.body,
            answer_bytes_max: call.answer_bytes_max,
        });
        let refusal = match answer {
            Ok(response) if (200..300).contains(&response.status) => return Ok(response),
            Ok(response) => Refusal::of(label(call), &response, self.now_seconds()),
            Err(no_answer) => Refusal::without_answer(label(call), no_answer),
        };
        Err(match &self.access.token {
            Some(token) => Refusal { message: token.hide_in(&refusal.message), ..refusal },
            None => refusal,
        })
    }

    /// Waits until a change may follow the one before it.
    fn keep_pace(&self, method: Method) {
        if method == Method::Get {
            return;
        }
        let clock = self.surroundings.clock;
        if let Some(changed_ms) = self.changed_ms.get() {
            let since = Duration::from_millis(clock.now_ms().saturating_sub(changed_ms));
            let wait = PACE.saturating_sub(since);
            if !wait.is_zero() {
                clock.wait(wait);
            }
        }
        self.changed_ms.set(Some(clock.now_ms()));
    }

    /// Waits for a limit, unless that would be too long in all.
    fn wait_for(&self, limit: Limit, wait: Duration) -> bool {
        let waited = self.waited.get().saturating_add(wait);
        if LIMIT_WAIT_MAX < waited {
            return false;
        }
        self.waited.set(waited);
        self.surroundings.environment.say(&limit.notice(wait.as_secs(), self.now_seconds()));
        self.surroundings.clock.wait(wait);
        true
    }
}

impl<'a> Call<'a> {
    /// Returns a request to a whole address of the host.
    pub fn to(method: Method, url: String) -> Self {
        Self {
            method,
            url,
            accept: JSON,
            content_type: "application/json",
            body: None,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }

    /// Asks for another form of answer than JSON, of at most so many bytes.
    pub fn accept(self, accept: &'a str, answer_bytes_max: u64) -> Self {
        Self { accept, answer_bytes_max, ..self }
    }

    /// Sends these bytes along.
    pub fn body(self, content_type: &'a str, body: &'a [u8]) -> Self {
        Self { content_type, body: Some(body), ..self }
    }
}

/// A request as method and path, for people.
fn label(call: &Call<'_>) -> String {
    let rest = call.url.split_once("://").map(|(_, rest)| rest);
    let path = rest.and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    format!("{} {}", call.method.name(), path.unwrap_or(&call.url))
}
