//! The files of TLS that variables name: certificates with their keys, and authorities of clients.

use std::collections::BTreeSet;
use std::path::PathBuf;

use heartbeat_definition::{Endpoint as Declared, Role};

use super::env_vars::{EnvVars, variable_name};
use crate::endpoint::Endpoint;
use crate::error::Error;

/// The files with which an endpoint is served over TLS.
#[derive(Debug)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "nothing reads the files"))]
pub(crate) struct TlsFiles {
    pub(crate) endpoint: String,
    /// The declared name of the certificate.
    pub(crate) name: String,
    pub(crate) certificate: NamedPath,
    /// The authority whose certificates make clients trusted.
    pub(crate) client_ca: Option<NamedPath>,
    /// A client without a certificate is refused. Health answers everybody.
    pub(crate) requires_client: bool,
}

/// A path, and the variable that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) variable: String,
    pub(crate) path: PathBuf,
}

/// Returns the variable that names the files of a certificate.
pub(super) fn certificate_variable(certificate: &str) -> String {
    variable_name("HEARTBEAT_CERTIFICATE_", certificate)
}

/// Returns the variable that names the authority of an endpoint's clients.
pub(super) fn client_ca_variable(endpoint: &str) -> String {
    variable_name("HEARTBEAT_CLIENT_CA_", endpoint)
}

/// Returns the names of the certificates that a role declares, or that its endpoints name.
pub(super) fn certificate_names(role: &Role) -> BTreeSet<&str> {
    let declared = role.certificates.iter().map(|certificate| &*certificate.name);
    declared.chain(role.endpoints.iter().filter_map(|endpoint| endpoint.certificate())).collect()
}

impl TlsFiles {
    /// Returns the files of an endpoint, or `None` if it is served without TLS. The definition can name no
    /// certificate for an internal endpoint: with an authority of clients, it has that of the heartbeat's
    /// endpoint, else the only one of the role.
    ///
    /// # Errors
    ///
    /// There is an authority of clients, and no certificate.
    pub(crate) fn of_endpoint(
        endpoint: &Endpoint,
        heartbeat: Option<&Declared>,
        role: &Role,
        variables: &EnvVars,
    ) -> Result<Option<Self>, Error> {
        let read =
            |variable: String| variables.path(&variable).map(|path| NamedPath { variable, path });
        let client_ca = read(client_ca_variable(endpoint.name()));
        let names = certificate_names(role);
        let shared = || {
            let only = names.first().copied().filter(|_| names.len() == 1);
            heartbeat.and_then(Declared::certificate).or(only).filter(|_| endpoint.is_internal())
        };
        let name = endpoint.certificate().or_else(|| client_ca.as_ref().and_then(|_| shared()));
        let files = name.and_then(|name| Some((name, read(certificate_variable(name))?)));
        match (files, client_ca) {
            (Some((name, certificate)), client_ca) => Ok(Some(Self {
                endpoint: endpoint.name().to_owned(),
                name: name.to_owned(),
                certificate,
                client_ca,
                requires_client: false,
            })),
            (None, Some(NamedPath { variable, .. })) => {
                let (at, way_out) = (endpoint.name(), way_out(endpoint, name));
                Err(format!("{variable} is set, and endpoint `{at}` has no certificate: {way_out}")
                    .into())
            }
            (None, None) => Ok(None),
        }
    }
}

/// Says how an endpoint gets a certificate.
fn way_out(endpoint: &Endpoint, name: Option<&str>) -> String {
    match name {
        Some(name) => set_certificate(name),
        None if endpoint.is_internal() => {
            "give the heartbeat's endpoint a certificate in the service definition, or the role a \
             single one"
                .to_owned()
        }
        None => "declare it with protocol=\"https\" and certificate=\"…\"".to_owned(),
    }
}

fn set_certificate(name: &str) -> String {
    let variable = certificate_variable(name);
    format!("set {variable} to a folder with tls.crt and tls.key, or to a PEM file with both")
}

