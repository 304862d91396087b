//! Who may call: the checks that stand before every route.
//!
//! - *Host*: a web page can make a browser send requests to a name that it controls and that leads
//!   to this machine (DNS rebinding); so only names that are meant are served.
//! - *Origin*: a page of another site may not call, unless it is configured; then it gets the
//!   answers of CORS, never for all and never with credentials of the browser.
//! - *Token*: compared in constant time, by the BLAKE3 hashes of both.
//! - *Rate*: a token bucket for each client that is not on this machine; a client behind a
//!   configured proxy is the one that the proxy names.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use super::Shared;
use super::problem::Problem;

/// Seconds of full rate that a client may use at once.
const BURST_S: u32 = 4;
/// Clients that are remembered before those that are at rest are forgotten.
const CLIENTS_MAX: usize = 10_000;
/// Paths that are answered without the token: they say nothing about any content.
const OPEN_PATHS: [&str; 6] = ["/livez", "/readyz", "/", "/app.js", "/style.css", "/favicon.svg"];
/// What a preflight may be told.
const METHODS: &str = "GET, POST, PUT, DELETE";
const HEADERS: &str = "authorization, content-type, x-workspace-id";

/// Who may call.
pub struct Guard {
    token: Option<blake3::Hash>,
    hosts: Vec<String>,
    origins: Vec<String>,
    proxies: Vec<IpNet>,
    is_loopback: bool,
    limiter: DefaultKeyedRateLimiter<IpAddr>,
}

/// What a guard is made of.
#[derive(Debug, Clone, Default)]
pub struct GuardOptions {
    /// The token that is needed, if one is.
    pub token: Option<String>,
    /// Names that the server is called by, beside those of this machine.
    pub hosts: Vec<String>,
    /// Origins of other sites that may call.
    pub origins: Vec<String>,
    /// Proxies that are believed.
    pub proxies: Vec<IpNet>,
    /// Whether only this machine can connect.
    pub is_loopback: bool,
    /// Requests a second of one client.
    pub rate: u32,
}

impl Guard {
    /// A guard with its options.
    pub fn new(options: GuardOptions) -> Self {
        let rate = NonZeroU32::new(options.rate).unwrap_or(NonZeroU32::MIN);
        let burst = rate.saturating_mul(NonZeroU32::new(BURST_S).expect("not zero"));
        Self {
            token: options.token.map(|token| blake3::hash(token.as_bytes())),
            hosts: options.hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            origins: options.origins,
            proxies: options.proxies,
            is_loopback: options.is_loopback,
            limiter: RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst)),
        }
    }

    /// The names that a request may call the server by (none: any that the guard lets pass, as the
    /// addresses of a server for other machines), and the origins that may call, with any port; for
    /// a second, coarser check behind this one.
    pub fn names(&self) -> (Vec<String>, Vec<String>) {
        let own = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let names: Vec<String> = own.into_iter().chain(self.hosts.iter().cloned()).collect();
        let origin = |name: &String| [format!("http://{name}:*"), format!("https://{name}:*")];
        let mut origins = self.origins.clone();
        origins.extend(names.iter().flat_map(origin));
        let bare = |name: &String| name.trim_matches(['[', ']']).to_owned();
        let hosts = names.iter().map(bare).filter(|_| self.is_loopback);
        (hosts.collect(), origins)
    }

    fn check(&self, request: &Request) -> Result<(), Problem> {
        let headers = request.headers();
        let host = self.host(request)?;
        self.origin(headers, &host)?;
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([127, 0, 0, 1]), |info| info.0.ip().to_canonical());
        self.rate(self.client(peer, headers))?;
        if OPEN_PATHS.contains(&request.uri().path()) {
            return Ok(());
        }
        self.token(headers)
    }

    fn host(&self, request: &Request) -> Result<Authority, Problem> {
        let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let authority: Option<Authority> = match (named, request.uri().authority()) {
            (Some(named), _) => named.parse().ok(),
            (None, authority) => authority.cloned(),
        };
        let Some(authority) = authority else {
            return Err(Problem::forbidden("the Host header is missing or malformed"));
        };
        let host = authority.host().to_ascii_lowercase();
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let is_meant = host == "localhost"
            || self.hosts.contains(&host)
            || address.is_some_and(|address| !self.is_loopback || address.is_loopback());
        if is_meant {
            return Ok(authority);
        }
        Err(Problem::forbidden(format!(
            "this server is not called {host:?}; add the name to server.hosts if it is meant"
        )))
    }

    fn origin(&self, headers: &HeaderMap, host: &Authority) -> Result<(), Problem> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let Some(origin) = text("origin") else {
            // Requests without an origin that a page of another site makes, as for an image.
            let is_foreign = text("sec-fetch-site") == Some("cross-site")
                && text("sec-fetch-mode") != Some("navigate");
            return if is_foreign { Err(foreign("another site")) } else { Ok(()) };
        };
        let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let is_own = own.is_some_and(|own| own.eq_ignore_ascii_case(host.as_str()));
        if is_own || self.is_configured(origin) {
            return Ok(());
        }
        Err(foreign(origin))
    }

    fn is_configured(&self, origin: &str) -> bool {
        self.origins.iter().any(|configured| configured.eq_ignore_ascii_case(origin))
    }

    /// The address of the client itself, behind proxies that are believed.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_proxy = |address: &IpAddr| self.proxies.iter().any(|net| net.contains(address));
        if !is_proxy(&peer) {
            return peer;
        }
        let named =
            headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let addresses: Vec<&str> =
            named.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut client = peer;
        for address in addresses.iter().rev() {
            let Ok(address) = address.parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !is_proxy(&client) {
                break;
            }
        }
        client
    }

    fn rate(&self, client: IpAddr) -> Result<(), Problem> {
        if client.is_loopback() {
            return Ok(());
        }
        if CLIENTS_MAX < self.limiter.len() {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&client).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Problem::too_many(wait.as_secs() + 1)
        })
    }

    fn token(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(expected) = &self.token else { return Ok(()) };
        let sent =
            headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
        let (scheme, token) = sent.split_at(sent.len().min(7));
        let is_right = scheme.eq_ignore_ascii_case(b"bearer ") && blake3::hash(token) == *expected;
        if is_right { Ok(()) } else { Err(Problem::unauthorized()) }
    }
}

fn foreign(origin: &str) -> Problem {
    Problem::forbidden(format!(
        "pages of {origin} may not call this server; add the origin to server.origins if it may"
    ))
}

/// Checks a request before its route sees it, and answers the questions of browsers.
pub async fn guard(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let guard = &app.guard;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let shared_with =
        origin.filter(|origin| origin.to_str().is_ok_and(|origin| guard.is_configured(origin)));
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key("access-control-request-method");
    let mut response = match (is_preflight, &shared_with) {
        (true, Some(_)) => match guard.host(&request) {
            Ok(_) => preflight(),
            Err(problem) => problem.into_response(),
        },
        _ => match guard.check(&request) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        },
    };
    if let Some(origin) = shared_with {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}
