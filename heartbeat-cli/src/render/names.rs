//! Names as deployment targets allow them, from declared names.

/// Returns a declared name as a DNS label: `OrderPool` becomes `order-pool`.
///
/// Of a name with no letter or digit nothing is left, which becomes `fallback`.
pub(crate) fn label(declared: &str, fallback: &str, max_len: usize) -> String {
    let mut label = String::new();
    let mut before = ' ';
    for letter in declared.chars() {
        let starts_word = letter.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before.is_ascii_digit())
            || !letter.is_ascii_alphanumeric();
        if starts_word && !label.is_empty() && !label.ends_with('-') {
            label.push('-');
        }
        if letter.is_ascii_alphanumeric() {
            label.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    // A label of a Service begins with a letter.
    if !label.starts_with(|c: char| c.is_ascii_lowercase()) {
        label = format!("{fallback}-{label}");
    }
    label.truncate(max_len);
    label.trim_end_matches('-').to_owned()
}

/// Returns `wanted`, with a number behind it if it is taken.
pub(crate) fn unique(wanted: &str, max_len: usize, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while is_taken(&name) {
        let suffix = format!("-{number}");
        let kept = wanted.get(..max_len - suffix.len()).unwrap_or(wanted);
        // Names of ports have no two hyphens in a row.
        name = format!("{}{suffix}", kept.trim_end_matches('-'));
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{label, unique};

    #[test]
    fn a_declared_name_becomes_a_label() {
        for (declared, expected) in [
            ("Front", "front"),
            ("OrderPool", "order-pool"),
            ("Order_Pool.2", "order-pool-2"),
            ("WCFService1", "wcfservice1"),
            ("  Ünï code ", "n-code"),
            ("2nd", "role-2nd"),
            ("--", "role"),
            ("", "role"),
            ("averyverylongnameindeed", "averyverylongna"),
        ] {
            assert_eq!(label(declared, "role", 15), expected, "{declared}");
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["front", "front-2"];
        assert_eq!(unique("front", 15, |name| taken.contains(&name)), "front-3");
        assert_eq!(unique("pool", 15, |name| taken.contains(&name)), "pool");
        assert_eq!(unique("abcde", 5, |name| name == "abcde"), "abc-2");
        assert_eq!(unique("abc-e", 6, |name| name == "abc-e"), "abc-2");
    }
}
