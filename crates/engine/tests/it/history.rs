//! Git history, read from real repositories that the `git` command line makes in a test folder.
//!
//! Each scene is a list of git commands; what is read is written as one line per commit,
//! `message: path path`, newest first.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use contextlite_engine::history::{self, HistoryLimits, Walk};
use tempfile::TempDir;

/// A repository in a folder that goes away with it.
struct Scene {
    folder: TempDir,
    commits: i64,
}

impl Scene {
    /// An empty folder.
    fn empty() -> Self {
        Self { folder: TempDir::new().expect("a test folder can be made"), commits: 0 }
    }

    /// An empty repository in the sub-folder `work`.
    fn new() -> Self {
        let scene = Self::empty();
        fs::create_dir(scene.work()).unwrap();
        scene.git("init --quiet --initial-branch=main");
        scene
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn work(&self) -> PathBuf {
        self.path("work")
    }

    /// Runs git in `work`, with words split at spaces; gives its output.
    fn git(&self, words: &str) -> String {
        self.git_words(&words.split(' ').collect::<Vec<_>>())
    }

    fn git_words(&self, words: &[&str]) -> String {
        let date = format!("{} +0000", 1_700_000_000 + self.commits * 60);
        let output = Command::new("git")
            .current_dir(self.work())
            .args(["-c", "protocol.file.allow=always", "-c", "core.autocrlf=false"])
            .args(words)
            .env("GIT_CONFIG_GLOBAL", self.path("no-configuration"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@example.com")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@example.com")
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .expect("git is installed");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {words:?}: {said}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.work().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Writes the message into `paths`, so that they differ, and commits all, a minute later.
    fn commit(&mut self, message: &str, paths: &[&str]) -> String {
        self.commits += 1;
        for path in paths {
            self.write(path, &format!("{message} {}", self.commits));
        }
        self.git("add --all");
        self.git_words(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git("rev-parse HEAD")
    }

    fn merge(&mut self, branch: &str) -> String {
        self.commits += 1;
        self.git(&format!("merge --quiet --no-ff --no-edit {branch}"));
        self.git("rev-parse HEAD")
    }

    /// The loose object of an id such as `HEAD~1^{tree}`.
    fn object_file(&self, name: &str) -> PathBuf {
        let id = self.git(&format!("rev-parse {name}"));
        self.work().join(".git/objects").join(&id[..2]).join(&id[2..])
    }

    fn damage(&self, name: &str, damage: impl Fn(&mut Vec<u8>)) {
        let file = self.object_file(name);
        let mut bytes = fs::read(&file).unwrap();
        damage(&mut bytes);
        fs::remove_file(&file).unwrap();
        fs::write(&file, bytes).unwrap();
    }
}

fn read(root: &Path, known: Option<&str>) -> Option<Walk> {
    history::read_since(root, known, &HistoryLimits::default())
}

fn lines(walk: &Walk) -> String {
    let line = |commit: &history::Commit| format!("{}: {}", commit.message, commit.paths.join(" "));
    walk.commits.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Checks a first read of `root`.
fn check(root: &Path, expected: &[&str]) {
    let walk = read(root, None).expect("a history");
    assert_eq!(lines(&walk), expected.join("\n"));
    assert!(!walk.complete, "a first read is never a continuation");
}

/// Checks what came since `known`, and whether it continues what was known.
fn check_since(root: &Path, known: &str, complete: bool, expected: &[&str]) {
    let walk = read(root, Some(known)).expect("a history");
    assert_eq!(lines(&walk), expected.join("\n"));
    assert_eq!(walk.complete, complete);
}

#[test]
fn a_line_of_commits_is_read_and_read_on() {
    let mut scene = Scene::new();
    let first = scene.commit("one", &["a", "src/b"]);
    scene.commit("nothing changed", &[]);
    fs::remove_file(scene.work().join("a")).unwrap();
    let last = scene.commit("two\n\nwhy\n\nSigned-off-by: a <a@example.com>", &["src/b"]);

    check(&scene.work(), &["two\n\nwhy: a src/b", "one: a src/b"]);
    check_since(&scene.work(), &first, true, &["two\n\nwhy: a src/b"]);
    check_since(&scene.work(), &last, true, &[]);

    let head = history::head(&scene.work()).unwrap();
    assert_eq!((head.id.as_str(), head.branch.as_deref()), (last.as_str(), Some("main")));
    let walk = read(&scene.work(), None).unwrap();
    assert_eq!(walk.head, last);
    assert_eq!(walk.commits[0].id, last);
    assert_eq!(walk.commits[1].id, first);
    assert_eq!(walk.commits[1].time_s, 1_700_000_060);
}

#[test]
fn packed_objects_and_references_read_as_loose_ones() {
    let mut scene = Scene::new();
    let first = scene.commit("one", &["a"]);
    scene.commit("two", &["src/x/y"]);
    scene.git("gc --quiet --prune=now");
    assert!(scene.work().join(".git/packed-refs").exists());
    check(&scene.work(), &["two: src/x/y", "one: a"]);
    scene.commit("three", &["src/x/z"]);
    check_since(&scene.work(), &first, true, &["three: src/x/z", "two: src/x/y"]);
}

#[test]
fn a_merge_is_read_through_its_commits() {
    let mut scene = Scene::new();
    scene.commit("one", &["a"]);
    scene.git("checkout --quiet -b side");
    scene.commit("side one", &["b"]);
    scene.commit("side two", &["c"]);
    scene.git("checkout --quiet main");
    let known = scene.commit("two", &["a"]);
    scene.merge("side");

    check(&scene.work(), &["two: a", "side two: c", "side one: b", "one: a"]);
    // The commits of the branch are older than the known head, and yet they are new.
    check_since(&scene.work(), &known, true, &["side two: c", "side one: b"]);
    let beside = scene.git("rev-parse side");
    check_since(&scene.work(), &beside, true, &["two: a"]);
}

#[test]
fn a_clock_that_went_back_hides_nothing() {
    let mut scene = Scene::new();
    scene.commits = 1000;
    let known = scene.commit("from the future", &["a"]);
    scene.commits = 0;
    scene.commit("now", &["b"]);
    scene.commit("later", &["c"]);
    check(&scene.work(), &["later: c", "now: b", "from the future: a"]);
    check_since(&scene.work(), &known, true, &["later: c", "now: b"]);
}

#[test]
fn a_rename_touches_both_names() {
    let mut scene = Scene::new();
    scene.commit("one", &["old"]);
    scene.git("mv old new");
    scene.commit("move", &[]);
    fs::remove_file(scene.work().join("new")).unwrap();
    scene.commit("a folder takes the place of the file", &["new/inner"]);
    check(
        &scene.work(),
        &["a folder takes the place of the file: new new/inner", "move: new old", "one: old"],
    );
}

#[test]
fn a_folder_of_the_repository_can_be_the_root() {
    let mut scene = Scene::new();
    scene.commit("before it existed", &["a"]);
    scene.commit("both", &["a", "crates/engine/src/x"]);
    scene.commit("a name that starts alike", &["crates/engine2/src/x"]);
    scene.commit("inside", &["crates/engine/y"]);
    scene.git("rm --quiet -r crates/engine");
    scene.commit("gone", &[]);
    scene.write("crates/engine/untracked", "");
    let root = scene.work().join("crates/engine");
    check(&root, &["gone: src/x y", "inside: y", "both: src/x"]);
    fs::create_dir(scene.work().join("untracked")).unwrap();
    check(&scene.work().join("untracked"), &[]);
}

#[test]
fn a_linked_work_tree_has_its_own_head() {
    let mut scene = Scene::new();
    scene.commit("one", &["a"]);
    scene.git("worktree add --quiet -b linked ../linked");
    scene.commit("only on main", &["b"]);
    check(&scene.path("linked"), &["one: a"]);
    assert_eq!(history::head(&scene.path("linked")).unwrap().branch.as_deref(), Some("linked"));
    check(&scene.work(), &["only on main: b", "one: a"]);
}

#[test]
fn what_lies_outside_of_a_root_is_known() {
    let mut scene = Scene::new();
    scene.commit("one", &["a", "deep/er/b"]);
    scene.git("worktree add --quiet -b linked ../linked");
    scene.git("clone --quiet --bare . ../inner.git");
    scene.git("submodule --quiet add ../inner.git module");
    let here = scene.path("").canonicalize().unwrap();
    let work = scene.work().file_name().unwrap().to_string_lossy().into_owned();
    let check = |root: &str, expected: &[&str]| {
        let line = |(folder, is_deep): (PathBuf, bool)| {
            let folder = folder.strip_prefix(&here).unwrap().to_string_lossy().into_owned();
            folder.replacen(&work, "WORK", 1) + if is_deep { "/**" } else { "" }
        };
        let found = history::folders_outside(&here.join(root.replacen("WORK", &work, 1)));
        let found: Vec<String> = found.into_iter().map(line).collect();
        assert_eq!(found, expected, "{root}");
    };
    check("WORK", &[]);
    check(
        "linked",
        &["WORK/.git", "WORK/.git/info", "WORK/.git/refs/**", "WORK/.git/worktrees/linked"],
    );
    check(
        "WORK/deep/er",
        &["WORK", "WORK/.git", "WORK/.git/info", "WORK/.git/refs/**", "WORK/deep"],
    );
    let inner = ["", "/info", "/refs/**"].map(|end| format!("WORK/.git/modules/module{end}"));
    check("WORK/module", &inner.each_ref().map(String::as_str));
    check("nowhere", &[]);
}

#[test]
fn a_bare_repository_can_be_attached_by_a_file() {
    let mut scene = Scene::new();
    scene.commit("one", &["a"]);
    let head = scene.commit("two", &["src/b"]);
    scene.commit("three", &["c"]);
    scene.git("clone --quiet --bare . ../bare.git");
    for folder in ["attached/git", "attached/tree/src"] {
        fs::create_dir_all(scene.path(folder)).unwrap();
    }
    fs::write(scene.path("attached/tree/.git"), "gitdir: ../git\n").unwrap();
    fs::write(scene.path("attached/git/HEAD"), format!("{head}\n")).unwrap();
    fs::write(scene.path("attached/git/commondir"), "../../bare.git\n").unwrap();

    check(&scene.path("attached/tree"), &["two: src/b", "one: a"]);
    check(&scene.path("attached/tree/src"), &["two: b"]);
    let found = history::head(&scene.path("attached/tree")).unwrap();
    assert_eq!((found.id, found.branch), (head, None));
}

#[test]
fn a_repository_with_shared_objects_is_read() {
    let mut scene = Scene::new();
    scene.commit("one", &["a"]);
    scene.git("clone --quiet --shared . ../shared");
    check(&scene.path("shared"), &["one: a"]);
}

#[test]
fn another_branch_starts_over_and_a_later_one_reads_on() {
    let mut scene = Scene::new();
    let base = scene.commit("one", &["a"]);
    let main = scene.commit("two", &["b"]);
    scene.git_words(&["checkout", "--quiet", "-b", "topic/häuser", &base]);
    let topic = scene.commit("topic", &["c"]);

    assert_eq!(history::head(&scene.work()).unwrap().branch.as_deref(), Some("topic/häuser"));
    check_since(&scene.work(), &main, false, &["topic: c", "one: a"]);
    check_since(&scene.work(), &base, true, &["topic: c"]);
    scene.git("checkout --quiet main");
    check_since(&scene.work(), &topic, false, &["two: b", "one: a"]);
    scene.git(&format!("checkout --quiet --detach {base}"));
    assert_eq!(history::head(&scene.work()).unwrap().branch, None);
    check_since(&scene.work(), &main, false, &["one: a"]);
}

#[test]
fn a_rewritten_history_starts_over() {
    let mut scene = Scene::new();
    scene.commit("one", &["a"]);
    let known = scene.commit("two", &["b"]);
    scene.commits += 1;
    scene.git("commit --quiet --amend --message again");
    check_since(&scene.work(), &known, false, &["again: b", "one: a"]);
    scene.git("reflog expire --expire=now --all");
    scene.git("gc --quiet --prune=now");
    check_since(&scene.work(), &known, false, &["again: b", "one: a"]);
    check_since(&scene.work(), "not a name", false, &["again: b", "one: a"]);
}

#[test]
fn a_shallow_clone_is_read_up_to_its_edge() {
    let mut scene = Scene::new();
    for number in ["one", "two", "three", "four"] {
        scene.commit(number, &["a"]);
    }
    let source = format!("file://{}", scene.work().display());
    scene.git(&format!("clone --quiet --depth 2 {source} ../shallow"));
    check(&scene.path("shallow"), &["four: a"]);
}

#[test]
fn what_is_missing_or_damaged_is_skipped() {
    let mut scene = Scene::new();
    for (message, path) in [("one", "a/x"), ("two", "b/x"), ("three", "a/x"), ("four", "b/x")] {
        scene.commit(message, &[path]);
    }
    fs::remove_file(scene.object_file("HEAD~2:b")).unwrap();
    check(&scene.work(), &["three: a/x", "one: a/x"]);
    scene.damage("HEAD^{tree}", |bytes| bytes.truncate(bytes.len() / 2));
    check(&scene.work(), &["three: a/x", "one: a/x"]);
    scene.damage("HEAD~1^{tree}", |bytes| bytes.fill(0));
    check(&scene.work(), &["one: a/x"]);
    scene.damage("HEAD~2", |bytes| bytes.truncate(20));
    check(&scene.work(), &[]);
    scene.damage("HEAD", Vec::clear);
    assert_eq!(read(&scene.work(), None), None);
    assert!(history::head(&scene.work()).is_some());
}

#[test]
fn no_damage_of_a_pack_makes_it_panic() {
    let mut scene = Scene::new();
    for number in 0..12 {
        scene
            .commit(&format!("{number}"), &["a", "src/b", if number % 2 == 0 { "c" } else { "d" }]);
    }
    scene.git("gc --quiet --prune=now");
    let packs = scene.work().join(".git/objects/pack");
    let mut reads = 0;
    for entry in fs::read_dir(packs).unwrap() {
        let file = entry.unwrap().path();
        let whole = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        for step in 0..64 {
            let at = step * whole.len() / 64;
            let mut flipped = whole.clone();
            flipped[at] ^= 0xff;
            for bytes in [&flipped[..], &whole[..at]] {
                fs::write(&file, bytes).unwrap();
                reads += usize::from(
                    read(&scene.work(), None).is_none_or(|walk| walk.commits.len() <= 12),
                );
            }
        }
        fs::write(&file, whole).unwrap();
    }
    assert!(256 <= reads, "pack and index were read with each damage");
    assert_eq!(read(&scene.work(), None).unwrap().commits.len(), 12);
}

#[test]
fn without_a_commit_there_is_no_history() {
    let scene = Scene::new();
    assert_eq!(history::head(&scene.work()), None);
    assert_eq!(read(&scene.work(), None), None);
}

#[test]
fn without_a_repository_there_is_no_history() {
    let none = |scene: &Scene| {
        assert_eq!(history::head(&scene.work()), None);
        assert_eq!(read(&scene.work(), Some(&"0".repeat(40))), None);
    };
    let scene = Scene::empty();
    none(&scene);
    fs::create_dir_all(scene.work().join(".git")).unwrap();
    none(&scene);
    fs::write(scene.work().join(".git/HEAD"), "ref: refs/heads/../../x\n").unwrap();
    none(&scene);
    fs::write(scene.work().join(".git/HEAD"), "ref: HEAD\n").unwrap();
    none(&scene);
    fs::write(scene.work().join(".git/HEAD"), "0".repeat(40)).unwrap();
    assert_eq!(read(&scene.work(), None), None);
    fs::remove_dir_all(scene.work().join(".git")).unwrap();
    for content in ["", "gitdir:", "gitdir: nowhere", "\u{0}", "gitdir: .git"] {
        fs::write(scene.work().join(".git"), content).unwrap();
        none(&scene);
    }
}

#[test]
fn limits_are_kept() {
    let mut scene = Scene::new();
    scene.commit("one", &["a"]);
    let known = scene.commit("sweeping", &["a", "b/c", "b/d"]);
    scene.commit("three long words", &["a"]);
    scene.commit("four", &["a", "b/c"]);
    let read = |known, limits| {
        let walk = history::read_since(&scene.work(), known, &limits).unwrap();
        (lines(&walk), walk.complete)
    };
    let limits = HistoryLimits { files_per_commit_max: 2, ..HistoryLimits::default() };
    let all = "four: a b/c\nthree long words: a\none: a";
    assert_eq!(read(None, limits), (all.to_owned(), false));
    let limits = HistoryLimits { commits_max: 1, ..HistoryLimits::default() };
    assert_eq!(read(None, limits), ("four: a b/c".to_owned(), false));
    assert_eq!(read(Some(known.as_str()), limits), ("four: a b/c".to_owned(), false));
    let limits =
        HistoryLimits { commits_max: 2, message_bytes_max: 10, ..HistoryLimits::default() };
    let two = "four: a b/c\nthree long: a";
    assert_eq!(read(Some(known.as_str()), limits), (two.to_owned(), true));
    let limits = HistoryLimits { commits_max: 0, ..HistoryLimits::default() };
    assert_eq!(read(None, limits), (String::new(), false));
}

#[test]
fn a_submodule_has_the_history_of_its_own_repository() {
    let mut scene = Scene::new();
    scene.commit("inner", &["a"]);
    scene.git("clone --quiet --bare . ../inner.git");
    scene.git("submodule --quiet add ../inner.git module");
    scene.commit("add a module", &["b"]);
    check(&scene.work().join("module"), &["inner: a"]);
    check(&scene.work(), &["add a module: .gitmodules b", "inner: a"]);
}

#[cfg(unix)]
#[test]
fn strange_names_are_written_as_documents_write_them() {
    use std::os::unix::ffi::OsStrExt;
    let mut scene = Scene::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 \"x\"\n");
    let is_written = fs::write(scene.work().join(name), "x").is_ok();
    scene.commit("one", &["with space"]);
    if is_written {
        check(&scene.work(), &["one: caf%E9 \"x\"\n with space"]);
    }
    std::os::unix::fs::symlink(scene.work(), scene.path("link")).unwrap();
    assert_eq!(read(&scene.path("link"), None), read(&scene.work(), None));
}

#[test]
fn a_file_gathers_what_its_commits_say() {
    let mut scene = Scene::new();
    scene.commit("one", &["a", "b"]);
    scene.commit("two", &["a"]);
    scene.commit("three", &["a"]);
    let limits = HistoryLimits { messages_per_file_max: 2, ..HistoryLimits::default() };
    let walk = history::read_since(&scene.work(), None, &limits).unwrap();
    let mut newer = history::by_path(&walk.commits[..1], &limits);
    let mut older = history::by_path(&walk.commits[1..], &limits);
    let whole = history::by_path(&walk.commits, &limits);

    let file = &whole["a"];
    let messages: Vec<&str> = file.messages.iter().map(|(_, message)| &**message).collect();
    assert_eq!((file.commits, file.last_commit_s), (3, 1_700_000_180));
    assert_eq!(messages, ["three", "two"]);
    assert_eq!(whole["b"].commits, 1);

    let mut joined = newer.remove("a").unwrap();
    joined.append_older(older.remove("a").unwrap(), &limits);
    assert_eq!(&joined, file);
}
