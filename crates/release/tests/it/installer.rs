//! The installers: run by several shells against a release that is served on this machine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output as Ended};

use contextlite_release::pack::FOLDER;

use crate::pack::packed;
use crate::project::Project;
use crate::sample::{all_built, end, make_program, succeed};

/// The programs that the script may need beside a shell.
const PROGRAMS: [&str; 22] = [
    "awk",
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "dirname",
    "env",
    "grep",
    "gzip",
    "id",
    "mkdir",
    "mktemp",
    "mv",
    "printf",
    "rm",
    "rmdir",
    "sed",
    "sha256sum",
    "tar",
    "uname",
    "wget",
];

/// A packed release that is served over HTTP until the test ends.
struct Served {
    project: Project,
    address: String,
}

/// Packs the sample and serves its files.
fn served() -> Served {
    let project = all_built();
    packed(&project);
    let folder = project.root().join(FOLDER);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    // It ends with the process; a request after the test finds no file.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, &folder);
        }
    });
    Served { project, address }
}

/// Answers one request: the file of that name, or 404.
fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? != 0 && line.trim() != "" {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let (status, body) = match std::fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", b"none".to_vec()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

/// A home folder in which the script runs, with a search path of its own.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// A home whose search path has these programs, and curl beside them or not.
    fn new(programs: &[&str]) -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        std::fs::create_dir(home.path("programs")).expect("a folder");
        std::fs::create_dir(home.path("tmp")).expect("a folder");
        for name in programs {
            let found = succeed(Command::new("sh").args(["-c", &format!("command -v {name}")]));
            let found = PathBuf::from(found.trim());
            // What is part of a shell needs no file.
            if found.is_absolute() {
                let link = home.path("programs").join(name);
                std::os::unix::fs::symlink(found, link).expect("a link");
            }
        }
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program of its own in the place of the machine's.
    fn fake(&self, name: &str, script: &str) {
        let path = self.path("programs").join(name);
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        make_program(&path);
    }

    /// Runs the released script by a shell.
    fn run(&self, shell: &[&str], served: &Served, arguments: &[&str]) -> Ended {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(served.project.root().join(FOLDER).join("install.sh"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("PATH", self.path("programs")).env("HOME", self.path("home"));
        command.env("TMPDIR", self.path("tmp"));
        command.env("CONTEXTLITE_FROM", &served.address);
        end(&mut command)
    }

    /// Every file below the home that is neither a program nor scratch.
    fn files(&self) -> Vec<String> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() && !path.ends_with("programs") {
                    folders.push(path);
                } else if path.is_file() {
                    let below = path.strip_prefix(self.folder.path()).expect("below the home");
                    files.push(below.to_string_lossy().into_owned());
                }
            }
        }
        files.sort();
        files
    }
}

