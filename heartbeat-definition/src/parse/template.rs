//! The marks of templates: files that are to be filled in before they are read.

/// What to do about them.
pub(crate) const FILL_IN: &str = "fill in the template placeholders first";

/// The first mark in a text: `$x$`, `$(x)`, `${x}`, `#{x}`, `{{x}}`, `{% x %}`, `<% x %>` or
/// `__x__`. They are looked for on one line only.
pub(crate) fn mark(text: &str) -> Option<&str> {
    // More beginnings without an end are no template's.
    const MOST: usize = 1000;
    let starts = text.lines().flat_map(|line| {
        let starts = line.char_indices().filter(|(_, c)| "$#{<_".contains(*c));
        starts.filter_map(|(start, _)| line.get(start..))
    });
    starts.take(MOST).find_map(mark_at)
}

/// The mark that a line begins with.
fn mark_at(line: &str) -> Option<&str> {
    const MARKS: [(&str, &str, Inside); 8] = [
        ("<%", "%>", Inside::Anything),
        ("{{", "}}", Inside::Anything),
        ("{%", "%}", Inside::Anything),
        ("#{", "}", Inside::Anything),
        ("${", "}", Inside::Anything),
        ("$(", ")", Inside::Anything),
        ("$", "$", Inside::Name),
        ("__", "__", Inside::Name),
    ];
    MARKS.iter().find_map(|(open, close, inside)| {
        let (name, _) = start_of(line.strip_prefix(open)?).split_once(close)?;
        let fits = match inside {
            Inside::Anything => true,
            Inside::Name => name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)),
        };
        (fits && !name.is_empty()).then_some(())?;
        line.get(..open.len() + name.len() + close.len())
    })
}

/// As far as a mark may go.
fn start_of(line: &str) -> &str {
    const LONGEST: usize = 100;
    let end = line.char_indices().nth(LONGEST).map_or(line.len(), |(end, _)| end);
    line.split_at_checked(end).map_or(line, |(start, _)| start)
}

/// What may stand between the two ends of a mark.
enum Inside {
    Anything,
    Name,
}
