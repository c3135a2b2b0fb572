//! A worker for tests of many: it fails when its routes are called.

use heartbeat_runtime::axum::Router;
use heartbeat_runtime::axum::routing::{get, post};
use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
use tokio::sync::mpsc::{Receiver, channel};

struct FleetWorker {
    panics: Receiver<()>,
}

#[worker_role(heartbeat = "Heartbeat", definition = "Fleet.csdef")]
impl WorkerRole for FleetWorker {
    async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> {
        let (panic, panics) = channel(1);
        let (id, telling) = (role.instance_id().to_owned(), role.clone());
        let router = Router::new()
            .route("/id", get(async move || id))
            .route("/stall", post(async move || stall(&telling)))
            .route(
                "/panic",
                post(async move || {
                    // It may be panicking already.
                    let _ = panic.try_send(());
                }),
            );
        role.serve("Heartbeat", router)?;
        Ok(Self { panics })
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        role.beat();
        let _idle = role.idle();
        if let Some(Some(())) = role.until_stopping(self.panics.recv()).await {
            panic_on_purpose();
        }
        Ok(())
    }
}

/// Loses a heartbeat, which fails live at once.
fn stall(role: &RoleEnvironment) {
    drop(role.heartbeat("lost").register());
}

#[expect(clippy::panic, reason = "to be seen")]
fn panic_on_purpose() -> ! {
    panic!("on purpose");
}
