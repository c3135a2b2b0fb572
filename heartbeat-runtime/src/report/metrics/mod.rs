//! `/metrics`: the details for Prometheus, then what user code counts.

mod families;
mod format;
mod writer;

use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;

use self::families::Families;
pub(crate) use self::format::MetricsFormat;
use self::format::to_prometheus_text;
use super::snapshot::Report;
use super::source::ReportSource;
use crate::metrics::Collected;

/// Writes the metrics, with those that the collectors of user code gave for this scrape.
pub(crate) fn render(
    format: MetricsFormat,
    source: &ReportSource,
    collected: &Collected,
) -> String {
    let report = Report::take(source, &source.vitals.verdict());
    let mut registry = Registry::default();
    let families = Families { report, failed_collectors: collected.failed };
    registry.register_collector(Box::new(families));
    let mut written = String::new();
    // Writing to a string cannot fail.
    let _ = text::encode_registry(&mut written, &registry);
    let _ = source.metrics.encode(&mut written);
    written.push_str(&collected.text);
    let _ = text::encode_eof(&mut written);
    match format {
        MetricsFormat::OpenMetrics => written,
        MetricsFormat::PrometheusText => to_prometheus_text(&written),
    }
}
