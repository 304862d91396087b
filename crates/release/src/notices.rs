//! The notices: whose work is in the binary, and under which licence each of it may be passed on.
//!
//! Permissive licences ask for one thing, that their text and the names in it go along. So every
//! package that is linked is listed with the licence that we use it under, and the texts follow,
//! each once, as the packages themselves carry them.
//!
//! Of several licences to choose from the first of [`ACCEPTED`] is taken whose text the package
//! carries. A package that carries none has to stand in `packaging/notices/notices.toml`, with
//! the line that names who holds the copyright: then the standard text of its licence is used. A
//! package that has neither, or an expression that no accepted licence fulfils, is an error, and
//! so is a line there that nothing needs any more. What is in the binary and is no package (a
//! database, a C library, a vocabulary) is listed in that file, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::dependency::{Graph, Package};
use crate::error::{Error, Result};

/// The folder, below the root, of the file and the texts that packages do not carry.
const FOLDER: &str = "packaging/notices";

/// The file in that folder; a project that needs nothing of it has none.
const FILE_NAME: &str = "notices.toml";

/// The licences under which the work of others may be in the binary, the preferred first, each
/// with words that only its text has.
const ACCEPTED: [(&str, &str); 9] = [
    ("MIT", "Permission is hereby granted, free of charge"),
    ("Apache-2.0", "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
    ("BSD-3-Clause", "Neither the name"),
    ("BSD-2-Clause", "Redistribution and use in source and binary forms"),
    ("Zlib", "This software is provided 'as-is'"),
    ("Unicode-3.0", "UNICODE LICENSE V3"),
    ("Apache-2.0 WITH LLVM-exception", "LLVM Exceptions to the Apache 2.0 License"),
    ("ISC", "Permission to use, copy, modify, and/or distribute this software"),
    ("CC0-1.0", "CC0 1.0 Universal"),
];

/// How the files are named that hold a licence or belong to one.
const NAMES: [&str; 5] = ["license", "licence", "copying", "unlicense", "copyright"];

/// Where the standard text has room for the holder.
const HOLDER_MARK: &str = "<copyright holders>";

/// What the project says about work that carries no text.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    /// The packages that carry no text, each with who holds the copyright.
    #[serde(default)]
    standard: BTreeMap<String, String>,
    /// What is in the binary and is no package.
    #[serde(default)]
    also: Vec<Also>,
}

/// Something in the binary that is no package.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Also {
    /// Its name.
    name: String,
    /// What of it is in the binary, as a phrase.
    what: String,
    /// Its licence as an SPDX expression, or a phrase where there is none.
    licence: String,
    /// Where it is kept.
    link: String,
    /// The file of its text, in the same folder.
    text: String,
}

/// One line of the list, with the texts that belong to it.
struct Notice {
    head: String,
    texts: Vec<String>,
}

/// Returns the notices of everything that is linked; `title` is the first line.
///
/// # Errors
///
/// [`Error::Notices`] with every package whose licence or text is missing or not accepted;
/// [`Error::Io`] if a file of the project cannot be read.
pub fn collect(graph: &Graph, root: &Path, title: &str) -> Result<String> {
    let folder = root.join(FOLDER);
    let statement = read_statement(&folder)?;
    let mut faults = Vec::new();
    let mut needed = BTreeSet::new();
    let mut notices = Vec::new();
    for package in graph.packages.iter().filter(|package| !package.is_own) {
        match notice(package, statement.standard.get(&package.name).map(String::as_str)) {
            Ok((notice, is_standard)) => {
                notices.push(notice);
                needed.extend(is_standard.then_some(package.name.as_str()));
            }
            Err(fault) => faults.push(format!("{} {}: {fault}", package.name, package.version)),
        }
    }
    let unneeded = statement.standard.keys().filter(|name| !needed.contains(name.as_str()));
    faults.extend(unneeded.map(|name| format!("{FILE_NAME}: nothing needs `{name}`; remove it")));
    for also in &statement.also {
        let path = folder.join(&also.text);
        let text = std::fs::read_to_string(&path).map_err(Error::at(&path))?;
        let head = format!("{} ({}), {}, {}", also.name, also.what, also.licence, also.link);
        notices.push(Notice { head, texts: vec![text] });
    }
    if faults.is_empty() { Ok(write(title, &notices)) } else { Err(Error::Notices { faults }) }
}

fn read_statement(folder: &Path) -> Result<Statement> {
    let path = folder.join(FILE_NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Statement::default());
        }
        Err(error) => return Err(Error::at(&path)(error)),
    };
    toml::from_str(&text).map_err(|error| Error::Notices {
        faults: vec![format!("{FOLDER}/{FILE_NAME}: {}", error.message())],
    })
}

