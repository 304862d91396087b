//! A gallery of packages that speaks the second protocol of `NuGet`: its entries, and a push.
//!
//! Entries are Atom with the properties of `OData`:
//!
//! ```text
//! <entry …><id>HOST/api/v2/Packages(Id='lite',Version='1.0.2')</id> … <title …>lite</title>
//!   <m:properties><d:Version>1.0.2</d:Version><d:PackageApprovedDate m:null="true"/> …
//! ```
//!
//! Only what a channel asks for is read. What is neither a feed nor an entry is no answer: a page
//! of a host that is down must never be taken for an empty feed, nor that for a package.
//!
//! A push is one form with the package in it, and what is answered is text for people. A gallery
//! says by 403 both that a key has no rights and that versions wait to be let through; the text
//! tells which, where it arrives.
//!
//! # Source
//!
//! <https://www.odata.org/documentation/odata-version-2-0/atom-format/>; what the published source
//! of Chocolatey's gallery answers (`ApiController.CreatePackageInternal`), and
//! <https://docs.chocolatey.org/en-us/community-repository/maintainers/common-errors/>.

use crate::channel::desk::Desk;
use crate::http::Response;
use crate::publish::{Obstacle, Sort};

/// What stands between the parts of a push; no package holds it.
const BOUNDARY: &str = "cargo-ship-0b7f1a52-52c1-4f0e-9f4e-7d7f3c6a1f4d";

/// A package in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    text: String,
}

impl Entry {
    /// Reads a feed, or the one entry that was asked for, in the order in which it stands there.
    ///
    /// # Errors
    ///
    /// A phrase, if it is neither or breaks off.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let is_feed = open(text, "feed").is_some();
        if is_feed && !text.contains("</feed>") {
            return Err("a feed that breaks off".to_owned());
        }
        let mut entries = Vec::new();
        let mut rest = text;
        while let Some(start) = open(rest, "entry") {
            let Some(length) = rest[start..].find("</entry>") else {
                return Err("an entry that breaks off".to_owned());
            };
            entries.push(Self { text: rest[start..start + length].to_owned() });
            rest = &rest[start + length..];
        }
        if entries.is_empty() && !is_feed {
            return Err("neither a feed nor an entry".to_owned());
        }
        Ok(entries)
    }

    /// Returns the id of the package.
    pub fn id(&self) -> Option<String> {
        element(&self.text, "title")
    }

    /// Returns a property that is neither absent, null nor empty.
    pub fn property(&self, name: &str) -> Option<String> {
        element(&self.text, &format!("d:{name}")).filter(|text| !text.is_empty())
    }
}

/// Where the first element of a name begins.
fn open(text: &str, name: &str) -> Option<usize> {
    let start = format!("<{name}");
    let is_end = |at: usize| {
        text[at + start.len()..].starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/')
    };
    text.match_indices(&start).map(|(at, _)| at).find(|&at| is_end(at))
}

/// The text of the first element of a name.
fn element(text: &str, name: &str) -> Option<String> {
    let rest = &text[open(text, name)?..];
    let (tag, rest) = rest.split_once('>')?;
    if tag.ends_with('/') {
        return None;
    }
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(plain(content.trim()))
}

/// A text without what XML writes for some characters.
fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// What a gallery answers to a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// It took the package.
    Taken,
    /// It holds this version, and will not change it.
    Exists,
    /// An older version waits, and until one was approved no other is taken.
    OlderWaits,
    /// As many versions wait as may.
    ManyWait,
    /// The key may not push this package: it is wrong, or the package is somebody else's.
    NoRights,
    /// It says no, and not why.
    Forbidden,
    /// The key is none.
    NoKey,
    /// The package is not fit.
    Unfit,
}

impl Reply {
    /// Reads an answer, and returns what it says as one line too.
    pub fn read(response: &Response) -> (Self, String) {
        let body = String::from_utf8_lossy(&response.body);
        let said = body.split_whitespace().collect::<Vec<_>>().join(" ");
        let has = |words: &[&str]| words.iter().any(|words| said.contains(words));
        let reply = match response.status {
            200..=299 => Self::Taken,
            400 => Self::NoKey,
            403 if has(&["no approved stable releases", "a minimum of 1 version"]) => {
                Self::OlderWaits
            }
            403 if has(&["versions in moderation", "until the current versions"]) => Self::ManyWait,
            403 if has(&["specified API key"]) => Self::NoRights,
            403 => Self::Forbidden,
            409 if has(&["already exists"]) => Self::Exists,
            _ => Self::Unfit,
        };
        (reply, format!("the push was answered {}: {said}", response.status))
    }
}

/// What an answer to a push means to a channel, and what to do about it.
///
/// # Errors
///
/// [`Obstacle`] unless the package was taken.
pub fn judge(desk: &Desk<'_>, response: &Response) -> Result<String, Obstacle> {
    let (reply, what) = Reply::read(response);
    let (sort, advice) = match reply {
        Reply::Taken => return Ok(format!("{}; it waits to be let through", response.status)),
        Reply::Exists => return Err(desk.passing(what)),
        Reply::OlderWaits => (
            Sort::Closed,
            "an older version waits and none was approved: no other is taken until then",
        ),
        Reply::ManyWait => {
            (Sort::Closed, "wait, or ask the reviewers to reject older versions that wait")
        }
        Reply::NoRights => (
            Sort::Refused,
            "make the key anew; or the package is somebody else's, or its name is not allowed",
        ),
        Reply::Forbidden => (
            Sort::Refused,
            "the host did not say why: the key is wrong, the package is somebody else's, an older \
             version waits and none is approved, or too many wait; its owner sees that on its page",
        ),
        Reply::NoKey => (Sort::Refused, "the key is the GUID that the account's page shows"),
        Reply::Unfit => (Sort::Refused, "mend what the manifest says, below packaging"),
    };
    Err(desk.obstacle(sort, what, &[advice]))
}

