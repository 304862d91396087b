//! The report as a page: channels and platforms, what users get, install commands, downloads.
//!
//! One file without scripts, fonts or pictures from elsewhere, so that it can be kept with the
//! release and opened in ten years. A state is a word as well as a colour, a mark has a text. On a
//! narrow screen each row of the table becomes a card.

use std::fmt::Write as _;

use crate::channel::settle::State;
use crate::report::markup::escaped;
use crate::report::{Grade, Report, Row, plot};
use crate::target::{Os, TARGETS, Target};

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5a6675;--line:#dde2e8;--page:#fff;
--card:#f5f7f9;--good:#14713a;--good-back:#e2f4e8;--wait:#8a5a00;--wait-back:#fbf0d9;
--bad:#b3261e;--bad-back:#fce8e6;--off:#5a6675;--off-back:#eceff2;
--c0:#2563a8;--c1:#b4540a;--c2:#14713a;--c3:#8b3fa0;--c4:#b3261e;--c5:#0f766e;--c6:#7a5c00;
--c7:#4b5563}
@media(prefers-color-scheme:dark){:root{--ink:#e7ebf0;--soft:#9da8b6;--line:#2f3843;--page:#11161c;
--card:#1a212a;--good:#6bd695;--good-back:#12301f;--wait:#e8bb62;--wait-back:#35290f;
--bad:#ff9a91;--bad-back:#3d1a18;--off:#9da8b6;--off-back:#252d37;
--c0:#7fb4f0;--c1:#f0a060;--c2:#6bd695;--c3:#d59ae8;--c4:#ff9a91;--c5:#5fd0c5;--c6:#e0c060;
--c7:#aab4c0}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:74rem;
margin:2rem auto 4rem;padding:0 1.25rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
h1 .badge{font-size:1rem;vertical-align:.25em;margin-left:.6rem}
p{margin:.25rem 0}.soft,small{color:var(--soft)}small{display:block;font-size:.85rem;
line-height:1.4;margin-top:.2rem}small code{font-size:.95em;padding:0 .25rem}
td.users small{white-space:nowrap}a{color:inherit;text-underline-offset:.15em}
.badge{display:inline-block;padding:.1rem .55rem;border-radius:1rem;font-weight:600;
font-size:.85rem;white-space:nowrap}
.good .badge,.badge.good{color:var(--good);background:var(--good-back)}
.wait .badge,.badge.wait{color:var(--wait);background:var(--wait-back)}
.bad .badge,.badge.bad{color:var(--bad);background:var(--bad-back)}
.off .badge,.badge.off{color:var(--off);background:var(--off-back)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.55rem .7rem;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{font-weight:600;font-size:.8rem;color:var(--soft);padding-top:.2rem;padding-bottom:.2rem}
thead th.system{text-align:center;border-bottom:0}thead th.processor{text-align:center}
tbody th{font-weight:600;white-space:nowrap}.number{text-align:right}
td.mark{text-align:center;width:3.5rem}td.mark b{font-size:1.1rem}
.good td.mark b{color:var(--good)}.wait td.mark b{color:var(--wait)}
.bad td.mark b{color:var(--bad)}.off td.mark b{color:var(--off)}
td.says{min-width:17rem;overflow-wrap:anywhere}
code{font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--card);
padding:.15rem .4rem;border-radius:.3rem;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.5rem 1.25rem;margin:0}
dt{font-weight:600;padding-top:.3rem}dd{margin:0}dd code{display:block;padding:.35rem .6rem}
svg{width:100%;height:auto;max-width:52rem;background:var(--card);border-radius:.5rem;display:block}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}svg text.label{font-weight:600}
.grid{stroke:var(--line)}.line{fill:none;stroke-width:2}
.bars{display:grid;grid-template-columns:max-content minmax(4rem,32rem) max-content;
gap:.4rem .9rem;align-items:center}.track{background:var(--card);border-radius:.25rem}
.bar{display:block;height:1rem;border-radius:.25rem;min-width:2px}
details{margin-top:1rem}summary{cursor:pointer;color:var(--soft)}
@media(max-width:760px){
table.states thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.states,table.states tbody{display:block}
table.states tr{display:grid;grid-template-columns:repeat(3,1fr);gap:.1rem .5rem;
background:var(--card);border-radius:.6rem;padding:.75rem .9rem;margin-bottom:.75rem}
table.states th,table.states td{border:0;padding:.1rem 0}
table.states th,td.says,td.users{grid-column:1/-1;min-width:0}
td.mark{text-align:left;width:auto;white-space:nowrap;font-size:.85rem}
td.mark::after{content:' ' attr(data-platform);color:var(--soft)}td.mark:empty{display:none}
td.users::before{content:'Users get ';color:var(--soft)}
dl{grid-template-columns:1fr;gap:.2rem}dt{margin-top:.5rem}}
";

/// Returns the page.
pub fn page(report: &Report) -> String {
    let title = format!("{} {}", escaped(&report.name), escaped(&report.version));
    let (class, grade) = match report.grade {
        Grade::Ok => ("good", "ok"),
        Grade::Degraded => ("wait", "degraded"),
        Grade::Failed => ("bad", "failed"),
    };
    let style = STYLE.to_owned() + &colours();
    let release = format!("{}/releases/tag/{}", report.repository_url, report.tag);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: deployment status</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title} <span class=\"badge {class}\">{grade}</span></h1>\n\
         <p>{}</p>\n<p class=\"soft\">Seen {}; <a href=\"{}\">the release and its {} files\
         </a></p>\n\
         </header>\n<main>\n<h2>Channels and platforms</h2>\n{}<h2>Install</h2>\n{}\
         <h2>Downloads</h2>\n{}</main>\n</body>\n</html>\n",
        escaped(&sentence(report)),
        time(&report.time),
        escaped(&release),
        report.files,
        states(report),
        install(report),
        plot::plot(&report.counts),
    )
}

