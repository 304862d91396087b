//! How often a release was fetched, as pictures: a line for each channel over the times of
//! counting, or bars if it was counted once.
//!
//! Some channels count a version since it was there, some all versions, some the last seven days:
//! each measure has a picture and a scale of its own, since a sum that only grows and a week are
//! not to be compared. What stands for itself (votes, a part of another count) is in the table
//! only. Labels at the ends of lines are moved apart, so that equal counts can be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::channel::Measure;
use crate::report::Counted;
use crate::report::markup::escaped;

/// The size of the picture of lines, in its own units.
const SIZE: (f64, f64) = (720.0, 260.0);

/// The space around the lines: above, to the right for labels, below, to the left for numbers.
const MARGIN: (f64, f64, f64, f64) = (14.0, 190.0, 30.0, 56.0);

/// The least distance between two labels.
const LABEL_HEIGHT: f64 = 16.0;

/// The number of colours that the page's style knows.
const COLOURS: usize = 8;

/// The most lines of the scale.
const STEPS_MAX: u64 = 4;

/// What is drawn, and what is written above it.
const PICTURES: [(Measure, &str); 3] = [
    (Measure::VersionSoFar, "This version, so far"),
    (Measure::AllSoFar, "All versions, so far"),
    (Measure::AllLastWeek, "All versions, in the seven days before"),
];

/// A channel's sums, one for each time, nothing where it was not counted.
struct Series<'a> {
    channel: &'a str,
    sums: Vec<Option<u64>>,
}

/// Returns the pictures and their numbers, or what to do to get some.
pub fn plot(counts: &[Counted]) -> String {
    if counts.is_empty() {
        return "<p class=\"soft\">Nobody has counted yet: <code>cargo ship metrics</code>.</p>\n"
            .to_owned();
    }
    let picture = |(measure, heading): &(Measure, &str)| picture(counts, *measure, heading);
    PICTURES.iter().map(picture).collect::<String>() + &table(counts)
}

/// What was counted over one measure; nothing if that is nothing.
fn picture(counts: &[Counted], measure: Measure, heading: &str) -> String {
    let fetched: Vec<&Counted> = counts.iter().filter(|each| each.measure == measure).collect();
    let mut times: Vec<&str> = fetched.iter().map(|each| each.time.as_str()).collect();
    times.sort_unstable();
    times.dedup();
    let mut series: Vec<Series<'_>> = Vec::new();
    for each in &fetched {
        let place = times.iter().position(|time| *time == each.time);
        let place = place.expect("every time is listed");
        let known = series.iter().position(|series| series.channel == each.channel);
        let known = known.unwrap_or_else(|| {
            series.push(Series { channel: &each.channel, sums: vec![None; times.len()] });
            series.len() - 1
        });
        let sum = &mut series[known].sums[place];
        *sum = Some(sum.unwrap_or(0) + each.count);
    }
    series.sort_by_key(|series| std::cmp::Reverse(series.last()));
    let picture = match times.len() {
        0 => return String::new(),
        1 => bars(&series, times[0]),
        _ => lines(&series, &times),
    };
    format!("<h3>{heading}</h3>\n{picture}")
}

impl Series<'_> {
    fn last(&self) -> u64 {
        self.sums.iter().rev().flatten().next().copied().unwrap_or(0)
    }
}

/// The numbers of the last time of each channel, for who wants to read them.
fn table(counts: &[Counted]) -> String {
    let mut last: BTreeMap<(&str, &str), (&str, u64)> = BTreeMap::new();
    for each in counts {
        let entry = last.entry((&each.channel, &each.what)).or_insert((&each.time, each.count));
        if entry.0 <= each.time.as_str() {
            *entry = (&each.time, each.count);
        }
    }
    let mut text = "<details><summary>All numbers</summary>\n<div class=\"wide\"><table>\n\
                    <thead><tr><th scope=\"col\">Channel</th><th scope=\"col\">What</th>\
                    <th scope=\"col\" class=\"number\">Count</th><th scope=\"col\">On</th></tr>\
                    </thead>\n<tbody>\n"
        .to_owned();
    for ((channel, what), (time, count)) in last {
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            escaped(channel),
            escaped(what),
            grouped(count),
            escaped(day(time))
        );
    }
    text + "</tbody></table></div></details>\n"
}

