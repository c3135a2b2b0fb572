//! Did you mean …?

/// The candidate nearest to what was written, where it is near enough to be meant: at an edit
/// distance of at most a third of the written name's length plus one, case ignored.
///
/// ```
/// use heartbeat_definition::nearest;
///
/// assert_eq!(nearest("Hartbeat", ["Metrics", "Heartbeat"]), Some("Heartbeat"));
/// assert_eq!(nearest("Orders", ["Metrics", "Heartbeat"]), None);
/// ```
#[must_use]
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    let limit = written.chars().count() / 3 + 1;
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&written, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, one row of the table at a time.
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let (mut diagonal, mut left) = (i, i + 1);
        for (above, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *above;
            left = substituted.min(*above + 1).min(left + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edit_distance, nearest};

    #[test]
    fn distance_counts_insertions_deletions_and_substitutions() {
        for (from, to, distance) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(edit_distance(from, to), distance, "{from} -> {to}");
        }
    }

    #[test]
    fn a_name_in_another_case_is_nearest() {
        assert_eq!(nearest("heartbeat", ["Heartbeats", "HeartBeat"]), Some("HeartBeat"));
    }
}
