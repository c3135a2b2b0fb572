//! Syntax errors at single characters: the parser's messages reworded, each with a fix.

use roxmltree::Error;

use super::foreign::skip_prolog;
use crate::excerpt::excerpt;

/// Explains the error at `offset`, to follow "not well-formed XML".
pub(super) fn explain(text: &str, offset: usize, error: &Error) -> String {
    let (before, rest) = text.split_at_checked(offset).unwrap_or((text, ""));
    if let Some(message) = in_a_tag(before, rest, error) {
        return message;
    }
    match error {
        Error::NonXmlChar(c, _) => {
            format!("the character U+{:04X} is not allowed: remove it", u32::from(*c))
        }
        Error::InvalidComment(_) => "`--` is not allowed inside a comment: write `- -`".to_owned(),
        Error::InvalidCharacterData(_) => "`]]>` is not allowed in text: write `]]&gt;`".to_owned(),
        Error::InvalidString("version", _) => {
            "the declaration has no version: write <?xml version=\"1.0\" encoding=\"utf-8\"?>"
                .to_owned()
        }
        Error::InvalidString(expected, _) => format!("`{expected}` is missing here: add it"),
        Error::DuplicatedNamespace(prefix, _) => {
            format!("the namespace prefix `{}` is declared twice: remove one", excerpt(prefix))
        }
        Error::InvalidXmlPrefixUri(_)
        | Error::UnexpectedXmlUri(_)
        | Error::UnexpectedXmlnsUri(_)
        | Error::InvalidElementNamePrefix(_) => {
            "`xml` and `xmlns` are reserved prefixes: use another".to_owned()
        }
        Error::UnknownToken(_) => unknown_token(before).to_owned(),
        other => reworded(other),
    }
}

/// Explains errors between `<` and `>`.
fn in_a_tag(before: &str, rest: &str, error: &Error) -> Option<String> {
    let token = rest.split(|c: char| c.is_whitespace() || "=/>".contains(c)).next();
    let token = excerpt(token.unwrap_or_default());
    let character = rest.chars().next().map(|c| excerpt(&c.to_string())).unwrap_or_default();
    Some(match error {
        Error::InvalidName(_) if before.ends_with(['<', '/']) => {
            "no name follows `<`: write the name directly after it, or `&lt;` for a literal `<`"
                .to_owned()
        }
        Error::InvalidName(_) if rest.starts_with('<') => {
            "the tag before this `<` is not closed: add `>`".to_owned()
        }
        Error::InvalidName(_) => {
            format!("`{token}` is not an attribute name: write name=\"value\", or remove it")
        }
        Error::InvalidChar(b'=', ..) => {
            "the attribute before this has no value: write name=\"value\"".to_owned()
        }
        Error::InvalidChar2("a quote", ..) => {
            "the value of an attribute has no quotation marks: write name=\"value\"".to_owned()
        }
        Error::InvalidChar2("a whitespace", ..) => {
            format!(
                "a space is missing before `{token}`: add one, or remove the extra quotation mark"
            )
        }
        Error::InvalidChar(expected, ..) => {
            format!("`{}` is missing before `{character}`: add it", char::from(*expected))
        }
        Error::InvalidChar2(expected, ..) => {
            format!("{expected} is missing before `{character}`: add it")
        }
        _ => return None,
    })
}

fn unknown_token(before: &str) -> &'static str {
    if skip_prolog(before).is_empty() {
        "it does not begin with an element: is this the right file?"
    } else if roxmltree::Document::parse(before).is_ok() {
        "there is content after the root element: remove it"
    } else {
        "this begins neither an element nor a comment: remove it, or write `&lt;`"
    }
}

/// Returns the parser's message, without the position that it appends.
fn reworded(error: &Error) -> String {
    let message = error.to_string();
    let place = format!(" at {}", error.pos());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    format!("{message}: remove it")
}