/// One bar for each channel.
fn bars(series: &[Series<'_>], time: &str) -> String {
    let most = series.iter().map(Series::last).max().unwrap_or(0).max(1);
    let mut text = format!(
        "<div class=\"bars\" role=\"img\" aria-label=\"counts by channel on {}\">\n",
        escaped(day(time))
    );
    for (number, series) in series.iter().enumerate() {
        let share = series.last() as f64 / most as f64 * 100.0;
        let _ = writeln!(
            text,
            "<span>{}</span><span class=\"track\"><i class=\"bar c{}\" style=\"width:{share:.1}%\">\
             </i></span><b>{}</b>",
            escaped(series.channel),
            number % COLOURS,
            grouped(series.last())
        );
    }
    text + &format!("</div>\n<p class=\"soft\">Counted once, on {}.</p>\n", escaped(day(time)))
}

/// A line for each channel.
fn lines(series: &[Series<'_>], times: &[&str]) -> String {
    let (width, height) = SIZE;
    let (above, right, below, left) = MARGIN;
    let most = series.iter().flat_map(|series| series.sums.iter().flatten()).max();
    let step = step(most.copied().unwrap_or(0));
    let top = (most.copied().unwrap_or(0).div_ceil(step) * step).max(step);
    let x = |place: usize| left + place as f64 / (times.len() - 1) as f64 * (width - left - right);
    let y = |count: u64| height - below - count as f64 / top as f64 * (height - above - below);
    let mut text = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"counts by channel over time\">\n"
    );
    for count in (0..=top).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
        let (at, right, label) = (y(count), width - right, grouped(count));
        let _ = writeln!(
            text,
            "<line class=\"grid\" x1=\"{left}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text class=\"axis\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
            left - 8.0,
            at + 4.0
        );
    }
    for (place, anchor) in [(0, "start"), (times.len() - 1, "end")] {
        let _ = writeln!(
            text,
            "<text class=\"axis\" x=\"{:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            x(place),
            height - 8.0,
            escaped(day(times[place]))
        );
    }
    let ends: Vec<f64> = series.iter().map(|series| y(series.last())).collect();
    let labels = apart(&ends, above, height - below);
    for (number, (series, label)) in series.iter().zip(labels).enumerate() {
        let points =
            series.sums.iter().enumerate().filter_map(|(place, sum)| Some((place, (*sum)?)));
        let points: Vec<(usize, u64)> = points.collect();
        let path: Vec<String> =
            points.iter().map(|(place, sum)| format!("{:.1},{:.1}", x(*place), y(*sum))).collect();
        let colour = number % COLOURS;
        let &(place, sum) = points.last().expect("a channel was counted");
        let _ = writeln!(
            text,
            "<polyline class=\"line c{colour}\" points=\"{}\"/><circle class=\"dot c{colour}\" \
             cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\"/><text class=\"label c{colour}\" x=\"{:.1}\" \
             y=\"{:.1}\">{} {}</text>",
            path.join(" "),
            x(place),
            y(sum),
            width - right + 12.0,
            label + 4.0,
            escaped(series.channel),
            grouped(series.last())
        );
    }
    text + "</svg>\n"
}

/// A round distance between lines of the scale: 1, 2 or 5 and zeros.
fn step(most: u64) -> u64 {
    let mut unit = 1;
    loop {
        for step in [unit, 2 * unit, 5 * unit] {
            if most.div_ceil(step) <= STEPS_MAX {
                return step;
            }
        }
        unit *= 10;
    }
}

