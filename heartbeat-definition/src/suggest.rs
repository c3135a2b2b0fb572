//! Did you mean …?

/// Longer names are not compared.
const LONGEST: usize = 1024;
/// Nor are names of which more differs between their ends: the cost grows with the square of that.
const MOST_DIFFERENT: usize = 64;

/// The candidate that `wanted` was probably meant to be.
///
/// A name in another case comes first, then the smallest number of characters
/// inserted, removed, replaced or swapped with their neighbour. There is no
/// suggestion when that number is more than a third of the length plus 1, or
/// when nothing is left in common, or when more than
/// 64 characters lie between what two names have in common at their ends.
///
/// ```
/// use heartbeat_definition::suggest;
///
/// let endpoints = ["Heartbeat", "Management"];
/// assert_eq!(suggest("heartbeat", endpoints), Some("Heartbeat"));
/// assert_eq!(suggest("Haertbeat", endpoints), Some("Heartbeat"));
/// assert_eq!(suggest("Metrics", endpoints), None);
/// ```
pub fn suggest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    suggest_from(wanted, &mut candidates.into_iter())
}

/// One for all kinds of candidates, so that it is compiled once.
fn suggest_from<'a>(
    wanted: &str,
    candidates: &mut dyn Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = fold(wanted)?;
    let limit = folded.len() / 3 + 1;
    candidates
        .filter_map(|candidate| {
            let other = fold(candidate)?;
            if folded.len().abs_diff(other.len()) > limit {
                return None;
            }
            let distance = distance(&folded, &other, limit)?;
            let in_common = distance < folded.len().max(other.len());
            in_common.then_some((distance, candidate != wanted, candidate))
        })
        .min_by_key(|&(distance, differs, _)| (distance, differs))
        .map(|(_, _, candidate)| candidate)
}

fn fold(name: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = name.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    (folded.len() <= LONGEST).then_some(folded)
}

/// The optimal string alignment distance, unless it is more than `limit`.
///
/// Goes row by row, over no more than the cells whose distance from the
/// diagonal is within `limit`, until a whole row is above it.
fn distance(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    let (a, b) = without_ends_in_common(a, b);
    if a.len().max(b.len()) > MOST_DIFFERENT {
        return None;
    }
    let cell = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(limit + 1);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let start = i.saturating_sub(limit);
        let mut row = vec![i + 1];
        row.resize(start + 1, limit + 1);
        for (j, to) in b.iter().enumerate().take(i + limit + 1).skip(start) {
            let replaced = cell(&above, j) + usize::from(from != to);
            let mut best = replaced.min(cell(&above, j + 1) + 1).min(cell(&row, j) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from) {
                best = best.min(cell(&before, j - 1) + 1);
            }
            row.push(best);
        }
        if row.iter().all(|&distance| distance > limit) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    Some(cell(&above, b.len())).filter(|&distance| distance <= limit)
}

/// What two names have in common at their ends costs no edits.
fn without_ends_in_common<'a>(a: &'a [char], b: &'a [char]) -> (&'a [char], &'a [char]) {
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (_, a) = a.split_at(start);
    let (_, b) = b.split_at(start);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    (a.split_at(a.len() - end).0, b.split_at(b.len() - end).0)
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
            for (a, b) in [(a, b), (b, a)] {
                let within = |limit| distance(&chars(a), &chars(b), limit);
                assert_eq!(within(expected), Some(expected), "{a} {b}");
                assert_eq!(within(9), Some(expected), "{a} {b}");
                assert_eq!(expected.checked_sub(1).and_then(within), None, "{a} {b}");
            }
        }
    }

    #[test]
    fn suggests_up_to_a_third_and_one() {
        assert_eq!(suggest("abcdef", ["abcxyz"]), Some("abcxyz"));
        assert_eq!(suggest("abcdef", ["abwxyz"]), None);
        assert_eq!(suggest("ab", ["xb", "yy"]), Some("xb"));
        assert_eq!(suggest("a", ["b"]), None);
        assert_eq!(suggest("", ["a"]), None);
    }

    #[test]
    fn another_case_is_nearest() {
        assert_eq!(suggest("HEALTH", ["Healths", "Health"]), Some("Health"));
        assert_eq!(suggest("Health", ["health", "Health"]), Some("Health"));
    }

    #[test]
    fn long_names_are_compared_where_little_differs() {
        let long = "a".repeat(500);
        let with = |middle: &str| [&*long, middle, &*long].concat();
        assert_eq!(suggest(&with("x"), [&*with("y")]), Some(&*with("y")));
        let (x, y) = ("x".repeat(MOST_DIFFERENT + 1), "y".repeat(MOST_DIFFERENT + 1));
        assert_eq!(suggest(&with(&x), [&*with(&y)]), None);
        let too_long = "a".repeat(LONGEST + 1);
        assert_eq!(suggest(&too_long, [&*too_long]), None);
    }
}
