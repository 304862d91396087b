//! The host behind a socket: HTTP/1.1 as far as clients of the interface speak it.
//!
//! A connection serves one request after another until the client goes. A lost answer is a
//! connection that is closed in its place; half an answer is closed in its middle.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::direct::ask;
use super::{Answer, Ask, Delivery, Fake};

/// A host that listens until the test ends.
pub struct Server {
    pub fake: Arc<Mutex<Fake>>,
}

impl Server {
    /// Listens at a free port of this machine.
    pub fn start(fake: Fake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let fake = Fake { store: format!("http://localhost:{port}"), ..fake };
        Self::listen(fake, listener, &format!("http://127.0.0.1:{port}"))
    }

    /// Listens at a socket, under the name that answers spell.
    pub fn listen(mut fake: Fake, listener: TcpListener, base: &str) -> Self {
        base.clone_into(&mut fake.base);
        let fake = Arc::new(Mutex::new(fake));
        let shared = Arc::clone(&fake);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let fake = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &fake));
            }
        });
        Self { fake }
    }

    /// The address of the interface.
    pub fn base(&self) -> String {
        self.fake.lock().expect("the host").base.clone()
    }
}

fn serve(stream: &TcpStream, fake: &Mutex<Fake>) {
    let mut reader = BufReader::new(stream);
    while let Some(ask) = read(&mut reader) {
        let (answer, delivery) = fake.lock().expect("the host").answer(&ask);
        let bytes = written(&answer, &ask.method);
        let length = match delivery {
            Delivery::Whole => bytes.len(),
            Delivery::Half => bytes.len() - answer.body.len().div_ceil(2),
            Delivery::Nothing => 0,
        };
        let mut writer = stream;
        if writer.write_all(&bytes[..length]).is_err() || delivery != Delivery::Whole {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// Reads one request, or nothing if the client is gone.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<Ask> {
    let mut line = || {
        let mut text = String::new();
        let length = reader.read_line(&mut text).ok()?;
        (0 < length).then(|| text.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    // A client that takes this host for a proxy names the whole address.
    let rest = target.strip_prefix("http://");
    let path = rest.map_or(target, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
    let mut request = ask(method, path);
    let mut headers = BTreeMap::new();
    loop {
        let text = line()?;
        let Some((name, value)) = text.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    if headers.get("expect").is_some_and(|value| value == "100-continue") {
        let mut stream: &TcpStream = reader.get_ref();
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
    }
    let length: u64 = headers.get("content-length").map_or(Some(0), |text| text.parse().ok())?;
    reader.take(length).read_to_end(&mut request.body).ok()?;
    request.headers = headers;
    (request.body.len() as u64 == length).then_some(request)
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
