//! The text that a collector has written: its families, if every line belongs to one.

use super::names::{Kind, MetricsError, MetricsErrorKind, are_labels};

/// Returns the families of a text.
///
/// # Errors
///
/// A line does not belong to the family before it, or a family comes twice: a scraper would refuse the
/// whole text for it.
pub(super) fn families(text: &str) -> Result<Vec<(String, Kind)>, MetricsError> {
    let mut families: Vec<(String, Kind)> = Vec::new();
    for line in text.lines() {
        let wrong = |name: &str| {
            Err(MetricsError::new(name, MetricsErrorKind::Line(line.escape_default().to_string())))
        };
        let current = families.last().map_or("", |(name, _)| name.as_str());
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let Some((name, kind)) = typed.rsplit_once(' ') else { return wrong(typed) };
            let Some(kind) = Kind::parse(kind) else { return wrong(name) };
            if families.iter().any(|(other, _)| other == name) {
                return Err(MetricsError::new(name, MetricsErrorKind::Taken(name.to_owned())));
            }
            families.push((name.to_owned(), kind));
        } else if let Some(unit) = line.strip_prefix("# UNIT ") {
            if unit.split(' ').next() != Some(current) {
                return wrong(unit);
            }
        } else if !line.starts_with("# HELP ")
            && !families.last().is_some_and(|family| has(family, line))
        {
            return wrong(current);
        }
    }
    Ok(families)
}

/// Tells whether a line is a sample of a family.
fn has((name, kind): &(String, Kind), line: &str) -> bool {
    let Some(rest) = line.strip_prefix(name.as_str()) else { return false };
    let mut suffixes = kind.suffixes().iter();
    suffixes.any(|suffix| rest.strip_prefix(suffix).is_some_and(is_sample))
}

/// Tells whether a text is what follows the name of a sample: perhaps labels, and a value.
fn is_sample(text: &str) -> bool {
    let value = match text.strip_prefix('{') {
        Some(labels) => after_labels(labels),
        None => Some(text),
    };
    let value = value.and_then(|text| text.strip_prefix(' ')?.split(' ').next());
    value.is_some_and(|value| value.parse::<f64>().is_ok())
}

/// Returns the text after the labels of a sample, if they are well-formed.
fn after_labels(mut text: &str) -> Option<&str> {
    let mut names = Vec::new();
    while !text.starts_with('}') {
        let (name, value) = text.split_once("=\"")?;
        names.push(name);
        text = after_value(value)?;
        text = text.strip_prefix(',').filter(|text| !text.starts_with('}')).unwrap_or(text);
    }
    are_labels(&names).then(|| text.strip_prefix('}')).flatten()
}

/// Returns the text after the value of a label and its closing quote.
fn after_value(text: &str) -> Option<&str> {
    let mut is_escaped = false;
    let is_end = |byte| match byte {
        _ if is_escaped => {
            is_escaped = false;
            false
        }
        b'\\' => {
            is_escaped = true;
            false
        }
        byte => byte == b'"',
    };
    let end = text.bytes().position(is_end)?;
    text.get(end + 1..)
}

#[cfg(test)]
mod tests {
    use super::{Kind, families};

    #[test]
    fn each_line_belongs_to_a_family() {
        let text = "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total{a=\"x\\\" } y\",b=\"\"} 1 # {c=\"1\"} 1.0\njobs_total{} NaN\n\
                    # HELP depth_seconds D.\n# TYPE depth_seconds gauge\n\
                    # UNIT depth_seconds seconds\ndepth_seconds 2\n\
                    # HELP took T.\n# TYPE took histogram\ntook_sum 1\ntook_count 1\n\
                    took_bucket{le=\"+Inf\"} 1\n";
        let expected =
            [("jobs", Kind::Counter), ("depth_seconds", Kind::Gauge), ("took", Kind::Histogram)];
        assert_eq!(families(text).unwrap(), expected.map(|(name, kind)| (name.to_owned(), kind)));
        assert_eq!(families("").unwrap(), []);
    }

    #[test]
    fn a_line_that_is_no_openmetrics_is_an_error() {
        for (text, line) in [
            ("jobs_total 1\n", "jobs_total 1"),
            ("# TYPE jobs counter\njobs 1\n", "jobs 1"),
            ("# TYPE jobs counter\njobs_totals 1\n", "jobs_totals 1"),
            ("# HELP a b\nc\n# TYPE a gauge\n", "c"),
            ("# TYPE a gauge\n\na 1\n", ""),
            ("# TYPE a summary\n", "# TYPE a summary"),
            ("# TYPE a gauge\n# UNIT b b\n", "# UNIT b b"),
            ("# TYPE a gauge\n# EOF\n", "# EOF"),
            ("# TYPE a gauge\na one\n", "a one"),
            ("# TYPE a gauge\na{b=\"1\"}\n", "a{b=\\\"1\\\"}"),
            ("# TYPE a gauge\na{b=1} 1\n", "a{b=1} 1"),
            ("# TYPE a gauge\na{b=\"1\n", "a{b=\\\"1"),
            ("# TYPE a gauge\na{=\"1\"} 1\n", "a{=\\\"1\\\"} 1"),
            ("# TYPE a gauge\na{b-c=\"1\"} 1\n", "a{b-c=\\\"1\\\"} 1"),
            ("# TYPE a gauge\na{b=\"1\",,c=\"1\"} 1\n", "a{b=\\\"1\\\",,c=\\\"1\\\"} 1"),
            ("# TYPE a gauge\na{__name__=\"b\"} 1\n", "a{__name__=\\\"b\\\"} 1"),
            ("# TYPE a gauge\na{b=\"1\",b=\"2\"} 1\n", "a{b=\\\"1\\\",b=\\\"2\\\"} 1"),
        ] {
            let error = families(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("no OpenMetrics: `{line}`")), "{error}");
        }
        let twice = "# TYPE a gauge\na 1\n# TYPE a gauge\na 1\n";
        assert!(families(twice).unwrap_err().to_string().contains("`a` is taken"));
    }
}
