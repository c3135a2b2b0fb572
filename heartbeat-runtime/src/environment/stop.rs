//! The stop of an instance, and its place in the rotation.

use std::future::Future;

use super::RoleEnvironment;
use crate::log::{Elapsed, lifecycle};
use crate::vitals::Event;

impl RoleEnvironment {
    /// Takes the instance out of rotation without stopping it, or puts it back. While it is busy,
    /// ready fails and live does not. Before `run` it sets how the instance begins.
    pub fn set_busy(&self, busy: bool) {
        self.instance.vitals.apply_and_log(Event::Busy(busy), |change| {
            if busy {
                let (fields, lasted) = (change.to.fields(), Elapsed(change.lasted));
                let fields = fields.elapsed(lasted);
                lifecycle!(info, fields, "busy (ready fails), after {lasted} of {}", change.from);
            } else {
                let lasted = Elapsed(change.state_lasted);
                lifecycle!(
                    info,
                    change.to.fields().elapsed(lasted),
                    "no longer busy, after {lasted}"
                );
            }
        });
    }

    /// Requests a graceful stop with exit code 0, as SIGTERM does. It changes nothing if the instance is
    /// already stopping.
    pub fn request_stop(&self) {
        let within = Elapsed(self.instance.config.deadlines.stop_within);
        self.instance.vitals.apply_and_log(Event::Stop, |change| {
            lifecycle!(info, change.to.fields(), "stop requested: stopping, within {within}");
        });
    }

    /// Requests a graceful stop with exit code 75, so that the supervisor restarts the worker. It
    /// changes nothing if the instance is already stopping.
    pub fn request_recycle(&self) {
        let within = Elapsed(self.instance.config.deadlines.stop_within);
        self.instance.vitals.recycle_and_log(|change| {
            lifecycle!(info, change.to.fields(), "recycle requested: stopping, within {within}");
        });
    }

    /// Tells whether a stop is requested.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.instance.vitals.lifecycle().state.is_ending()
    }

    /// Waits until a stop is requested.
    pub async fn stopping(&self) {
        self.instance.vitals.ending().await;
    }

    /// Returns a token that is cancelled when a stop is requested, for libraries that take one. It is
    /// yours: cancelling it stops only what you gave it to.
    ///
    /// ```
    /// # use heartbeat_runtime::RoleEnvironment;
    /// # async fn consume() {}
    /// # fn start(role: &RoleEnvironment) {
    /// let token = role.stopping_token();
    /// tokio::spawn(async move { token.run_until_cancelled(consume()).await });
    /// # }
    /// ```
    #[cfg(feature = "tokio-util")]
    #[must_use]
    pub fn stopping_token(&self) -> tokio_util::sync::CancellationToken {
        self.instance.vitals.stopping_token()
    }

    /// Awaits `future`, or drops it and returns `None` when a stop is requested.
    pub async fn until_stopping<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.stopping() => None,
            output = future => Some(output),
        }
    }
}
