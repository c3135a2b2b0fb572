//! Did you mean …?

/// Longer names are not compared: the cost is the product of the lengths.
const LONGEST: usize = 128;

/// The candidate that `wanted` was probably meant to be.
///
/// A name in another case comes first, then the smallest number of characters
/// inserted, removed, replaced or swapped with their neighbour. There is no
/// suggestion when that number is more than a third of the length plus 1, or
/// when nothing is left in common.
///
/// ```
/// use heartbeat_definition::nearest;
///
/// let endpoints = ["Heartbeat", "Management"];
/// assert_eq!(nearest("heartbeat", endpoints), Some("Heartbeat"));
/// assert_eq!(nearest("Haertbeat", endpoints), Some("Heartbeat"));
/// assert_eq!(nearest("Metrics", endpoints), None);
/// ```
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(wanted)?;
    let limit = folded.len() / 3 + 1;
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = fold(candidate)?;
            if folded.len().abs_diff(other.len()) > limit {
                return None;
            }
            let distance = distance(&folded, &other);
            let in_common = distance < folded.len().max(other.len());
            (distance <= limit && in_common).then_some((distance, candidate != wanted, candidate))
        })
        .min_by_key(|&(distance, differs, _)| (distance, differs))
        .map(|(_, _, candidate)| candidate)
}

fn fold(name: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = name.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    (folded.len() <= LONGEST).then_some(folded)
}

/// The optimal string alignment distance, row by row.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let cell = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX);
            let replaced = cell(&above, j) + usize::from(from != to);
            let mut best = replaced.min(cell(&above, j + 1) + 1).min(cell(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from) {
                best = best.min(cell(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("Heartbeat", "Hartbeats", 2),
            ("ä", "a", 1),
        ] {
            assert_eq!(distance(&chars(a), &chars(b)), expected, "{a} {b}");
            assert_eq!(distance(&chars(b), &chars(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn suggests_up_to_a_third_and_one() {
        assert_eq!(nearest("abcdef", ["abcxyz"]), Some("abcxyz"));
        assert_eq!(nearest("abcdef", ["abwxyz"]), None);
        assert_eq!(nearest("ab", ["xb", "yy"]), Some("xb"));
        assert_eq!(nearest("a", ["b"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }

    #[test]
    fn another_case_is_nearest() {
        assert_eq!(nearest("HEALTH", ["Healths", "Health"]), Some("Health"));
        assert_eq!(nearest("Health", ["health", "Health"]), Some("Health"));
    }

    #[test]
    fn very_long_names_are_not_compared() {
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(nearest(&long, [&*long]), None);
    }
}
