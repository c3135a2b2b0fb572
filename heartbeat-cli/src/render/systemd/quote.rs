//! Values as unit files have them (`systemd.syntax(7)`, `systemd.unit(5)`).

use std::fmt::Write as _;

/// Returns a text in which no `%` begins a specifier.
pub(super) fn literal(text: &str) -> String {
    text.replace('%', "%%")
}

/// Returns one line of text for a value that has no quotes, such as a description.
pub(super) fn line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    // A backslash at the end would continue the line.
    literal(text.trim_end_matches(['\\', ' ']).trim())
}

/// Returns one word of a list, such as an assignment; its specifiers stay.
pub(super) fn word(text: &str) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | ':' | '=' | ',' | '%' | '@' | '+')
    };
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_ascii_control() => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\x{:02x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{line, literal, word};

    #[test]
    fn a_value_is_what_systemd_reads_back() {
        for (text, expected) in [
            ("A=b,c:1/2", "A=b,c:1/2"),
            ("A=%d/x", "A=%d/x"),
            ("A=", "A="),
            ("A=b c", r#""A=b c""#),
            ("A=$B", r#""A=$B""#),
            ("A='b'", r#""A='b'""#),
            (r#"A=\"b"#, r#""A=\\\"b""#),
            ("A=b\n\tc\r", r#""A=b\n\tc\x0d""#),
            ("A=#;é", "\"A=#;é\""),
        ] {
            assert_eq!(word(text), expected);
        }
        assert_eq!(literal("50% of %i"), "50%% of %%i");
        assert_eq!(line(" Front\n%i \\"), "Front %%i");
    }
}
