//! Real files: their content and their validity.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use heartbeat_definition::{
    Authority, Diagnostic, EndpointKind, NetworkConfiguration, Port, PortRange, ReadError, Role,
    ServiceConfiguration, ServiceDefinition, Source, Variable,
};
use serde_json::{Map, Value, json};

/// Files that are valid by the XML schema but not here, with the reason.
const STRICTER_THAN_THE_SCHEMA: &[(&str, &str)] = &[
    (
        "000-MicrosoftDocs-azure-docs/comm-scenario2-rules-only.csdef",
        "a fragment: its traffic rules name roles that it does not declare",
    ),
    ("044-dontpaniclabs-ServiceHelpers/4e0f98f-ServiceDefinition.csdef", TWO_STORES),
    ("044-dontpaniclabs-ServiceHelpers/505d404-ServiceDefinition.csdef", TWO_STORES),
    ("044-dontpaniclabs-ServiceHelpers/575fe53-ServiceDefinition.csdef", TWO_STORES),
    ("044-dontpaniclabs-ServiceHelpers/ad250e8-ServiceDefinition.csdef", TWO_STORES),
];

const TWO_STORES: &str = "one certificate name for two stores; the schema has no unique names";

/// The folder of the corpus, which is beside the project and not part of it. If it is absent, the
/// test is skipped, or fails with `CI=true`. The message bypasses the test harness, which hides the
/// output of a passing test.
fn corpus() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if !folder.is_dir() {
        let absent = format!("no corpus at {}", folder.display());
        assert!(!is_continuous_integration(), "{absent}");
        writeln!(io::stderr(), "skipped, not passed: {absent}").unwrap();
        return None;
    }
    Some(folder)
}

#[expect(clippy::disallowed_methods, reason = "no worker is under test here")]
fn is_continuous_integration() -> bool {
    std::env::var_os("CI").is_some_and(|ci| ci == "true")
}

#[test]
fn reads_every_file_as_expected() {
    let Some(folder) = corpus() else { return };
    let expected = fs::read_to_string(folder.join("expected.jsonl")).unwrap();
    let expected = expected.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut files = 0;
    for expected in expected {
        let file = expected["file"].as_str().unwrap();
        let bytes = fs::read(folder.join(file)).unwrap();
        let actual = if is_definition(file) {
            ServiceDefinition::read(&bytes).map(|model| definition(&model))
        } else {
            ServiceConfiguration::read(&bytes).map(|model| configuration(&model))
        };
        match actual {
            Err(error) => assert!(expected.get("error").is_some(), "{file}:{error}"),
            Ok(mut actual) => {
                actual["file"] = json!(file);
                assert_eq!(actual, expected, "{file}");
            }
        }
        files += 1;
    }
    assert_eq!(files, 126);
}

#[test]
fn agrees_with_every_verdict_of_the_schema() {
    let Some(folder) = corpus() else { return };
    let index = fs::read_to_string(folder.join("index.tsv")).unwrap();
    let mut files = 0;
    let mut wrong = Vec::new();
    for line in index.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let (file, verdict) = (columns[0], columns[7]);
        let bytes = fs::read(folder.join(file)).unwrap();
        let diagnostics = if is_definition(file) {
            ServiceDefinition::lint(&bytes).map(|parsed| violations(parsed.violations()))
        } else {
            ServiceConfiguration::lint(&bytes).map(|parsed| violations(parsed.violations()))
        };
        files += 1;
        let listed = STRICTER_THAN_THE_SCHEMA.iter().any(|(listed, _)| *listed == file);
        if let Err(why) = check_verdict(diagnostics, verdict, listed) {
            wrong.push(format!("{file}: {verdict}: {why}"));
        }
    }
    assert_eq!(files, 126);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Checks that the violations agree with the verdict of the schema. Only a listed file may have
/// others.
fn check_verdict(
    diagnostics: Result<Vec<Diagnostic>, ReadError>,
    verdict: &str,
    is_listed: bool,
) -> Result<(), String> {
    let is_malformed = verdict.starts_with("ILLFORMED");
    let diagnostics = match diagnostics {
        Err(_) if is_malformed => return Ok(()),
        Err(error) => return Err(format!("unreadable: {error}")),
        Ok(diagnostics) if is_malformed => return Err(format!("read: {diagnostics:#?}")),
        Ok(diagnostics) => diagnostics,
    };
    let by_schema = diagnostics.iter().any(|d| d.code.authority() == Authority::Schema);
    let is_stricter = !by_schema && !diagnostics.is_empty();
    let agrees = by_schema == verdict.starts_with("INVALID")
        && names_the_fault(&diagnostics, verdict)
        && is_stricter == is_listed;
    if agrees { Ok(()) } else { Err(format!("{diagnostics:#?}")) }
}

