//! Suggestions for misspelt names.

/// Maximum length of a name that is compared, in characters.
const MAX_CHARS: usize = 1024;
/// Maximum length of the parts in which two names differ, in characters. The cost of a comparison
/// grows with its square.
const MAX_DIFFERING_CHARS: usize = 64;

/// Returns the candidate that `wanted` was probably meant to be.
///
/// A name in another case comes first, then the one with the fewest edits: characters inserted,
/// removed, replaced or swapped with their neighbour. More edits than a third of the length plus 1
/// are no suggestion, nor are names that have nothing in common, or that differ in a stretch of
/// more than 64 characters.
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

/// Compiled once, for all kinds of iterators.
fn suggest_from<'a>(
    wanted: &str,
    candidates: &mut dyn Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let (folded, length) = fold(wanted)?;
    let limit = length / 3 + 1;
    candidates
        .filter_map(|candidate| {
            let (other, other_length) = fold(candidate)?;
            if length.abs_diff(other_length) > limit {
                return None;
            }
            let distance = distance(&folded, &other, limit)?;
            let has_common = distance < length.max(other_length);
            has_common.then_some((distance, candidate != wanted, candidate))
        })
        .min_by_key(|&(distance, differs, _)| (distance, differs))
        .map(|(_, _, candidate)| candidate)
}

/// Returns a name in lower case and its length in characters, unless it is too long.
fn fold(name: &str) -> Option<(String, usize)> {
    let folded: String = name.chars().take(MAX_CHARS + 1).flat_map(char::to_lowercase).collect();
    let length = folded.chars().count();
    (length <= MAX_CHARS).then_some((folded, length))
}

/// Returns the number of edits between two names, unless it is above `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (a, b) = without_common_ends(a, b);
    if a.chars().count().max(b.chars().count()) > MAX_DIFFERING_CHARS {
        return None;
    }
    Some(strsim::osa_distance(a, b)).filter(|&distance| distance <= limit)
}

/// Strips the start and the end that two names have in common: they cost no edits.
fn without_common_ends<'a>(a: &'a str, b: &'a str) -> (&'a str, &'a str) {
    let common = |pairs: &mut dyn Iterator<Item = (char, char)>| {
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum::<usize>()
    };
    let start = common(&mut a.chars().zip(b.chars()));
    let (a, b) = (a.split_at(start).1, b.split_at(start).1);
    let end = common(&mut a.chars().rev().zip(b.chars().rev()));
    (a.split_at(a.len() - end).0, b.split_at(b.len() - end).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("Heartbeat", "Hartbeats", 2),
            ("ä", "a", 1),
        ] {
            for (a, b) in [(a, b), (b, a)] {
                let within = |limit| distance(a, b, limit);
                assert_eq!(within(expected), Some(expected), "{a} {b}");
                assert_eq!(within(9), Some(expected), "{a} {b}");
                assert_eq!(expected.checked_sub(1).and_then(within), None, "{a} {b}");
            }
        }
    }

    #[test]
    fn allows_a_third_of_the_length_plus_one() {
        assert_eq!(suggest("abcdef", ["abcxyz"]), Some("abcxyz"));
        assert_eq!(suggest("abcdef", ["abwxyz"]), None);
        assert_eq!(suggest("ab", ["xb", "yy"]), Some("xb"));
        assert_eq!(suggest("a", ["b"]), None);
        assert_eq!(suggest("", ["a"]), None);
    }

    #[test]
    fn prefers_a_name_in_another_case() {
        assert_eq!(suggest("HEALTH", ["Healths", "Health"]), Some("Health"));
        assert_eq!(suggest("Health", ["health", "Health"]), Some("Health"));
    }

    #[test]
    fn compares_long_names_that_differ_little() {
        let long = "a".repeat(500);
        let with = |middle: &str| [&*long, middle, &*long].concat();
        assert_eq!(suggest(&with("x"), [&*with("y")]), Some(&*with("y")));
        let (x, y) = ("x".repeat(MAX_DIFFERING_CHARS + 1), "y".repeat(MAX_DIFFERING_CHARS + 1));
        assert_eq!(suggest(&with(&x), [&*with(&y)]), None);
        let too_long = "a".repeat(MAX_CHARS + 1);
        assert_eq!(suggest(&too_long, [&*too_long]), None);
    }
}
