//! The AUR over a real SSH server: its host key is compared, and a push arrives.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use contextlite_release::command::Output;
use contextlite_release::rehearse::direct::Direct;
use contextlite_release::rehearse::github::{GitHub, TOKEN};
use contextlite_release::rehearse::hand::Hand;
use tempfile::TempDir;

use crate::project::{Fake, Project, Surrounded};
use crate::sample::{end, succeed};

/// How long the server may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The repository, below the server's folder.
const REPOSITORY: &str = "contextlite-bin.git";

/// A server with a key of its own that lets one user key in, and a bare repository behind it.
struct Server {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program of the SSH server, which is not on everybody's search path.
fn sshd() -> PathBuf {
    let places = ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"];
    let found = places.into_iter().map(PathBuf::from).find(|path| path.is_file());
    found.expect("openssh-server is missing; scripts/release/setup-cross check installs it")
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        for name in ["host", "other-host", "user", "other-user"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(path.join(name));
            succeed(&mut keygen);
        }
        std::fs::copy(path.join("user.pub"), path.join("authorized_keys")).expect("a key");
        let mut init = Command::new("git");
        init.args(["init", "--quiet", "--bare", "--initial-branch", "master"]);
        succeed(init.arg(path.join(REPOSITORY)));
        // Whoever has taken the port in between makes the server end, and the test fail.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let at = path.display();
        let settings = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {at}/host\nPidFile none\nUsePAM no\n\
             AuthorizedKeysFile {at}/authorized_keys\nStrictModes no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\n"
        );
        std::fs::write(path.join("sshd_config"), settings).expect("a configuration");
        if succeed(Command::new("id").arg("-u")).trim() == "0" {
            // The folder in which a server of root's wants to be shut in.
            std::fs::create_dir_all("/run/sshd").expect("a folder");
        }
        let log = std::fs::File::create(path.join("log")).expect("a log");
        let mut server = Command::new(sshd());
        server.args(["-D", "-e", "-f"]).arg(path.join("sshd_config"));
        let process = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let mut server = Self { folder, process: process.expect("a server"), port };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let ended = self.process.try_wait().expect("a process");
            assert!(ended.is_none() && started.elapsed() < START_LIMIT, "no server: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).expect("a file")
    }

    /// The line that trusts a key as the AUR's.
    fn trusting(&self, host: &str) -> String {
        let key = self.read(&format!("{host}.pub"));
        let fields: Vec<&str> = key.split_whitespace().take(2).collect();
        format!("aur.archlinux.org {}\n", fields.join(" "))
    }

    fn git(&self, words: &[&str]) -> std::process::Output {
        end(Command::new("git").arg("-C").arg(self.folder.path().join(REPOSITORY)).args(words))
    }
}

/// Publishes with the server in the place of the AUR.
fn publish(
    project: &Project,
    direct: &Direct<GitHub>,
    server: &Server,
    variables: &[(&str, &str)],
) -> Output {
    let (port, at) = (server.port, server.folder.path().display());
    let user = succeed(Command::new("id").arg("-un"));
    let user = user.trim();
    let config = server.folder.path().join("gitconfig");
    let text = format!(
        "[url \"file://{at}/\"]\n\tinsteadOf = https://aur.archlinux.org/\n\
         [url \"ssh://{user}@127.0.0.1:{port}{at}/\"]\n\
         \tinsteadOf = ssh://aur@aur.archlinux.org/\n[safe]\n\tdirectory = *\n"
    );
    std::fs::write(&config, text).expect("git's configuration");
    let (config, path) = (config.to_string_lossy(), std::env::var("PATH").expect("a path"));
    let mut all = vec![("PATH", path.as_str()), ("GIT_CONFIG_GLOBAL", &config)];
    all.extend([("GIT_CONFIG_NOSYSTEM", "1"), ("GITHUB_TOKEN", TOKEN)]);
    all.extend_from_slice(variables);
    let clock = Hand::default();
    let folder = project.root();
    Surrounded { folder, variables: &all, transport: direct, clock: &clock }.ship("publish aur")
}

fn released() -> (Project, Direct<GitHub>) {
    let project = Project::packed("1.0.2").with_packaging();
    let direct = Direct::new(Fake::default());
    let base = direct.service.borrow().base.clone();
    let variables = [("GITHUB_TOKEN", TOKEN), ("GITHUB_API_URL", base.as_str())];
    let clock = Hand::default();
    let folder = project.root();
    let around = Surrounded { folder, variables: &variables, transport: &direct, clock: &clock };
    assert_eq!(around.ship("publish github").code, 0);
    (project, direct)
}

fn key_is_gone(project: &Project) -> bool {
    let work: &Path = &project.root().join("dist/work/aur/copy/.git");
    !work.join("ship-key").exists()
}

#[test]
fn the_aur_is_trusted_by_its_key_alone_and_a_push_arrives() {
    let server = Server::start();
    let (project, direct) = released();
    let (key, hosts) = (server.read("user"), server.trusting("host"));
    let secret = ("AUR_SSH_PRIVATE_KEY", key.as_str());
    let rehearsal = "SHIP_REHEARSAL_AUR_KNOWN_HOSTS";

    let refused = |variables: &[(&str, &str)], expected: &str| {
        let output = publish(&project, &direct, &server, variables);
        assert_eq!(output.code, 10, "{}{}", output.answer, output.notice);
        assert!(output.notice.contains(expected), "{}", output.notice);
        assert!(!server.git(&["rev-parse", "--verify", "HEAD"]).status.success(), "nothing came");
        assert!(key_is_gone(&project), "the key is not left on the disk");
    };
    let unknown = "Host key verification failed";
    // The real key is the one that counts, whatever the server and whatever ssh is told.
    refused(&[secret], unknown);
    let lax = "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null";
    refused(&[secret, ("GIT_SSH_COMMAND", lax)], unknown);
    refused(&[secret, (rehearsal, &server.trusting("other-host"))], unknown);
    // A run of a workflow has no host of its own.
    refused(&[secret, (rehearsal, &hosts), ("GITHUB_ACTIONS", "true")], unknown);
    let stranger = server.read("other-user");
    refused(
        &[("AUR_SSH_PRIVATE_KEY", &stranger), (rehearsal, &hosts)],
        "Permission denied (publickey)",
    );

    let output = publish(&project, &direct, &server, &[secret, (rehearsal, &hosts)]);
    assert_eq!(output.code, 0, "{}{}\n{}", output.answer, output.notice, server.read("log"));
    assert!(output.answer.contains("live after 1 action"), "{}", output.answer);
    for name in ["PKGBUILD", ".SRCINFO"] {
        let rendered = project.root().join("dist/channels/aur").join(name);
        let shown = server.git(&["show", &format!("master:{name}")]);
        assert_eq!(shown.stdout, std::fs::read(rendered).expect("a rendered file"), "{name}");
    }
    assert!(key_is_gone(&project), "the key is not left on the disk");
    let again = publish(&project, &direct, &server, &[secret, (rehearsal, &hosts)]);
    assert!(again.answer.contains("live, nothing to do"), "{}", again.answer);
}