#[test]
fn a_disagreement_is_an_error() {
    let read = |text: &str| {
        ServiceDefinition::lint(text.as_bytes()).map(|parsed| violations(parsed.violations()))
    };
    let valid = crate::support::worker("");
    let invalid = valid.replace(" name=\"Orders\"", "");
    let no_name = "INVALID:Element 'WorkerRole', attribute 'name': missing";
    let stricter = crate::support::service("");
    assert_eq!(check_verdict(read(&valid), "valid", false), Ok(()));
    assert_eq!(check_verdict(read(&invalid), "INVALID:Element 'WorkerRole': none", false), Ok(()));
    assert_eq!(check_verdict(read(&stricter), "valid", true), Ok(()));
    assert_eq!(check_verdict(read("<a"), "ILLFORMED:why", false), Ok(()));
    for (text, verdict) in [
        (&*valid, "ILLFORMED:why"),
        (&*invalid, "ILLFORMED:why"),
        ("<a", "valid"),
        ("<a", no_name),
        (&*valid, no_name),
        (&*invalid, "valid"),
        (&*invalid, "INVALID:Element 'WebRole': none"),
        (&*stricter, "valid"),
    ] {
        assert!(check_verdict(read(text), verdict, false).is_err(), "{verdict}: {text}");
    }
}

/// Returns whether a diagnostic names the element and the attribute at the start of the schema's
/// verdict: `INVALID:Element 'X', attribute 'y': …`.
fn names_the_fault(diagnostics: &[Diagnostic], verdict: &str) -> bool {
    let Some(fault) = verdict.strip_prefix("INVALID:") else {
        return true;
    };
    let (place, _) = fault.split_once(": ").unwrap();
    let names: Vec<_> =
        place.split('\'').skip(1).step_by(2).map(|name| format!("`{name}`")).collect();
    diagnostics.iter().any(|diagnostic| names.iter().all(|name| diagnostic.message.contains(name)))
}

fn is_definition(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "csdef")
}

fn violations<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.cloned().collect()
}

const DEFINITION: &str = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition";
const CONFIGURATION: &str =
    "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration";

fn attributes(source: &Source) -> Map<String, Value> {
    let attributes = source.attributes.iter();
    attributes.map(|a| (a.name.clone(), json!(a.value))).collect()
}

fn describe<'a>(sources: impl Iterator<Item = &'a Source>) -> Vec<Value> {
    sources.map(|source| Value::Object(attributes(source))).collect()
}

fn definition(model: &ServiceDefinition) -> Value {
    let probes = model.load_balancer_probes.iter();
    json!({
        "root": "ServiceDefinition",
        "ns": DEFINITION,
        "attrs": attributes(&model.source),
        "probes": describe(probes.map(|probe| &probe.source)),
        "roles": model.roles.iter().map(role).collect::<Vec<_>>(),
        "networkTrafficRules": model.network_traffic_rules.len(),
    })
}

fn role(role: &Role) -> Value {
    let mut value = attributes(&role.source);
    assert_eq!(value.get("name").map_or("", |name| name.as_str().unwrap()), role.name);
    value.insert("kind".into(), json!(role.kind.as_str()));
    let imports: Vec<_> = role.imports.iter().map(|i| &i.module_name).collect();
    value.insert("imports".into(), json!(imports));
    let settings: Vec<_> = role.settings.iter().map(|s| &s.name).collect();
    value.insert("settings".into(), json!(settings));
    let storage = describe(role.local_resources.iter().map(|s| &s.source));
    value.insert("localStorage".into(), json!(storage));
    let certificates = describe(role.certificates.iter().map(|c| &c.source));
    value.insert("certificates".into(), json!(certificates));
    let endpoints: Vec<_> = role.endpoints.iter().map(endpoint).collect();
    value.insert("endpoints".into(), json!(endpoints));
    let tasks = role.startup.tasks.iter().map(|task| {
        let mut value = attributes(&task.source);
        value.insert("environment".into(), variables(&task.environment));
        Value::Object(value)
    });
    value.insert("tasks".into(), tasks.collect());
    if let Some(source) = &role.runtime.source {
        let mut runtime = attributes(source);
        runtime.insert("environment".into(), variables(&role.runtime.environment));
        let entry_points = role.runtime.entry_point.iter().map(|entry_point| {
            let mut value = attributes(entry_point.source());
            value.insert("kind".into(), json!(entry_point.source().element));
            Value::Object(value)
        });
        if role.runtime.entry_point.is_some() {
            runtime.insert("entryPoint".into(), entry_points.collect());
        }
        value.insert("runtime".into(), Value::Object(runtime));
    }
    Value::Object(value)
}

