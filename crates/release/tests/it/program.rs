//! The program itself, as a process: that its surroundings are the real ones.

use std::process::{Command, Output};

use contextlite_release::rehearse::github::TOKEN;
use contextlite_release::rehearse::server::Server;

use crate::project::{Fake, Project};

fn run(project: &Project, server: &Server<Fake>, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_contextlite-release"))
        .args(words)
        .current_dir(project.root().join("clients/node"))
        .env("GITHUB_TOKEN", TOKEN)
        .env("GITHUB_API_URL", server.base())
        .env_remove("GITHUB_ACTIONS")
        .env_remove("GITHUB_ACTOR")
        .env_remove("GITHUB_EVENT_NAME")
        .output()
        .expect("the program starts")
}

#[test]
fn it_takes_token_address_and_folder_from_the_process_and_asks_the_host() {
    let project = Project::packed("1.0.2");
    let server = Server::start(Fake::default()).expect("a free port");
    let output = run(&project, &server, &["publish", "github", "--dry-run"]);
    let answer = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{answer}");
    assert!(answer.contains("would do, in this order:\n  create a draft\n"), "{answer}");
    let asked = server.service().log.clone();
    assert_eq!(asked.len(), 3, "tag, published release, drafts: {asked:?}");
    let output = run(&project, &server, &["doctor"]);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).expect("text");
    assert_eq!(output.status.code(), Some(1), "no workflow releases there: {text}");
    assert!(text.contains("v1.0.2 names commit") && !text.contains(TOKEN), "{text}");
    let output = run(&project, &server, &["publish", "nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: unknown channel"));
}
