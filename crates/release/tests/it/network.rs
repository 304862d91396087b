//! The network itself: where a redirect is followed, and what goes along.

use contextlite_release::http::{Method, Network, Request, Token, Transport};
use contextlite_release::rehearse::server::Server;
use contextlite_release::rehearse::{Answer, Ask, Host, Service};

/// Sends every request on to another address, or has arrived at the last one.
struct Stage {
    next: Option<String>,
    /// The headers of what came, each request as one list of names.
    came: Vec<Vec<String>>,
}

impl Host for Stage {
    fn answer(&mut self, ask: &Ask) -> Answer {
        self.came.push(ask.headers.keys().cloned().collect());
        match &self.next {
            Some(next) => Answer::text(307, "elsewhere").with("location", next),
            None => Answer::text(200, "arrived"),
        }
    }
}

/// Sends a request that is redirected; returns its status, and the headers of what arrived at the
/// second host, if something did.
fn send(
    method: Method,
    has_token: bool,
    header: Option<&'static str>,
) -> (u16, Option<Vec<String>>) {
    let stage = |next| Server::start(Service::new(Stage { next, came: Vec::new() }));
    let second = stage(None).expect("a server");
    let first = stage(Some(format!("{}/there", second.base()))).expect("a server");
    let token = Token::new("the-token").expect("a token");
    let answer = Network::default().send(&Request {
        method,
        url: format!("{}/here", first.base()),
        token: has_token.then_some(&token),
        headers: header.map(|name| (name, "the-key")).into_iter().collect(),
        body: (method != Method::Get).then_some(b"sent".as_slice()),
        answer_bytes_max: 100,
    });
    let status = answer.expect("an answer").status;
    assert_eq!(first.service().host.came.len(), 1);
    let came = second.service().host.came.first().cloned();
    (status, came)
}

#[test]
fn what_only_reads_is_sent_on_and_its_token_is_not() {
    for header in [None, Some("accept")] {
        for has_token in [false, true] {
            let (status, came) = send(Method::Get, has_token, header);
            let came = came.expect("it arrived");
            assert_eq!(status, 200);
            assert!(!came.iter().any(|name| name == "authorization"), "{came:?}");
        }
    }
}

#[test]
fn a_key_in_a_header_stays_with_the_host_it_is_for() {
    // `authorization` is one, too, however it comes into a request.
    for header in ["x-nuget-apikey", "authorization", "cookie", "x-unknown"] {
        for method in [Method::Get, Method::Put] {
            assert_eq!(send(method, false, Some(header)), (307, None), "{header} {method:?}");
        }
    }
}

#[test]
fn what_changes_something_is_not_carried_out_elsewhere() {
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
        for has_token in [false, true] {
            assert_eq!(send(method, has_token, Some("accept")), (307, None), "{method:?}");
        }
    }
}