/// What a run printed, in one text.
fn said(ended: &Ended) -> String {
    let both = [&ended.stdout[..], &ended.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// A run that has to fail with these words, and to leave nothing.
fn refused(home: &Home, served: &Served, arguments: &[&str], words: &str) {
    let ended = home.run(&["/bin/sh"], served, arguments);
    assert!(!ended.status.success(), "{words}");
    assert!(said(&ended).starts_with("error: "), "{}", said(&ended));
    assert!(said(&ended).contains(words), "{}", said(&ended));
    assert_eq!(home.files(), Vec::<String>::new(), "{words}");
}

#[test]
fn it_installs_and_removes_under_every_shell() {
    let served = served();
    for shell in [&["dash"][..], &["bash"], &["bash", "--posix"], &["busybox", "sh"]] {
        let home = Home::new(&PROGRAMS);
        let shell_path =
            succeed(Command::new("sh").args(["-c", &format!("command -v {}", shell[0])]));
        let mut shell = shell.to_vec();
        shell[0] = shell_path.trim();
        let ended = home.run(&shell, &served, &["--prefix", "place"]);
        assert!(ended.status.success(), "{shell:?}: {}", said(&ended));
        assert!(said(&ended).contains("installed contextlite 1.0.2: "), "{}", said(&ended));
        assert!(said(&ended).contains("to your PATH"), "{}", said(&ended));
        let program = home.path("place/bin/contextlite");
        assert_eq!(succeed(Command::new(&program).arg("--version")), "contextlite 1.0.2\n");
        let expected = [
            "place/bin/contextlite",
            "place/share/bash-completion/completions/contextlite",
            "place/share/doc/contextlite/LICENSE",
            "place/share/doc/contextlite/README.md",
            "place/share/doc/contextlite/THIRD-PARTY-NOTICES.txt",
            "place/share/doc/contextlite/installed-files",
            "place/share/fish/vendor_completions.d/contextlite.fish",
            "place/share/man/man1/contextlite-index.1",
            "place/share/man/man1/contextlite.1",
            "place/share/zsh/site-functions/_contextlite",
        ];
        assert_eq!(home.files(), expected, "{shell:?}");
        let ended = home.run(&shell, &served, &["--uninstall", "--prefix", "place"]);
        assert!(ended.status.success(), "{shell:?}: {}", said(&ended));
        assert_eq!(home.files(), Vec::<String>::new(), "{shell:?}");
    }
}

#[test]
fn a_later_version_takes_the_place_of_an_older_one() {
    let served = served();
    let home = Home::new(&PROGRAMS);
    let arguments = ["--prefix", "place", "--version", "v1.0.2"];
    assert!(home.run(&["/bin/sh"], &served, &arguments).status.success());
    let receipt = home.path("place/share/doc/contextlite/installed-files");
    let older = home.path("place/share/man/man1/contextlite-older.1");
    std::fs::write(&older, "a page that is gone").expect("an older page");
    let mut listed = std::fs::read_to_string(&receipt).expect("a receipt");
    listed += &format!("{}\n", older.display());
    std::fs::write(&receipt, listed).expect("a receipt");
    let ended = home.run(&["/bin/sh"], &served, &arguments);
    assert!(ended.status.success(), "{}", said(&ended));
    assert!(!older.exists(), "what the new version does not have is removed");
    assert!(home.path("place/bin/contextlite").exists());
}

#[test]
fn what_is_wrong_is_said_and_leaves_nothing() {
    let served = served();
    let home = Home::new(&PROGRAMS);
    refused(&home, &served, &["--version", "1.0.3"], "1.0.3-checksums.txt cannot be downloaded");
    refused(&home, &served, &["--version", "../1"], "`../1` is not a version");
    refused(&home, &served, &["--prefix"], "--prefix needs a value");
    refused(&home, &served, &["--force"], "unknown option --force; see --help");
    refused(&home, &served, &["--uninstall"], "contextlite was not installed below ");
    home.fake("uname", "[ \"$1\" = -s ] && echo Plan9 || echo x86_64");
    refused(&home, &served, &[], "there is no contextlite for Plan9");
    home.fake("uname", "[ \"$1\" = -s ] && echo Linux || echo riscv64");
    refused(&home, &served, &[], "there is no contextlite for Linux on riscv64");
    home.fake("uname", "[ \"$1\" = -s ] && echo Linux || echo x86_64");

    let without = |missing: &[&str]| {
        let kept: Vec<&str> = PROGRAMS.into_iter().filter(|name| !missing.contains(name)).collect();
        Home::new(&kept)
    };
    let words = "neither curl nor wget is installed";
    refused(&without(&["wget"]), &served, &[], words);
    refused(&without(&["sha256sum"]), &served, &[], "none of sha256sum, shasum and openssl");
    let helped = home.run(&["/bin/sh"], &served, &["--help"]);
    assert!(helped.status.success() && said(&helped).contains("--uninstall"), "{}", said(&helped));
}

#[test]
fn another_archive_than_the_released_one_is_not_installed() {
    let served = served();
    let folder = served.project.root().join(FOLDER);
    let archive = folder.join("contextlite-1.0.2-linux-amd64.tar.gz");
    let released = std::fs::read(&archive).expect("an archive");
    let mut other = released.clone();
    *other.last_mut().expect("a byte") ^= 1;
    let mut home = Home::new(&PROGRAMS);
    home.fake("uname", "[ \"$1\" = -s ] && echo Linux || echo x86_64");
    std::fs::write(&archive, &other).expect("another archive");
    refused(&home, &served, &["--prefix", "place"], "is not what was released");
    std::fs::write(&archive, &released).expect("the archive");

    let checksums = folder.join("contextlite-1.0.2-checksums.txt");
    std::fs::write(&checksums, "").expect("no checksums");
    refused(&home, &served, &[], "is not among the checksums of version 1.0.2");

    home = Home::new(&PROGRAMS);
    home.fake("uname", "[ \"$1\" = -s ] && echo Darwin || echo arm64");
    refused(&home, &served, &[], "darwin-arm64.tar.gz is not among the checksums");
}

#[test]
fn curl_and_the_other_ways_to_a_checksum_do_as_well() {
    let served = served();
    for (with, without) in [("curl", "wget"), ("openssl", "sha256sum"), ("shasum", "sha256sum")] {
        let mut programs: Vec<&str> =
            PROGRAMS.into_iter().filter(|name| *name != without).collect();
        programs.extend([with, "perl"]);
        let home = Home::new(&programs);
        let ended = home.run(&["/bin/sh"], &served, &["--prefix", "place"]);
        assert!(ended.status.success(), "{with}: {}", said(&ended));
        assert!(home.path("place/bin/contextlite").exists(), "{with}");
    }
}

#[test]
fn the_script_is_clean() {
    let project = all_built();
    packed(&project);
    let script = project.root().join(FOLDER).join("install.sh");
    succeed(Command::new("shellcheck").args(["--shell=sh", "--severity=style"]).arg(&script));
    let text = std::fs::read_to_string(&script).expect("a script");
    let folder =
        "https://github.com/Michael-A-Kuykendall/contextlite/releases/download/v${version}";
    assert!(text.contains(&format!("\"{folder}\"")), "{text}");
    assert!(text.contains("\"contextlite-${version}-${os}-${arch}.tar.gz\""), "{text}");
}

#[test]
fn the_script_for_windows_is_one_that_powershell_reads() {
    let project = all_built();
    packed(&project);
    let path = project.root().join(FOLDER).join("install.ps1");
    let text = std::fs::read_to_string(&path).expect("a script");
    assert!(!has_error(&text), "{text}");
    assert!(has_error(&text.replacen('}', "", 1)), "a missing brace is found");
    assert!(text.is_ascii(), "Windows PowerShell reads a script without a mark as Windows-1252");
    for word in [
        "$defaultVersion = '1.0.2'",
        "$env:CONTEXTLITE_PREFIX",
        "\"contextlite-${version}-${os}-${arch}.zip\"",
        "/releases/download/v${version}\"",
    ] {
        assert!(text.contains(word), "{word}");
    }
}

/// Whether the grammar finds an error in a script.
pub fn has_error(text: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("a grammar");
    let tree = parser.parse(text, None).expect("a tree");
    tree.root_node().has_error()
}
