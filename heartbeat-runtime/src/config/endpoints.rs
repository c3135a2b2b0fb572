//! The one precedence of endpoint addresses: variables, then sockets that were handed over, then the
//! definition.

use std::net::{IpAddr, Ipv6Addr};

use heartbeat_definition::{Endpoint as Declared, Port, Role, RoleValue, ServiceDefinition};

use super::env_vars::{EnvVars, variable_name};
use super::errors::ConfigErrors;
use crate::endpoint::{Address, AddressSource, Endpoint, SocketActivation};
use crate::error::Error;

/// Returns the variable that overrides the address of an endpoint.
pub(crate) fn address_variable(endpoint: &str) -> String {
    variable_name("HEARTBEAT_ENDPOINT_", endpoint)
}

/// Returns the endpoints of a role, each at the address in `HEARTBEAT_ENDPOINT_<NAME>`, else at the
/// socket that systemd has handed over under its name, else at the address in the variables that the
/// definition itself maps to its address and port, else at the declared port on all interfaces.
///
/// # Errors
///
/// Variables are not addresses; the error tells all of them.
pub(crate) fn resolve(
    definition: &ServiceDefinition,
    role: &Role,
    variables: &EnvVars,
    sockets: &SocketActivation,
) -> Result<Vec<Endpoint>, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let mut endpoints = Vec::new();
    for declared in &role.endpoints {
        let address = errors.keep(address(role, declared, variables, sockets));
        let variable = address_variable(&declared.name);
        endpoints
            .extend(address.map(|address| Endpoint::new(definition, declared, variable, address)));
    }
    errors.into_result(Some(endpoints))
}

/// Returns the address of an endpoint, and its source.
pub(super) fn address(
    role: &Role,
    declared: &Declared,
    variables: &EnvVars,
    sockets: &SocketActivation,
) -> Result<(Address, AddressSource), ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let variable = errors.keep(from_variable(declared, variables));
    let variable = errors.into_result(variable)?;
    if let Some(address) = variable {
        return Ok((address, AddressSource::Variable));
    }
    let is_handed_over = sockets.has(&declared.name);
    let source = if is_handed_over { AddressSource::HandedOver } else { AddressSource::Definition };
    Ok((from_xpath_vars(role, declared, variables)?, source))
}

/// Returns the variables that the definition maps to the address or the port of an endpoint.
pub(super) fn mapped_variables<'a>(
    role: &'a Role,
    endpoint: &'a str,
) -> impl Iterator<Item = (&'a str, &'a RoleValue)> {
    role.runtime.environment.iter().filter_map(move |variable| {
        let value = variable.role_instance_value.as_ref()?.value.as_ref()?;
        let (RoleValue::EndpointAddress(mapped) | RoleValue::EndpointPort(mapped)) = value else {
            return None;
        };
        (mapped == endpoint).then_some((variable.name.as_str(), value))
    })
}

fn from_variable(declared: &Declared, variables: &EnvVars) -> Result<Option<Address>, Error> {
    let variable = address_variable(&declared.name);
    let Some(written) = variables.text(&variable)? else { return Ok(None) };
    let address = written.parse().map_err(|error| format!("{variable} is `{written}`: {error}"))?;
    Ok(Some(address))
}

fn from_xpath_vars(
    role: &Role,
    declared: &Declared,
    variables: &EnvVars,
) -> Result<Address, ConfigErrors> {
    let mut errors = ConfigErrors::default();
    let (mut ip, mut port) = (IpAddr::from(Ipv6Addr::UNSPECIFIED), None);
    for (name, value) in mapped_variables(role, &declared.name) {
        let Some(written) = errors.keep(variables.get(name)).flatten() else { continue };
        let refused = |wanted| {
            format!(
                "{name}, which the service definition maps to {value}, is `{written}`: {wanted}"
            )
        };
        if let RoleValue::EndpointAddress(_) = value {
            let parsed = written.parse().map_err(|_| refused("write an IP address"));
            ip = errors.keep(parsed).unwrap_or(ip);
        } else {
            port = errors.keep(written.parse().map_err(|_| refused("write a port")));
        }
    }
    let declared_port = || match declared.local_port() {
        Some(Port::Fixed(port)) => port,
        // A declared port may be invalid; that of the heartbeat endpoint was checked.
        Some(Port::Any) | None => 0,
    };
    errors.into_result(Some(Address::Tcp((ip, port.unwrap_or_else(declared_port)).into())))
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{EnvVars, SocketActivation, resolve};

    const DEFINITION: &str = r#"
        <ServiceDefinition name="S"><WorkerRole name="W">
          <Endpoints>
            <InputEndpoint name="Heart.Beat" protocol="http" port="80" localPort="3000"/>
            <InternalEndpoint name="Peers" protocol="tcp"/>
          </Endpoints>
          <Runtime><Environment>
            <Variable name="PORT"><RoleInstanceValue
              xpath="/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='Heart.Beat']/@port"/>
            </Variable>
            <Variable name="ADDRESS"><RoleInstanceValue
              xpath="/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='Heart.Beat']/@address"/>
            </Variable>
          </Environment></Runtime>
        </WorkerRole></ServiceDefinition>"#;

    fn addresses(variables: &EnvVars) -> Result<Vec<String>, String> {
        let definition = ServiceDefinition::read(DEFINITION.as_bytes()).unwrap();
        let role = definition.role("W").unwrap();
        let endpoints = resolve(&definition, role, variables, &SocketActivation::default());
        let endpoints = endpoints.map_err(|error| error.to_string())?;
        Ok(endpoints.iter().map(|endpoint| endpoint.address().to_string()).collect())
    }

    #[test]
    fn the_nearest_source_wins() {
        let own = ("HEARTBEAT_ENDPOINT_HEART_BEAT", "127.0.0.1:5000");
        for (variables, heartbeat) in [
            (EnvVars::from([]), "[::]:3000"),
            (EnvVars::from([("PORT", "4000")]), "[::]:4000"),
            (EnvVars::from([("ADDRESS", "10.0.0.4")]), "10.0.0.4:3000"),
            (EnvVars::from([("ADDRESS", "::1"), ("PORT", "4000")]), "[::1]:4000"),
            (EnvVars::from([("ADDRESS", "::1"), own]), "127.0.0.1:5000"),
        ] {
            assert_eq!(addresses(&variables).unwrap(), [heartbeat, "[::]:0"]);
        }
    }

    #[test]
    fn an_invalid_address_names_its_variable() {
        let error = addresses(&EnvVars::from([("PORT", "http")])).unwrap_err();
        assert_eq!(
            error,
            "PORT, which the service definition maps to /RoleEnvironment/CurrentInstance/Endpoints/\
             Endpoint[@name='Heart.Beat']/@port, is `http`: write a port"
        );
        let error = addresses(&EnvVars::from([("HEARTBEAT_ENDPOINT_PEERS", "x")])).unwrap_err();
        assert!(error.starts_with("HEARTBEAT_ENDPOINT_PEERS is `x`: write "), "{error}");
    }
    #[test]
    fn all_invalid_addresses_are_told() {
        let error = addresses(&EnvVars::from([
            ("PORT", "http"),
            ("ADDRESS", "localhost"),
            ("HEARTBEAT_ENDPOINT_PEERS", "x"),
        ]));
        let error = error.unwrap_err();
        let wrong = ["is `http`", "is `localhost`", "HEARTBEAT_ENDPOINT_PEERS is `x`"];
        assert!(wrong.iter().all(|wrong| error.contains(wrong)), "{error}");
    }
}
