//! One HTTP request and its answer, and what carries it.
//!
//! [`Transport`] is the seam: [`Network`] is the real one, a test may hand in another that loses
//! an answer or ends the program. A transport neither retries nor judges a status; it says what
//! was answered, or that nothing was.
//!
//! The token is not text: [`Token`] shows itself to nobody, and only [`Network`] reads it, to
//! put it into the one header that it belongs in. When a host redirects to another address, a
//! request is sent there only if it reads, and without the token; one that changes something, or
//! has a header that may tell a secret, ends with the redirect as its answer.

use std::fmt;
use std::time::Duration;

use ureq::http;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a host may think about a request that it has received.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// How long one request may take in all: the largest archive on a slow line.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(20);

/// The most redirects that are followed for one request.
const REDIRECTS_MAX: u32 = 5;

/// The headers that tell no secret, whoever reads them.
const OPEN_HEADERS: [&str; 4] =
    ["accept", "content-type", "snap-device-series", "x-github-api-version"];

/// What is said to be asking; hosts refuse who does not say.
const USER_AGENT: &str = concat!("cargo-ship/", env!("CARGO_PKG_VERSION"));

/// A secret that lets us in.
#[derive(Clone)]
pub struct Token {
    secret: String,
}

impl Token {
    /// Takes a secret; spaces and line feeds around it, which a copy often brings, are dropped.
    ///
    /// Returns nothing if it is empty or cannot stand in a header.
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        let is_plain = secret.chars().all(|c| c.is_ascii_graphic());
        (!secret.is_empty() && is_plain).then(|| Self { secret: secret.to_owned() })
    }

    /// Takes a secret of several lines, as a key file has them.
    ///
    /// Returns nothing if it is empty or no text of a key.
    pub fn of_lines(secret: &str) -> Option<Self> {
        let secret = secret.replace('\r', "");
        let secret = secret.trim();
        let is_plain = secret.chars().all(|c| c.is_ascii_graphic() || c == ' ' || c == '\n');
        (!secret.is_empty() && is_plain).then(|| Self { secret: secret.to_owned() })
    }

    /// Returns the secret itself, for a program that has to be told.
    pub fn reveal(&self) -> &str {
        &self.secret
    }

    /// Returns the text with every occurrence of the secret taken out.
    pub fn hide_in(&self, text: &str) -> String {
        text.replace(&self.secret, "[token]")
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token")
    }
}

/// What is asked of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes something new.
    Post,
    /// Puts something in its place.
    Put,
    /// Changes what is there.
    Patch,
    /// Takes away.
    Delete,
}

impl Method {
    /// Returns the word of the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// What is asked.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// The secret, for the host of `url` only.
    pub token: Option<&'a Token>,
    /// Further headers.
    pub headers: Vec<(&'static str, &'a str)>,
    /// What is sent; nothing is not the same as an empty body.
    pub body: Option<&'a [u8]>,
    /// The most bytes of an answer that are read.
    pub answer_bytes_max: u64,
}

impl<'a> Request<'a> {
    /// Asks for what everybody may read, with no secret.
    pub fn get(
        url: impl Into<String>,
        headers: Vec<(&'static str, &'a str)>,
        answer_bytes_max: u64,
    ) -> Self {
        let (method, url) = (Method::Get, url.into());
        Self { method, url, token: None, headers, body: None, answer_bytes_max }
    }

    /// Whether it may be sent to where its host redirects it, once its token is taken out.
    fn may_be_redirected(&self) -> bool {
        let is_open = |(name, _): &(&str, &str)| OPEN_HEADERS.contains(name);
        self.method == Method::Get && self.headers.iter().all(is_open)
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// The status, from 100 to 599.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Returns the first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// No answer was had, as a phrase that says why; whether the request was carried out is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer(pub String);

/// Carries a request to its host and the answer back.
pub trait Transport {
    /// Sends one request, once.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`] if no whole answer came back.
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer>;
}

/// The network.
#[derive(Debug)]
pub struct Network {
    agent: ureq::Agent,
    /// The same without the proxy of the machine, for addresses on the machine itself.
    local: ureq::Agent,
}

impl Default for Network {
    fn default() -> Self {
        // A connection is made for each request: there are few, and a kept one that the host has
        // closed meanwhile would look like a lost answer.
        let config = || {
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .user_agent(USER_AGENT)
                .max_redirects(REDIRECTS_MAX)
                .max_idle_connections(0)
                .timeout_connect(Some(CONNECT_TIMEOUT))
                .timeout_recv_response(Some(ANSWER_TIMEOUT))
                .timeout_global(Some(REQUEST_TIMEOUT))
        };
        Self {
            agent: config().build().new_agent(),
            local: config().proxy(None).build().new_agent(),
        }
    }
}

impl Transport for Network {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        self.try_send(request).map_err(|error| NoAnswer(error.to_string()))
    }
}

impl Network {
    fn try_send(&self, request: &Request<'_>) -> Result<Response, ureq::Error> {
        let mut builder = http::Request::builder().method(request.method.name()).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, *value);
        }
        if let Some(token) = request.token {
            builder = builder.header("authorization", format!("Bearer {}", token.secret));
        }
        let agent = if is_local(&request.url) { &self.local } else { &self.agent };
        let redirects_max = if request.may_be_redirected() { REDIRECTS_MAX } else { 0 };
        let answer = match request.body {
            Some(body) => run(agent, builder.body(body)?, redirects_max)?,
            None => run(agent, builder.body(())?, redirects_max)?,
        };
        let (parts, mut body) = answer.into_parts();
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Ok(Response {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().map(header).collect(),
            body: body.with_config().limit(request.answer_bytes_max).read_to_vec()?,
        })
    }
}

