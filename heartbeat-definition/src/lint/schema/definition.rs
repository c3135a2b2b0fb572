//! The schema of `.csdef`, and of `.csplugin`, whose root is `RoleModule`.

use super::value_type::{INT, NON_EMPTY, PORT, POSITIVE};
use super::{
    Attribute, Element, Particle,
    ValueType::{Any, Bool, DirectoryName, Int, Name, OneOf, PortOrAny, SchemaVersion},
    any, element, in_any_order, lenient, maybe, one, optional, required, some, times,
};

pub(crate) static SERVICE_DEFINITION: Element = element(
    "ServiceDefinition",
    &[
        required("name", Name),
        optional("upgradeDomainCount", POSITIVE),
        optional("schemaVersion", SchemaVersion),
        optional("topologyChangeDiscovery", OneOf(&["UpgradeDomainWalk", "Blast"])),
    ],
    &[
        maybe(&[&LOAD_BALANCER_PROBES]),
        any(&[&WEB_ROLE, &WORKER_ROLE]),
        // Microsoft's documentation repeats the rules.
        lenient(maybe(&[&NETWORK_TRAFFIC_RULES])),
    ],
);

pub(crate) static ROLE_MODULE: Element = in_any_order(element(
    "RoleModule",
    &[required("namespace", Name)],
    &[
        maybe(&[&STARTUP]),
        maybe(&[&MODULE_RUNTIME]),
        maybe(&[&CONFIGURATION_SETTINGS]),
        maybe(&[&ENDPOINTS]),
        maybe(&[&LOCAL_RESOURCES]),
        maybe(&[&CERTIFICATES]),
        maybe(&[&SITES]),
    ],
));

// Roles.

const ROLE: &[Attribute] =
    &[required("name", Name), optional("enableNativeCodeExecution", Bool), optional("vmsize", Any)];

static WORKER_ROLE: Element = in_any_order(element(
    "WorkerRole",
    ROLE,
    &[
        maybe(&[&IMPORTS]),
        maybe(&[&STARTUP]),
        maybe(&[&LOCAL_STORAGE]),
        maybe(&[&LOCAL_RESOURCES]),
        maybe(&[&CONFIGURATION_SETTINGS]),
        maybe(&[&ENDPOINTS]),
        maybe(&[&CERTIFICATES]),
        maybe(&[&WORKER_RUNTIME]),
        maybe(&[&CONTENTS]),
    ],
));

static WEB_ROLE: Element = in_any_order(element(
    "WebRole",
    ROLE,
    &[
        maybe(&[&IMPORTS]),
        maybe(&[&STARTUP]),
        maybe(&[&LOCAL_STORAGE]),
        maybe(&[&LOCAL_RESOURCES]),
        maybe(&[&CONFIGURATION_SETTINGS]),
        maybe(&[&LEGACY_INPUT_ENDPOINTS]),
        maybe(&[&LEGACY_INTERNAL_ENDPOINT]),
        maybe(&[&ENDPOINTS]),
        maybe(&[&CERTIFICATES]),
        // Files from before SDK 1.3 have no sites.
        lenient(one(&[&SITES])),
        maybe(&[&WEB_RUNTIME]),
        maybe(&[&CONTENTS]),
    ],
));

static IMPORTS: Element = element("Imports", &[], &[any(&[&IMPORT])]);
static IMPORT: Element = element("Import", &[optional("moduleName", Name)], &[]);

static CONFIGURATION_SETTINGS: Element = element("ConfigurationSettings", &[], &[any(&[&SETTING])]);
static SETTING: Element = element("Setting", &[required("name", Name)], &[]);

static LOCAL_RESOURCES: Element = element("LocalResources", &[], &[any(&[&LOCAL_STORAGE])]);
static LOCAL_STORAGE: Element = element(
    "LocalStorage",
    &[required("name", Name), optional("sizeInMB", POSITIVE), optional("cleanOnRoleRecycle", Bool)],
    &[],
);

static CERTIFICATES: Element = element("Certificates", &[], &[any(&[&CERTIFICATE])]);
static CERTIFICATE: Element = element(
    "Certificate",
    &[
        required("name", Name),
        required("storeLocation", OneOf(&["CurrentUser", "LocalMachine"])),
        required("storeName", NON_EMPTY),
        optional("permissionLevel", OneOf(&["limitedOrElevated", "elevated"])),
    ],
    &[],
);

