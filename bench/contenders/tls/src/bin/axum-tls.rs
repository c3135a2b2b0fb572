//! A worker written by hand with tokio and axum, over TLS. `BENCH_CERTIFICATE` is the folder of its
//! certificate.

use std::path::PathBuf;
use std::sync::Arc;

use axum::{Json, Router, routing::get};
use bench_work::{address, stopped, terminated};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

#[derive(Serialize)]
struct Health {
    version: &'static str,
    status: &'static str,
    state: &'static str,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let terminated = terminated()?;
    let acceptor = acceptor()?;
    let health = async || Json(Health { version: "0.1.0", status: "pass", state: "running" });
    let router = Router::new().route("/health", get(health));
    let listener = TcpListener::bind(address()?).await?;
    // On a thread of the runtime, as connections are.
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router) = (acceptor.clone(), router.clone());
            tokio::spawn(async move {
                if stream.set_nodelay(true).is_err() {
                    return;
                }
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let connection = auto::Builder::new(TokioExecutor::new());
                let service = TowerToHyperService::new(router);
                // Clients that go away are none of its business.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    stopped(terminated).await;
    Ok(())
}

fn acceptor() -> Result<TlsAcceptor, Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::var("BENCH_CERTIFICATE")?);
    let chain = CertificateDer::pem_file_iter(folder.join("tls.crt"))?;
    let chain = chain.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("tls.key"))?;
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