fn run(
    agent: &ureq::Agent,
    request: http::Request<impl ureq::AsSendBody>,
    redirects_max: u32,
) -> Result<http::Response<ureq::Body>, ureq::Error> {
    agent.run(agent.configure_request(request).max_redirects(redirects_max).build())
}

/// Carries some requests to services of this machine that stand for those that are meant, as git
/// does with `url.BASE.insteadOf`: for a rehearsal with the program itself.
pub struct Instead<'a> {
    inner: &'a dyn Transport,
    places: Vec<(String, String)>,
}

impl<'a> Instead<'a> {
    /// Reads pairs `WHAT=INSTEAD` with spaces between them: an address that begins with the first
    /// is asked for below the second.
    ///
    /// # Errors
    ///
    /// A phrase, if a pair is none or leads away from this machine.
    pub fn read(pairs: &str, inner: &'a dyn Transport) -> Result<Self, String> {
        let read = |pair: &str| match pair.split_once('=') {
            Some((what, instead)) if instead.starts_with("http://") && is_local(instead) => {
                Ok((what.to_owned(), instead.to_owned()))
            }
            _ => Err(format!("`{pair}` is not ADDRESS=http://127.0.0.1:PORT/...")),
        };
        let places: Result<Vec<_>, String> = pairs.split_whitespace().map(read).collect();
        Ok(Self { inner, places: places? })
    }
}

impl Transport for Instead<'_> {
    fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
        let other = self.places.iter().find_map(|(what, instead)| {
            request.url.strip_prefix(what.as_str()).map(|rest| format!("{instead}{rest}"))
        });
        match other {
            Some(url) => self.inner.send(&Request { url, ..request.clone() }),
            None => self.inner.send(request),
        }
    }
}

/// Returns the host of an address, with its port if it names one.
pub fn host(url: &str) -> &str {
    let authority = authority(url);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// The host of an address, and before it who is to be let in.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Returns whether a secret may be sent to an address: nobody reads it on the way.
pub fn keeps_secrets(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://") && is_local(url)
}

/// Whether the address is one of this machine, where nobody listens on the way.
fn is_local(url: &str) -> bool {
    let authority = authority(url);
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host == "127.0.0.1" || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::{Instead, NoAnswer, Request, Response, Token, Transport, host, is_local};

    /// Answers with the address that it was asked for.
    struct Echo;

    impl Transport for Echo {
        fn send(&self, request: &Request<'_>) -> Result<Response, NoAnswer> {
            Ok(Response { body: request.url.clone().into_bytes(), ..Response::default() })
        }
    }

    #[test]
    fn a_service_of_this_machine_can_stand_for_another_and_no_other_can() {
        let pairs =
            "https://example.org/a/=http://127.0.0.1:1/x/ https://b.example.org=http://localhost";
        let instead = Instead::read(pairs, &Echo).expect("pairs");
        let check = |url: &str, expected: &str| {
            let request = Request::get(url, Vec::new(), 1);
            let answer = instead.send(&request).expect("an answer");
            assert_eq!(String::from_utf8_lossy(&answer.body), expected);
        };
        check("https://example.org/a/b?c", "http://127.0.0.1:1/x/b?c");
        check("https://b.example.org/c", "http://localhost/c");
        check("https://example.org/b", "https://example.org/b");
        for wrong in ["https://a", "https://a=http://example.org/", "https://a=https://127.0.0.1/"]
        {
            assert!(Instead::read(wrong, &Echo).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_shows_itself_to_nobody() {
        let token = Token::new(" ghs_secret\n").expect("a token");
        assert_eq!(format!("{token:?}"), "Token");
        assert_eq!(token.hide_in("bad ghs_secret, ghs_secret"), "bad [token], [token]");
        for wrong in ["", " \n", "two words", "ä"] {
            assert!(Token::new(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_host_is_told_without_who_is_let_in() {
        assert_eq!(host("https://name:secret@example.org:8080/a@b"), "example.org:8080");
        assert_eq!(host("http://example.org?a@b"), "example.org");
    }

    #[test]
    fn only_this_machine_is_local() {
        for url in ["http://127.0.0.1:80/x", "http://localhost", "http://api.github.localhost/a:b"]
        {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "http://127.0.0.1.example.org/",
            "http://localhost.example.org:80",
            "https://example.org/localhost",
            "http://example.org?@localhost",
            "http://localhost@example.org/",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