/// Returns the warning of an `https` endpoint that is served without TLS.
pub(crate) fn plain_http_warning(endpoint: &Endpoint) -> Option<String> {
    if !endpoint.is_https() {
        return None;
    }
    let way_out = match endpoint.certificate() {
        Some(name) => set_certificate(name),
        None => "name its certificate in the service definition".to_owned(),
    };
    let feature = if cfg!(feature = "tls") {
        ""
    } else {
        "build the worker with the feature `tls` of heartbeat-runtime, and "
    };
    let name = endpoint.name();
    Some(format!(
        "endpoint `{name}` is declared https, but served as plain HTTP: {feature}{way_out}"
    ))
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{EnvVars, TlsFiles, plain_http_warning};
    use crate::config::resolve_endpoints;
    use crate::endpoint::SocketActivation;

    const CERTIFICATE: (&str, &str) = ("HEARTBEAT_CERTIFICATE_MY_TLS", "/certs");
    const CLIENT_CA: (&str, &str) = ("HEARTBEAT_CLIENT_CA_INSIDE", "/ca.pem");

    /// Returns the certificate and the authority of each endpoint, or the error.
    fn files(heartbeat: &str, variables: &EnvVars) -> Vec<String> {
        let definition = format!(
            r#"<ServiceDefinition name="S"><WorkerRole name="W">
              <Endpoints>
                <InputEndpoint name="Heartbeat" port="443" {heartbeat}/>
                <InternalEndpoint name="Inside" protocol="http"/>
              </Endpoints>
              <Certificates>
                <Certificate name="My.Tls" storeLocation="LocalMachine" storeName="My"/>
              </Certificates>
            </WorkerRole></ServiceDefinition>"#
        );
        let definition = ServiceDefinition::read(definition.as_bytes()).unwrap();
        let role = definition.role("W").unwrap();
        let sockets = SocketActivation::default();
        let endpoints = resolve_endpoints(&definition, role, variables, &sockets).unwrap();
        let describe = |endpoint| match TlsFiles::of_endpoint(
            endpoint,
            role.endpoints.first(),
            role,
            variables,
        ) {
            Err(error) => error.to_string(),
            Ok(None) => plain_http_warning(endpoint).unwrap_or_default(),
            Ok(Some(files)) => {
                let ca = files.client_ca.map(|ca| ca.path.display().to_string());
                let certificate = files.certificate.path.display();
                format!("{} {certificate} {}", files.name, ca.unwrap_or_default())
            }
        };
        endpoints.iter().map(describe).collect()
    }

    #[test]
    fn an_https_endpoint_has_its_certificate_and_an_internal_one_shares_it() {
        const HTTPS: &str = r#"protocol="https" certificate="My.Tls""#;
        const HTTP: &str = r#"protocol="http""#;
        for (heartbeat, variables, expected) in [
            (HTTPS, EnvVars::from([CERTIFICATE]), ["My.Tls /certs ", ""]),
            (
                HTTPS,
                EnvVars::from([CERTIFICATE, CLIENT_CA]),
                ["My.Tls /certs ", "My.Tls /certs /ca.pem"],
            ),
            (HTTP, EnvVars::from([CERTIFICATE]), ["", ""]),
            (HTTP, EnvVars::from([CERTIFICATE, CLIENT_CA]), ["", "My.Tls /certs /ca.pem"]),
        ] {
            assert_eq!(files(heartbeat, &variables), expected);
        }
    }

    #[test]
    fn an_authority_without_a_certificate_is_an_error_with_a_way_out() {
        let [heartbeat, inside]: [String; 2] = files(
            r#"protocol="http""#,
            &EnvVars::from([CLIENT_CA, ("HEARTBEAT_CLIENT_CA_HEARTBEAT", "/ca.pem")]),
        )
        .try_into()
        .unwrap();
        assert_eq!(
            heartbeat,
            "HEARTBEAT_CLIENT_CA_HEARTBEAT is set, and endpoint `Heartbeat` has no certificate: declare \
             it with protocol=\"https\" and certificate=\"…\""
        );
        assert_eq!(
            inside,
            "HEARTBEAT_CLIENT_CA_INSIDE is set, and endpoint `Inside` has no certificate: set \
             HEARTBEAT_CERTIFICATE_MY_TLS to a folder with tls.crt and tls.key, or to a PEM file with both"
        );
    }

    #[test]
    fn an_https_endpoint_without_tls_is_a_warning() {
        let warning = &files(r#"protocol="https" certificate="My.Tls""#, &EnvVars::from([]))[0];
        assert!(
            warning
                .starts_with("endpoint `Heartbeat` is declared https, but served as plain HTTP: "),
            "{warning}"
        );
        assert!(warning.contains("set HEARTBEAT_CERTIFICATE_MY_TLS to a folder"), "{warning}");
        let nameless = &files(r#"protocol="https""#, &EnvVars::from([]))[0];
        assert!(nameless.ends_with("name its certificate in the service definition"), "{nameless}");
    }
}
