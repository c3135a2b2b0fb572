//! The one precedence of endpoint addresses: variables first, then the definition.

use std::net::{IpAddr, Ipv6Addr};

use heartbeat_definition::{Endpoint as Declared, Port, Role, RoleValue};

use super::{Variables, variable_name};
use crate::Error;
use crate::endpoint::{Address, Endpoint};

/// Returns the variable that overrides the address of an endpoint.
pub(crate) fn address_variable(endpoint: &str) -> String {
    variable_name("HEARTBEAT_ENDPOINT_", endpoint)
}

/// Returns the endpoints of a role, each at the address in `HEARTBEAT_ENDPOINT_<NAME>`, else at the
/// one in the variables that the definition itself maps to its address and port, else at the
/// declared port on all interfaces.
pub(crate) fn of(role: &Role, variables: &Variables) -> Result<Vec<Endpoint>, Error> {
    role.endpoints
        .iter()
        .map(|declared| {
            let variable = address_variable(&declared.name);
            let address = match variables.text(&variable)? {
                Some(written) => written
                    .parse()
                    .map_err(|error| format!("{variable} is `{written}`: {error}"))?,
                None => mapped(role, declared, variables)?,
            };
            Ok(Endpoint::new(declared, address))
        })
        .collect()
}

fn mapped(role: &Role, declared: &Declared, variables: &Variables) -> Result<Address, Error> {
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
    Ok(Address::Socket((ip, port.unwrap_or_else(declared_port)).into()))
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{Variables, of};

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

    fn addresses(variables: &Variables) -> Result<Vec<String>, String> {
        let definition = ServiceDefinition::read(DEFINITION.as_bytes()).unwrap();
        let endpoints = of(definition.role("W").unwrap(), variables);
        let endpoints = endpoints.map_err(|error| error.to_string())?;
        Ok(endpoints.iter().map(|endpoint| endpoint.address().to_string()).collect())
    }

    #[test]
    fn the_nearest_source_wins() {
        let own = ("HEARTBEAT_ENDPOINT_HEART_BEAT", "127.0.0.1:5000");
        for (variables, heartbeat) in [
            (Variables::from([]), "[::]:3000"),
            (Variables::from([("PORT", "4000")]), "[::]:4000"),
            (Variables::from([("ADDRESS", "10.0.0.4")]), "10.0.0.4:3000"),
            (Variables::from([("ADDRESS", "::1"), ("PORT", "4000")]), "[::1]:4000"),
            (Variables::from([("ADDRESS", "::1"), own]), "127.0.0.1:5000"),
        ] {
            assert_eq!(addresses(&variables).unwrap(), [heartbeat, "[::]:0"]);
        }
    }

    #[test]
    fn an_invalid_address_names_its_variable() {
        let error = addresses(&Variables::from([("PORT", "http")])).unwrap_err();
        assert_eq!(
            error,
            "PORT, which the service definition maps to /RoleEnvironment/CurrentInstance/Endpoints/\
             Endpoint[@name='Heart.Beat']/@port, is `http`: write a port"
        );
        let error = addresses(&Variables::from([("HEARTBEAT_ENDPOINT_PEERS", "x")])).unwrap_err();
        assert!(error.starts_with("HEARTBEAT_ENDPOINT_PEERS is `x`: write "), "{error}");
    }
}
