//! The handshake of an endpoint.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{Acceptor as HelloReader, NoClientAuth};
pub(crate) use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use super::authority::Authority;
use super::certificate::Certificate;
use super::files::{Content, TlsError, TlsErrorKind};
use super::validity;

/// The acceptor of an endpoint.
pub(crate) struct Acceptor {
    certificate: Arc<Certificate>,
    pub(super) authority: Option<Authority>,
    config: RwLock<Arc<ServerConfig>>,
}

/// A handshake whose first message has arrived: what comes next costs time.
pub(crate) struct Handshake<S> {
    start: StartHandshake<S>,
    config: Arc<ServerConfig>,
}

impl Acceptor {
    /// Returns an acceptor, with the fingerprint of the authority's file.
    pub(super) fn new(
        certificate: Arc<Certificate>,
        authority: Option<Authority>,
    ) -> Result<(Self, Option<u64>), TlsError> {
        let content = authority.as_ref().map(|authority| authority.files.read());
        let verifier = authority.as_ref().zip(content.as_ref());
        let verifier = verifier.map(|(authority, content)| authority.verifier(content));
        let config = config(&certificate, verifier.transpose()?);
        let config = RwLock::new(config.map_err(|kind| certificate.files.error(kind))?);
        Ok((Self { certificate, authority, config }, content.map(|content| content.fingerprint)))
    }

    /// Trusts another authority from here on. Sessions that an earlier one has begun are not resumed.
    pub(super) fn replace(&self, content: &Content) -> Result<(), TlsError> {
        let Some(authority) = &self.authority else { return Ok(()) };
        let config = config(&self.certificate, Some(authority.verifier(content)?));
        let config = config.map_err(|kind| authority.files.error(kind))?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Waits for the first message of a client. Returns the connection if it is none, after an alert.
    pub(crate) async fn begin<S>(&self, io: S) -> Result<Handshake<S>, Option<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut hello = LazyConfigAcceptor::new(HelloReader::default(), io);
        let Ok(start) = (&mut hello).await else { return Err(hello.take_io()) };
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner);
        Ok(Handshake { start, config: Arc::clone(&config) })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Handshake<S> {
    /// Completes the handshake. Returns the connection if it fails, after an alert, and if it resumes a
    /// session whose certificate has ended since, which rustls does not look at.
    pub(crate) async fn complete(self) -> Result<TlsStream<S>, Option<S>> {
        let stream = self.start.into_stream(self.config).into_fallible().await;
        let stream = stream.map_err(|(_, io)| Some(io))?;
        if has_ended(&stream) { Err(Some(stream.into_inner().0)) } else { Ok(stream) }
    }
}

/// Tells whether the client has shown a certificate of the authority.
pub(crate) fn is_certified<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.peer_certificates().is_some()
}

/// Tells whether the life of the client's certificate is over, if it has shown one.
fn has_ended<S>(stream: &TlsStream<S>) -> bool {
    let own = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    own.is_some_and(|own| validity::not_after(own).is_ok_and(|end| end < SystemTime::now()))
}

/// Configures TLS 1.2 and 1.3 with the ciphers and the sessions of rustls.
fn config(
    certificate: &Arc<Certificate>,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<Arc<ServerConfig>, TlsErrorKind> {
    let verifier = verifier.unwrap_or_else(|| Arc::new(NoClientAuth));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| TlsErrorKind::Unsupported(error.to_string()))?;
    let builder = builder.with_client_cert_verifier(verifier);
    let mut config = builder.with_cert_resolver(Arc::clone(certificate) as _);
    config.alpn_protocols = ["h2", "http/1.1", "http/1.0"].map(Into::into).into();
    Ok(Arc::new(config))
}
