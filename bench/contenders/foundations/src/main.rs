//! A worker with the telemetry server of foundations.

use bench_work::{address, stopped, terminated, work};
use foundations::BootstrapResult;
use foundations::telemetry::settings::{TelemetryServerSettings, TelemetrySettings};
use foundations::telemetry::{self, TelemetryConfig};

#[tokio::main]
async fn main() -> BootstrapResult<()> {
    let terminated = terminated()?;
    let addr = address().map_err(|error| std::io::Error::other(error.to_string()))?;
    let settings = TelemetrySettings {
        server: TelemetryServerSettings { enabled: true, addr: addr.into() },
        ..TelemetrySettings::default()
    };
    let mut driver = telemetry::init(TelemetryConfig {
        service_info: &foundations::service_info!(),
        settings: &settings,
        custom_server_routes: Vec::new(),
    })?;
    driver.with_graceful_shutdown(stopped(terminated.clone()));
    let server = tokio::spawn(driver);
    work(stopped(terminated), || ()).await;
    server.await?
}