/// Moves heights apart, in their own order from below, within two bounds.
fn apart(heights: &[f64], above: f64, below: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&a, &b| heights[b].total_cmp(&heights[a]).then(b.cmp(&a)));
    let mut moved = heights.to_vec();
    let mut floor = below;
    for place in order.iter().copied() {
        moved[place] = moved[place].min(floor);
        floor = moved[place] - LABEL_HEIGHT;
    }
    let mut ceiling = above;
    for place in order.into_iter().rev() {
        moved[place] = moved[place].max(ceiling);
        ceiling = moved[place] + LABEL_HEIGHT;
    }
    moved
}

/// A number with a thin gap before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if 0 < place && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The day of a moment.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::{apart, grouped, plot, step};
    use crate::channel::Measure;
    use crate::report::Counted;

    fn counted(day: u32, channel: &str, (measure, what): (Measure, &str), count: u64) -> Counted {
        let time = format!("2026-11-{day}T05:00:00Z");
        let (channel, what) = (channel.to_owned(), what.to_owned());
        Counted { time, channel, what, measure, count }
    }

    #[test]
    fn a_scale_is_round_and_has_few_lines() {
        let steps = [0, 4, 5, 9, 17, 100, 4001, 123_456].map(step);
        assert_eq!(steps, [1, 1, 2, 5, 5, 50, 2000, 50_000]);
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn labels_do_not_cover_each_other() {
        let moved = apart(&[100.0, 100.0, 99.0, 10.0], 14.0, 230.0);
        let mut sorted = moved.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| 16.0 <= pair[1] - pair[0]), "{moved:?}");
        assert!(sorted[0] >= 14.0 && sorted[3] <= 230.0);
        assert!(moved[3] < moved[2], "their order stays");
    }

    #[test]
    fn files_of_a_channel_are_summed_and_votes_are_no_downloads() {
        let [zip, other] = ["a.zip", "b.zip"].map(|name| (Measure::VersionSoFar, name));
        let votes = counted(22, "aur", (Measure::Aside, "votes"), 7);
        let once = [counted(22, "github", zip, 1000), counted(22, "github", other, 234), votes];
        let bars = plot(&once);
        assert!(bars.contains("<b>1\u{202f}234</b>"), "{bars}");
        assert!(!bars.contains("<span>aur</span>") && bars.contains("<td>votes</td>"), "{bars}");
        let later = counted(23, "github", zip, 1500);
        let lines = plot(&[&once[..], &[later]].concat());
        assert!(lines.contains(">github 1\u{202f}500</text>"), "{lines}");
        assert!(lines.contains(">2026-11-22</text>") && lines.contains(">2026-11-23</text>"));
        assert!(plot(&[]).contains("cargo ship metrics"));
        assert!(!plot(&once[2..]).contains("<svg"), "nothing was fetched");
    }

    #[test]
    fn what_grows_for_ever_and_what_is_a_week_share_no_picture() {
        let all = [
            counted(22, "github", (Measure::VersionSoFar, "a.zip"), 900_000),
            counted(22, "npm", (Measure::AllLastWeek, "downloads"), 30),
            counted(22, "pypi", (Measure::AllLastWeek, "downloads"), 60),
            counted(22, "pypi", (Measure::Aside, "downloads in a month"), 90),
        ];
        let page = plot(&all);
        let (so_far, week) = page.split_once("in the seven days before</h3>").expect("a picture");
        assert!(so_far.contains("This version, so far</h3>"), "{page}");
        assert!(so_far.contains("<span>github</span>") && !so_far.contains("<span>npm</span>"));
        let (week, table) = week.split_once("<details>").expect("a table");
        assert!(week.contains("width:50.0%") && week.contains("width:100.0%"), "{week}");
        assert!(!week.contains("<span>github</span>"), "{week}");
        assert!(table.contains("downloads in a month") && !week.contains("<b>150</b>"), "{page}");
        assert!(!page.contains("All versions, so far"), "an empty picture has no heading");
    }
}