static CONTENTS: Element = element("Contents", &[], &[any(&[&CONTENT])]);
static CONTENT: Element =
    element("Content", &[required("destination", NON_EMPTY)], &[one(&[&SOURCE_DIRECTORY])]);
static SOURCE_DIRECTORY: Element = element("SourceDirectory", &[required("path", NON_EMPTY)], &[]);

// Endpoints and probes.

static ENDPOINTS: Element = element(
    "Endpoints",
    &[],
    &[any(&[&INPUT_ENDPOINT, &INTERNAL_ENDPOINT, &INSTANCE_INPUT_ENDPOINT])],
);

const fn input_endpoint(protocols: &'static [&'static str]) -> [Attribute; 10] {
    [
        required("name", Name),
        required("protocol", OneOf(protocols)),
        required("port", PORT),
        optional("certificate", Name),
        optional("localPort", PortOrAny),
        optional("ignoreRoleInstanceStatus", Bool),
        optional("loadBalancerProbe", Name),
        optional("loadBalancer", Name),
        optional("idleTimeoutInMinutes", POSITIVE),
        optional("loadBalancerDistribution", OneOf(&["sourceIP", "sourceIPProtocol", "none"])),
    ]
}

static INPUT_ENDPOINT: Element =
    element("InputEndpoint", &const { input_endpoint(&["http", "https", "tcp", "udp"]) }, &[]);

const fn internal_endpoint(protocols: &'static [&'static str]) -> [Attribute; 3] {
    [required("name", Name), required("protocol", OneOf(protocols)), optional("port", PortOrAny)]
}

static FIXED_PORTS: &[Particle] = &[any(&[&FIXED_PORT, &FIXED_PORT_RANGE])];

static INTERNAL_ENDPOINT: Element = element(
    "InternalEndpoint",
    &const { internal_endpoint(&["http", "tcp", "udp", "any"]) },
    FIXED_PORTS,
);

static INSTANCE_INPUT_ENDPOINT: Element = element(
    "InstanceInputEndpoint",
    &[
        required("name", Name),
        required("localPort", PORT),
        required("protocol", OneOf(&["tcp", "udp"])),
        optional("idleTimeoutInMinutes", POSITIVE),
    ],
    &[one(&[&ALLOCATE_PUBLIC_PORT_FROM])],
);
static ALLOCATE_PUBLIC_PORT_FROM: Element =
    element("AllocatePublicPortFrom", &[], &[one(&[&FIXED_PORT_RANGE])]);

static FIXED_PORT: Element = element("FixedPort", &[required("port", PORT)], &[]);
static FIXED_PORT_RANGE: Element =
    element("FixedPortRange", &[required("min", PORT), required("max", PORT)], &[]);

static LEGACY_INPUT_ENDPOINTS: Element =
    element("InputEndpoints", &[], &[times(1, 2, &[&LEGACY_INPUT_ENDPOINT])]);
static LEGACY_INPUT_ENDPOINT: Element =
    element("InputEndpoint", &const { input_endpoint(&["http", "https"]) }, &[]);
static LEGACY_INTERNAL_ENDPOINT: Element =
    element("InternalEndpoint", &const { internal_endpoint(&["http"]) }, FIXED_PORTS);

static LOAD_BALANCER_PROBES: Element =
    element("LoadBalancerProbes", &[], &[any(&[&LOAD_BALANCER_PROBE])]);
static LOAD_BALANCER_PROBE: Element = element(
    "LoadBalancerProbe",
    &[
        required("name", Any),
        required("protocol", OneOf(&["http", "tcp"])),
        optional("port", PORT),
        optional("path", Any),
        optional("intervalInSeconds", Int(5, i32::MAX)),
        optional("timeoutInSeconds", Int(11, i32::MAX)),
    ],
    &[],
);

// Processes.

const EXECUTION_CONTEXT: Attribute = optional("executionContext", OneOf(&["limited", "elevated"]));

