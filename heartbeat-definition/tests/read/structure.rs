//! Rules for elements, attributes, names, variables and traffic rules.

use crate::support::{
    assert_error, assert_valid, assert_violation, assert_warning, diagnostics, service, worker,
};
use heartbeat_definition::{
    Code, RoleModule, RoleValue, ServiceDefinition, Severity, VirtualDirectory,
};

#[test]
fn checks_names() {
    for name in ["▸Orders.", "▸Orders ", "▸1Orders", "▸Or/ders", "▸"] {
        assert_error(&service(&format!("<WorkerRole name=\"{name}\" />")), Code::InvalidValue);
    }
    assert_error(&service("▸<WorkerRole />"), Code::MissingAttribute);
    for name in ["O", "_", "Bestellungen ä.ö", "A.B-C"] {
        assert_valid(&service(&format!("<WorkerRole name=\"{name}\" />")));
    }
}

#[test]
fn checks_occurrence_and_order() {
    assert_error(&worker("<Endpoints />▸<Endpoints />"), Code::RepeatedElement);
    let runtime = "<Runtime><EntryPoint><ProgramEntryPoint commandLine=\"a\" \
                   setReadyOnProcessStart=\"true\" /></EntryPoint>▸<Environment /></Runtime>";
    assert_error(&worker(runtime), Code::MisplacedElement);
    let probes = "<WorkerRole name=\"a\" />▸<LoadBalancerProbes />";
    let diagnostic = assert_error(&service(probes), Code::MisplacedElement);
    assert_eq!(diagnostic.message, "`LoadBalancerProbes` must come before `WorkerRole`");
    let entry = "<Runtime>▸<EntryPoint /></Runtime>";
    assert_error(&worker(entry), Code::MissingElement);
    let both = "<Runtime><EntryPoint><ProgramEntryPoint commandLine=\"a\" \
                setReadyOnProcessStart=\"1\" />▸<NetFxEntryPoint assemblyName=\"b\" \
                targetFrameworkVersion=\"v4.0\" /></EntryPoint></Runtime>";
    assert_error(&worker(both), Code::RepeatedElement);
}