/// The notice of a package, and whether the standard text was needed for it.
fn notice(package: &Package, holder: Option<&str>) -> std::result::Result<(Notice, bool), String> {
    let stated = package.licence.as_deref().ok_or("its manifest states no licence")?;
    let expression = Expression::parse_mode(stated, ParseMode::LAX)
        .map_err(|error| format!("`{stated}` is no licence expression: {}", error.reason))?;
    let files = licence_files(&package.folder).map_err(|error| error.to_string())?;
    let carried = |licence: &str| texts_of(licence, &files);
    // First by what the package carries; if that is not enough, by what is acceptable at all.
    let with_text = ACCEPTED.iter().filter(|(licence, _)| !carried(licence).is_empty());
    let by_text = chosen(&expression, with_text.map(|(licence, _)| *licence));
    let is_standard = by_text.is_none();
    let licences = match by_text {
        Some(licences) => licences,
        None => chosen(&expression, ACCEPTED.iter().map(|(licence, _)| *licence))
            .ok_or_else(|| format!("`{stated}` is fulfilled by no accepted licence"))?,
    };
    let mut texts = Vec::new();
    for licence in &licences {
        match carried(licence) {
            found if !found.is_empty() => texts.extend(found),
            _ => texts.push(standard_text(licence, holder)?),
        }
    }
    let has_notice = licences.iter().any(|licence| licence.starts_with("Apache-2.0"));
    if has_notice {
        texts.extend(notice_file(&package.folder).map_err(|error| error.to_string())?);
    }
    let link = package.repository.as_deref().unwrap_or("no repository stated");
    let head = format!("{} {}, {}, {link}", package.name, package.version, licences.join(" and "));
    Ok((Notice { head, texts }, is_standard))
}

/// The licences that fulfil an expression, by the order of preference.
fn chosen<'a>(
    expression: &Expression,
    accepted: impl Iterator<Item = &'a str>,
) -> Option<Vec<String>> {
    let licensees: Vec<Licensee> =
        accepted.map(|id| Licensee::parse(id).expect("the accepted licences are known")).collect();
    let requirements = expression.minimized_requirements(&licensees).ok()?;
    let names = requirements.iter().map(ToString::to_string);
    Some(names.collect::<BTreeSet<String>>().into_iter().collect())
}

/// The path and the text of each file that may hold a licence, sorted by path: those with such a
/// name, and what is in a folder with one.
fn licence_files(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if !NAMES.iter().any(|start| name.trim_start_matches('.').starts_with(start)) {
            continue;
        }
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        } else {
            for inner in std::fs::read_dir(entry.path())? {
                files.push(inner?.path());
            }
        }
    }
    files.sort();
    let text = |path: PathBuf| {
        let bytes = std::fs::read(&path)?;
        Ok((path.to_string_lossy().into_owned(), String::from_utf8_lossy(&bytes).into_owned()))
    };
    files.into_iter().filter(|path| path.is_file()).map(text).collect()
}

/// The texts among these files that are of a licence.
fn texts_of(licence: &str, files: &[(String, String)]) -> Vec<String> {
    let words = ACCEPTED.iter().find(|(id, _)| *id == licence).map(|(_, words)| *words);
    let Some(words) = words else { return Vec::new() };
    let is_of = |text: &&String| one_line(text).contains(words);
    files.iter().map(|(_, text)| text).filter(is_of).cloned().collect()
}

/// A text without its line breaks, which are wherever an editor put them.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text that the licence's stewards publish, with who holds the copyright.
fn standard_text(licence: &str, holder: Option<&str>) -> std::result::Result<String, String> {
    let holder = holder.ok_or_else(|| {
        format!(
            "it carries no text of {licence}; name who holds the copyright in \
             {FOLDER}/{FILE_NAME}, [standard]"
        )
    })?;
    let id = spdx::license_id(licence).ok_or_else(|| format!("{licence} has no standard text"))?;
    let text = id.text();
    if !text.contains(HOLDER_MARK) {
        return Ok(format!("{holder}\n\n{text}"));
    }
    let lines = text.lines().map(|line| if line.contains(HOLDER_MARK) { holder } else { line });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

fn notice_file(folder: &Path) -> std::io::Result<Option<String>> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().to_lowercase().starts_with("notice") {
            return Ok(Some(String::from_utf8_lossy(&std::fs::read(entry.path())?).into_owned()));
        }
    }
    Ok(None)
}

fn write(title: &str, notices: &[Notice]) -> String {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts: Vec<String> = Vec::new();
    let mut list = String::new();
    for notice in notices {
        let mut references = Vec::new();
        for text in &notice.texts {
            let text = tidy(text);
            let number = *numbers.entry(one_line(&text)).or_insert_with(|| {
                texts.push(text.clone());
                texts.len()
            });
            references.push(format!("[{number}]"));
        }
        let _ = writeln!(list, "{}  {}", notice.head, references.join(" "));
    }
    let mut out = format!(
        "{title}\n\nThe program contains the work of others, under the licences that stand \
         here.\nA number in brackets is that of the licence's text below.\n\n{list}"
    );
    for (place, text) in texts.iter().enumerate() {
        let _ = write!(out, "\n{:=<78}\n[{}]\n\n{text}\n", "", place + 1);
    }
    out
}

/// A text with line feeds alone and nothing at the ends of lines.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}
