//! Parts of a file that may be secrets, which are never shown: values of settings and of variables,
//! whatever their names and however broken the file.

use std::ops::Range;

use heartbeat_definition::suggest;

/// Elements whose values may be secrets, also misspelt.
const ELEMENTS: [&str; 2] = ["Setting", "Variable"];
/// Parts of the names of attributes whose values may be secrets on any element, in lower case.
const ATTRIBUTES: [&str; 7] =
    ["value", "password", "secret", "key", "token", "credential", "connection"];

/// Finds the parts of a text that may be secrets, in its order. Comments are searched too.
pub(super) fn find_secrets(text: &str) -> Vec<Range<usize>> {
    let mut scan = Scan { text, at: 0, found: Vec::new() };
    while let Some(start) = scan.rest().find('<') {
        scan.at += start + 1;
        scan.tag();
    }
    scan.found
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

    /// Scans a tag, and what follows one that holds values up to the next tag.
    fn tag(&mut self) {
        let element = self.take(is_of_name);
        let holds_values = suggest(element, ELEMENTS).is_some();
        loop {
            self.take(char::is_whitespace);
            match self.rest().chars().next() {
                None | Some('<') => return,
                Some('>') => break,
                Some('/' | '?' | '!') => self.at += 1,
                Some(_) => self.attribute(holds_values),
            }
        }
        self.at += 1;
        let is_closed = self.text.get(..self.at).is_some_and(|tag| tag.ends_with("/>"));
        if holds_values && !is_closed {
            let start = self.at;
            let content = self.take(|c| c != '<');
            self.mark(start..self.at, !content.trim().is_empty());
        }
    }

    /// Scans an attribute, or the debris of one.
    fn attribute(&mut self, holds_values: bool) {
        let start = self.at;
        let name = self.take(is_of_name);
        self.take(char::is_whitespace);
        if name.is_empty() || !self.rest().starts_with('=') {
            self.at = start + name.len();
            self.take(|c| !c.is_whitespace() && c != '>' && c != '<');
            // Without progress there is a character that is no part of any tag.
            self.at = self.at.max(start + self.rest_char_len(start));
            return self.mark(start..self.at, holds_values);
        }
        self.at += 1;
        self.take(char::is_whitespace);
        let name = name.to_lowercase();
        let is_secret =
            (holds_values && name != "name") || ATTRIBUTES.iter().any(|part| name.contains(part));
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        self.at += usize::from(quote.is_some());
        let start = self.at;
        self.take(|c| quote.map_or(!c.is_whitespace() && c != '>', |quote| c != quote));
        let value = start..self.at;
        self.at = self.text.len().min(self.at + usize::from(quote.is_some()));
        self.mark(value, is_secret);
    }

    fn rest_char_len(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.chars().next().map_or(0, char::len_utf8)
    }

    fn mark(&mut self, range: Range<usize>, is_secret: bool) {
        if is_secret && !range.is_empty() {
            self.found.push(range);
        }
    }
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
            ("<!-- <Setting name=\"a\" value=\"hidden\"/> -->", &["hidden"]),
            ("<n:setting name=\"a\" VALUE=\"hidden\"/>", &["hidden"]),
            ("<Setting name=\"a\">hidden</Setting>", &["hidden"]),
            ("<Role password=\"hidden\" name=\"a\" vmsize=\"Small\" />", &["hidden"]),
            ("<Setting name=\"a\" value=\"\"/>", &[]),
            ("<Role name=\"a\"><Instances count=\"1\" /></Role>", &[]),
        ] {
            assert_eq!(secrets(text), expected, "{text}");
        }
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
