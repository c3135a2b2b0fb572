//! Files of another kind, recognised by their first characters.

/// Describes a file that cannot be a service file, with the fix.
pub(super) fn recognise(text: &str) -> Option<&'static str> {
    let first = text.lines().next().unwrap_or_default();
    let root = skip_prolog(text);
    if begins(text, "version https://git-lfs.github.com/") {
        Some(
            "the file is a Git LFS pointer, not its content: fetch the content with `git lfs pull`",
        )
    } else if first.contains("/annex/objects/") && !first.starts_with('<') {
        Some(
            "the file is a git-annex pointer, not its content: fetch the content with \
             `git annex get`",
        )
    } else if ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| begins(root, tag)) {
        Some(
            "the file is an HTML page, such as a sign-in or error page saved instead of a \
             download: download the file itself",
        )
    } else {
        None
    }
}

/// Skips the comments and processing instructions at the start of a text.
pub(super) fn skip_prolog(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(close) = [("<!--", "-->"), ("<?", "?>")]
        .into_iter()
        .find_map(|(open, close)| rest.starts_with(open).then_some(close))
    {
        let Some((_, behind)) = rest.split_once(close) else { break };
        rest = behind.trim_start();
    }
    rest
}

/// Returns whether the text begins with `with`, in any case, and not with a longer name.
fn begins(text: &str, with: &str) -> bool {
    let (length, ends_in_name) = (with.len(), with.ends_with(|c: char| c.is_alphanumeric()));
    let start = text.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let next = text.get(length..).and_then(|rest| rest.chars().next());
    start && !(ends_in_name && next.is_some_and(|c| c.is_alphanumeric() || "-_.:".contains(c)))
}
