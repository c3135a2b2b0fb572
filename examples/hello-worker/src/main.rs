//! The smallest worker: beats once a second and serves its health on port 3000, as declared in
//! `ServiceDefinition.csdef`.
//!
//! ```text
//! cargo run -p hello-worker
//! curl http://localhost:3000/health
//! ```
//!
//! Stop it with Ctrl-C.

use std::time::Duration;

use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};

struct HelloWorker;

#[worker_role(heartbeat = "Heartbeat")]
impl WorkerRole for HelloWorker {
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
        Ok(Self)
    }

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        while role.until_stopping(seconds.tick()).await.is_some() {
            role.beat();
        }
        Ok(())
    }
}
