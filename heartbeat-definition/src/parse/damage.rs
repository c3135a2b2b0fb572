//! Known damage near the place where the parser stopped: the traces of an editor, a merge or a
//! copy.

use super::template;

/// A byte offset that explains more than the parser's, and the message for it.
pub(super) type Blame = (usize, String);

/// Looks for known damage at `offset`, where the parser stopped.
pub(super) fn recognise(text: &str, offset: usize) -> Option<Blame> {
    merge_marker(text, offset)
        .or_else(|| end_mark(text, offset))
        .or_else(|| typographic_quote(text, offset))
}

/// Returns whether a version control system put this line around a conflict.
pub(super) fn is_merge_marker(line: &str) -> bool {
    ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|marker| {
        line.strip_prefix(marker)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']))
    })
}

/// The fix for merge markers.
pub(super) const RESOLVE_CONFLICT: &str = "resolve the merge conflict, and remove the lines that \
     begin with `<<<<<<<`, `=======` and `>>>>>>>`";

fn merge_marker(text: &str, offset: usize) -> Option<Blame> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    let message = || format!("this line looks left over from a merge: {RESOLVE_CONFLICT}");
    is_merge_marker(line).then(|| (start, message()))
}

/// Finds NUL and Ctrl-Z at the end of a file.
fn end_mark(text: &str, offset: usize) -> Option<Blame> {
    let marks = ['\0', '\u{1a}'];
    let content = text.trim_end_matches(|c: char| marks.contains(&c) || c.is_whitespace());
    let start = content.len() + text.get(content.len()..)?.find(marks)?;
    let message = if text.get(start..)?.starts_with('\0') {
        "the file ends in NUL characters (U+0000), which a crash or a block-wise copy leaves \
         behind: remove them"
    } else {
        "the file ends in Ctrl-Z (U+001A), the end-of-file mark of DOS: remove it"
    };
    (offset >= content.len()).then(|| (start, message.to_owned()))
}

/// Finds a typographic quotation mark in place of XML's own, in the tag where the parser stopped.
pub(super) fn typographic_quote(text: &str, offset: usize) -> Option<Blame> {
    let tag = text.get(..offset)?.rfind('<')?;
    let mut characters = text.get(tag..)?.char_indices().map(|(at, c)| (tag + at, c));
    let (place, quote) =
        characters.by_ref().take_while(|(at, _)| *at <= offset).find(|&(at, c)| {
            let (before, after) = (text.get(tag..at), text.get(at + c.len_utf8()..));
            "“”„‟«»‘’‚‛′″＂".contains(c)
                && (before.is_some_and(|before| before.trim_end().ends_with('='))
                    || after.is_some_and(ends_a_value))
        })?;
    let message = format!(
        "`{quote}` is a typographic quotation mark, which word processors insert: write `\"`"
    );
    Some((place, message))
}

/// Returns whether `rest` can follow the value of an attribute in a tag.
fn ends_a_value(rest: &str) -> bool {
    let next = rest.trim_start();
    let name = next.trim_start_matches(|c: char| c.is_alphanumeric() || "-_.:".contains(c));
    let is_attribute = name.len() < next.len() && name.trim_start().starts_with('=');
    ["/>", "?>", ">"].iter().any(|end| next.starts_with(end))
        || (is_attribute && next.len() < rest.len())
}

/// Finds a template placeholder on the line where the parser stopped; true if the parser stopped at
/// it.
pub(super) fn placeholder(text: &str, offset: usize) -> Option<(&str, bool)> {
    let start = text.get(..offset)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    let mark = template::find_placeholder(line).or_else(|| angled(line))?;
    let at = start + line.find(mark)?;
    Some((mark, (at..=at + mark.len()).contains(&offset) || offset + 1 == at))
}

/// Finds a value such as `<name>`.
fn angled(line: &str) -> Option<&str> {
    let start = line.find("=\"<").or_else(|| line.find("='<"))? + 2;
    let rest = line.get(start..)?;
    rest.get(..rest.find(['>', '"', '\''])? + 1)
}
