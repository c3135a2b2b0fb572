//! A certificate with its key, which can be exchanged while it is served.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use super::files::{Content, Files, TlsError, TlsErrorKind};
use super::validity;
use crate::config::TlsFiles;

/// A certificate with its key.
pub(super) struct Certificate {
    /// The declared name.
    pub(super) name: String,
    pub(super) files: Files,
    current: RwLock<Current>,
}

struct Current {
    key: Arc<CertifiedKey>,
    not_after: SystemTime,
}

impl Certificate {
    /// Loads a certificate. Returns it with the fingerprint of its files.
    pub(super) fn load(tls: &TlsFiles) -> Result<(Self, u64), TlsError> {
        let (name, named) = (tls.name.clone(), tls.certificate.clone());
        let files = Files {
            purpose: format!("certificate `{name}`"),
            named,
            in_folder: &["tls.crt", "tls.key"],
        };
        let content = files.read();
        let current = read(&content).map_err(|kind| files.error(kind))?;
        Ok((Self { name, files, current: RwLock::new(current) }, content.fingerprint))
    }

    /// Serves another certificate to new connections from here on.
    pub(super) fn replace(&self, content: &Content) -> Result<(), TlsError> {
        let current = read(content).map_err(|kind| self.files.error(kind))?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// Returns the end of its life.
    pub(super) fn not_after(&self) -> SystemTime {
        self.current.read().unwrap_or_else(PoisonError::into_inner).not_after
    }
}

fn read(content: &Content) -> Result<Current, TlsErrorKind> {
    const CERTIFICATE: &str = "write a certificate of X.509 version 3, and then its chain";
    const KEY: &str = "write the key of the certificate, not encrypted";
    let (chain_file, key_file) = content.files()?;
    let (own, mut chain) = chain_file.sections::<CertificateDer<'_>>("certificate", CERTIFICATE)?;
    let (key, _) = key_file.sections::<PrivateKeyDer<'_>>("private key", KEY)?;
    let not_after = validity::not_after(&own);
    let not_after = not_after.map_err(|error| chain_file.refused(&error, CERTIFICATE))?;
    chain.insert(0, own);
    let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider());
    let key = Arc::new(key.map_err(|error| key_file.refused(&error, KEY))?);
    Ok(Current { key, not_after })
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current.key))
    }
}

/// Without its key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("name", &self.name).finish_non_exhaustive()
    }
}
