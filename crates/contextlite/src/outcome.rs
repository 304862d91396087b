//! What ends the process: the one table from what happened to an exit code and a next step.

use std::io::ErrorKind as IoErrorKind;

use contextlite_engine::error::{Error, ErrorKind};

/// How a command ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what was asked.
    Done,
    /// It did what was asked, and the answer is negative: nothing found, a problem found.
    Negative,
    /// No answer keeps all wishes at once.
    Infeasible,
    /// A claim was checked and does not hold.
    Rejected,
}

/// The result of every command.
pub type Ended = Result<Outcome, Error>;

/// The exit code; the table stands in the help text, too.
pub fn exit_code(ended: &Ended) -> u8 {
    match ended {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Negative) => 1,
        Ok(Outcome::Infeasible) => 7,
        Ok(Outcome::Rejected) => 8,
        Err(error) if is_reader_gone(error) => 0,
        Err(error) => match error.kind() {
            ErrorKind::InvalidInput => 2,
            ErrorKind::NotFound => 3,
            ErrorKind::Io => 4,
            ErrorKind::Store => 5,
            ErrorKind::Busy => 6,
            ErrorKind::Cancelled => 130,
        },
    }
}

/// Whether nobody reads the output any more, as after `| head`: an end, not a failure.
pub fn is_reader_gone(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == IoErrorKind::BrokenPipe)
}

/// What to do about a failure, where its sentence does not say so.
pub fn hint(error: &Error) -> Option<String> {
    let hint = match error {
        Error::NotFound { what: "index" | "database", .. } => {
            "`contextlite index` makes it; `contextlite context` makes it by itself"
        }
        Error::NotFound { what: "document", .. } => {
            "paths are relative to the root; `contextlite index --dry-run --explain` says which \
             files are left out, and why"
        }
        Error::NotFound { what: "root", .. } => "name an existing folder with --root",
        Error::Cancelled => "run the command again to go on",
        Error::Index { .. } => "`contextlite index --rebuild` makes it anew",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_code() {
        let busy = Error::Busy { path: "x".into(), waited_ms: 1 };
        let pipe = Error::io("standard output", IoErrorKind::BrokenPipe.into());
        let missing = Error::NotFound { what: "root", name: "x".to_owned() };
        let wrong = Error::InvalidInput { field: "budget", message: "x".to_owned() };
        let store = Error::DamagedStore { path: "x".into(), detail: "x".to_owned() };
        let table: [(Ended, u8); 11] = [
            (Ok(Outcome::Done), 0),
            (Ok(Outcome::Negative), 1),
            (Ok(Outcome::Infeasible), 7),
            (Ok(Outcome::Rejected), 8),
            (Err(wrong), 2),
            (Err(missing), 3),
            (Err(Error::io("x", IoErrorKind::PermissionDenied.into())), 4),
            (Err(pipe), 0),
            (Err(store), 5),
            (Err(busy), 6),
            (Err(Error::Cancelled), 130),
        ];
        for (ended, code) in table {
            assert_eq!(exit_code(&ended), code, "{ended:?}");
        }
    }
}