/// The form of a push: its content type and its body.
pub fn form(file_name: &str, package: &[u8]) -> (String, Vec<u8>) {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"package\"; \
         filename=\"{file_name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let body = [head.as_bytes(), package, end.as_bytes()].concat();
    (format!("multipart/form-data; boundary=\"{BOUNDARY}\""), body)
}

#[cfg(test)]
mod tests {
    use super::{Entry, Reply, form};
    use crate::http::Response;

    const ENTRY: &str = "<?xml version=\"1.0\"?>\n<entry xmlns:d=\"x\" xmlns:m=\"y\">\
         <id>http://h/api/v2/Packages(Id='lite',Version='1.0.2')</id>\
         <title type=\"text\">lite</title><m:properties><d:Version>1.0.2</d:Version>\
         <d:VersionDownloadCount m:type=\"Edm.Int32\">7</d:VersionDownloadCount>\
         <d:PackageApprovedDate m:type=\"Edm.DateTime\" m:null=\"true\" /><d:Tags></d:Tags>\
         <d:Title>a &amp;lt; b &lt; c</d:Title></m:properties></entry>";

    #[test]
    fn an_entry_tells_its_properties() {
        let entries = Entry::read(ENTRY).expect("an entry");
        let [entry] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!(entry.id().as_deref(), Some("lite"));
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(entry.property(name).as_deref(), expected, "{name}");
        };
        check("Version", Some("1.0.2"));
        check("VersionDownloadCount", Some("7"));
        check("Title", Some("a &lt; b < c"));
        for absent in ["PackageApprovedDate", "Tags", "DownloadCount", "Vers"] {
            check(absent, None);
        }
    }

    #[test]
    fn a_feed_may_be_empty_and_a_page_is_none() {
        let body = ENTRY.split_once('\n').expect("two lines").1;
        let feed = format!("<feed xmlns=\"x\">{body}\n{body}</feed>");
        assert_eq!(Entry::read(&feed).expect("a feed").len(), 2);
        assert_eq!(Entry::read("<feed xmlns=\"x\"></feed>"), Ok(Vec::new()));
        let check = |text: &str, expected: &str| {
            assert_eq!(Entry::read(text), Err(expected.to_owned()));
        };
        check("<html><body>We are down</body></html>", "neither a feed nor an entry");
        check("", "neither a feed nor an entry");
        check("<entryway>", "neither a feed nor an entry");
        check("<entry><id>x</id>", "an entry that breaks off");
        check("<feed><entry></entry>", "a feed that breaks off");
    }

    #[test]
    fn an_answer_tells_why_as_far_as_its_text_does() {
        let check = |status: u16, body: &str, expected: Reply| {
            let body = body.as_bytes().to_owned();
            let (reply, said) = Reply::read(&Response { status, body, headers: Vec::new() });
            assert_eq!(reply, expected, "{said}");
            assert!(said.starts_with(&format!("the push was answered {status}: ")), "{said}");
            assert!(!said.contains('\n'), "{said}");
        };
        check(201, "Package has been pushed and will show up once moderated.", Reply::Taken);
        check(202, "", Reply::Taken);
        check(400, "The API key 'x' is invalid.", Reply::NoKey);
        let waits = "The package lite has a previous version in a submitted state, and no approved \
                     stable releases.";
        check(403, waits, Reply::OlderWaits);
        let waits =
            "Please wait until a minimum of 1 version of the lite package have\n been approved";
        check(403, waits, Reply::OlderWaits);
        let many = "The package lite has 10 versions currently in a submitted state. For \
                    moderation purposes we limit to 10 versions in moderation at a time.";
        check(403, many, Reply::ManyWait);
        let many =
            "Please wait to submit more versions of lite until the current versions are approved";
        check(403, many, Reply::ManyWait);
        let rights = "The specified API key does not provide the authority to push packages.";
        check(403, rights, Reply::NoRights);
        check(403, "<html>Forbidden</html>", Reply::Forbidden);
        check(409, "A package with id 'lite' and version '1.0.2' already exists.", Reply::Exists);
        check(409, "This package had an issue pushing: the title is too long", Reply::Unfit);
        check(409, "This package has been rejected and can no longer be submitted.", Reply::Unfit);
        check(413, "", Reply::Unfit);
    }

    #[test]
    fn a_form_holds_the_bytes_as_they_are() {
        let (kind, body) = form("lite.1.0.2.nupkg", b"P\r\nK\0");
        let (_, boundary) = kind.split_once("boundary=").expect("a boundary");
        let boundary = boundary.trim_matches('"');
        let start = format!("--{boundary}\r\n");
        assert!(body.starts_with(start.as_bytes()));
        let text = String::from_utf8_lossy(&body).into_owned();
        let (_, content) = text.split_once("\r\n\r\n").expect("headers");
        assert_eq!(content, format!("P\r\nK\0\r\n--{boundary}--\r\n"));
    }
}
