//! Time, as a value that is passed in: what the hour is, and how to wait.
//!
//! Publishing waits: between two changes because a host asks for it, after a failure because it
//! may pass. A test hands in a clock whose waiting only moves its hand.

use std::time::Duration;

/// The days of an era of the Gregorian calendar, 400 years.
const ERA_DAYS: i64 = 146_097;

/// The days from the first of March of year 0 to the first of January 1970.
const EPOCH_DAYS: i64 = 719_468;

/// Tells the time and waits.
pub trait Clock {
    /// Returns the milliseconds since the first of January 1970, UTC.
    fn now_ms(&self) -> u64;

    /// Returns when this much time has passed.
    fn wait(&self, duration: Duration);
}

/// Returns a moment as `2026-11-22T10:30:00Z`.
///
/// # Source
///
/// The conversion of a number of days to a date is `civil_from_days` of Howard Hinnant's
/// date algorithms, <https://howardhinnant.github.io/date_algorithms.html>.
pub fn moment(seconds: u64) -> String {
    let days = (seconds / 86_400) as i64 + EPOCH_DAYS;
    let (era, day_of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Returns the first second of a day that is written `2026-11-22`, in seconds since 1970, or
/// nothing if it is no day of the calendar or one before 1970.
///
/// # Source
///
/// `days_from_civil` of the same page as for [`moment`].
pub fn start_of_day(date: &str) -> Option<u64> {
    let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let shifted_year = year - i64::from(month <= 2);
    let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * ERA_DAYS + day_of_era - EPOCH_DAYS;
    let seconds = u64::try_from(days).ok()? * 86_400;
    // Written back it is the same, or it is the thirty-first of a shorter month.
    moment(seconds).starts_with(date).then_some(seconds).filter(|_| date.len() == 10)
}

#[cfg(test)]
mod tests {
    use super::{moment, start_of_day};

    #[test]
    fn moments_are_written_as_people_read_them() {
        let check = |seconds: u64, expected: &str| assert_eq!(moment(seconds), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(951_782_399, "2000-02-28T23:59:59Z");
        check(951_782_400, "2000-02-29T00:00:00Z");
        check(1_709_251_199, "2024-02-29T23:59:59Z");
        check(1_795_343_400, "2026-11-22T10:30:00Z");
        check(4_102_444_800, "2100-01-01T00:00:00Z");
    }

    #[test]
    fn a_day_begins_when_the_calendar_says() {
        let check = |date: &str, expected: Option<u64>| assert_eq!(start_of_day(date), expected);
        check("1970-01-01", Some(0));
        check("2000-02-29", Some(951_782_400));
        check("2026-11-22", Some(1_795_305_600));
        check("2100-01-01", Some(4_102_444_800));
        for wrong in ["1969-12-31", "2026-02-29", "2026-1-1", "2026-13-01", "2026-11", "", "x-y-z"]
        {
            check(wrong, None);
        }
    }
}
