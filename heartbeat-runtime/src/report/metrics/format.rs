//! The two text formats of metrics. The encoder writes OpenMetrics; the other is made of it.

use std::collections::HashMap;

/// The two text formats of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricsFormat {
    OpenMetrics,
    /// The format before OpenMetrics, which every scraper reads.
    PrometheusText,
}

impl MetricsFormat {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::PrometheusText => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// Converts OpenMetrics to the format before it: families named as their samples, no units, no
/// exemplars, no end.
pub(super) fn to_prometheus_text(openmetrics: &str) -> String {
    let kinds: HashMap<&str, &str> = openmetrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.rsplit_once(' '))
        .collect();
    let mut written = String::with_capacity(openmetrics.len());
    for line in openmetrics.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            written.extend([without_exemplar(line), "\n"]);
            continue;
        };
        let mut words = comment.splitn(3, ' ');
        let (keyword, name) = (words.next(), words.next().unwrap_or_default());
        let (suffix, kind) = match kinds.get(name).copied().unwrap_or_default() {
            "counter" => ("_total", "counter"),
            "info" => ("_info", "gauge"),
            "unknown" => ("", "untyped"),
            other => ("", other),
        };
        match keyword {
            Some("HELP") => {
                let help = words.next().unwrap_or_default();
                written.extend(["# HELP ", name, suffix, " ", help, "\n"]);
            }
            Some("TYPE") => written.extend(["# TYPE ", name, suffix, " ", kind, "\n"]),
            _ => {}
        }
    }
    written
}

/// Cuts the exemplar off a sample: what follows a `#` outside of a label's value.
fn without_exemplar(sample: &str) -> &str {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, byte) in sample.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'#' if !is_quoted => return sample.get(..at).unwrap_or(sample).trim_end(),
            _ => {}
        }
    }
    sample
}

#[cfg(test)]
mod tests {
    use super::to_prometheus_text;

    #[test]
    fn converts_names_kinds_units_and_exemplars() {
        let openmetrics = r#"# HELP jobs info
# TYPE jobs counter
jobs_total{q="a # {\" # x\\"} 1 # {trace="t # 1"} 1.0 2.0
# HELP took_seconds Time
# TYPE took_seconds histogram
# UNIT took_seconds seconds
took_seconds_bucket{le="+Inf"} 1 # {trace="t"} 0.5
# HELP build Build
# TYPE build info
build_info{v="1"} 1
# HELP odd Odd
# TYPE odd unknown
odd 1
# EOF
"#;
        let text = r#"# HELP jobs_total info
# TYPE jobs_total counter
jobs_total{q="a # {\" # x\\"} 1
# HELP took_seconds Time
# TYPE took_seconds histogram
took_seconds_bucket{le="+Inf"} 1
# HELP build_info Build
# TYPE build_info gauge
build_info{v="1"} 1
# HELP odd Odd
# TYPE odd untyped
odd 1
"#;
        assert_eq!(to_prometheus_text(openmetrics), text);
    }
}
