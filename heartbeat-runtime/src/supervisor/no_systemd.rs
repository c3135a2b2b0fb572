//! A stand-in on platforms without systemd.

use std::time::Duration;

use crate::config::EnvVars;
use crate::vitals::Vitals;

/// The absent manager.
pub(crate) struct Systemd;

impl Systemd {
    pub(crate) fn new(_variables: &EnvVars, _stop_within: Duration) -> Self {
        Self
    }

    pub(crate) async fn follow(&mut self, _vitals: &Vitals) {
        std::future::pending().await
    }

    pub(crate) fn notify(&mut self, _vitals: &Vitals) {}
}
