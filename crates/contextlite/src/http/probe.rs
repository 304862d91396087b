//! A question to a server whether it lives, without a client library.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long is waited for each step.
const WAIT: Duration = Duration::from_secs(2);
/// What is read of an answer.
const ANSWER_BYTES: u64 = 4096;

/// Whether the server at an address lives, or what is wrong.
pub fn is_alive(host: &str, port: u16) -> Result<(), String> {
    // Who listens on all addresses is asked on this machine's own.
    let host = match host {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    };
    let failed = |error: std::io::Error| format!("{host}:{port}: {error}");
    let mut addresses = (host, port).to_socket_addrs().map_err(failed)?;
    let address = addresses.next().ok_or_else(|| format!("{host} has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, WAIT).map_err(failed)?;
    stream.set_read_timeout(Some(WAIT)).map_err(failed)?;
    stream.set_write_timeout(Some(WAIT)).map_err(failed)?;
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES).read_to_end(&mut answer).map_err(failed)?;
    let head = String::from_utf8_lossy(&answer);
    match head.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        Some(status) => Err(format!("{host}:{port} answers with status {status}")),
        None => Err(format!("{host}:{port} does not answer as a server of HTTP")),
    }
}
