//! Our entry in the files of assistants: made with a backup, undone exactly.
//!
//! Before a file is changed its bytes go into `FILE.before-contextlite` beside it, and a note in
//! our data folder says what was written. Undoing gives the very bytes back if nobody changed the
//! file since; otherwise only our entry is taken out, and everything else stays as it is now.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use contextlite_engine::error::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{Assistant, Folders, arguments};

/// The file of our notes, in the data folder.
const NOTES_NAME: &str = "assistants.json";
/// What follows the name of a file in that of its backup.
const BACKUP_ENDING: &str = ".before-contextlite";

/// What was written into the file of an assistant.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    file: PathBuf,
    /// BLAKE3 of what was written.
    written: String,
    /// The bytes of before; `None` if there was no file.
    backup: Option<PathBuf>,
}

/// How we stand in the file of an assistant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Not in it.
    Absent,
    /// In it, and this program is started.
    Registered,
    /// In it, and another program is started.
    Other(String),
    /// It cannot be read as a list of servers, for this reason.
    Broken(String),
}

/// All registrations of this user.
pub struct Registrations {
    notes_file: PathBuf,
    notes: BTreeMap<String, Note>,
    folders: Folders,
    program: String,
}

impl Registrations {
    /// Reads what was noted in `data`. Assistants will start `program`.
    ///
    /// # Errors
    /// `Io` if the notes cannot be read, `InvalidInput` if they are not ours.
    pub fn open(data: &Path, folders: Folders, program: String) -> Result<Self> {
        let notes_file = data.join(NOTES_NAME);
        let notes = match read(&notes_file)? {
            None => BTreeMap::new(),
            Some(text) => serde_json::from_str(&text).map_err(|error| Error::InvalidInput {
                field: "data folder",
                message: format!(
                    "{} cannot be read: {error}; delete it to go on without backups",
                    notes_file.display()
                ),
            })?,
        };
        Ok(Self { notes_file, notes, folders, program })
    }

    /// How we stand with an assistant. A file that cannot be read is broken, so that one of them
    /// keeps nobody from the others.
    pub fn standing(&self, assistant: &Assistant) -> Standing {
        let text = match text_of(&assistant.file(&self.folders)) {
            Ok(text) => text.unwrap_or_default(),
            Err(error) => return Standing::Broken(error.to_string()),
        };
        match assistant.form.program(&text) {
            Err(reason) => Standing::Broken(reason),
            Ok(None) => Standing::Absent,
            Ok(Some(program)) if program == self.program => Standing::Registered,
            Ok(Some(program)) => Standing::Other(program),
        }
    }

    /// Puts us into the file of an assistant; whether that changed it.
    ///
    /// # Errors
    /// `InvalidInput` for a file that cannot be edited, which then stays as it is; `Io`.
    pub fn add(&mut self, assistant: &Assistant) -> Result<bool> {
        let named = assistant.file(&self.folders);
        let file = followed(&named);
        let before = read(&file)?;
        let text = before.clone().unwrap_or_default();
        let after = assistant.form.with(&text, &self.program, arguments());
        let after = after.map_err(|reason| refused(&named, &reason))?;
        if before.as_ref() == Some(&after) {
            return Ok(false);
        }
        // What we wrote last time is not what the user had; the backup of then stays.
        let known = self.notes.get(assistant.id).filter(|note| {
            note.file == file && before.as_ref().is_some_and(|text| digest(text) == note.written)
        });
        let backup = match (known, &before) {
            (Some(note), _) => note.backup.clone(),
            (None, None) => None,
            (None, Some(text)) => {
                let backup = beside(&file, BACKUP_ENDING);
                write(&backup, text, permissions(&file))?;
                Some(backup)
            }
        };
        let note = Note { file: file.clone(), written: digest(&after), backup };
        self.notes.insert(assistant.id.to_owned(), note);
        self.save()?;
        write(&file, &after, permissions(&file))?;
        Ok(true)
    }

    /// Takes us out of the file of an assistant; whether we were in it.
    ///
    /// # Errors
    /// `InvalidInput` for a file that cannot be edited, which then stays as it is; `Io`.
    pub fn remove(&mut self, assistant: &Assistant) -> Result<bool> {
        let named = assistant.file(&self.folders);
        let file = followed(&named);
        let note = self.notes.get(assistant.id).filter(|note| note.file == file).cloned();
        let Some(text) = read(&file)? else { return self.forget(assistant, note.as_ref(), false) };
        let is_as_written = note.as_ref().is_some_and(|note| digest(&text) == note.written);
        if let (true, Some(note)) = (is_as_written, &note) {
            match &note.backup {
                Some(backup) => {
                    let before = read(backup)?.ok_or_else(|| {
                        refused(backup, "it is missing; take the entry out by hand")
                    })?;
                    write(&file, &before, permissions(&file))?;
                }
                None => std::fs::remove_file(&file).map_err(|source| Error::io(&file, source))?,
            }
            return self.forget(assistant, Some(note), true);
        }
        let after = assistant.form.without(&text).map_err(|reason| refused(&named, &reason))?;
        if let Some(after) = &after {
            write(&file, after, permissions(&file))?;
        }
        self.forget(assistant, note.as_ref(), after.is_some())
    }

    /// Ends what is kept of a registration.
    fn forget(&mut self, assistant: &Assistant, note: Option<&Note>, was_in: bool) -> Result<bool> {
        if let Some(backup) = note.and_then(|note| note.backup.as_ref()) {
            match std::fs::remove_file(backup) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::io(backup, error));
                }
                _ => {}
            }
        }
        if self.notes.remove(assistant.id).is_some() {
            self.save()?;
        }
        Ok(was_in)
    }

    fn save(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.notes).expect("notes are texts");
        write(&self.notes_file, &text, None)
    }
}

fn refused(file: &Path, reason: &str) -> Error {
    let message = format!("{}: {reason}; it was left as it is", file.display());
    Error::InvalidInput { field: "assistant", message }
}

/// The file that a link leads to: the link itself must stay.
fn followed(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn digest(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_string()
}

fn permissions(file: &Path) -> Option<Permissions> {
    std::fs::metadata(file).ok().map(|found| found.permissions())
}

/// The text of a file; `None` if there is none.
fn read(file: &Path) -> Result<Option<String>> {
    text_of(file).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => refused(file, &error.to_string()),
        _ => Error::io(file, error),
    })
}

/// As [`read`], with the failure as the system tells it.
fn text_of(file: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(std::io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
        }
        Err(error) => Err(error),
    }
}

/// Replaces a file as one act, with the given rights, else readable by its owner only.
fn write(file: &Path, text: &str, rights: Option<Permissions>) -> Result<()> {
    let failed = |source| Error::io(file, source);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let new = beside(file, ".contextlite-new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&new).map_err(failed)?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(failed)?;
    drop(out);
    if let Some(rights) = rights {
        std::fs::set_permissions(&new, rights).map_err(failed)?;
    }
    std::fs::rename(&new, file).map_err(failed)
}
