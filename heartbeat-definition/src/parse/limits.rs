//! Limits that keep the parser's cost linear, checked before it runs.
//!
//! The scan knows just enough XML to find tags. It is exact up to the first syntax error, where the
//! parser stops too.

/// Maximum depth of elements. Real files have nine levels.
const MAX_DEPTH: usize = 64;
/// Maximum number of attributes on one element. The schema has at most eleven; the parser compares
/// each with each.
const MAX_ATTRIBUTES: usize = 64;
/// Maximum number of namespace declarations. The parser looks up every name among those in scope.
const MAX_NAMESPACES: usize = 256;

/// A limit that a file exceeds.
pub(super) struct LimitExceeded {
    /// The start of the element at fault, in bytes.
    pub(super) start: usize,
    /// The end of the scan, in bytes: up to here the parser's cost is bounded.
    pub(super) reached: usize,
    pub(super) message: String,
}

pub(super) fn check(text: &str) -> Result<(), LimitExceeded> {
    let mut scanner = Scanner::default();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        rest = rest.get(start..).unwrap_or_default();
        let start = text.len() - rest.len();
        let length = scanner.markup(rest).map_err(|(length, message)| LimitExceeded {
            start,
            reached: start + length,
            message,
        })?;
        let Some(length) = length else { break };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Returns the start of the innermost element that is open at the end of the text.
pub(super) fn innermost_open(text: &str) -> Option<usize> {
    let (mut scanner, mut open, mut rest) = (Scanner::default(), Vec::new(), text);
    while let Some(start) = rest.find('<') {
        rest = rest.get(start..)?;
        let start = text.len() - rest.len();
        let Some(length) = scanner.markup(rest).ok()? else { break };
        open.truncate(scanner.depth);
        if open.len() < scanner.depth {
            open.push(start);
        }
        rest = rest.get(length..)?;
    }
    open.pop()
}

/// The length that was scanned, and the message.
type Excess = (usize, String);

#[derive(Default)]
struct Scanner {
    depth: usize,
    namespaces: usize,
}

impl Scanner {
    /// Scans the markup at the start of `rest`, and returns its length if it ends.
    fn markup(&mut self, rest: &str) -> Result<Option<usize>, Excess> {
        for (open, close) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
            if let Some(body) = rest.strip_prefix(open) {
                return Ok(body.find(close).map(|end| open.len() + end + close.len()));
            }
        }
        if rest.starts_with("<!DOCTYPE") {
            let message =
                "document types (DTD) and their entities are refused: remove `<!DOCTYPE …>`";
            return Err((0, message.to_owned()));
        }
        if rest.starts_with("</") {
            self.depth = self.depth.saturating_sub(1);
            return Ok(rest.find('>').map(|end| end + 1));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!(
                "elements are nested deeper than {MAX_DEPTH} levels, more than any service \
                     file needs: is this the right file?"
            );
            return Err((0, message));
        }
        self.start_tag(rest)
    }

    /// Scans a start tag from quotation mark to quotation mark, past the values.
    fn start_tag(&mut self, tag: &str) -> Result<Option<usize>, Excess> {
        let mut attributes = 0;
        let mut rest = tag;
        loop {
            let Some(next) = rest.find(['"', '\'', '>']) else {
                return Ok(None);
            };
            let (name, at) = rest.split_at(next);
            let length = tag.len() - at.len();
            self.namespaces += usize::from(name.contains("xmlns"));
            if self.namespaces > MAX_NAMESPACES {
                let message = format!(
                    "the file declares more than {MAX_NAMESPACES} namespaces: declare only one"
                );
                return Err((length, message));
            }
            let Some(value) = at.strip_prefix(['"', '\'']) else {
                if name.ends_with('/') {
                    self.depth -= 1;
                }
                return Ok(Some(length + 1));
            };
            attributes += 1;
            if attributes > MAX_ATTRIBUTES {
                let message = format!(
                    "an element has more than {MAX_ATTRIBUTES} attributes, more than any takes: \
                     is this the right file?"
                );
                return Err((length, message));
            }
            let quote = if at.starts_with('"') { '"' } else { '\'' };
            let Some(end) = value.find(quote) else {
                return Ok(None);
            };
            rest = value.get(end + 1..).unwrap_or_default();
        }
    }
}
