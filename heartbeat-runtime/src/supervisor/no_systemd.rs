//! Where there is no systemd, nobody is told.

use std::time::Duration;

use crate::environment::Variables;
use crate::vitals::Vitals;

/// Nobody.
pub(crate) struct Systemd;

impl Systemd {
    pub(crate) fn of(_variables: &Variables, _stop_within: Duration) -> Self {
        Self
    }

    pub(crate) async fn follow(&mut self, _vitals: &Vitals) {
        std::future::pending().await
    }

    pub(crate) fn tell(&mut self, _vitals: &Vitals) {}
}
