//! The endpoints that are served over TLS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use httpdate::fmt_http_date;

use super::acceptor::Acceptor;
use super::authority::Authority;
use super::certificate::Certificate;
use crate::config::{ConfigErrors, TlsFiles};
use crate::facts::{Facts, Visibility};
use crate::vitals::{CertificateReport, Vitals};

/// Time before the end of a certificate from which the status is a warning.
const EXPIRING: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// The fact of the ends of all certificates.
const FACT: &str = "certificates";

/// The endpoints that are served over TLS.
#[derive(Clone, Default)]
pub(crate) struct TlsEndpoints {
    acceptors: BTreeMap<String, Arc<Acceptor>>,
    pub(super) certificates: Vec<(Arc<Certificate>, u64)>,
    /// Acceptors with the fingerprints of their authorities.
    pub(super) authorities: Vec<(Arc<Acceptor>, u64)>,
}

impl TlsEndpoints {
    /// Loads the certificates and authorities of all endpoints.
    ///
    /// # Errors
    ///
    /// Files cannot be used; the error tells all of them.
    pub(crate) fn load(files: &[TlsFiles]) -> Result<Self, ConfigErrors> {
        let (mut errors, mut loaded) = (ConfigErrors::default(), Self::default());
        let mut certificates = BTreeMap::new();
        for tls in files {
            // One that cannot be used is an error once, whatever number of endpoints share it.
            let certificate = certificates.entry(tls.name.clone()).or_insert_with(|| {
                errors.keep(Certificate::load(tls)).map(|(it, seen)| (Arc::new(it), seen))
            });
            let Some((certificate, _)) = certificate else { continue };
            let acceptor = Acceptor::new(Arc::clone(certificate), Authority::new(tls));
            let Some((acceptor, seen)) = errors.keep(acceptor) else { continue };
            let acceptor = Arc::new(acceptor);
            loaded.authorities.extend(seen.map(|seen| (Arc::clone(&acceptor), seen)));
            loaded.acceptors.insert(tls.endpoint.clone(), acceptor);
        }
        loaded.certificates = certificates.into_values().flatten().collect();
        errors.into_result(Some(loaded))
    }

    /// Returns the acceptor of an endpoint.
    pub(crate) fn get(&self, endpoint: &str) -> Option<Arc<Acceptor>> {
        self.acceptors.get(endpoint).cloned()
    }

    /// Tells whether an endpoint trusts clients with a certificate.
    pub(crate) fn trusts_clients(&self, endpoint: &str) -> bool {
        self.acceptors.get(endpoint).is_some_and(|acceptor| acceptor.authority.is_some())
    }

    /// Tells the end of each certificate, and returns a warning for each that is near.
    pub(crate) fn tell(&self, facts: &Facts, vitals: &Vitals) -> Vec<String> {
        let certificates: Vec<_> = self.certificates.iter().map(|(it, _)| &**it).collect();
        if certificates.is_empty() {
            return Vec::new();
        }
        let ends: BTreeMap<_, _> =
            certificates.iter().map(|it| (&*it.name, fmt_http_date(it.not_after()))).collect();
        // The fact of a worker with hundreds of certificates is too long; the metric has them all.
        let _ = facts.tell(FACT, &ends, Visibility::Details);
        let now = SystemTime::now();
        let warnings: Vec<_> = certificates.iter().filter_map(|it| warning(it, now)).collect();
        let reports = certificates
            .iter()
            .map(|it| CertificateReport { name: it.name.clone(), not_after: it.not_after() });
        vitals.set_certificates(reports.collect(), !warnings.is_empty());
        warnings
    }
}

/// Returns the warning of a certificate that ends soon, or has ended.
fn warning(certificate: &Certificate, now: SystemTime) -> Option<String> {
    let not_after = certificate.not_after();
    let (name, date) = (&certificate.name, fmt_http_date(not_after));
    let ends = match not_after.duration_since(now) {
        Ok(left) if left > EXPIRING => return None,
        Ok(_) => "ends",
        Err(_) => "ended",
    };
    let variable = &certificate.files.named.variable;
    Some(format!(
        "certificate `{name}` {ends} on {date}: renew the files that {variable} names (status warn)"
    ))
}
