//! The choice between formats, by the `Accept` header.

use crate::report::Format;
use crate::report::metrics::MetricsFormat;

impl Format {
    /// Chooses the format that an `Accept` header prefers (RFC 9110, section 12.5.1); JSON if it has
    /// no preference, or asks for a format that does not exist here.
    pub(super) fn negotiate(accept: &str) -> Self {
        let mut preferred = (Self::Json, 0.0);
        for range in accept.split(',') {
            let mut parameters = range.split(';').map(str::trim);
            let format = match parameters.next().unwrap_or_default() {
                "application/json" | "application/*" | "*/*" => Self::Json,
                "application/health+json" => Self::HealthJson,
                "text/plain" | "text/*" => Self::Text,
                _ => continue,
            };
            let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
            let quality = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            if quality > preferred.1 {
                preferred = (format, quality);
            }
        }
        preferred.0
    }
}

impl MetricsFormat {
    /// Chooses OpenMetrics if the `Accept` header names it.
    pub(super) fn negotiate(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::PrometheusText
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn negotiates_the_preferred_format() {
        for (accept, format) in [
            ("", Format::Json),
            ("*/*", Format::Json),
            ("text/plain", Format::Text),
            ("application/health+json", Format::HealthJson),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Json),
            ("application/json;q=0.2, text/plain;q=0.9", Format::Text),
            ("text/plain;q=0, application/health+json;q=0.1", Format::HealthJson),
            ("text/plain; q=0.5,\tapplication/json", Format::Json),
            ("image/png, ;;;q=, text/plain;q=x", Format::Json),
        ] {
            assert_eq!(Format::negotiate(accept), format, "{accept}");
        }
    }
}
