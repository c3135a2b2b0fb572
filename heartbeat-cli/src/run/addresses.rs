//! The addresses of endpoints on this machine.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use heartbeat_definition::{Endpoint, Port, Protocol, Role};

/// Maximum number of instances of a role: each has an address `127.255.x.1` to `127.255.x.254`.
pub(super) const MAX_INSTANCES: u32 = 254;
/// The system has the whole network 127.0.0.0/8.
const HAS_OWN_ADDRESSES: bool = cfg!(target_os = "linux");

/// The networks of roles: `n` means that instance `i` has the address `127.255.n.i+1`.
///
/// It is 0, unless an earlier role declares a port that this role declares too: on the platform each
/// instance had a machine of its own.
pub(super) fn networks<'a>(roles: impl IntoIterator<Item = &'a Role>) -> Vec<u8> {
    let mut taken = Vec::<HashSet<u16>>::new();
    let mut networks = Vec::new();
    for role in roles {
        let ports: HashSet<_> = role.endpoints.iter().filter_map(fixed_port).collect();
        let free = taken.iter().position(|taken| taken.is_disjoint(&ports));
        let network = free.unwrap_or(taken.len());
        match taken.get_mut(network) {
            Some(taken) => taken.extend(ports),
            None => taken.push(ports),
        }
        networks.push(u8::try_from(network).unwrap_or(u8::MAX));
    }
    networks
}

/// Returns the addresses of the endpoints of an instance, in their order. A port that cannot be bound is
/// replaced by a free one, and named in `replaced`.
pub(super) fn assign(
    endpoints: &[Endpoint],
    network: u8,
    instance: u32,
    replaced: &mut Vec<(String, SocketAddr)>,
) -> std::io::Result<Vec<SocketAddr>> {
    let ip = ip(network, instance);
    // Kept until all have one: a port that is free again could be assigned twice.
    let mut held = Vec::new();
    let mut bind = |endpoint: &Endpoint, port| {
        let (address, socket) = bind(endpoint, SocketAddr::from((ip, port)))?;
        held.push(socket);
        Ok(address)
    };
    let assign = |endpoint: &Endpoint| {
        let wanted = fixed_port(endpoint).filter(|_| HAS_OWN_ADDRESSES).unwrap_or(0);
        match bind(endpoint, wanted) {
            Err(error) if wanted != 0 && is_taken(&error) => {
                replaced.push((endpoint.name.clone(), SocketAddr::from((ip, wanted))));
                bind(endpoint, 0)
            }
            bound => bound,
        }
    };
    endpoints.iter().map(assign).collect()
}

/// Returns the address of an instance: its own where the system has enough of them.
fn ip(network: u8, instance: u32) -> IpAddr {
    if HAS_OWN_ADDRESSES {
        let last = u8::try_from(instance + 1).unwrap_or(u8::MAX);
        Ipv4Addr::new(127, 255, network, last).into()
    } else {
        Ipv4Addr::LOCALHOST.into()
    }
}

fn fixed_port(endpoint: &Endpoint) -> Option<u16> {
    match endpoint.local_port()? {
        Port::Fixed(port) => Some(port),
        Port::Any => None,
    }
}

/// Binds an address, and returns it with its port.
fn bind(endpoint: &Endpoint, address: SocketAddr) -> std::io::Result<(SocketAddr, OwnedFd)> {
    if endpoint.protocol == Protocol::Udp {
        let socket = UdpSocket::bind(address)?;
        Ok((socket.local_addr()?, socket.into()))
    } else {
        let listener = TcpListener::bind(address)?;
        Ok((listener.local_addr()?, listener.into()))
    }
}

/// Tells whether another port may be bound instead. Those below 1024 may need a privilege.
fn is_taken(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::AddrInUse | ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::{Role, ServiceDefinition};

    use super::{TcpListener, assign, networks};

    fn roles(ports: &[&str]) -> Vec<Role> {
        let roles = ports.iter().enumerate().map(|(number, ports)| {
            let endpoints = ports.split(' ').map(|port| {
                format!(r#"<InternalEndpoint name="E{port}" protocol="tcp" port="{port}"/>"#)
            });
            let endpoints: String = endpoints.collect();
            format!(
                r#"<WorkerRole name="R{number}"><Endpoints>{endpoints}</Endpoints></WorkerRole>"#
            )
        });
        let roles: String = roles.collect();
        let definition = format!(r#"<ServiceDefinition name="S">{roles}</ServiceDefinition>"#);
        ServiceDefinition::read(definition.as_bytes()).unwrap().roles
    }

    #[test]
    fn roles_with_a_port_in_common_have_networks_of_their_own() {
        let roles = roles(&["3000 *", "3001 *", "3000 3001", "3002", "3000"]);
        assert_eq!(networks(&roles), [0, 0, 1, 0, 2]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_taken_port_is_replaced() {
        let other = TcpListener::bind("127.255.250.3:0").unwrap();
        let taken = other.local_addr().unwrap().port();
        let roles = roles(&[&format!("{taken} *")]);
        let mut replaced = Vec::new();
        let addresses = assign(&roles[0].endpoints, 250, 2, &mut replaced).unwrap();
        assert!(addresses.iter().all(|it| it.ip().to_string() == "127.255.250.3"));
        assert!(addresses.iter().all(|it| it.port() != 0 && it.port() != taken));
        assert_eq!(replaced, [(format!("E{taken}"), other.local_addr().unwrap())]);
        drop(other);
        let addresses = assign(&roles[0].endpoints, 250, 2, &mut replaced).unwrap();
        assert_eq!(addresses[0].port(), taken);
    }
}
