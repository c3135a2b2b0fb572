//! Models without places, to compare them by meaning.

use crate::*;

/// A part of a model that holds places in a file.
pub(super) trait Place {
    /// Resets every source and position.
    fn clear_places(&mut self);
}

impl Place for Source {
    fn clear_places(&mut self) {
        *self = Self::default();
    }
}

impl Place for Position {
    fn clear_places(&mut self) {
        *self = Self::START;
    }
}

impl<T: Place> Place for Vec<T> {
    fn clear_places(&mut self) {
        self.iter_mut().for_each(Place::clear_places);
    }
}

impl<T: Place> Place for Option<T> {
    fn clear_places(&mut self) {
        self.iter_mut().for_each(Place::clear_places);
    }
}

impl Place for EndpointKind {
    fn clear_places(&mut self) {
        match self {
            Self::Input(_) => {}
            Self::Internal(internal) => internal.fixed_ports.clear_places(),
            Self::InstanceInput(instance) => instance.public_ports.clear_places(),
        }
    }
}

impl Place for EntryPoint {
    fn clear_places(&mut self) {
        match self {
            Self::Program { source, .. } | Self::NetFx { source, .. } => source.clear_places(),
        }
    }
}

macro_rules! places {
    ($($name:ident: $($field:ident)+;)+) => {
        $(impl Place for $name {
            fn clear_places(&mut self) {
                $(self.$field.clear_places();)+
            }
        })+
    };
}

places! {
    ServiceDefinition: load_balancer_probes roles network_traffic_rules source;
    LoadBalancerProbe: source;
    TrafficRule: destinations from_roles source;
    RoleEndpoint: source;
    FromRole: source;
    Role: position imports startup endpoints settings local_resources certificates runtime contents
        sites source;
    Import: source;
    Setting: source;
    LocalStorage: source;
    Certificate: source;
    Content: source;
    Startup: tasks source;
    Task: environment source;
    Runtime: environment entry_point source;
    Variable: role_instance_value source;
    RoleInstanceValue: source;
    Endpoint: position kind source;
    PortRange: source;
    Site: directories bindings source;
    VirtualDirectory: directories source;
    Binding: source;
}

places! {
    ServiceConfiguration: roles network source;
    RoleConfiguration: position instances settings certificates source;
    InstanceCount: source;
    SettingValue: source;
    CertificateThumbprint: source;
    NetworkConfiguration: dns_servers instance_addresses access_controls endpoint_acls
        load_balancers network_security_groups source;
    DnsServer: source;
    InstanceAddress: public_ip source;
    PublicIp: source;
    AccessControl: rules source;
    AccessRule: source;
    EndpointAcl: source;
    LoadBalancer: source;
    NetworkSecurityGroup: source;
}
