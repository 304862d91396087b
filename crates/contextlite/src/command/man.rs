//! `contextlite man`: the manual page, made from the same definitions as `--help`.

use std::path::Path;

use clap::CommandFactory as _;
use contextlite_engine::error::{Error, Result};
use serde::Serialize;

use crate::args::Arguments;
use crate::outcome::{Ended, Outcome};
use crate::terminal::Terminal;

/// One page in roff, under the name of its file.
#[derive(Serialize)]
struct Page {
    name: String,
    text: String,
}

/// Prints the main page, or writes all pages into a folder and prints their names.
pub fn run(out: Option<&Path>, terminal: &mut Terminal) -> Ended {
    let mut command = Arguments::command();
    command.build();
    let mut pages = Vec::new();
    collect(&command, &mut pages)?;
    if let Some(folder) = out {
        write_all(&pages, folder)?;
    }
    if terminal.is_json() {
        terminal.json(&pages)?;
    } else if out.is_some() {
        pages.iter().try_for_each(|page| terminal.line(&page.name))?;
    } else {
        terminal.write(&pages[0].text)?;
    }
    Ok(Outcome::Done)
}

/// Renders a command and, after it, its subcommands.
fn collect(command: &clap::Command, pages: &mut Vec<Page>) -> Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    let name = page.get_filename();
    let mut text = Vec::new();
    page.render(&mut text).map_err(|source| Error::io(&name, source))?;
    let text = String::from_utf8(text).expect("a page is made of our own help texts");
    pages.push(Page { name, text });
    let inner = command.get_subcommands().filter(|inner| inner.get_name() != "help");
    inner.into_iter().try_for_each(|inner| collect(inner, pages))
}

fn write_all(pages: &[Page], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|source| Error::io(folder, source))?;
    for page in pages {
        let file = folder.join(&page.name);
        std::fs::write(&file, &page.text).map_err(|source| Error::io(file, source))?;
    }
    Ok(())
}