#[test]
fn merges_a_repeated_container() {
    let text = worker(
        "<ConfigurationSettings><Setting name=\"a\" /></ConfigurationSettings>\
         <ConfigurationSettings><Setting name=\"b\" /></ConfigurationSettings>",
    );
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    let names: Vec<_> = model.roles[0].settings.iter().map(|s| &*s.name).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn warns_of_unknown_attributes_and_elements() {
    let diagnostic = assert_warning(
        &service("<WorkerRole name=\"a\" ▸vmSise=\"A5\" />"),
        Code::UnknownAttribute,
    );
    assert_eq!(diagnostic.fix.as_deref(), Some("did you mean `vmsize`?"));
    let diagnostic = assert_warning(&worker("▸<Endpoint />"), Code::UnknownElement);
    assert_eq!(diagnostic.fix.as_deref(), Some("did you mean `Endpoints`?"));
    assert_warning(&worker("▸<Endpoints xmlns=\"\" />"), Code::UnknownElement);
    assert_warning(&worker("<Endpoints ▸x:a=\"\" xmlns:x=\"urn:x\" />"), Code::UnknownAttribute);
    assert_valid(&worker(
        "<Endpoints xsi:nil=\"false\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" />",
    ));
}

#[test]
fn reads_an_attribute_in_another_case() {
    let text = worker(
        "<Endpoints><InputEndpoint name=\"a\" protocol=\"tcp\" port=\"80\" ▸localport=\"*\" /></Endpoints>",
    );
    assert_warning(&text, Code::UnknownAttribute);
    let model = ServiceDefinition::read(text.replace('▸', "").as_bytes()).unwrap();
    let local = model.roles[0].endpoints[0].local_port();
    assert_eq!(local, Some(heartbeat_definition::Port::Any));
}

#[test]
fn refuses_text() {
    assert_error(&worker("<Endpoints>\n  ▸Heartbeat</Endpoints>"), Code::UnexpectedText);
    let blank = "<Imports><Import moduleName=\"a\">▸ </Import></Imports>";
    assert_warning(&worker(blank), Code::UnexpectedText);
}

#[test]
fn warns_of_no_namespace() {
    let text = "▸<ServiceDefinition name=\"Shop\"><WorkerRole name=\"a\" /></ServiceDefinition>";
    assert_warning(text, Code::NoNamespace);
    let model = ServiceDefinition::read(text.replace('▸', "").as_bytes()).unwrap();
    assert!(model.role("a").is_some());
}

#[test]
fn requires_one_value_of_a_variable() {
    let variable = |attributes: &str, body: &str| {
        worker(&format!(
            "<Runtime><Environment>▸<Variable name=\"A\" {attributes}>{body}</Variable></Environment></Runtime>"
        ))
    };
    let value = "<RoleInstanceValue xpath=\"/RoleEnvironment/Deployment/@id\" />";
    assert_error(&variable("value=\"1\"", value), Code::VariableValue);
    assert_error(&variable("", ""), Code::VariableValue);
    assert_valid(&variable("value=\"\"", "").replace('▸', ""));
    assert_valid(&variable("", value).replace('▸', ""));
}

#[test]
fn requires_declared_names_in_xpaths() {
    let role = |path: &str| {
        worker(&format!(
            "<LocalResources><LocalStorage name=\"Cache\" /></LocalResources>\
             <ConfigurationSettings><Setting name=\"Url\" /></ConfigurationSettings>\
             <Endpoints><InternalEndpoint name=\"A\" protocol=\"tcp\" /></Endpoints>\
             <Imports><Import moduleName=\"Diagnostics\" /></Imports>\
             <Runtime><Environment><Variable name=\"V\"><RoleInstanceValue \
             xpath=\"▸/RoleEnvironment/CurrentInstance/{path}\" /></Variable></Environment></Runtime>"
        ))
    };
    for (path, code) in [
        ("Endpoints/Endpoint[@name='a']/@port", Code::UnknownEndpoint),
        ("LocalResources/LocalResource[@name='X']/@path", Code::UnknownLocalResource),
        ("ConfigurationSettings/ConfigurationSetting[@name='X']/@value", Code::UnknownSetting),
    ] {
        assert_error(&role(path), code);
    }
    for path in [
        "Endpoints/Endpoint[@name='A']/@publicPort",
        "LocalResources/LocalResource[@name='Cache']/@sizeInMB",
        "LocalResources/LocalResource[@name='DiagnosticStore']/@path",
        "ConfigurationSettings/ConfigurationSetting[@name='Url']/@value",
        "ConfigurationSettings/ConfigurationSetting[@name='Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString']/@value",
    ] {
        assert_valid(&role(path).replace('▸', ""));
    }
    assert_unknown_xpath(&role("Endpoints/Endpoint[1]/@port"));
}

#[track_caller]
fn assert_unknown_xpath(marked: &str) {
    let (text, position) = crate::support::unmark(marked);
    let diagnostic = &diagnostics(&text)[0];
    let found = (diagnostic.code, diagnostic.severity, diagnostic.position);
    assert_eq!(found, (Code::UnknownXpath, Severity::Note, position));
}

#[test]
fn parses_thirteen_xpaths_and_no_near_misses() {
    let named = [
        ("ConfigurationSettings/ConfigurationSetting", "value"),
        ("LocalResources/LocalResource", "path"),
        ("LocalResources/LocalResource", "sizeInMB"),
        ("Endpoints/Endpoint", "protocol"),
        ("Endpoints/Endpoint", "address"),
        ("Endpoints/Endpoint", "port"),
        ("Endpoints/Endpoint", "publicPort"),
    ];
    let named = named.map(|(path, attribute)| {
        format!("/RoleEnvironment/CurrentInstance/{path}[@name='A.b c']/@{attribute}")
    });
    let fixed = [
        "Deployment/@emulated",
        "Deployment/@id",
        "CurrentInstance/@id",
        "CurrentInstance/@roleName",
        "CurrentInstance/@updateDomain",
        "CurrentInstance/@faultDomain",
    ];
    let fixed = fixed.map(|path| format!("/RoleEnvironment/{path}"));
    let mut values = Vec::new();
    for path in named.iter().chain(&fixed) {
        let value = RoleValue::parse(path).expect(path);
        assert_eq!(value.to_string(), *path);
        assert_eq!(value.name(), path.contains("@name").then_some("A.b c"));
        assert!(!values.contains(&value), "{path}");
        values.push(value);
    }
    assert_eq!(values.len(), 13);
    for path in [
        "",
        "RoleEnvironment/Deployment/@id",
        "/roleEnvironment/Deployment/@id",
        "/RoleEnvironment/Deployment/id",
        "/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='A']/@value",
        "/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='A\"]/@port",
        "/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name=A]/@port",
        "/RoleEnvironment/CurrentInstance/Endpoints/Endpoint/@port",
        "/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='A' or @name='B']/@port",
        "/RoleEnvironment/Roles/Role[@name='A']/@port",
    ] {
        assert_eq!(RoleValue::parse(path), None, "{path}");
    }
    let loose = " /RoleEnvironment/CurrentInstance/Endpoints/Endpoint[ @name = \"it's\" ]/@port";
    assert_eq!(RoleValue::parse(loose), Some(RoleValue::EndpointPort("it's".into())));
}

const ROLE: &str = "<WorkerRole name=\"a\"><Endpoints><InternalEndpoint name=\"In\" \
                    protocol=\"tcp\" /></Endpoints></WorkerRole>";

fn rule(destination: &str, rest: &str) -> String {
    format!(
        "<OnlyAllowTrafficTo><Destinations><RoleEndpoint {destination} /></Destinations>\
         {rest}</OnlyAllowTrafficTo>"
    )
}

#[test]
fn checks_traffic_rules() {
    let rules =
        |body: &str| service(&format!("{ROLE}<NetworkTrafficRules>{body}</NetworkTrafficRules>"));
    let to = "roleName=\"a\" endpointName=\"In\"";
    let from = "<WhenSource matches=\"AnyRule\"><FromRole roleName=\"a\" /></WhenSource>";
    assert_valid(&rules(&rule(to, from)));
    assert_valid(&rules(&rule(to, "<AllowAllTraffic />")));
    // Microsoft's samples have these two.
    assert_warning(
        &rules(&rule(to, &format!("<AllowAllTraffic />▸{from}"))),
        Code::RepeatedElement,
    );
    let repeated = service(&format!("{ROLE}<NetworkTrafficRules />▸<NetworkTrafficRules />"));
    assert_warning(&repeated, Code::RepeatedElement);

    assert_warning(&rules(&rule(to, "").replace("<Only", "▸<Only")), Code::MissingElement);
    let unknown = rule("roleName=\"▸b\" endpointName=\"In\"", from);
    assert_error(&rules(&unknown), Code::UnknownRole);
    let unknown = rule("roleName=\"a\" endpointName=\"▸Out\"", from);
    assert_error(&rules(&unknown), Code::UnknownEndpoint);
    let unknown = rule(to, &from.replace("=\"a\"", "=\"▸A\""));
    let diagnostic = assert_error(&rules(&unknown), Code::UnknownRole);
    assert_eq!(diagnostic.fix.as_deref(), Some("did you mean `a`?"));
}

#[test]
fn ignores_comments() {
    let text = worker("<!-- <Endpoints><InputEndpoint name=\"Heartbeat\" /></Endpoints> -->");
    assert_valid(&text);
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    assert!(model.roles[0].endpoints.is_empty());
}

#[test]
fn checks_web_roles() {
    let web = |body: &str| {
        service(&format!(
            "▸<WebRole name=\"w\">{body}<Endpoints><InputEndpoint name=\"In\" protocol=\"http\" \
             port=\"80\" /></Endpoints></WebRole>"
        ))
    };
    let sites = |endpoint: &str| {
        format!(
            "<Sites><Site name=\"Web\"><VirtualApplication name=\"app\"><VirtualDirectory \
             name=\"files\" /></VirtualApplication><Bindings><Binding name=\"b\" \
             endpointName=\"{endpoint}\" /></Bindings></Site></Sites>"
        )
    };
    // Before SDK 1.3 there were no sites.
    assert_warning(&web(""), Code::MissingElement);
    let text = web(&sites("In")).replace('▸', "");
    assert_valid(&text);
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    let [VirtualDirectory { application: true, directories, .. }] =
        &model.roles[0].sites[0].directories[..]
    else {
        panic!("an application");
    };
    assert_eq!(directories[0].name, "files");
    let unbound = web(&sites("▹Out")).replace('▸', "").replace('▹', "▸");
    assert_error(&unbound, Code::UnknownEndpoint);
    let no_endpoint = service("▸<WebRole name=\"w\" />");
    let codes: Vec<_> = diagnostics(&no_endpoint.replace('▸', "")).iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::MissingElement, Code::NoHttpEndpoint]);
}

