//! How a channel's requests are sent: what is tried again, how long is waited, and when not.

use std::cell::{Cell, RefCell};

use contextlite_release::channel;
use contextlite_release::channel::desk::Desk;
use contextlite_release::config::Config;
use contextlite_release::environment::Environment;
use contextlite_release::http::{Method, NoAnswer, Request, Response, Transport};
use contextlite_release::manifest::Manifest;
use contextlite_release::plan;
use contextlite_release::publish::Sort;
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::release::Release;
use contextlite_release::surroundings::Surroundings;
use contextlite_release::tag::Tag;

use crate::project::{FILES, Project};

/// A host that answers so, in this order, and then with 200; 0 is no answer.
struct Host {
    answers: RefCell<Vec<(u16, Option<&'static str>)>>,
    asked: Cell<usize>,
}

impl Transport for Host {
    fn send(&self, _request: &Request<'_>) -> Result<Response, NoAnswer> {
        self.asked.set(self.asked.get() + 1);
        let mut answers = self.answers.borrow_mut();
        let (status, wait) = if answers.is_empty() { (200, None) } else { answers.remove(0) };
        if status == 0 {
            return Err(NoAnswer("the connection was reset".to_owned()));
        }
        let headers = wait.map(|wait| ("retry-after".to_owned(), wait.to_owned()));
        Ok(Response { status, headers: headers.into_iter().collect(), body: b"body".to_vec() })
    }
}

/// What a request came to: a status or nothing, how often was asked, how many seconds were waited.
fn send(method: Method, answers: &[(u16, Option<&'static str>)]) -> (Option<u16>, usize, u64) {
    let project = Project::packed("1.0.2");
    let root = project.root();
    let config = Config::read(root, &channel::facts()).expect("a configuration");
    let tag = Tag::parse("v1.0.2").expect("a tag");
    let plan = plan::make(&config, &tag, "2026-11-22", &channel::facts());
    let manifest = Manifest::read(&root.join(FILES)).expect("a manifest");
    let release = Release::new(&plan, &manifest).expect("a release");
    let environment = Environment::new(root, [], &|_| {});
    let host = Host { answers: RefCell::new(answers.to_vec()), asked: Cell::new(0) };
    let clock = Hand::default();
    let desk = Desk {
        id: "sample",
        surroundings: Surroundings { environment: &environment, transport: &host, clock: &clock },
        root,
        release: &release,
        files: &[],
        secret: None,
        scratch: root.join("dist/work/sample"),
    };
    let request = Request {
        method,
        url: "https://registry.example.org/thing".to_owned(),
        token: None,
        headers: Vec::new(),
        body: None,
        answer_bytes_max: 100,
    };
    let status = match desk.send(&request) {
        Ok(response) => Some(response.status),
        Err(obstacle) => {
            assert_eq!(obstacle.sort, Sort::Passing, "{}", obstacle.what);
            assert!(obstacle.what.starts_with("sample: "), "{}", obstacle.what);
            None
        }
    };
    (status, host.asked.get(), clock.waited_seconds())
}

#[test]
fn a_host_that_asks_to_be_left_alone_is_left_alone_as_long_as_it_says() {
    let check = |answers: &[(u16, Option<&'static str>)], expected| {
        assert_eq!(send(Method::Get, answers), expected, "{answers:?}");
    };
    check(&[], (Some(200), 1, 0));
    check(&[(429, Some("7"))], (Some(200), 2, 7));
    check(&[(429, Some(" 30 ")), (503, Some("12"))], (Some(200), 3, 42));
    // Without a time, or with one that cannot be read: one second, doubled.
    check(&[(429, None), (500, None), (0, None)], (Some(200), 4, 7));
    check(&[(429, Some("Wed, 25 Nov 2026 07:28:00 GMT"))], (Some(200), 2, 1));
    // At most five minutes in all, and at most four times again.
    check(&[(429, Some("299")), (429, Some("2"))], (None, 2, 299));
    check(&[(429, Some("301"))], (None, 1, 0));
    check(&[(429, Some("1")), (429, Some("18446744073709551615"))], (None, 2, 1));
    check(&[(502, None); 9], (None, 5, 15));
    // What is no fault of the host is an answer.
    check(&[(403, Some("5"))], (Some(403), 1, 0));
}

#[test]
fn what_may_have_been_carried_out_is_not_sent_again_by_itself() {
    let check = |answers: &[(u16, Option<&'static str>)], expected| {
        for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
            assert_eq!(send(method, answers), expected, "{answers:?}");
        }
    };
    check(&[(0, None)], (None, 1, 0));
    check(&[(500, None)], (None, 1, 0));
    check(&[(429, None)], (None, 1, 0));
    // What was refused for a limit was not carried out.
    check(&[(429, Some("3"))], (Some(200), 2, 3));
}
