//! TLS in a build without the feature: no endpoint has any.

use std::io;
use std::sync::Arc;

use crate::config::{ConfigErrors, NamedPath, TlsFiles};
use crate::facts::Facts;
use crate::report::ReportSource;
use crate::vitals::Vitals;

/// The acceptor of an endpoint: there is none.
pub(crate) enum Acceptor {}

/// The endpoints that are served over TLS: none.
#[derive(Clone, Default)]
pub(crate) struct TlsEndpoints(());

#[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the same calls as with TLS")]
impl TlsEndpoints {
    /// Refuses the authority of an endpoint's clients: without TLS, everybody who reaches the endpoint
    /// would see its details.
    pub(crate) fn load(files: &[TlsFiles]) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        for NamedPath { variable, .. } in files.iter().filter_map(|files| files.client_ca.as_ref())
        {
            errors.keep(Err::<(), _>(format!(
                "{variable} is set, and there is no TLS: build the worker with the feature `tls` of \
                 heartbeat-runtime"
            )));
        }
        errors.into_result(Some(Self(())))
    }

    pub(crate) fn get(&self, _endpoint: &str) -> Option<Arc<Acceptor>> {
        None
    }

    pub(crate) fn tell(&self, _facts: &Facts, _vitals: &Vitals) -> Vec<String> {
        Vec::new()
    }

    pub(crate) fn trusts_clients(&self, _endpoint: &str) -> bool {
        false
    }

    pub(crate) fn start_watch(self, _source: &ReportSource) -> io::Result<()> {
        Ok(())
    }
}
