//! Real folders with everything that file systems can hold.

use std::fs::{self, File};
use std::path::Path;

use super::*;
use crate::document::{Document, DocumentKind};
use crate::error::ErrorKind;
use crate::language::Language;

/// A folder with the files of `(path, text)`.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(root.path(), path, text.as_bytes());
    }
    root
}

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn paths(listing: &Listing) -> Vec<&str> {
    listing.files.iter().map(|file| file.path.as_str()).collect()
}

fn skips(listing: &Listing) -> Vec<(&str, &str)> {
    listing.skipped.iter().map(|(path, reason)| (path.as_str(), reason.name())).collect()
}

fn check(
    files: &[(&str, &str)],
    options: &WalkOptions,
    expected: &[&str],
    expected_skips: &[(&str, &str)],
) {
    let root = folder(files);
    let listing = list(root.path(), options).unwrap();
    assert_eq!(paths(&listing), expected);
    assert_eq!(skips(&listing), expected_skips);
}

fn read_bytes(name: &str, bytes: &[u8]) -> std::result::Result<Document, SkipReason> {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), name, bytes);
    let options = WalkOptions { size_max_bytes: 1 << 24, ..WalkOptions::default() };
    let listing = list(root.path(), &options).unwrap();
    read(&listing.files[0], &options)
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn an_empty_folder_has_no_files() {
    check(&[], &WalkOptions::default(), &[], &[]);
}

#[test]
fn ignore_files_are_honoured_outside_a_git_repository_too() {
    let files = [
        (".gitignore", "target/\n*.log\n"),
        (".ignore", "data\n"),
        (".contextliteignore", "!keep.log\nsecret-plans.md\n!.github\n"),
        (".github/ci.yml", "a"),
        (".hidden/a.rs", "a"),
        ("a.log", "a"),
        ("keep.log", "a"),
        ("data/a", "a"),
        ("secret-plans.md", "a"),
        ("src/.gitignore", "local.rs\n"),
        ("src/local.rs", "a"),
        ("src/main.rs", "a"),
        ("target/out.rs", "a"),
    ];
    let default = WalkOptions::default();
    check(&files, &default, &[".github/ci.yml", "keep.log", "src/main.rs"], &[]);
    let all = WalkOptions { respect_ignore: false, hidden: true, ..WalkOptions::default() };
    let root = folder(&files);
    write(root.path(), ".git/config", b"x");
    assert_eq!(paths(&list(root.path(), &all).unwrap()).len(), files.len());
}

#[test]
fn ignore_files_above_the_root_count_only_in_a_repository() {
    let root = folder(&[(".gitignore", "*.txt\n"), ("sub/a.txt", "a"), ("sub/b.rs", "b")]);
    let sub = root.path().join("sub");
    assert_eq!(paths(&list(&sub, &WalkOptions::default()).unwrap()), ["a.txt", "b.rs"]);
    fs::create_dir(root.path().join(".git")).unwrap();
    assert_eq!(paths(&list(&sub, &WalkOptions::default()).unwrap()), ["b.rs"]);
}

#[test]
fn a_broken_ignore_file_is_a_warning() {
    let root = folder(&[(".contextliteignore", "[z-a]\n*.log\n"), ("a.log", ""), ("b.rs", "")]);
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    assert_eq!(paths(&listing), ["b.rs"]);
    assert_eq!(listing.warnings.len(), 1, "{:?}", listing.warnings);
}

#[test]
fn globs_restrict_and_leave_a_reason() {
    let files = [
        (".gitignore", "ignored.rs\n"),
        (".github/a.rs", ""),
        ("#odd.rs", ""),
        ("a.rs", ""),
        ("docs/a.md", ""),
        ("gen/a.rs", ""),
        ("ignored.rs", ""),
        ("src/b.rs", ""),
    ];
    let include = WalkOptions {
        include: words(&["*.rs", ".github/**"]),
        exclude: words(&["gen/", "/a.rs"]),
        ..WalkOptions::default()
    };
    check(
        &files,
        &include,
        &["#odd.rs", ".github/a.rs", "src/b.rs"],
        &[("a.rs", "excluded"), ("docs/a.md", "not_included"), ("gen/", "excluded")],
    );
    let folder = WalkOptions { include: words(&["docs"]), ..WalkOptions::default() };
    let listing = list(super::tests::folder(&files).path(), &folder).unwrap();
    assert_eq!(paths(&listing), ["docs/a.md"]);
    let odd = WalkOptions { exclude: words(&["#odd.rs"]), ..WalkOptions::default() };
    let listing = list(super::tests::folder(&files).path(), &odd).unwrap();
    assert_eq!(skips(&listing), [("#odd.rs", "excluded")]);
}

