//! The schema of `.cscfg`.

use super::value_type::{INT, POSITIVE};
use super::{
    Element,
    ValueType::{
        Any, Bool, Int, Ipv4, Length, Name, OneOf, SchemaVersion, Thumbprint, ThumbprintAlgorithm,
        VmName,
    },
    any, element, in_any_order, maybe, one, optional, required, some, times,
};

pub(crate) static SERVICE_CONFIGURATION: Element = element(
    "ServiceConfiguration",
    &[
        required("serviceName", Any),
        optional("osFamily", Any),
        optional("osVersion", Any),
        optional("schemaVersion", SchemaVersion),
    ],
    &[any(&[&ROLE]), maybe(&[&NETWORK_CONFIGURATION]), maybe(&[&GUEST_AGENT_SETTINGS])],
);

/// Attributes and elements that only later documentation has, each after its parent.
pub(super) const LATER: &[(&str, &str)] =
    &[("PublicIP", "domainNameLabel"), ("AddressAssignments", "VirtualIPs")];

static ROLE: Element = in_any_order(element(
    "Role",
    &[required("name", Any), optional("vmName", VmName)],
    &[
        maybe(&[&OS_IMAGE]),
        maybe(&[&CONFIGURATION_SETTINGS]),
        one(&[&INSTANCES]),
        maybe(&[&CERTIFICATES]),
    ],
));

static OS_IMAGE: Element = element("OsImage", &[required("href", Any)], &[]);
static INSTANCES: Element = element("Instances", &[required("count", INT)], &[]);

static CONFIGURATION_SETTINGS: Element = element("ConfigurationSettings", &[], &[any(&[&SETTING])]);
static SETTING: Element = element("Setting", &[required("name", Any), required("value", Any)], &[]);

static CERTIFICATES: Element = element("Certificates", &[], &[any(&[&CERTIFICATE])]);
static CERTIFICATE: Element = element(
    "Certificate",
    &[
        required("name", Any),
        required("thumbprint", Thumbprint),
        required("thumbprintAlgorithm", ThumbprintAlgorithm),
    ],
    &[],
);

static GUEST_AGENT_SETTINGS: Element = element(
    "GuestAgentSettings",
    &[optional("cleanupFirewallOnRoleRestart", Bool), optional("allowRoleProcessLocalDumps", Bool)],
    &[],
);

// The network.

static NETWORK_CONFIGURATION: Element = element(
    "NetworkConfiguration",
    &[],
    &[
        maybe(&[&DNS]),
        maybe(&[&VIRTUAL_NETWORK_SITE]),
        maybe(&[&ADDRESS_ASSIGNMENTS]),
        maybe(&[&ACCESS_CONTROLS]),
        maybe(&[&ENDPOINT_ACLS]),
        maybe(&[&LOAD_BALANCERS]),
        maybe(&[&NETWORK_SECURITY_GROUP_REFS]),
    ],
);

static DNS: Element = element("Dns", &[], &[maybe(&[&DNS_SERVERS])]);
static DNS_SERVERS: Element = element("DnsServers", &[], &[some(&[&DNS_SERVER])]);
static DNS_SERVER: Element =
    element("DnsServer", &[required("name", Any), required("IPAddress", Ipv4)], &[]);

static VIRTUAL_NETWORK_SITE: Element = element("VirtualNetworkSite", &[required("name", Any)], &[]);

static ADDRESS_ASSIGNMENTS: Element =
    element("AddressAssignments", &[], &[any(&[&INSTANCE_ADDRESS]), maybe(&[&RESERVED_IPS])]);
static INSTANCE_ADDRESS: Element = element(
    "InstanceAddress",
    &[required("roleName", Any)],
    &[maybe(&[&SUBNETS]), maybe(&[&PUBLIC_IPS])],
);
static SUBNETS: Element = element("Subnets", &[], &[any(&[&SUBNET])]);
static SUBNET: Element = element("Subnet", &[required("name", Any)], &[]);
static PUBLIC_IPS: Element = element("PublicIPs", &[], &[maybe(&[&PUBLIC_IP])]);
static PUBLIC_IP: Element =
    element("PublicIP", &[required("name", Any), optional("idleTimeoutInMinutes", POSITIVE)], &[]);
static RESERVED_IPS: Element = element("ReservedIPs", &[], &[one(&[&RESERVED_IP])]);
static RESERVED_IP: Element = element("ReservedIP", &[required("name", Name)], &[]);

static ACCESS_CONTROLS: Element = element("AccessControls", &[], &[any(&[&ACCESS_CONTROL])]);
static ACCESS_CONTROL: Element =
    element("AccessControl", &[required("name", Name)], &[times(1, 50, &[&RULE])]);
static RULE: Element = element(
    "Rule",
    &[
        required("order", Int(0, 65535)),
        required("action", OneOf(&["permit", "deny"])),
        required("remoteSubnet", Any),
        optional("description", Length(0, 256)),
    ],
    &[],
);

static ENDPOINT_ACLS: Element = element("EndpointAcls", &[], &[any(&[&ENDPOINT_ACL])]);
static ENDPOINT_ACL: Element = element(
    "EndpointAcl",
    &[required("role", Name), required("endPoint", Name), required("accessControl", Name)],
    &[],
);

static LOAD_BALANCERS: Element = element("LoadBalancers", &[], &[some(&[&LOAD_BALANCER])]);
static LOAD_BALANCER: Element =
    element("LoadBalancer", &[required("name", Name)], &[one(&[&FRONTEND_IP_CONFIGURATION])]);
static FRONTEND_IP_CONFIGURATION: Element = element(
    "FrontendIPConfiguration",
    &[
        required("type", OneOf(&["private"])),
        optional("subnet", Name),
        optional("staticVirtualNetworkIPAddress", Ipv4),
    ],
    &[],
);

static NETWORK_SECURITY_GROUP_REFS: Element =
    element("NetworkSecurityGroupRefs", &[], &[any(&[&NETWORK_SECURITY_GROUP_REF])]);
static NETWORK_SECURITY_GROUP_REF: Element = element(
    "NetworkSecurityGroupRef",
    &[required("roleName", Any)],
    &[one(&[&NETWORK_SECURITY_GROUP])],
);
static NETWORK_SECURITY_GROUP: Element =
    element("NetworkSecurityGroup", &[required("name", Any)], &[]);
