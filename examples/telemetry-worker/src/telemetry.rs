//! The destinations of log lines and spans.

use std::sync::OnceLock;
use std::time::Duration;

use heartbeat_runtime::Error;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// Shorter than the time that `on_stop` has at least, a fifth of the stop.
const FLUSH_WITHIN: Duration = Duration::from_secs(4);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Installs a subscriber that writes log lines to stderr, and sends spans by OTLP over HTTP. The
/// variables of OpenTelemetry configure it, such as `OTEL_EXPORTER_OTLP_ENDPOINT`.
///
/// # Errors
///
/// A variable is invalid, or there is a subscriber already.
pub(crate) fn install() -> Result<(), Error> {
    let exporter = SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("telemetry-worker").build())
        .build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("telemetry-worker"));
    let lines = fmt::layer().with_writer(std::io::stderr);
    registry().with(LevelFilter::INFO).with(lines).with(spans).try_init()?;
    PROVIDER.get_or_init(|| provider);
    Ok(())
}

/// Sends the spans that are not sent yet.
///
/// # Errors
///
/// The collector does not take them in time.
pub(crate) fn flush() -> Result<(), Error> {
    PROVIDER.get().map_or(Ok(()), |provider| Ok(provider.shutdown_with_timeout(FLUSH_WITHIN)?))
}
