//! Services without a network: requests are function calls. And transports that disturb a run.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::http::{NoAnswer, Request, Response, Transport};
use crate::rehearse::{Ask, Delivery, Host, Service};

/// The most redirects that are followed.
const REDIRECTS_MAX: usize = 5;

/// Hands requests to one service directly.
pub struct Direct<H> {
    /// The service.
    pub service: RefCell<Service<H>>,
}

impl<H: Host> Direct<H> {
    /// Makes a transport that reaches this service and nothing else.
    pub fn new(service: Service<H>) -> Self {
        Self { service: RefCell::new(service) }
    }
}

impl<H: Host> Transport for Direct<H> {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        carry(request, |url, ask| {
            let mut service = self.service.borrow_mut();
            let path = service.path_of(url)?;
            Some(service.answer(&ask(&path)))
        })
    }
}

/// Carries a request and follows redirects; `reach` finds the service of an address, hands it
/// the request for a path there, and returns its answer.
///
/// # Errors
///
/// [`NoAnswer`] if no service is there, or the answer does not arrive.
pub fn carry(
    request: &Request<'_>,
    mut reach: impl FnMut(&str, &dyn Fn(&str) -> Ask) -> Option<(super::Answer, Delivery)>,
) -> Result<Response, NoAnswer> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &request.headers {
        headers.insert((*name).to_owned(), (*value).to_owned());
    }
    if let Some(token) = request.token {
        headers.insert("authorization".to_owned(), format!("Bearer {}", token.reveal()));
    }
    let body = request.body.unwrap_or_default();
    headers.insert("content-length".to_owned(), body.len().to_string());
    let mut url = request.url.clone();
    for _ in 0..REDIRECTS_MAX {
        let ask = |path: &str| Ask {
            headers: headers.clone(),
            body: body.to_owned(),
            ..Ask::new(request.method.name(), path)
        };
        let Some((answer, delivery)) = reach(&url, &ask) else {
            return Err(NoAnswer(format!("nothing of this rehearsal is at {url}")));
        };
        if delivery != Delivery::Whole {
            return Err(NoAnswer("the connection was reset".to_owned()));
        }
        match answer.headers.iter().find(|(name, _)| name == "location") {
            Some((_, location)) if answer.status == 302 => {
                url.clone_from(location);
                headers.remove("authorization");
            }
            _ => {
                let super::Answer { status, headers, body } = answer;
                return Ok(Response { status, headers, body });
            }
        }
    }
    Err(NoAnswer("too many redirects".to_owned()))
}

/// When the program dies, relative to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before it is sent.
    Before,
    /// After it was answered.
    After,
}

/// What unwinds when the program dies.
#[derive(Debug)]
pub struct Killed;

/// Ends the program, like a signal would, at one request.
pub struct Killing<'a> {
    /// What carries the requests until then.
    pub inner: &'a dyn Transport,
    /// The number of the request, from 0.
    pub at: usize,
    /// Before or after it.
    pub when: When,
    /// The number of requests so far.
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
    /// What carries the requests.
    pub inner: &'a dyn Transport,
    /// The number of the request, from 0.
    pub at: usize,
    /// What happens.
    pub event: &'a dyn Fn(),
    /// The number of requests so far.
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