fn variables(variables: &[Variable]) -> Value {
    let described = variables.iter().map(|variable| {
        let mut value = attributes(&variable.source);
        if let Some(found) = &variable.role_instance_value {
            assert!(found.value.is_some(), "{} is one of the thirteen", found.xpath);
            value.insert("xpath".into(), json!(found.xpath));
        }
        Value::Object(value)
    });
    described.collect()
}

fn endpoint(endpoint: &heartbeat_definition::Endpoint) -> Value {
    let mut value = attributes(&endpoint.source);
    let written = |name: &str| value.get(name).and_then(Value::as_str);
    assert_eq!(written("name").unwrap_or_default(), endpoint.name);
    assert_eq!(written("protocol"), Some(endpoint.protocol.as_str()));
    let number = |name: &str| written(name).and_then(|text| text.parse::<u16>().ok());
    let port = |name: &str| match written(name) {
        Some("*") => Some(Port::Any),
        _ => number(name).map(Port::Fixed),
    };
    let mut ranges = Map::new();
    match &endpoint.kind {
        EndpointKind::Input(input) => {
            assert_eq!(input.port, number("port"));
            assert_eq!(input.local_port, port("localPort"));
            assert_eq!(input.certificate.as_deref(), written("certificate"));
        }
        EndpointKind::Internal(internal) => {
            assert_eq!(internal.port, port("port"));
            let of = |element: &str| describe_ranges(&internal.fixed_ports, element);
            ranges.insert("fixedPorts".into(), of("FixedPort"));
            ranges.insert("fixedPortRanges".into(), of("FixedPortRange"));
        }
        EndpointKind::InstanceInput(instance) => {
            assert_eq!(instance.local_port, number("localPort"));
            let of = describe_ranges(&instance.public_ports, "FixedPortRange");
            ranges.insert("allocatePublicPortFrom".into(), of);
        }
    }
    value.extend(ranges.into_iter().filter(|(_, list)| list != &json!([])));
    value.insert("kind".into(), json!(endpoint.source.element));
    if endpoint.legacy {
        value.insert("legacy".into(), json!(true));
    }
    Value::Object(value)
}

fn describe_ranges(ranges: &[PortRange], element: &str) -> Value {
    let of = ranges.iter().filter(|range| range.source.element == element);
    json!(describe(of.map(|range| &range.source)))
}

fn configuration(model: &ServiceConfiguration) -> Value {
    let roles = model.roles.iter().map(|role| {
        let count = role.instances.as_ref().map(|instances| {
            assert_eq!(instances.source.attributes[0].value, instances.count.to_string());
            instances.count.to_string()
        });
        json!({
            "name": role.name,
            "instances": count,
            "settings": describe(role.settings.iter().map(|s| &s.source)),
            "certificates": describe(role.certificates.iter().map(|c| &c.source)),
        })
    });
    json!({
        "root": "ServiceConfiguration",
        "ns": CONFIGURATION,
        "attrs": attributes(&model.source),
        "roles": roles.collect::<Vec<_>>(),
        "network": model.network.as_ref().map(network),
    })
}

/// Returns the parts of the network configuration that are present.
fn network(network: &NetworkConfiguration) -> Vec<&'static str> {
    let parts = [
        ("Dns", !network.dns_servers.is_empty()),
        ("VirtualNetworkSite", network.virtual_network_site.is_some()),
        (
            "AddressAssignments",
            !network.instance_addresses.is_empty() || network.reserved_ip.is_some(),
        ),
        ("AccessControls", !network.access_controls.is_empty()),
        ("EndpointAcls", !network.endpoint_acls.is_empty()),
        ("LoadBalancers", !network.load_balancers.is_empty()),
    ];
    parts.into_iter().filter_map(|(name, said)| said.then_some(name)).collect()
}