#[test]
fn bad_input_is_named() {
    let root = folder(&[("a.rs", "")]);
    let message = |include: &[&str], exclude: &[&str]| {
        let options = WalkOptions {
            include: words(include),
            exclude: words(exclude),
            ..WalkOptions::default()
        };
        let error = list(root.path(), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    assert_eq!(
        message(&["src/[a"], &[]),
        "include: glob `src/[a`: unclosed character class; missing ']'"
    );
    assert_eq!(
        message(&[], &["!a"]),
        "exclude: glob `!a`: starts with `!`; use include without the `!`"
    );
    assert_eq!(
        message(&[], &["a", " "]),
        "exclude: glob ` `: is empty; leave it out or write `**`"
    );
    let default = WalkOptions::default();
    let missing = list(&root.path().join("nowhere"), &default).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let file = list(&root.path().join("a.rs"), &default).unwrap_err();
    assert_eq!(file.kind(), ErrorKind::InvalidInput);
}

#[test]
fn names_alone_skip_files() {
    check(
        &[
            (".gitattributes", "gen_* linguist-generated\n"),
            (".env", "A=b"),
            ("Cargo.lock", ""),
            ("app.min.js", ""),
            ("gen_a.c", ""),
            ("id_rsa", ""),
            ("logo.png", ""),
            ("main.c", ""),
        ],
        &WalkOptions::default(),
        &["main.c"],
        &[
            (".env", "likely_secret"),
            ("Cargo.lock", "lock_file"),
            ("app.min.js", "minified"),
            ("gen_a.c", "generated"),
            ("id_rsa", "likely_secret"),
            ("logo.png", "binary"),
        ],
    );
}

#[test]
fn secrets_are_listed_when_wanted() {
    let options = WalkOptions { secrets: true, hidden: true, ..WalkOptions::default() };
    check(&[(".env", "A=b"), ("id_rsa", "")], &options, &[".env", "id_rsa"], &[]);
}

#[cfg(unix)]
#[test]
fn links_are_never_followed() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("passwd", "x")]);
    let root = folder(&[("a/b/c.rs", "")]);
    let link = |target: &Path, name: &str| symlink(target, root.path().join(name)).unwrap();
    link(Path::new(".."), "a/b/up");
    link(Path::new("self"), "self");
    link(Path::new("a/b/c.rs"), "inside.rs");
    link(outside.path(), "outside");
    link(&outside.path().join("passwd"), "a/passwd");
    link(Path::new("nowhere"), "dangling");
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    assert_eq!(paths(&listing), ["a/b/c.rs"]);
    assert_eq!(
        skips(&listing),
        [
            ("a/b/up", "symlink_loop"),
            ("a/passwd", "symlink_outside"),
            ("dangling", "symlink_dangling"),
            ("inside.rs", "symlink_inside"),
            ("outside", "symlink_outside"),
            ("self", "symlink_loop"),
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_link_put_in_a_files_place_is_not_read() {
    let root = folder(&[("a.rs", "a"), ("b.rs", "b")]);
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    fs::remove_file(root.path().join("a.rs")).unwrap();
    std::os::unix::fs::symlink("b.rs", root.path().join("a.rs")).unwrap();
    let answer = read(&listing.files[0], &WalkOptions::default());
    assert_eq!(answer.unwrap_err(), SkipReason::NotAFile);
}

#[cfg(unix)]
#[test]
fn pipes_and_sockets_are_never_opened() {
    let root = folder(&[("a.rs", "")]);
    let made = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status();
    assert!(made.unwrap().success());
    let socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    drop(socket);
    assert_eq!(skips(&listing), [("pipe", "not_a_file"), ("socket", "not_a_file")]);
    let stat = listing.files[0].stat;
    let pipe = FoundFile { path: "pipe".into(), absolute: root.path().join("pipe"), stat };
    assert_eq!(read(&pipe, &WalkOptions::default()).unwrap_err(), SkipReason::NotAFile);
}

#[test]
fn folders_may_be_200_deep() {
    let root = tempfile::tempdir().unwrap();
    let deep = format!("{}/a.rs", vec!["d"; 200].join("/"));
    write(root.path(), &deep, b"fn a() {}\n");
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    assert_eq!(paths(&listing), [deep.as_str()]);
    assert_eq!(read(&listing.files[0], &WalkOptions::default()).unwrap().text, "fn a() {}\n");
}

/// Folders that can only be made by walking down to them: their whole path is longer than the
/// system accepts.
#[cfg(target_os = "linux")]
#[test]
fn a_path_longer_than_the_system_accepts_is_skipped() {
    let root = folder(&[("a.rs", "")]);
    let script = "n=$(printf 'd%.0s' $(seq 200)); i=0; \
                  while [ $i -lt 30 ]; do mkdir $n && cd $n || exit 1; i=$((i+1)); done; \
                  echo x >b.rs";
    let mut make = std::process::Command::new("bash");
    let made = make.arg("-c").arg(script).current_dir(root.path()).status();
    assert!(made.unwrap().success());
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    assert_eq!(paths(&listing), ["a.rs"]);
    assert_eq!(listing.skipped.len(), 1);
    assert_eq!(listing.skipped[0].1, SkipReason::PathTooLong);
    let removed = std::process::Command::new("rm").arg("-rf").arg(root.path()).status();
    assert!(removed.unwrap().success());
}

#[cfg(unix)]
#[test]
fn odd_names_are_kept_and_lead_back() {
    use std::os::unix::ffi::OsStrExt;
    let names: [&[u8]; 7] = [
        b"-",
        b"a b.rs",
        b"caf\xE9.rs",
        b"it's \"so\".rs",
        b"line\nbreak.rs",
        b"p%41.rs",
        b"\\.rs",
    ];
    let root = tempfile::tempdir().unwrap();
    for name in names {
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    assert_eq!(
        paths(&listing),
        ["-", "\\.rs", "a b.rs", "caf%E9.rs", "it's \"so\".rs", "line\nbreak.rs", "p%2541.rs"]
    );
    for file in &listing.files {
        let document = read(file, &WalkOptions::default()).unwrap();
        let os_path = path_to_os(&document.path);
        assert_eq!(document.text, String::from_utf8_lossy(os_path.as_os_str().as_bytes()));
        assert_eq!(fs::canonicalize(root.path()).unwrap().join(os_path), file.absolute);
    }
}

/// Permission bits do not stop the administrator, so the file is taken away or replaced instead.
#[test]
fn an_unreadable_file_is_a_reason() {
    let root = folder(&[("a.rs", "a"), ("b.rs", "b")]);
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    fs::remove_file(root.path().join("a.rs")).unwrap();
    fs::remove_file(root.path().join("b.rs")).unwrap();
    fs::create_dir(root.path().join("b.rs")).unwrap();
    let answer = |at: usize| read(&listing.files[at], &WalkOptions::default()).unwrap_err();
    assert_eq!(answer(0), SkipReason::Unreadable { detail: "entity not found".into() });
    assert!(!answer(0).is_lasting());
    assert_eq!(answer(1), SkipReason::NotAFile);
}

#[cfg(unix)]
#[test]
fn what_permissions_forbid_is_a_reason() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(&[("a.rs", "a"), ("closed/b.rs", "b"), ("c.rs", "c")]);
    let allow = |path: &str, mode: u32| {
        fs::set_permissions(root.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    allow("a.rs", 0o000);
    allow("closed", 0o000);
    let is_administrator = File::open(root.path().join("a.rs")).is_ok();
    let listing = list(root.path(), &WalkOptions::default()).unwrap();
    let first = read(&listing.files[0], &WalkOptions::default());
    allow("closed", 0o700);
    if is_administrator {
        assert_eq!(paths(&listing), ["a.rs", "c.rs", "closed/b.rs"]);
        assert_eq!(first.unwrap().text, "a");
    } else {
        assert_eq!(skips(&listing), [("closed", "unreadable")]);
        assert_eq!(
            first.unwrap_err(),
            SkipReason::Unreadable { detail: "permission denied".into() }
        );
    }
}

#[test]
fn a_file_of_a_gigabyte_is_never_opened() {
    let root = folder(&[("a.rs", "a")]);
    File::create(root.path().join("big.rs")).unwrap().set_len(1 << 30).unwrap();
    let options = WalkOptions::default();
    let listing = list(root.path(), &options).unwrap();
    assert_eq!(paths(&listing), ["a.rs"]);
    let reason = SkipReason::TooLarge { size_bytes: 1 << 30 };
    assert_eq!(listing.skipped, [("big.rs".to_owned(), reason.clone())]);
    let grown = FoundFile { absolute: root.path().join("big.rs"), ..listing.files[0].clone() };
    assert_eq!(read(&grown, &options).unwrap_err(), reason);
}

#[test]
fn ten_megabytes_on_one_line_are_minified() {
    let line = "let a = 1;".repeat(1_000_000);
    assert_eq!(read_bytes("a.js", line.as_bytes()).unwrap_err(), SkipReason::Minified);
    assert_eq!(read_bytes("a.md", line.as_bytes()).unwrap_err(), SkipReason::Minified);
}

#[test]
fn a_document_carries_what_the_disk_holds() {
    let bytes = b"\xEF\xBB\xBF# A\r\ntext\r\n";
    let document = read_bytes("docs/a.md", bytes).unwrap();
    assert_eq!(document.text, "# A\r\ntext\r\n");
    assert_eq!(document.hash, *blake3::hash(bytes).as_bytes());
    assert_eq!(document.stat.size_bytes, bytes.len() as u64);
    assert!(0 < document.stat.modified_ns);
    assert_eq!((document.language, document.kind), (Language::Markdown, DocumentKind::Prose));
}

#[test]
fn utf16_is_read_and_binary_is_not() {
    let utf16: Vec<u8> = "\u{FEFF}class Ä\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_bytes("a.cs", &utf16).unwrap().text, "class Ä\r\n");
    assert_eq!(read_bytes("a", b"\x7FELF\x02\x01\x01\0\0\0").unwrap_err(), SkipReason::Binary);
    assert_eq!(read_bytes("a.rs", b"").unwrap().text, "");
}

#[test]
fn generated_code_is_kept_while_it_is_small() {
    let marked = "// Code generated by a tool. DO NOT EDIT.\npackage a\n";
    let kind_of = |name: &str| read_bytes(name, marked.as_bytes()).unwrap().kind;
    assert_eq!(kind_of("a.go"), DocumentKind::Generated);
    assert_eq!(kind_of("testdata/a.go"), DocumentKind::Test);
    let large = format!("{marked}{}", "var a = 1\n".repeat(10_000));
    assert_eq!(read_bytes("a.go", large.as_bytes()).unwrap_err(), SkipReason::Generated);
}

#[test]
fn exported_instances_are_left_out() {
    let problem = contextlite_select::Problem {
        items: Vec::new(),
        groups: Vec::new(),
        pairs: Vec::new(),
        limits: contextlite_select::Limits::tokens(9),
        pinned: Vec::new(),
        excluded: Vec::new(),
        implied: Vec::new(),
    };
    let measure = contextlite_select::Measure::objective();
    let program = contextlite_select::lp(&problem, &measure, &[]);
    let goal = contextlite_select::Goal::Exceeds(0);
    let question = contextlite_select::smt(&problem, &measure, &[], goal);
    let json = "{\n  \"format\": \"contextlite-instance\",\n  \"version\": 2\n}\n";
    for (name, text) in [("a.json", json), ("a.lp", &program), ("a.smt2", &question), ("a", json)] {
        assert_eq!(read_bytes(name, text.as_bytes()).unwrap_err(), SkipReason::Generated, "{name}");
    }
}

#[test]
fn a_secret_in_a_file_skips_it_unless_wanted() {
    let token: String =
        (0..36_u8).map(|at| char::from(b'a' + (at * 7 + at / 5 * 3) % 26)).collect();
    let text = format!("TOKEN = \"ghp_{}9Z\"\n", &token[2..]);
    let reason = SkipReason::LikelySecret { what: "GitHub token" };
    assert_eq!(read_bytes("a.py", text.as_bytes()).unwrap_err(), reason);
    let root = folder(&[("a.py", &text)]);
    let options = WalkOptions { secrets: true, ..WalkOptions::default() };
    let listing = list(root.path(), &options).unwrap();
    assert_eq!(read(&listing.files[0], &options).unwrap().text, text);
}
