//! The one precedence of endpoint addresses: variables, then sockets that were handed over, then the
//! definition.

use std::net::{IpAddr, Ipv6Addr};

use heartbeat_definition::{Endpoint as Declared, Port, Role, RoleValue, ServiceDefinition};

use super::env_vars::{EnvVars, variable_name};
use crate::endpoint::{Address, AddressSource, Endpoint, SocketActivation};
use crate::error::Error;

/// Returns the variable that overrides the address of an endpoint.
pub(crate) fn address_variable(endpoint: &str) -> String {
    variable_name("HEARTBEAT_ENDPOINT_", endpoint)
}

/// Returns the endpoints of a role, each at the address in `HEARTBEAT_ENDPOINT_<NAME>`, else at the
/// socket that systemd has handed over under its name, else at the address in the variables that the
/// definition itself maps to its address and port, else at the declared port on all interfaces.
pub(crate) fn resolve(
    definition: &ServiceDefinition,
    role: &Role,
    variables: &EnvVars,
    sockets: &SocketActivation,
) -> Result<Vec<Endpoint>, Error> {
    let resolve = |declared: &Declared| {
        let variable = address_variable(&declared.name);
        let address = if let Some(written) = variables.text(&variable)? {
            let address = written.parse();
            let address = address.map_err(|error| format!("{variable} is `{written}`: {error}"))?;
            (address, AddressSource::Variable)
        } else {
            let source = if sockets.has(&declared.name) {
                AddressSource::HandedOver
            } else {
                AddressSource::Definition
            };
            (from_xpath_vars(role, declared, variables)?, source)
        };
        Ok(Endpoint::new(definition, declared, variable, address))
    };
    role.endpoints.iter().map(resolve).collect()
}

fn from_xpath_vars(
    role: &Role,
    declared: &Declared,
    variables: &EnvVars,
) -> Result<Address, Error> {
    let (mut ip, mut port) = (IpAddr::from(Ipv6Addr::UNSPECIFIED), None);
    for variable in &role.runtime.environment {
        let name = &variable.name;
        let value = variable.role_instance_value.as_ref().and_then(|value| value.value.as_ref());
        let (Some(value), Some(written)) = (value, variables.get(name)?) else { continue };
        let refused = |wanted| {
            let xpath = value.to_string();
            format!(
                "{name}, which the service definition maps to {xpath}, is `{written}`: {wanted}"
            )
        };
        match value {
            RoleValue::EndpointAddress(endpoint) if *endpoint == declared.name => {
                ip = written.parse().map_err(|_| refused("write an IP address"))?;
            }
            RoleValue::EndpointPort(endpoint) if *endpoint == declared.name => {
                port = Some(written.parse().map_err(|_| refused("write a port"))?);
            }
            _ => {}
        }
    }
    let declared_port = || match declared.local_port() {
        Some(Port::Fixed(port)) => port,
        // A declared port may be invalid; that of the heartbeat endpoint was checked.
        Some(Port::Any) | None => 0,
    };
    Ok(Address::Tcp((ip, port.unwrap_or_else(declared_port)).into()))
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
}
