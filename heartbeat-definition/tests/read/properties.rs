//! What holds for any model and for any damage.

use std::fmt::Write as _;

use heartbeat_definition::{
    Endpoint, EndpointKind, ExecutionContext, InputEndpoint, InstanceInputEndpoint,
    InternalEndpoint, LoadBalancerProbe, LocalStorage, Port, PortRange, Position, ProbeProtocol,
    Protocol, Role, RoleInstanceValue, RoleKind, RoleValue, Runtime, ServiceConfiguration,
    ServiceDefinition, Setting, Source, Startup, Task, TaskType, TopologyChangeDiscovery, Variable,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::service;

// A model at random.

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z_][A-Za-z0-9_&\u{e9}\u{4e16}. -]{0,12}[A-Za-z0-9]"
}

fn text() -> impl Strategy<Value = String> {
    "[ -~\u{e9}\u{1f600}\t\n]{1,20}"
}

fn port() -> impl Strategy<Value = Port> {
    prop_oneof![(1..=u16::MAX).prop_map(Port::Fixed), Just(Port::Any)]
}

fn range() -> impl Strategy<Value = PortRange> {
    (1..=u16::MAX, 1..=u16::MAX).prop_map(|(a, b)| PortRange {
        min: a.min(b),
        max: a.max(b),
        source: Source::default(),
    })
}

prop_compose! {
    fn input()(
        port in option::of(1..=u16::MAX),
        local_port in option::of(port()),
        certificate in option::of(name()),
        ignore_role_instance_status in any::<bool>(),
        load_balancer_probe in option::of(name()),
        idle_timeout_in_minutes in option::of(1..1000_u32),
    ) -> EndpointKind {
        EndpointKind::Input(InputEndpoint {
            port, local_port, certificate, ignore_role_instance_status, load_balancer_probe,
            idle_timeout_in_minutes, ..InputEndpoint::default()
        })
    }
}

fn kind() -> impl Strategy<Value = EndpointKind> {
    let internal = (option::of(port()), vec(range(), 0..3));
    let instance = (option::of(1..=u16::MAX), vec(range(), 0..2));
    prop_oneof![
        input(),
        internal.prop_map(|(port, fixed_ports)| {
            EndpointKind::Internal(InternalEndpoint { port, fixed_ports })
        }),
        instance.prop_map(|(local_port, public_ports)| {
            EndpointKind::InstanceInput(InstanceInputEndpoint {
                local_port,
                public_ports,
                idle_timeout_in_minutes: None,
            })
        }),
    ]
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let protocols = [Protocol::Http, Protocol::Https, Protocol::Tcp, Protocol::Udp, Protocol::Any];
    (name(), select(protocols.to_vec()), kind()).prop_map(|(name, protocol, kind)| Endpoint {
        name,
        protocol,
        position: Position::START,
        kind,
        legacy: false,
        source: Source::default(),
    })
}

fn variable() -> impl Strategy<Value = Variable> {
    let values = prop_oneof![
        Just(RoleValue::Emulated),
        name().prop_map(RoleValue::Setting),
        name().prop_map(RoleValue::EndpointPort),
    ];
    let value = values.prop_map(|value| RoleInstanceValue {
        xpath: value.to_string(),
        value: Some(value),
        source: Source::default(),
    });
    (text(), option::of(text()), option::of(value)).prop_map(
        |(name, value, role_instance_value)| Variable {
            name,
            value,
            role_instance_value,
            source: Source::default(),
        },
    )
}

fn task() -> impl Strategy<Value = Task> {
    let types = [TaskType::Simple, TaskType::Foreground, TaskType::Background];
    (text(), select(types.to_vec()), vec(variable(), 0..3)).prop_map(
        |(command_line, task_type, environment)| Task {
            command_line,
            execution_context: ExecutionContext::Elevated,
            task_type,
            environment,
            source: Source::default(),
        },
    )
}

prop_compose! {
    fn role()(
        kind in select(&[RoleKind::Worker, RoleKind::Web][..]),
        name in name(),
        vm_size in text(),
        enable_native_code_execution in any::<bool>(),
        tasks in vec(task(), 1..3),
        priority in any::<i32>(),
        endpoints in vec(endpoint(), 0..4),
        settings in vec(name(), 0..4),
        storage in vec((name(), 1..100_000_u32, any::<bool>()), 0..3),
        environment in vec(variable(), 1..3),
    ) -> Role {
        let settings = settings.into_iter().map(|name| Setting { name, source: Source::default() });
        let storage = storage.into_iter().map(|(name, size_in_mb, clean_on_role_recycle)| {
            LocalStorage { name, size_in_mb, clean_on_role_recycle, source: Source::default() }
        });
        Role {
            kind, name, position: Position::START, vm_size, enable_native_code_execution,
            imports: vec![],
            startup: Startup { priority, tasks, source: Some(Source::default()) },
            endpoints,
            settings: settings.collect(),
            local_resources: storage.collect(),
            certificates: vec![],
            runtime: Runtime { environment, source: Some(Source::default()), ..Runtime::default() },
            contents: vec![],
            sites: vec![],
            source: Source::default(),
        }
    }
}

