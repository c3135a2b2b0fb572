//! The end of a certificate's life.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};

/// A time after the end of every certificate, which has four digits for the year.
const END_OF_TIME: Duration = Duration::from_secs(u64::MAX);

/// Returns the end of a certificate's life. rustls tells it only in the error of a certificate that has
/// ended, and looks at it before anything else.
pub(super) fn not_after(certificate: &CertificateDer<'_>) -> Result<SystemTime, Error> {
    let verified = verify_server_cert_signed_by_trust_anchor(
        &ParsedCertificate::try_from(certificate)?,
        &RootCertStore::empty(),
        &[],
        UnixTime::since_unix_epoch(END_OF_TIME),
        aws_lc_rs::default_provider().signature_verification_algorithms.all,
    );
    match verified {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Ok(UNIX_EPOCH + Duration::from_secs(not_after.as_secs()))
        }
        Err(error) => Err(error),
        Ok(()) => Err(CertificateError::BadEncoding.into()),
    }
}
