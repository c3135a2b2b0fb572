//! Parts of a file that may be secrets, which are never shown: values of settings and of variables,
//! whatever their names, and in a broken file, or one of another kind, whatever may have been one.

use std::ops::Range;

use heartbeat_definition::suggest;

/// Elements whose values may be secrets, also misspelt.
const ELEMENTS: [&str; 2] = ["Setting", "Variable"];
/// Parts of the names of attributes whose values may be secrets on any element, in lower case.
const ATTRIBUTES: [&str; 7] =
    ["value", "password", "secret", "key", "token", "credential", "connection"];

/// Maximum length of what is shown of a broken tag in one piece, in bytes: enough for a name.
const MAX_DEBRIS: usize = 40;

/// Finds the parts of a text that may be secrets, in its order. Comments are searched too.
pub(super) fn find_secrets(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan { text, at: 0, found: Vec::new() };
    loop {
        scan.content();
        if scan.rest().is_empty() {
            return scan.found;
        }
        scan.at += 1;
        scan.tag();
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    found: Vec<Range<usize>>,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes as much as belongs to `within`.
    fn take(&mut self, within: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !within(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Scans the text up to the next tag. None belongs there.
    fn content(&mut self) {
        self.take(is_space);
        let start = self.at;
        let content = self.take(|c| c != '<');
        self.mark(start..start + content.trim_end().len(), true);
    }

    /// Scans a tag behind its `<`.
    fn tag(&mut self) {
        let start = self.at;
        let element = self.take(is_of_name);
        self.mark(start..self.at, element.len() > MAX_DEBRIS);
        let holds_values = suggest(element, ELEMENTS).is_some();
        loop {
            self.take(is_space);
            match self.rest().chars().next() {
                None | Some('<') => return,
                Some('>') => break self.at += 1,
                Some('/' | '?' | '!') => self.at += 1,
                Some(_) => self.attribute(holds_values),
            }
        }
    }

    /// Scans an attribute, or the debris of one.
    fn attribute(&mut self, holds_values: bool) {
        let start = self.at;
        let name = self.take(is_of_name);
        self.take(is_space);
        if name.is_empty() || !self.rest().starts_with('=') {
            self.at = start + name.len();
            self.take(|c| !is_space(c) && c != '>' && c != '<');
            let debris = start..self.at;
            let is_long = debris.len() > MAX_DEBRIS;
            return self.mark(debris, holds_values || is_long);
        }
        self.mark(start..start + name.len(), name.len() > MAX_DEBRIS);
        self.at += 1;
        self.take(is_space);
        let name = name.to_lowercase();
        let is_secret =
            (holds_values && name != "name") || ATTRIBUTES.iter().any(|part| name.contains(part));
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        self.at += usize::from(quote.is_some());
        let start = self.at;
        self.take(|c| quote.map_or(!is_space(c) && c != '>', |quote| c != quote));
        let value = start..self.at;
        let is_closed = quote.is_some_and(|quote| self.rest().starts_with(quote));
        self.at += usize::from(is_closed);
        let is_long = value.len() > MAX_DEBRIS;
        self.mark(value, is_secret || (is_long && !is_closed));
    }

    fn mark(&mut self, range: Range<usize>, is_secret: bool) {
        if is_secret && !range.is_empty() {
            self.found.push(range);
        }
    }
}

/// XML knows no other spaces.
fn is_space(c: char) -> bool {
    c.is_ascii_whitespace()
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || "-_.:".contains(c)
}

#[cfg(test)]
mod tests {
    use super::find_secrets;

    fn secrets(text: &str) -> Vec<&str> {
        find_secrets(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn finds_values_of_settings_and_variables() {
        for (text, expected) in [
            ("<Setting name=\"a\" value=\"hidden\"/>", &["hidden"][..]),
            ("<Setting value = 'hidden' name='a' />", &["hidden"]),
            ("<Variable name=\"a\" value=\"hid\nden\">", &["hid\nden"]),
            ("<!-- <Setting name=\"a\" value=\"hidden\"/> -->", &["hidden", "-->"]),
            ("<n:setting name=\"a\" VALUE=\"hidden\"/>", &["hidden"]),
            ("<Setting name=\"a\"> hid den\n</Setting>", &["hid den"]),
            ("API_KEY=hidden\n", &["API_KEY=hidden"]),
        ] {
            assert_eq!(secrets(text), expected, "{text}");
        }
    }

    #[test]
    fn finds_them_in_a_wrong_encoding() {
        // UTF-16 without one of its bytes.
        let hidden: String =
            "DefaultEndpointsProtocol=https;AccountKey=".chars().map(shifted).collect();
        for before in ["<", "<a name=", "<a name=\"", "<a name ", "<a>", ""] {
            assert_eq!(secrets(&format!("{before}{hidden}")), [hidden.as_str()], "{before}");
        }
    }

    fn shifted(c: char) -> char {
        char::from_u32(u32::from(c) << 8).unwrap()
    }

    #[test]
    fn finds_them_in_broken_tags() {
        for text in [
            "<Seting name=\"a\" vaule=\"hidden\"/>",
            "<Setting name=\"a\" value=hidden />",
            "<Setting name=\"a\" value=\u{201c}hidden\u{201d} />",
            "<Setting name=\"a\" value=\"x\"hidden\" />",
            "<Setting name=\"a\" value \"hidden\" />",
            "<Setting name=\"a\" value=\"hidden />",
            "<Setting name=\"a value=\"hidden\" />",
            "<Setting name=\"a\" value=\"hidden",
            "<Setting name=\"a\" hidden",
        ] {
            let mut shown = text.to_owned();
            for range in find_secrets(text).into_iter().rev() {
                shown.replace_range(range, "*");
            }
            assert!(!shown.contains("hidden"), "{text}: {shown}");
        }
    }

    #[test]
    fn reads_any_text_once() {
        for text in
            ["<", "<=", "<a =", "<a \u{1F600}=\u{1F600}", "<a '", "< a=>", "<a b=\"", "<a \"\"\">"]
        {
            find_secrets(text);
        }
        find_secrets(&"<Setting a=".repeat(100_000));
    }
}
