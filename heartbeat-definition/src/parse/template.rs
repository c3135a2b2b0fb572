//! Placeholders of templates that were not filled in.

/// The fix for placeholders.
pub(crate) const FILL_IN: &str = "fill in the template placeholders first";

/// Finds the first placeholder in a text: `$x$`, `$(x)`, `${x}`, `#{x}`, `{{x}}`, `{% x %}`, `<% x
/// %>` or `__x__`, each within one line.
pub(crate) fn find_placeholder(text: &str) -> Option<&str> {
    // No template has more starts without an end.
    const MAX_STARTS: usize = 1000;
    let starts = text.lines().flat_map(|line| {
        let starts = line.char_indices().filter(|(_, c)| "$#{<_".contains(*c));
        starts.filter_map(|(start, _)| line.get(start..))
    });
    starts.take(MAX_STARTS).find_map(placeholder_at)
}

/// Returns the placeholder at the start of a line.
fn placeholder_at(line: &str) -> Option<&str> {
    const DELIMITERS: [(&str, &str, Inside); 8] = [
        ("<%", "%>", Inside::Anything),
        ("{{", "}}", Inside::Anything),
        ("{%", "%}", Inside::Anything),
        ("#{", "}", Inside::Anything),
        ("${", "}", Inside::Anything),
        ("$(", ")", Inside::Anything),
        ("$", "$", Inside::Name),
        ("__", "__", Inside::Name),
    ];
    DELIMITERS.iter().find_map(|(open, close, inside)| {
        let (name, _) = start_of(line.strip_prefix(open)?).split_once(close)?;
        let fits = match inside {
            Inside::Anything => true,
            Inside::Name => name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)),
        };
        (fits && !name.is_empty()).then_some(())?;
        line.get(..open.len() + name.len() + close.len())
    })
}

/// Returns the part of a line that a placeholder may span.
fn start_of(line: &str) -> &str {
    const MAX_CHARS: usize = 100;
    let end = line.char_indices().nth(MAX_CHARS).map_or(line.len(), |(end, _)| end);
    line.split_at_checked(end).map_or(line, |(start, _)| start)
}

/// The text that is allowed within a placeholder.
enum Inside {
    Anything,
    Name,
}
