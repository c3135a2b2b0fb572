//! The text that a collector has written: its families, if every line belongs to one.

use super::names::{Kind, MetricsError, MetricsErrorKind};

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
    suffixes
        .any(|suffix| rest.strip_prefix(suffix).is_some_and(|rest| rest.starts_with(['{', ' '])))
}

#[cfg(test)]
mod tests {
    use super::{Kind, families};

    #[test]
    fn each_line_belongs_to_a_family() {
        let text = "# HELP jobs Jobs.\n# TYPE jobs counter\njobs_total{a=\"x y\"} 1\n\
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
        ] {
            let error = families(text).unwrap_err().to_string();
            assert!(error.ends_with(&format!("no OpenMetrics: `{line}`")), "{error}");
        }
        let twice = "# TYPE a gauge\na 1\n# TYPE a gauge\na 1\n";
        assert!(families(twice).unwrap_err().to_string().contains("`a` is taken"));
    }
}
