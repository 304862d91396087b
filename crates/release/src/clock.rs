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

#[cfg(test)]
mod tests {
    use super::moment;

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
}
