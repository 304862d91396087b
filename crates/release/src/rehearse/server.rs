//! A service behind a socket: HTTP/1.1 as far as the ordinary clients speak it.
//!
//! A connection serves one request after another until the client goes. A lost answer is a
//! connection that is closed in its place; half an answer is closed in its middle. The socket is
//! on the loopback of this machine and nowhere else.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::rehearse::{Answer, Answering, Ask, Delivery};

/// The most bytes of a request's body: the largest package, with room.
const BODY_BYTES_MAX: u64 = 1 << 30;

/// A service that listens until the program ends.
pub struct Server<A> {
    service: Arc<Mutex<A>>,
    base: String,
}

impl<A: Answering + 'static> Server<A> {
    /// Listens at a free port of this machine.
    ///
    /// # Errors
    ///
    /// If none is to be had.
    pub fn start(service: A) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let base = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        Ok(Self::listen(service, listener, &base))
    }

    /// Listens at a socket, under the name that answers spell.
    pub fn listen(mut service: A, listener: TcpListener, base: &str) -> Self {
        service.listens_at(base);
        let service = Arc::new(Mutex::new(service));
        let shared = Arc::clone(&service);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let service = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &service));
            }
        });
        Self { service, base: base.to_owned() }
    }

    /// Returns the address at which it listens.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the service; until it is dropped no request is answered.
    pub fn service(&self) -> MutexGuard<'_, A> {
        lock(&self.service)
    }
}

/// What a service knew before a thread died is what it knows.
fn lock<A>(service: &Mutex<A>) -> MutexGuard<'_, A> {
    service.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve<A: Answering>(stream: &TcpStream, service: &Mutex<A>) {
    let mut reader = BufReader::new(stream);
    while let Some(ask) = read(&mut reader) {
        let (answer, delivery) = lock(service).answer(&ask);
        let bytes = written(&answer, &ask.method);
        let length = match delivery {
            Delivery::Whole => bytes.len(),
            Delivery::Half => bytes.len() - answer.body.len().div_ceil(2),
            Delivery::Nothing => 0,
        };
        let mut writer = stream;
        if writer.write_all(&bytes[..length]).is_err() || delivery != Delivery::Whole {
            let _ = stream.shutdown(Shutdown::Both);
            return;
        }
    }
}

/// Reads one request, or nothing if the client is gone.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Ask> {
    let first = line(reader)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    // A client that takes this service for a proxy names the whole address.
    let rest = target.strip_prefix("http://");
    let path = rest.map_or(target, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
    let mut ask = Ask::new(method, path);
    let mut headers = BTreeMap::new();
    loop {
        let text = line(reader)?;
        let Some((name, value)) = text.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    if headers.get("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        let mut stream: &TcpStream = reader.get_ref();
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let is_chunked = headers.get("transfer-encoding").is_some_and(|value| value == "chunked");
    ask.body = if is_chunked {
        read_chunks(reader)?
    } else {
        let length: u64 =
            headers.get("content-length").map_or(Some(0), |text| text.parse().ok())?;
        read_exactly(reader, length)?
    };
    ask.headers = headers;
    Some(ask)
}

fn line(reader: &mut BufReader<&TcpStream>) -> Option<String> {
    let mut text = String::new();
    let length = reader.read_line(&mut text).ok()?;
    (0 < length).then(|| text.trim_end().to_owned())
}

fn read_exactly(reader: &mut BufReader<&TcpStream>, length: u64) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    reader.take(length.min(BODY_BYTES_MAX)).read_to_end(&mut body).ok()?;
    (body.len() as u64 == length).then_some(body)
}

/// Reads a body that comes in pieces, each after its length in hexadecimal digits.
fn read_chunks(reader: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = line(reader)?;
        let length = u64::from_str_radix(length.split(';').next()?.trim(), 16).ok()?;
        if length == 0 {
            // What follows the last piece ends with an empty line.
            while !line(reader)?.is_empty() {}
            return Some(body);
        }
        body.extend(read_exactly(reader, length)?);
        line(reader)?;
        if BODY_BYTES_MAX < body.len() as u64 {
            return None;
        }
    }
}

fn written(answer: &Answer, method: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status);
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if answer.status != 204 {
        head += &format!("content-length: {}\r\n", answer.body.len());
    }
    head += "\r\n";
    let mut bytes = head.into_bytes();
    if method != "HEAD" {
        bytes.extend(&answer.body);
    }
    bytes
}