prop_compose! {
    fn probe()(
        name in text(),
        protocol in option::of(select(&[ProbeProtocol::Http, ProbeProtocol::Tcp][..])),
        port in option::of(1..=u16::MAX),
        path in option::of(text()),
        interval_in_seconds in 0..1000_u32,
        timeout_in_seconds in 0..1000_u32,
    ) -> LoadBalancerProbe {
        LoadBalancerProbe {
            name, protocol, port, path, interval_in_seconds, timeout_in_seconds,
            source: Source::default(),
        }
    }
}

prop_compose! {
    fn definition()(
        name in name(),
        upgrade_domain_count in 1..100_u32,
        schema_version in option::of(text()),
        load_balancer_probes in vec(probe(), 0..3),
        roles in vec(role(), 0..4),
    ) -> ServiceDefinition {
        ServiceDefinition {
            name, upgrade_domain_count, schema_version,
            topology_change_discovery: TopologyChangeDiscovery::Blast,
            load_balancer_probes, roles, network_traffic_rules: vec![], source: Source::default(),
        }
    }
}

// The model as XML.

/// An attribute, or nothing.
fn attribute(name: &str, value: Option<impl ToString>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    let mut written = format!(" {name}=\"");
    for c in value.to_string().chars() {
        match c {
            '"' | '&' | '<' | '\t' | '\n' => write!(written, "&#{};", c as u32).unwrap(),
            c => written.push(c),
        }
    }
    written + "\""
}

fn written_port(port: Port) -> String {
    match port {
        Port::Fixed(port) => port.to_string(),
        Port::Any => "*".to_owned(),
    }
}

fn element(name: &str, attributes: &[String], children: &str) -> String {
    format!("<{name}{}>{children}</{name}>\n", attributes.concat())
}

fn ranges(ranges: &[PortRange]) -> String {
    let write = |r: &PortRange| {
        element(
            "FixedPortRange",
            &[attribute("min", Some(r.min)), attribute("max", Some(r.max))],
            "",
        )
    };
    ranges.iter().map(write).collect()
}

fn write_endpoint(endpoint: &Endpoint) -> String {
    let mut attributes = vec![
        attribute("name", Some(&endpoint.name)),
        attribute("protocol", Some(endpoint.protocol)),
    ];
    match &endpoint.kind {
        EndpointKind::Input(input) => {
            attributes.extend([
                attribute("port", input.port),
                attribute("localPort", input.local_port.map(written_port)),
                attribute("certificate", input.certificate.as_ref()),
                attribute("ignoreRoleInstanceStatus", Some(input.ignore_role_instance_status)),
                attribute("loadBalancerProbe", input.load_balancer_probe.as_ref()),
                attribute("idleTimeoutInMinutes", input.idle_timeout_in_minutes),
            ]);
            element("InputEndpoint", &attributes, "")
        }
        EndpointKind::Internal(internal) => {
            attributes.push(attribute("port", internal.port.map(written_port)));
            element("InternalEndpoint", &attributes, &ranges(&internal.fixed_ports))
        }
        EndpointKind::InstanceInput(instance) => {
            attributes.push(attribute("localPort", instance.local_port));
            let from = element("AllocatePublicPortFrom", &[], &ranges(&instance.public_ports));
            element("InstanceInputEndpoint", &attributes, &from)
        }
    }
}

fn environment(variables: &[Variable]) -> String {
    let write = |variable: &Variable| {
        let value = variable.role_instance_value.iter();
        let value =
            value.map(|v| element("RoleInstanceValue", &[attribute("xpath", Some(&v.xpath))], ""));
        let attributes =
            [attribute("name", Some(&variable.name)), attribute("value", variable.value.as_ref())];
        element("Variable", &attributes, &value.collect::<String>())
    };
    element("Environment", &[], &variables.iter().map(write).collect::<String>())
}

fn write_role(role: &Role) -> String {
    let tasks = role.startup.tasks.iter().map(|task| {
        let attributes = [
            attribute("commandLine", Some(&task.command_line)),
            attribute("executionContext", Some(task.execution_context)),
            attribute("taskType", Some(task.task_type)),
        ];
        element("Task", &attributes, &environment(&task.environment))
    });
    let settings = role.settings.iter();
    let settings = settings.map(|s| element("Setting", &[attribute("name", Some(&s.name))], ""));
    let storage = role.local_resources.iter().map(|storage| {
        let attributes = [
            attribute("name", Some(&storage.name)),
            attribute("sizeInMB", Some(storage.size_in_mb)),
            attribute("cleanOnRoleRecycle", Some(storage.clean_on_role_recycle)),
        ];
        element("LocalStorage", &attributes, "")
    });
    let children = [
        element(
            "Startup",
            &[attribute("priority", Some(role.startup.priority))],
            &tasks.collect::<String>(),
        ),
        element("Runtime", &[], &environment(&role.runtime.environment)),
        element("ConfigurationSettings", &[], &settings.collect::<String>()),
        element("LocalResources", &[], &storage.collect::<String>()),
        element("Endpoints", &[], &role.endpoints.iter().map(write_endpoint).collect::<String>()),
    ];
    let attributes = [
        attribute("name", Some(&role.name)),
        attribute("vmsize", Some(&role.vm_size)),
        attribute("enableNativeCodeExecution", Some(role.enable_native_code_execution)),
    ];
    element(role.kind.as_str(), &attributes, &children.concat())
}

