//! What the program writes, and in which layout.
//!
//! There are two layouts. The one *for people* is used when standard output is a terminal, or with
//! `--color always`: headings, line numbers, colours. The one *for programs* is used everywhere
//! else and is exact: the very bytes of the answer. Only the answer goes to standard output;
//! notes, footers and errors go to standard error, and `--quiet` leaves out all but errors.
//!
//! File names and texts come from anywhere. What goes to a person's terminal has its control
//! characters made visible, so that no file can move the cursor or change a title.

use std::fmt::{Display, Write as _};
use std::io::{BufWriter, IsTerminal as _, Write};
use std::time::{Duration, SystemTime};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use contextlite_engine::error::{Error, Result};
use serde::Serialize;

use crate::args::{GlobalArguments, When};
use crate::outcome::{self, Ended};
use crate::wire::ErrorWire;

/// For what leads the eye: paths, names.
pub const HEADING: Style = Style::new().bold();
/// For what can be skipped: line numbers, footers.
pub const FAINT: Style = Style::new().dimmed();
/// For numbers to compare: scores.
pub const FIGURE: Style = AnsiColor::Cyan.on_default();
/// For what is well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// For what deserves a look.
pub const CAUTION: Style = AnsiColor::Yellow.on_default();
/// For what is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();

/// The two output streams of this process.
pub struct Terminal {
    out: Box<dyn Write>,
    is_for_people: bool,
    is_json: bool,
    is_quiet: bool,
}

impl Terminal {
    /// The streams as the arguments want them.
    pub fn new(arguments: &GlobalArguments) -> Self {
        let mut terminal = Self {
            out: Box::new(std::io::sink()),
            is_for_people: false,
            is_json: arguments.json,
            is_quiet: arguments.quiet,
        };
        terminal.set_color(arguments.color.unwrap_or(When::Auto));
        terminal
    }

    /// Chooses layout and colours; before anything is written.
    pub fn set_color(&mut self, when: When) {
        let choice = match when {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        };
        choice.write_global();
        let stdout = std::io::stdout();
        self.is_for_people = stdout.is_terminal() || when == When::Always;
        self.out = if self.is_for_people {
            Box::new(BufWriter::new(AutoStream::new(stdout.lock(), choice)))
        } else {
            Box::new(BufWriter::new(stdout.lock()))
        };
    }

    /// Makes the answer JSON.
    pub fn set_json(&mut self) {
        self.is_json = true;
    }

    /// Whether the answer is JSON.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether the layout is the one for people.
    pub fn is_for_people(&self) -> bool {
        self.is_for_people && !self.is_json
    }

    /// Whether only the answer and errors are wanted.
    pub fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Writes a part of the answer as it is.
    ///
    /// # Errors
    /// [`Error::Io`] on standard output.
    pub fn write(&mut self, text: &str) -> Result<()> {
        self.out.write_all(text.as_bytes()).map_err(failed)
    }

    /// Writes a line of the answer.
    ///
    /// # Errors
    /// [`Error::Io`] on standard output.
    pub fn line(&mut self, text: impl Display) -> Result<()> {
        writeln!(self.out, "{text}").map_err(failed)
    }

    /// Writes the answer as JSON: indented for people, on one line for programs.
    ///
    /// # Errors
    /// [`Error::Io`] on standard output.
    pub fn json(&mut self, answer: &impl Serialize) -> Result<()> {
        let text = if self.is_for_people {
            serde_json::to_string_pretty(answer)
        } else {
            serde_json::to_string(answer)
        };
        self.line(text.expect("every answer is made of strings, numbers, lists and maps"))
    }

