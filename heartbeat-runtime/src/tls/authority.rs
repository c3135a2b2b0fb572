//! The authority of an endpoint's clients.

use std::sync::Arc;

use tokio_rustls::rustls;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;

use super::files::{Content, Files, TlsError, TlsErrorKind};
use crate::config::TlsFiles;

/// The authority of an endpoint's clients.
pub(super) struct Authority {
    pub(super) files: Files,
    /// A client without a certificate is refused.
    is_required: bool,
}

impl Authority {
    pub(super) fn new(tls: &TlsFiles) -> Option<Self> {
        let named = tls.client_ca.clone()?;
        let purpose = format!("the authority of the clients of endpoint `{}`", tls.endpoint);
        Some(Self {
            files: Files { purpose, named, in_folder: &["ca.crt"] },
            is_required: tls.requires_client,
        })
    }

    /// Returns a verifier of the certificates that the authority has issued.
    pub(super) fn verifier(
        &self,
        content: &Content,
    ) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
        self.read(content).map_err(|kind| self.files.error(kind))
    }

    fn read(&self, content: &Content) -> Result<Arc<dyn ClientCertVerifier>, TlsErrorKind> {
        const AUTHORITY: &str = "write the certificates of the authority";
        let (file, _) = content.files()?;
        let (first, others) = file.sections::<CertificateDer<'_>>("certificate", AUTHORITY)?;
        let mut roots = RootCertStore::empty();
        for certificate in std::iter::once(first).chain(others) {
            roots.add(certificate).map_err(|error| file.refused(&error, AUTHORITY))?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let builder = if self.is_required { builder } else { builder.allow_unauthenticated() };
        builder
            .build()
            .map_err(|error| file.refused(&rustls::Error::General(error.to_string()), AUTHORITY))
    }
}