fn write_definition(definition: &ServiceDefinition) -> String {
    let probes = definition.load_balancer_probes.iter().map(|probe| {
        let attributes = [
            attribute("name", Some(&probe.name)),
            attribute("protocol", probe.protocol),
            attribute("port", probe.port),
            attribute("path", probe.path.as_ref()),
            attribute("intervalInSeconds", Some(probe.interval_in_seconds)),
            attribute("timeoutInSeconds", Some(probe.timeout_in_seconds)),
        ];
        element("LoadBalancerProbe", &attributes, "")
    });
    let probes = element("LoadBalancerProbes", &[], &probes.collect::<String>());
    let namespace = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition";
    let attributes = [
        attribute("xmlns", Some(namespace)),
        attribute("name", Some(&definition.name)),
        attribute("upgradeDomainCount", Some(definition.upgrade_domain_count)),
        attribute("schemaVersion", definition.schema_version.as_ref()),
        attribute("topologyChangeDiscovery", Some(definition.topology_change_discovery)),
    ];
    let roles: String = definition.roles.iter().map(write_role).collect();
    element("ServiceDefinition", &attributes, &(probes + &roles))
}

/// Positions are no part of what a model says.
fn without_positions(mut definition: ServiceDefinition) -> ServiceDefinition {
    for role in &mut definition.roles {
        role.position = Position::START;
        for endpoint in &mut role.endpoints {
            endpoint.position = Position::START;
        }
    }
    definition
}

const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- A bit of everything. -->
<ServiceDefinition name="Shop" upgradeDomainCount="2" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
  <LoadBalancerProbes><LoadBalancerProbe name="P" protocol="http" path="/health" /></LoadBalancerProbes>
  <WorkerRole name="Orders" vmsize="Small">
    <Imports><Import moduleName="Diagnostics" /></Imports>
    <Startup><Task commandLine="a.cmd"><Environment><Variable name="V" value="&lt;é" /></Environment></Task></Startup>
    <Endpoints>
      <InputEndpoint name="Heartbeat" protocol="http" port="80" localPort="*" loadBalancerProbe="P" />
      <InternalEndpoint name="In" protocol="any"><FixedPortRange min="1" max="9" /></InternalEndpoint>
    </Endpoints>
    <Certificates><Certificate name="C" storeLocation="LocalMachine" storeName="My" /></Certificates>
  </WorkerRole>
  <NetworkTrafficRules><OnlyAllowTrafficTo><Destinations><RoleEndpoint roleName="Orders" endpointName="In" /></Destinations><AllowAllTraffic /></OnlyAllowTrafficTo></NetworkTrafficRules>
</ServiceDefinition>
"#;

proptest! {
    #[test]
    fn a_model_reads_back(model in definition()) {
        let text = write_definition(&model);
        let read = ServiceDefinition::read(text.as_bytes()).unwrap().model;
        prop_assert_eq!(without_positions(read), model, "{}", text);
    }

    #[test]
    fn damage_never_panics(
        damage in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (place, byte, how) in damage {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => {
                    bytes.remove(place);
                }
            }
        }
        let lines = bytes.split(|byte| *byte == b'\n').count();
        let _ = ServiceConfiguration::read(&bytes);
        match ServiceDefinition::read(&bytes) {
            Ok(reading) => {
                for finding in &reading.findings {
                    prop_assert!(finding.position.line as usize <= lines, "{}", finding);
                    prop_assert!(!finding.message.contains('\n'), "{}", finding);
                }
            }
            Err(error) => prop_assert!(error.position().line as usize <= lines, "{}", error),
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = ServiceDefinition::read(&bytes);
        let _ = ServiceDefinition::read(service(&String::from_utf8_lossy(&bytes)).as_bytes());
    }
}

#[test]
fn the_sample_that_is_damaged_is_valid() {
    let reading = ServiceDefinition::read(SAMPLE.as_bytes()).unwrap();
    assert_eq!(reading.findings, []);
}

#[test]
fn every_cut_is_an_error_in_its_last_line() {
    for end in (0..SAMPLE.trim_end().len()).filter(|end| SAMPLE.is_char_boundary(*end)) {
        let cut = &SAMPLE[..end];
        let error = ServiceDefinition::read(cut.as_bytes()).unwrap_err();
        assert!(error.position().line as usize <= cut.matches('\n').count() + 1, "{error}");
    }
}