/// The rules for the colours of channels, which are the same but for a number.
fn colours() -> String {
    (0..8).fold(String::new(), |text, number| {
        text + &format!(
            ".line.c{number}{{stroke:var(--c{number})}}\
             .bar.c{number}{{background:var(--c{number})}}\
             .dot.c{number},svg text.c{number}{{fill:var(--c{number})}}\n"
        )
    })
}

/// How many channels give users this version, and what of the others needs a person.
fn sentence(report: &Report) -> String {
    let count = |class: &str| report.rows.iter().filter(|row| class_of(row) == class).count();
    let (all, good) = (report.rows.len(), count("good"));
    let mut text = format!("Users get {} from {good} of {all} channels", report.version);
    let others = [("wait", "on its way in"), ("bad", "failed in"), ("off", "left out of")];
    for (class, phrase) in others {
        match count(class) {
            0 => {}
            number => {
                let _ = write!(text, ", {phrase} {number}");
            }
        }
    }
    text + "."
}

fn states(report: &Report) -> String {
    let mut text = "<div class=\"wide\"><table class=\"states\">\n<thead><tr>\
                    <th scope=\"col\" rowspan=\"2\">Channel</th>\
                    <th scope=\"col\" rowspan=\"2\">State</th>\
                    <th scope=\"col\" rowspan=\"2\">Users get</th>"
        .to_owned();
    let mut systems: Vec<Os> = TARGETS.iter().map(|target| target.os).collect();
    systems.dedup();
    for os in systems {
        let number = TARGETS.iter().filter(|target| target.os == os).count();
        let _ = write!(text, "<th class=\"system\" colspan=\"{number}\">{}</th>", system(os));
    }
    text += "</tr><tr>";
    for target in &TARGETS {
        let _ = write!(text, "<th scope=\"col\" class=\"processor\">{}</th>", target.arch.name());
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in &report.rows {
        text += &channel(row, report);
    }
    text + "</tbody></table></div>\n"
}

fn system(os: Os) -> &'static str {
    match os {
        Os::Linux => "Linux",
        Os::Darwin => "macOS",
        Os::Windows => "Windows",
    }
}

fn channel(row: &Row, report: &Report) -> String {
    let class = class_of(row);
    let name = escaped(row.title);
    let name = if row.url.starts_with("https://") {
        format!("<a href=\"{}\">{name}</a>", escaped(&row.url))
    } else {
        name
    };
    let small = |text: &str| format!("<small>{}</small>", marked(text));
    let cause = if row.cause.is_empty() { String::new() } else { small(&row.cause) };
    let fix = row.fix.iter().map(|fix| small(&format!("\u{2192} {fix}"))).collect::<String>();
    let mut text = format!(
        "<tr class=\"{class}\"><th scope=\"row\">{name}</th><td class=\"says\">\
         <span class=\"badge\">{}</span>{cause}{fix}</td><td class=\"users\">{}</td>",
        row.state.phrase(),
        users(row, report)
    );
    for target in &TARGETS {
        text += &mark(row, target, class);
    }
    text + "</tr>\n"
}

/// The version that users have, and when it was last proven.
fn users(row: &Row, report: &Report) -> String {
    let Some(current) = &row.current else {
        return "<span class=\"soft\">nothing</span>".to_owned();
    };
    let behind = if *current == report.version { "" } else { "<small>behind</small>" };
    let proven = row.proven.as_ref();
    let proven = proven.map(|time| format!("<small>proven {}</small>", day(time)));
    format!("{}{behind}{}", escaped(current), proven.unwrap_or_default())
}

