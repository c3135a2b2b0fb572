use heartbeat_runtime::worker_role;

/// Ships orders.
#[worker_role(heartbeat = "Heartbeat")]
mod orders {
    use core::future::ready;

    use heartbeat_runtime::{Error, RoleEnvironment};

    /// Creates the state.
    pub(super) async fn on_start(_role: &RoleEnvironment) -> Result<(u8, bool), Error> {
        ready(Ok((0, false))).await
    }

    /// Works.
    pub(super) async fn run(state: &mut (u8, bool), role: &RoleEnvironment) -> Result<(), Error> {
        state.1 = true;
        role.stopping().await;
        Ok(())
    }

    /// Cleans up.
    pub(super) async fn on_stop(state: (u8, bool), _role: &RoleEnvironment) -> Result<(), Error> {
        let (_count, _has_run) = state;
        ready(Ok(())).await
    }
}
