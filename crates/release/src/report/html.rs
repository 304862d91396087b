//! The report as a page: channels and platforms, install commands, downloads over time.
//!
//! One file without scripts, fonts or pictures from elsewhere, so that it can be kept with the
//! release and opened in ten years. A state is a word as well as a colour.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::channel::settle::State;
use crate::report::{Report, Row};
use crate::target::TARGETS;

/// The size of the plot, in its own units.
const PLOT: (f64, f64) = (640.0, 160.0);

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1d2530;--soft:#5b6675;--line:#d9dee5;--page:#fff;
--card:#f6f7f9;--good:#16703c;--wait:#8a5a00;--bad:#b3261e;--off:#5b6675}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#313a46;--page:#12161c;
--card:#1a2029;--good:#5fce8c;--wait:#e0b04f;--bad:#ff8a80;--off:#9aa5b4}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:68rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p,small{color:var(--soft)}table{border-collapse:collapse;width:100%}
.wide{overflow-x:auto}th,td{text-align:left;padding:.45rem .6rem;vertical-align:top;
border-bottom:1px solid var(--line)}th{font-weight:600;font-size:.85rem;color:var(--soft)}
td.mark{text-align:center}code{font:.85rem ui-monospace,monospace;background:var(--card);
padding:.1rem .3rem;border-radius:.25rem;overflow-wrap:anywhere}
.good{color:var(--good)}.wait{color:var(--wait)}.bad{color:var(--bad)}.off{color:var(--off)}
a{color:inherit}svg{width:100%;height:auto;background:var(--card);border-radius:.5rem}
";

/// Returns the page.
pub fn page(report: &Report) -> String {
    let title = format!("{} {}", escaped(&report.name), escaped(&report.tag));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: deployment status</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<p>{}<br><small>as seen at <time>{}</time>; <a href=\"{}\">{}</a>\
         </small></p>\n",
        escaped(&report.summary()),
        escaped(&report.time),
        escaped(&report.repository_url),
        escaped(&report.repository_url),
    );
    text += "<h2>Channels and platforms</h2>\n<div class=\"wide\"><table>\n<thead><tr>\
             <th scope=\"col\">Channel</th><th scope=\"col\">State</th>";
    for target in &TARGETS {
        let _ = write!(text, "<th scope=\"col\">{}</th>", target.platform());
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in &report.rows {
        text += &channel(row);
    }
    text += "</tbody></table></div>\n<h2>Install</h2>\n<div class=\"wide\"><table><tbody>\n";
    for row in report.rows.iter().filter(|row| class(row.state) == "good") {
        let (title, install) = (escaped(row.title), escaped(&row.install));
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\">{title}</th><td><code>{install}</code></td></tr>"
        );
    }
    text += "</tbody></table></div>\n<h2>Downloads</h2>\n";
    text += &plot(report);
    text + "</body>\n</html>\n"
}

fn channel(row: &Row) -> String {
    let class = class(row.state);
    let name = escaped(row.title);
    let name = if row.url.starts_with("https://") {
        format!("<a href=\"{}\">{name}</a>", escaped(&row.url))
    } else {
        name
    };
    let cause = if row.cause.is_empty() {
        String::new()
    } else {
        format!("<br><small>{}</small>", escaped(&row.cause))
    };
    let fix: Vec<String> =
        row.fix.iter().map(|fix| format!("<br><small>{}</small>", escaped(fix))).collect();
    let mut text = format!(
        "<tr><th scope=\"row\">{name}</th><td class=\"{class}\">{}{cause}{}</td>",
        row.state.phrase(),
        fix.concat()
    );
    for target in &TARGETS {
        let is_served = row.platforms.contains(&target.platform());
        let (mark, says) = match (is_served, class) {
            (false, _) => ("", "not for this platform"),
            (true, "good") => ("&#10003;", "available"),
            (true, "wait") => ("&hellip;", "on its way"),
            (true, "bad") => ("&#10007;", "failed"),
            (true, _) => ("&ndash;", "not published"),
        };
        let _ = write!(text, "<td class=\"mark {class}\" title=\"{says}\">{mark}</td>");
    }
    text + "</tr>\n"
}

fn class(state: State) -> &'static str {
    match state {
        State::Live | State::Verified => "good",
        State::Planned | State::Submitted | State::InReview => "wait",
        State::Failed | State::BlockedUpstream => "bad",
        State::SkippedUnconfigured
        | State::SkippedPrerelease
        | State::PolicyBlocked
        | State::RolledBack => "off",
    }
}

/// The sum of each channel's counts over the times of counting, a line for each channel.
fn plot(report: &Report) -> String {
    let mut times: Vec<&str> = report.counts.iter().map(|each| each.time.as_str()).collect();
    times.sort_unstable();
    times.dedup();
    if times.is_empty() {
        return "<p>Nobody has counted yet: <code>cargo ship metrics</code>.</p>\n".to_owned();
    }
    let mut lines: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for each in &report.counts {
        let line = lines.entry(&each.channel).or_insert_with(|| vec![0; times.len()]);
        let place = times.iter().position(|time| *time == each.time);
        line[place.expect("every time is listed")] += each.count;
    }
    let most = lines.values().flatten().copied().max().unwrap_or(0).max(1);
    let (width, height) = PLOT;
    let at = |place: usize, count: u64| {
        let across = if times.len() < 2 { 0.5 } else { place as f64 / (times.len() - 1) as f64 };
        let x = 20.0 + across * (width - 180.0);
        (x, height - 20.0 - count as f64 / most as f64 * (height - 40.0))
    };
    let mut text = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"downloads by channel\">\n"
    );
    for (number, (channel, counts)) in lines.iter().enumerate() {
        let points: Vec<String> = counts
            .iter()
            .enumerate()
            .map(|(place, &count)| {
                let (x, y) = at(place, count);
                format!("{x:.1},{y:.1}")
            })
            .collect();
        let hue = number * 67 % 360;
        let last = counts.last().copied().unwrap_or(0);
        let (x, y) = at(counts.len() - 1, last);
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"hsl({hue} 60% 50%)\" \
             stroke-width=\"2\"/><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" \
             fill=\"hsl({hue} 60% 50%)\"/><text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"12\" \
             fill=\"currentColor\">{} {last}</text>",
            points.join(" "),
            x + 8.0,
            escaped(channel)
        );
    }
    let (first, last) = (times.first().unwrap_or(&""), times.last().unwrap_or(&""));
    text + &format!("</svg>\n<p><small>{} to {}</small></p>\n", escaped(first), escaped(last))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