static STARTUP: Element = element("Startup", &[optional("priority", INT)], &[any(&[&TASK])]);
static TASK: Element = element(
    "Task",
    &[
        required("commandLine", NON_EMPTY),
        EXECUTION_CONTEXT,
        optional("taskType", OneOf(&["simple", "foreground", "background"])),
    ],
    &[maybe(&[&ENVIRONMENT])],
);

static ENVIRONMENT: Element = element("Environment", &[], &[any(&[&VARIABLE])]);
static VARIABLE: Element = element(
    "Variable",
    &[required("name", NON_EMPTY), optional("value", Any)],
    &[maybe(&[&ROLE_INSTANCE_VALUE])],
);
static ROLE_INSTANCE_VALUE: Element = element("RoleInstanceValue", &[required("xpath", Any)], &[]);

static WORKER_RUNTIME: Element = element(
    "Runtime",
    &[EXECUTION_CONTEXT],
    &[maybe(&[&ENVIRONMENT]), maybe(&[&WORKER_ENTRY_POINT])],
);
static WEB_RUNTIME: Element =
    element("Runtime", &[EXECUTION_CONTEXT], &[maybe(&[&ENVIRONMENT]), maybe(&[&WEB_ENTRY_POINT])]);
static MODULE_RUNTIME: Element = element("Runtime", &[], &[maybe(&[&ENVIRONMENT])]);

static WORKER_ENTRY_POINT: Element =
    element("EntryPoint", &[], &[one(&[&PROGRAM_ENTRY_POINT, &NET_FX_ENTRY_POINT])]);
static WEB_ENTRY_POINT: Element = element("EntryPoint", &[], &[one(&[&NET_FX_ENTRY_POINT])]);
static PROGRAM_ENTRY_POINT: Element = element(
    "ProgramEntryPoint",
    &[required("commandLine", NON_EMPTY), required("setReadyOnProcessStart", Bool)],
    &[],
);
static NET_FX_ENTRY_POINT: Element = element(
    "NetFxEntryPoint",
    &[required("assemblyName", NON_EMPTY), optional("targetFrameworkVersion", NON_EMPTY)],
    &[],
);

// Sites.

static SITES: Element = element("Sites", &[], &[some(&[&SITE])]);

const DIRECTORY: &[Attribute] =
    &[required("name", DirectoryName), optional("physicalDirectory", Any)];
static DIRECTORIES: [&Element; 2] = [&VIRTUAL_DIRECTORY, &VIRTUAL_APPLICATION];

static SITE: Element = element("Site", DIRECTORY, &[any(&DIRECTORIES), one(&[&BINDINGS])]);
static VIRTUAL_DIRECTORY: Element = element("VirtualDirectory", DIRECTORY, &[any(&DIRECTORIES)]);
static VIRTUAL_APPLICATION: Element =
    element("VirtualApplication", DIRECTORY, &[any(&DIRECTORIES)]);

static BINDINGS: Element = element("Bindings", &[], &[some(&[&BINDING])]);
static BINDING: Element = element(
    "Binding",
    &[required("name", Name), required("endpointName", Name), optional("hostHeader", Any)],
    &[],
);

// Traffic between roles.

static NETWORK_TRAFFIC_RULES: Element =
    element("NetworkTrafficRules", &[], &[any(&[&ONLY_ALLOW_TRAFFIC_TO])]);
static ONLY_ALLOW_TRAFFIC_TO: Element = element(
    "OnlyAllowTrafficTo",
    &[],
    &[
        one(&[&DESTINATIONS]),
        // Microsoft's documentation has both.
        lenient(one(&[&ALLOW_ALL_TRAFFIC, &WHEN_SOURCE])),
    ],
);
static DESTINATIONS: Element = element("Destinations", &[], &[some(&[&ROLE_ENDPOINT])]);
static ROLE_ENDPOINT: Element =
    element("RoleEndpoint", &[required("roleName", Name), required("endpointName", Name)], &[]);
static ALLOW_ALL_TRAFFIC: Element = element("AllowAllTraffic", &[], &[]);
static WHEN_SOURCE: Element =
    element("WhenSource", &[required("matches", OneOf(&["AnyRule"]))], &[any(&[&FROM_ROLE])]);
static FROM_ROLE: Element = element("FromRole", &[required("roleName", Name)], &[]);
