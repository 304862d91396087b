//! The nearest known name to an unknown one, for refusals that help.

/// The least likeness, from 0 to 1, at which a name is worth suggesting.
///
/// At 0.7 a swapped, missing or doubled letter is found (`repositry`, `requried`), and a word
/// that only shares a beginning is not.
const LIKENESS_MIN: f64 = 0.7;

/// Returns the known name most like `name`, if one is like it; the first of equals wins.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    let mut best = None;
    let mut likeness_best = LIKENESS_MIN;
    for &candidate in known {
        let likeness = strsim::normalized_damerau_levenshtein(&name, candidate);
        if likeness_best < likeness || (best.is_none() && likeness_best <= likeness) {
            best = Some(candidate);
            likeness_best = likeness;
        }
    }
    best
}

/// Returns the sentence that refuses `name`: the nearest known name, or all if none is near.
///
/// `what` is the sort of thing that is named, such as "key" or "channel".
pub fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("unknown {what} `{name}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{name}`; known are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["name", "repository", "archive", "download", "required"];
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest(name, &known), expected, "{name}");
        };
        check("repositry", Some("repository"));
        check("requried", Some("required"));
        check("Archives", Some("archive"));
        check("namme", Some("name"));
        check("re", None);
        check("secret", None);
        check("", None);
    }
}