fn mark(row: &Row, target: &Target, class: &str) -> String {
    let platform = target.platform();
    let is_served = row.platforms.contains(&platform);
    let (mark, says) = match (is_served, class) {
        (false, _) => return "<td class=\"mark\"></td>".to_owned(),
        (true, "good") => ("\u{2713}", "available"),
        (true, "wait") => ("\u{2026}", "on its way"),
        (true, "bad") => ("\u{2717}", "failed"),
        (true, _) => ("\u{2013}", "not published"),
    };
    format!(
        "<td class=\"mark\" data-platform=\"{platform}\"><b aria-label=\"{platform}: {says}\" \
         title=\"{platform}: {says}\">{mark}</b></td>"
    )
}

fn install(report: &Report) -> String {
    let rows: Vec<&Row> = report.rows.iter().filter(|row| class_of(row) == "good").collect();
    if rows.is_empty() {
        return "<p class=\"soft\">Nobody gets it yet.</p>\n".to_owned();
    }
    let entry = |row: &&Row| {
        let (title, install) = (escaped(row.title), escaped(&row.install));
        format!("<dt>{title}</dt><dd><code>{install}</code></dd>\n")
    };
    format!("<dl>\n{}</dl>\n", rows.iter().map(entry).collect::<String>())
}

fn class_of(row: &Row) -> &'static str {
    match row.state {
        State::Live | State::Verified => "good",
        State::Planned | State::Submitted | State::InReview => "wait",
        State::Failed | State::BlockedUpstream => "bad",
        State::SkippedUnconfigured
        | State::SkippedPrerelease
        | State::PolicyBlocked
        | State::RolledBack => "off",
    }
}

fn day(time: &str) -> String {
    escaped(time.split('T').next().unwrap_or(time))
}

/// A moment as people read it, and as it was written.
fn time(time: &str) -> String {
    let shown = time.replace('T', " ").replace('Z', " UTC");
    format!("<time datetime=\"{}\">{}</time>", escaped(time), escaped(&shown))
}

/// Text in which what stands between backticks is code.
fn marked(text: &str) -> String {
    let parts = escaped(text);
    let parts: Vec<&str> = parts.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return parts.join("`");
    }
    let part = |(place, part): (usize, &&str)| match place % 2 {
        1 => format!("<code>{part}</code>"),
        _ => (*part).to_owned(),
    };
    parts.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::channel::Measure;
    use crate::channel::settle::State;
    use crate::report::{Counted, Report, Row};
    use crate::target::{TARGETS, Target};

    fn row(title: &'static str, state: State, cause: &str, current: Option<&str>) -> Row {
        Row {
            id: "id",
            title,
            is_required: false,
            state,
            cause: cause.to_owned(),
            fix: if cause.is_empty() { Vec::new() } else { vec!["run `mend <it>`".to_owned()] },
            current: current.map(str::to_owned),
            proven: (state == State::Verified).then(|| "2026-11-22T10:31:00Z".to_owned()),
            url: "https://example.org/?a=1&b=2".to_owned(),
            install: format!("install {title} \"now\""),
            credential: String::new(),
            platforms: TARGETS[..4].iter().map(Target::platform).collect(),
        }
    }

    fn report() -> Report {
        let rows = vec![
            row("GitHub Releases", State::Verified, "", Some("1.0.2")),
            row("Scoop", State::Failed, "its users have 1.0.1 & get no 1.0.2", Some("1.0.1")),
            row("Snap Store", State::SkippedUnconfigured, "requires X", None),
        ];
        Report {
            format: Report::format(),
            time: "2026-11-22T10:30:00Z".to_owned(),
            name: "contextlite".to_owned(),
            version: "1.0.2".to_owned(),
            tag: "v1.0.2".to_owned(),
            repository_url: "https://example.org/contextlite".to_owned(),
            grade: Report::grade_of(&rows),
            archives: Vec::new(),
            files: 16,
            counts: vec![Counted {
                time: "2026-11-22T05:00:00Z".to_owned(),
                channel: "github".to_owned(),
                what: "a.zip".to_owned(),
                measure: Measure::VersionSoFar,
                count: 3,
            }],
            rows,
        }
    }

    #[test]
    fn a_page_says_what_users_get_and_what_failed() {
        let page = page(&report());
        for expected in [
            "<span class=\"badge wait\">degraded</span>",
            "Users get 1.0.2 from 1 of 3 channels, failed in 1, left out of 1.",
            "1.0.2<small>proven 2026-11-22</small>",
            "1.0.1<small>behind</small>",
            "<small>its users have 1.0.1 &amp; get no 1.0.2</small>",
            "run <code>mend &lt;it&gt;</code></small>",
            "href=\"https://example.org/?a=1&amp;b=2\"",
            "<code>install GitHub Releases &quot;now&quot;</code>",
            "aria-label=\"linux-amd64: available\"",
            "aria-label=\"darwin-arm64: failed\"",
            "<span>github</span>",
        ] {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("install Scoop"), "what users do not get is not offered");
        assert!(!page.contains("windows-amd64: "), "nor for whom it is not");
        assert!(!page.contains("<script") && !page.contains("src="), "nothing from elsewhere");
    }
}
