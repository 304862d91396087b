//! Real `gh` drives the host of these tests: a check that the host is like the real one.
//!
//! `gh` speaks plain HTTP to `api.github.localhost`; the host is named to it as the proxy for
//! that address, so no port of the machine and no line of its hosts file is needed. What `gh`
//! makes, `cargo ship publish` has to accept, and the other way round.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use contextlite_release::http::Network;
use contextlite_release::rehearse::github::{GitHub, REPOSITORY, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use contextlite_release::rehearse::server::Server;
use serde_json::Value;

use crate::project::{FILES, Fake, Project, Surrounded};

/// The address that `gh` uses for a host of this name.
const BASE: &str = "http://api.github.localhost";

struct Gh {
    server: Server<Fake>,
    proxy: String,
    project: Project,
}

impl Gh {
    fn new(fake: Fake) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let proxy = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Server::listen(fake, listener, BASE);
        Self { server, proxy, project: Project::packed("1.0.2") }
    }

    fn try_run(&self, words: &[&str]) -> Output {
        let home = self.project.root().join("home");
        Command::new("gh")
            .args(words)
            .current_dir(self.project.root())
            .env("GH_HOST", "github.localhost")
            .env("GH_TOKEN", TOKEN)
            .env_remove("GH_ENTERPRISE_TOKEN")
            .env("GH_REPO", format!("github.localhost/{REPOSITORY}"))
            .env("GH_CONFIG_DIR", home)
            .env("GH_NO_UPDATE_NOTIFIER", "1")
            .env("GH_PROMPT_DISABLED", "1")
            .env("HTTP_PROXY", &self.proxy)
            .env("http_proxy", &self.proxy)
            .env_remove("NO_PROXY")
            .env_remove("no_proxy")
            .output()
            .expect("gh has to be installed; scripts/test does it")
    }

    fn run(&self, words: &[&str]) -> String {
        let output = self.try_run(words);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gh {}: {error}", words.join(" "));
        String::from_utf8(output.stdout).expect("text")
    }

    fn view(&self) -> Value {
        let fields = "tagName,name,body,isDraft,isPrerelease,assets";
        let text = self.run(&["release", "view", "v1.0.2", "--json", fields]);
        serde_json::from_str(&text).expect("JSON")
    }

    /// Every packed file, as `gh` is given it.
    fn files(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.project.root().join(FILES)).expect("packed files");
        let path = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("a file").path();
        folder.map(path).map(|path| path.to_str().expect("a path").to_owned()).collect()
    }

    /// Publishes to the same host at its port: answers then name that address.
    fn publish(&self) -> contextlite_release::command::Output {
        self.server.service().base.clone_from(&self.proxy);
        let variables = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", self.proxy.as_str())];
        let (network, clock) = (Network::default(), Hand::default());
        let folder = self.project.root();
        let around =
            Surrounded { folder, variables: &variables, transport: &network, clock: &clock };
        let output = around.ship("publish --only github");
        BASE.clone_into(&mut self.server.service().base);
        output
    }

    fn downloaded_is_packed(&self) {
        let folder = self.project.root().join("downloaded");
        let target = folder.to_str().expect("a path");
        self.run(&["release", "download", "v1.0.2", "--dir", target]);
        for path in self.files() {
            let name = Path::new(&path).file_name().expect("a name");
            let packed = std::fs::read(&path).expect("a packed file");
            let downloaded = std::fs::read(folder.join(name)).expect("a downloaded file");
            assert_eq!(packed, downloaded, "{path}");
        }
    }
}

#[test]
fn gh_creates_uploads_views_edits_and_downloads() {
    let gh = Gh::new(Fake::default());
    let files = gh.files();
    let mut words = vec!["release", "create", "v1.0.2", "--title", "by gh", "--notes", "text"];
    words.extend(["--draft"]);
    words.extend(files[..2].iter().map(String::as_str));
    gh.run(&words);
    let draft = gh.view();
    assert_eq!((draft["isDraft"].as_bool(), draft["name"].as_str()), (Some(true), Some("by gh")));
    assert_eq!(draft["assets"].as_array().map(Vec::len), Some(2));
    for file in &files[2..] {
        gh.run(&["release", "upload", "v1.0.2", file]);
    }
    let twice = gh.try_run(&["release", "upload", "v1.0.2", &files[0]]);
    assert!(!twice.status.success(), "a name is taken once");
    gh.run(&["release", "upload", "v1.0.2", &files[0], "--clobber"]);
    gh.run(&["release", "edit", "v1.0.2", "--draft=false"]);
    let published = gh.view();
    assert_eq!(published["isDraft"], false);
    assert_eq!(published["assets"].as_array().map(Vec::len), Some(files.len()));
    gh.downloaded_is_packed();
    let again = gh.try_run(&["release", "create", "v1.0.2", "--title", "x", "--notes", "x"]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("tag_name already exists"), "{said}");
    let output = gh.publish();
    assert_eq!((output.code, output.notice.as_str()), (0, ""));
    assert!(output.answer.contains("live, nothing to do"), "{}", output.answer);
}

#[test]
fn what_is_published_here_is_read_by_gh() {
    let gh = Gh::new(Fake::new(GitHub { makes_immutable: true, ..GitHub::default() }));
    let output = gh.publish();
    assert_eq!(output.code, 0, "{}", output.notice);
    let view = gh.view();
    assert_eq!(
        (view["isDraft"].as_bool(), view["isPrerelease"].as_bool()),
        (Some(false), Some(false))
    );
    assert_eq!(view["name"], "contextlite 1.0.2");
    gh.downloaded_is_packed();
    let file = &gh.files()[0];
    let refused = gh.try_run(&["release", "upload", "v1.0.2", file, "--clobber"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("immutable release"), "{said}");
}

#[test]
fn a_draft_that_gh_began_is_finished_here() {
    let gh = Gh::new(Fake::default());
    let files = gh.files();
    let create = ["release", "create", "v1.0.2", "--draft", "--title", "x", "--notes", "x"];
    gh.run(&[&create[..], &[files[3].as_str()]].concat());
    let output = gh.publish();
    assert_eq!(output.code, 0, "{}", output.notice);
    assert!(output.answer.contains("live after"), "{}", output.answer);
    assert_eq!(gh.view()["assets"].as_array().map(Vec::len), Some(files.len()));
    assert_eq!(gh.server.service().releases.len(), 1);
}
