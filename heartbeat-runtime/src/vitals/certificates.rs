//! The certificates that an instance serves.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The registry of certificates.
#[derive(Default)]
pub(crate) struct CertificateRegistry {
    reports: Mutex<Vec<CertificateReport>>,
    is_any_expiring: AtomicBool,
}

/// A certificate.
#[derive(Clone, Debug)]
pub(crate) struct CertificateReport {
    /// Its name in the service definition.
    pub(crate) name: String,
    /// The end of its life.
    pub(crate) not_after: SystemTime,
}

impl CertificateRegistry {
    /// Replaces all certificates. Returns false if the warning stays as it is.
    #[cfg(feature = "tls")]
    pub(super) fn set(&self, reports: Vec<CertificateReport>, is_any_expiring: bool) -> bool {
        *self.reports.lock().unwrap_or_else(PoisonError::into_inner) = reports;
        self.is_any_expiring.swap(is_any_expiring, Ordering::Relaxed) != is_any_expiring
    }

    pub(super) fn is_any_expiring(&self) -> bool {
        self.is_any_expiring.load(Ordering::Relaxed)
    }

    pub(super) fn reports(&self) -> Vec<CertificateReport> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
