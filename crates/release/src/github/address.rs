//! Where a GitHub host listens, and which addresses may be sent the token.
//!
//! `https://github.com` has its interface at `https://api.github.com` and takes files at
//! `https://uploads.github.com`; a server of one's own has both below its own name. An upload
//! goes to an address that the host names in an answer, and is sent with the token: so the
//! address is compared with what it may be, rather than trusted. Plain HTTP is for this machine
//! only.

use crate::http;

/// The interface of the host that most repositories live on.
const PUBLIC_API: &str = "https://api.github.com";

/// Where that host takes files.
const PUBLIC_UPLOADS: &str = "https://uploads.github.com/";

/// The address of a host's interface, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    api: String,
}

impl Address {
    /// Returns the address for a repository such as `https://github.com/OWNER/NAME`.
    ///
    /// `given` is what the surroundings say, `GITHUB_API_URL` of a workflow run; it wins.
    ///
    /// # Errors
    ///
    /// A phrase, if the address would send the token in the clear.
    pub fn new(repository_url: &str, given: Option<&str>) -> Result<Self, String> {
        let given = given.map(|url| url.trim_end_matches('/')).filter(|url| !url.is_empty());
        let host = repository_url.split('/').nth(2).unwrap_or_default();
        let api = match (given, host) {
            (Some(given), _) => given.to_owned(),
            (None, "github.com") => PUBLIC_API.to_owned(),
            (None, host) => format!("https://{host}/api/v3"),
        };
        if http::keeps_secrets(&api) {
            Ok(Self { api })
        } else {
            Err(format!("`{api}` would be sent the token in the clear; give an https address"))
        }
    }

    /// Returns the address of a path that begins with a slash.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.api)
    }

    /// Returns the address to send a file to, from the template that a release names.
    ///
    /// # Errors
    ///
    /// A phrase, if that is not an address of this host.
    pub fn upload(&self, template: &str, name: &str) -> Result<String, String> {
        let url = template.split('{').next().unwrap_or_default();
        let is_ours = if self.api == PUBLIC_API {
            url.starts_with(PUBLIC_UPLOADS)
        } else {
            origin(url) == origin(&self.api)
        };
        if is_ours {
            Ok(format!("{url}?name={name}"))
        } else {
            let api = &self.api;
            Err(format!("{api} names `{url}` for uploads; the token is not sent there"))
        }
    }
}

/// The part of an address before its path, with the slash that ends it.
fn origin(url: &str) -> Option<&str> {
    let start = url.find("://")? + 3;
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    Some(&url[..end])
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn the_interface_follows_from_the_repository() {
        let check = |repository: &str, given: Option<&str>, expected: Result<&str, ()>| {
            let address = Address::new(repository, given);
            let url = address.map(|address| address.of("/x")).map_err(|_| ());
            assert_eq!(url.as_deref(), expected.as_ref().map(|url| *url));
        };
        let ours = "https://github.com/o/r";
        check(ours, None, Ok("https://api.github.com/x"));
        check(ours, Some(""), Ok("https://api.github.com/x"));
        check("https://git.example.org/o/r", None, Ok("https://git.example.org/api/v3/x"));
        check(ours, Some("https://a.example.org/v3/"), Ok("https://a.example.org/v3/x"));
        check(ours, Some("http://127.0.0.1:8000"), Ok("http://127.0.0.1:8000/x"));
        check(ours, Some("http://api.github.com"), Err(()));
        check(ours, Some("http://localhost.example.org"), Err(()));
        check(ours, Some("ftp://localhost"), Err(()));
    }

    #[test]
    fn files_go_to_the_host_itself_only() {
        let check = |given: Option<&str>, template: &str, expected: Option<&str>| {
            let address = Address::new("https://github.com/o/r", given).expect("an address");
            assert_eq!(address.upload(template, "a.zip").ok().as_deref(), expected, "{template}");
        };
        check(
            None,
            "https://uploads.github.com/repos/o/r/releases/1/assets{?name,label}",
            Some("https://uploads.github.com/repos/o/r/releases/1/assets?name=a.zip"),
        );
        check(None, "https://uploads.github.com.example.org/x{?name,label}", None);
        check(None, "http://uploads.github.com/x", None);
        let server = Some("https://git.example.org/api/v3");
        check(
            server,
            "https://git.example.org/api/uploads/1/assets{?name,label}",
            Some("https://git.example.org/api/uploads/1/assets?name=a.zip"),
        );
        check(server, "https://git.example.org:444/1", None);
        check(server, "https://git.example.orgs/1", None);
    }
}