    /// Writes what is held back, for who waits for it.
    ///
    /// # Errors
    /// [`Error::Io`] on standard output.
    pub fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(failed)
    }

    /// Gives standard output to somebody else; nothing is written to it here any more.
    ///
    /// # Errors
    /// [`Error::Io`] on standard output.
    pub fn release(&mut self) -> Result<()> {
        self.flush()?;
        // The writer holds the lock of standard output, which would make the new owner wait.
        self.out = Box::new(std::io::sink());
        self.is_quiet = true;
        Ok(())
    }

    /// `text` in a style, where the layout has styles.
    pub fn paint(&self, style: Style, text: impl Display) -> String {
        if self.is_for_people { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    /// Writes a line beside the answer: what should be known about it.
    pub fn note(&mut self, text: impl Display) {
        self.aside(CAUTION, "note: ", &text);
    }

    /// Writes lines beside the answer: its measures.
    pub fn footer(&mut self, text: impl Display) {
        self.aside(FAINT, "", &text);
    }

    fn aside(&mut self, style: Style, label: &str, text: &dyn Display) {
        if self.is_quiet || self.is_json {
            return;
        }
        let _ = self.out.flush();
        let text = visible(&text.to_string());
        let line = if label.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            format!("{style}{label}{style:#}{text}")
        };
        let _ = writeln!(anstream::stderr().lock(), "{line}");
    }

    /// Writes what is still held back, and the error if there is one; returns how it really ended.
    pub fn finish(&mut self, ended: Ended) -> Ended {
        let flushed = self.out.flush().map_err(failed);
        let ended = ended.and_then(|outcome| flushed.map(|()| outcome));
        if let Err(error) = &ended
            && !outcome::is_reader_gone(error)
        {
            self.report(error);
        }
        ended
    }

    fn report(&self, error: &Error) {
        let hint = outcome::hint(error);
        let mut text = String::new();
        if self.is_json {
            let wire = ErrorWire::new(error, hint);
            text = serde_json::to_string(&wire).expect("an error is made of strings");
        } else {
            let sentence = visible(&error.to_string()).replace('\n', " ");
            write!(text, "{BAD}error:{BAD:#} {sentence}").expect("a string takes any text");
            if let Some(hint) = hint {
                write!(text, "\n{GOOD}hint:{GOOD:#} {hint}").expect("a string takes any text");
            }
        }
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }
}

fn failed(source: std::io::Error) -> Error {
    Error::io("standard output", source)
}

/// The text with its control characters made visible; line ends and tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => shown.push(character),
            _ if character.is_control() || is_direction(character) => {
                shown.extend(character.escape_default());
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// Characters that turn the direction of a line, so that it reads as something else.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A name on one line: no line end, no tab, nothing that a terminal obeys.
pub fn one_line(name: &str) -> String {
    visible(name).replace('\n', "\\n").replace('\t', "\\t")
}

/// Rows as a table: all columns right-aligned, except the last, which is free and may be long.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let (last, others) = row.split_last().expect("a row has a column");
        for (cell, width) in others.iter().zip(&widths) {
            write!(text, "{cell:>width$}  ").expect("a string takes any text");
        }
        text.push_str(last);
        text.push('\n');
    }
    text
}

/// A number with a separator between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if 0 < at && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things: `1 file`, `2 files`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A size in the unit that fits.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut number = bytes as f64;
    let mut unit = 0;
    while 999.5 <= number && unit + 1 < UNITS.len() {
        number /= 1000.0;
        unit += 1;
    }
    if bytes == 1 {
        return "1 byte".to_owned();
    }
    let decimals = usize::from(0 < unit && number < 99.95);
    format!("{number:.decimals$} {}", UNITS[unit])
}

/// A length of time in the unit that fits.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time < Duration::from_millis(1) => "less than 1 ms".to_owned(),
        0 => format!("{} ms", time.as_millis()),
        1..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => count(seconds / 60, "minute", "minutes"),
        3600..86_400 => count(seconds / 3600, "hour", "hours"),
        _ => count(seconds / 86_400, "day", "days"),
    }
}

/// How long ago a time in seconds since 1970 was.
pub fn ago(then_s: i64) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let past = now.as_secs().saturating_sub(then_s.max(0) as u64);
    if past == 0 { "just now".to_owned() } else { duration(Duration::from_secs(past)) + " ago" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_commands_the_terminal() {
        assert_eq!(visible("a\x1b[2Jb\r\n\tc\u{202E}d"), "a\\u{1b}[2Jb\\r\n\tc\\u{202e}d");
        assert_eq!(one_line("a\nb\tc"), "a\\nb\\tc");
    }

    #[test]
    fn numbers_are_short_and_right() {
        let numbers = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, expected) in numbers {
            assert_eq!(grouped(number), expected);
        }
        let sizes = [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (999_600, "1.0 MB"),
            (123_456_789, "123 MB"),
        ];
        for (bytes, expected) in sizes {
            assert_eq!(size(bytes), expected);
        }
        let times = [
            (0, "less than 1 ms"),
            (20, "20 ms"),
            (1500, "1.5 s"),
            (60_000, "1 minute"),
            (7_200_000, "2 hours"),
            (90_000_000, "1 day"),
        ];
        for (milliseconds, expected) in times {
            assert_eq!(duration(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn a_table_is_aligned_on_the_right() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = table(&[row(["score", "tokens", "passage"]), row(["1.2", "12345678", "a b"])]);
        assert_eq!(text, "score    tokens  passage\n  1.2  12345678  a b\n");
    }
}