#[test]
fn checks_entry_points() {
    let program = "<Runtime><EntryPoint><ProgramEntryPoint commandLine=\"a\" \
                   setReadyOnProcessStart=\"▸false\" /></EntryPoint></Runtime>";
    assert_warning(&worker(program), Code::ReadyOnProcessStart);
    let assembly =
        "<Runtime><EntryPoint><NetFxEntryPoint assemblyName=\"a\" /></EntryPoint></Runtime>";
    assert_eq!(diagnostics(&worker(assembly))[0].code, Code::NoFrameworkVersion);
}

#[test]
fn warns_above_the_limits_of_the_platform() {
    let role = |n| format!("<WorkerRole name=\"r{n}\" />");
    let roles = (0..25).map(role).collect::<Vec<_>>().concat();
    assert_valid(&service(&roles));
    assert_warning(&service(&(roles + "▸<WorkerRole name=\"more\" />")), Code::TooMany);
    let domains =
        service(&role(1)).replace("name=\"Shop\"", "name=\"Shop\" upgradeDomainCount=\"▸21\"");
    assert_violation(&domains, Code::TooMany, Severity::Warning);
}

#[test]
fn requires_a_role() {
    for nothing in ["", "<!-- <WorkerRole name=\"Orders\" /> -->", "<NetworkTrafficRules />"] {
        let found = diagnostics(&service(nothing));
        let found: Vec<_> = found.iter().map(|d| (d.code.as_str(), d.severity)).collect();
        assert_eq!(found, [("no-role", Severity::Error)], "{nothing}");
    }
}

#[test]
fn reads_a_role_module() {
    let text = "<RoleModule namespace=\"Plugin\" xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\
                <ConfigurationSettings><Setting name=\"a\" /></ConfigurationSettings>\
                <Runtime executionContext=\"elevated\" /></RoleModule>";
    let parsed = RoleModule::lint(text.as_bytes()).unwrap();
    assert_eq!(parsed.model.namespace, "Plugin");
    assert_eq!(parsed.model.settings[0].name, "a");
    let codes: Vec<_> = parsed.violations().map(|d| d.code).collect();
    assert_eq!(codes, [Code::UnknownAttribute]);
}
