//! Rules for endpoints and probes.

use crate::support::{assert_error, assert_valid, diagnostics, endpoints, service, worker};
use heartbeat_definition::{Code, EndpointKind, Port, Protocol, ServiceDefinition};

fn input(attributes: &str) -> String {
    endpoints(&format!("<InputEndpoint name=\"A\" {attributes} />"))
}

#[test]
fn checks_ports() {
    for port in ["0", "65536", "", "*", "-1", "http", "80 80"] {
        assert_error(&input(&format!("protocol=\"tcp\" port=\"▸{port}\"")), Code::InvalidValue);
    }
    for port in ["0", "555555", ""] {
        let marked = input(&format!("protocol=\"tcp\" port=\"80\" localPort=\"▸{port}\""));
        assert_error(&marked, Code::InvalidValue);
    }
    for port in ["1", "65535", " +0080 "] {
        assert_valid(&input(&format!("protocol=\"tcp\" port=\"{port}\" localPort=\"*\"")));
    }
}

#[test]
fn keeps_an_endpoint_without_a_valid_port() {
    let text = input("protocol=\"http\" port=\"none\" localPort=\"555555\"");
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    let endpoint = model.role("Orders").unwrap().endpoint("A").unwrap();
    assert_eq!((endpoint.public_port(), endpoint.local_port()), (None, None));
    assert_eq!(endpoint.source.attribute("port").unwrap().value, "none");
}

#[test]
fn finds_the_local_port_of_each_kind() {
    let text = endpoints(
        r#"<InputEndpoint name="a" protocol="tcp" port="80" />
        <InputEndpoint name="b" protocol="tcp" port="81" localPort="8081" />
        <InputEndpoint name="c" protocol="tcp" port="82" localPort="*" />
        <InternalEndpoint name="d" protocol="tcp" />
        <InternalEndpoint name="e" protocol="tcp" port="90" />
        <InternalEndpoint name="f" protocol="any"><FixedPortRange min="91" max="95" /></InternalEndpoint>
        <InstanceInputEndpoint name="g" protocol="udp" localPort="96">
          <AllocatePublicPortFrom><FixedPortRange min="1000" max="1009" /></AllocatePublicPortFrom>
        </InstanceInputEndpoint>"#,
    );
    assert_valid(&text);
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    let ports: Vec<_> = model.roles[0].endpoints.iter().map(|e| e.local_port().unwrap()).collect();
    let fixed = Port::Fixed;
    assert_eq!(
        ports,
        [fixed(80), fixed(8081), Port::Any, Port::Any, fixed(90), fixed(91), fixed(96)]
    );
}

#[test]
fn checks_protocols() {
    let diagnostic = assert_error(&input("protocol=\"▸HTTP\" port=\"80\""), Code::InvalidValue);
    assert_eq!(diagnostic.fix.as_deref(), Some("write `http`"));
    let internal = "<InternalEndpoint name=\"A\" protocol=\"▸https\" />";
    assert_error(&endpoints(internal), Code::InvalidValue);
    let missing = endpoints("▸<InputEndpoint name=\"A\" port=\"80\" />");
    assert_error(&missing, Code::MissingAttribute);
}

#[test]
fn reads_a_wrong_protocol_in_another_case_or_as_any() {
    for (written, read) in [("HTTP", Protocol::Http), ("ftp", Protocol::Any)] {
        let text = input(&format!("protocol=\"{written}\" port=\"80\""));
        let model = ServiceDefinition::read(text.as_bytes()).unwrap();
        assert_eq!(model.roles[0].endpoints[0].protocol, read);
    }
}

#[test]
fn requires_a_certificate_for_https() {
    let text = endpoints("▸<InputEndpoint name=\"A\" protocol=\"https\" port=\"443\" />");
    assert_error(&text, Code::HttpsWithoutCertificate);
}

#[test]
fn requires_a_declared_certificate() {
    let role = |reference: &str| {
        worker(&format!(
            "<Endpoints><InputEndpoint name=\"A\" protocol=\"https\" port=\"443\" \
             certificate=\"{reference}\" /></Endpoints>\
             <Certificates><Certificate name=\"Site\" storeLocation=\"LocalMachine\" \
             storeName=\"My\" /></Certificates>"
        ))
    };
    assert_valid(&role("Site"));
    let diagnostic = assert_error(&role("▸Sites"), Code::UnknownCertificate);
    assert_eq!(diagnostic.fix.as_deref(), Some("did you mean `Site`?"));
    let diagnostic = assert_error(&role("▸Absent"), Code::UnknownCertificate);
    assert_eq!(diagnostic.fix.as_deref(), Some("declared: Site"));
}

#[test]
fn requires_unique_names() {
    let text = endpoints(
        "<InputEndpoint name=\"A\" protocol=\"tcp\" port=\"80\" />\n\
         <InternalEndpoint name=\"▸A\" protocol=\"tcp\" />",
    );
    let diagnostic = assert_error(&text, Code::DuplicateName);
    assert!(diagnostic.message.contains("the first at 4:22"), "{diagnostic}");
    let roles = "<WorkerRole name=\"A\" /><WorkerRole name=\"▸A\" />";
    assert_error(&service(roles), Code::DuplicateName);
    for (container, element) in
        [("ConfigurationSettings", "Setting"), ("LocalResources", "LocalStorage")]
    {
        let twice =
            format!("<{container}><{element} name=\"A\" /><{element} name=\"▸A\" /></{container}>");
        assert_error(&worker(&twice), Code::DuplicateName);
    }
}

#[test]
fn requires_unique_public_ports() {
    let role = |name: &str, port: &str| {
        format!(
            "<WorkerRole name=\"{name}\"><Endpoints><InputEndpoint name=\"A\" protocol=\"tcp\" \
             port=\"{port}\" localPort=\"80\" /></Endpoints></WorkerRole>"
        )
    };
    assert_error(&service(&(role("a", "80") + &role("b", "▸80"))), Code::DuplicatePort);
    assert_valid(&service(&(role("a", "80") + &role("b", "81"))));
}

#[test]
fn checks_instance_input_endpoints() {
    let range =
        "<AllocatePublicPortFrom><FixedPortRange min=\"1\" max=\"9\" /></AllocatePublicPortFrom>";
    let endpoint = |attributes: &str, body: &str| {
        endpoints(&format!(
            "<InstanceInputEndpoint name=\"A\" {attributes}>{body}</InstanceInputEndpoint>"
        ))
    };
    assert_valid(&endpoint("protocol=\"tcp\" localPort=\"80\"", range));
    let http = endpoint("protocol=\"▸http\" localPort=\"80\"", range);
    assert_error(&http, Code::InvalidValue);
    let any = endpoint("protocol=\"tcp\" localPort=\"▸*\"", range);
    assert_error(&any, Code::InvalidValue);
    let bare = "▸<InstanceInputEndpoint name=\"A\" protocol=\"tcp\" localPort=\"80\" />";
    assert_error(&endpoints(bare), Code::MissingElement);
    let twice = endpoint("protocol=\"tcp\" localPort=\"80\"", &format!("{range}▸{range}"));
    assert_error(&twice, Code::RepeatedElement);
}

#[test]
fn refuses_an_inverted_range() {
    for (kind, body) in [
        ("InternalEndpoint name=\"A\" protocol=\"tcp\"", "<FixedPortRange min=\"▸9\" max=\"8\" />"),
        (
            "InstanceInputEndpoint name=\"A\" protocol=\"tcp\" localPort=\"80\"",
            "<AllocatePublicPortFrom><FixedPortRange min=\"▸9\" max=\"8\" /></AllocatePublicPortFrom>",
        ),
    ] {
        let name = kind.split(' ').next().unwrap();
        assert_error(&endpoints(&format!("<{kind}>{body}</{name}>")), Code::InvertedRange);
    }
}

#[test]
fn accepts_fixed_ports_beside_ranges() {
    let text = endpoints(
        "<InternalEndpoint name=\"A\" protocol=\"any\"><FixedPortRange min=\"1\" max=\"2\" />\
         <FixedPort port=\"5\" /><FixedPortRange min=\"7\" max=\"9\" /></InternalEndpoint>",
    );
    assert_valid(&text);
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    let EndpointKind::Internal(internal) = &model.roles[0].endpoints[0].kind else { panic!() };
    let ranges: Vec<_> = internal.fixed_ports.iter().map(|r| (r.min, r.max)).collect();
    assert_eq!(ranges, [(1, 2), (5, 5), (7, 9)]);
}

/// Returns a service with a probe and an endpoint that uses it.
fn probed(attributes: &str) -> String {
    service(&format!(
        "<LoadBalancerProbes>\n<LoadBalancerProbe name=\"P\" {attributes} />\n</LoadBalancerProbes>\
         <WorkerRole name=\"Orders\"><Endpoints><InputEndpoint name=\"A\" protocol=\"tcp\" \
         port=\"80\" loadBalancerProbe=\"P\" /></Endpoints></WorkerRole>"
    ))
}

#[test]
fn checks_probes() {
    assert_valid(&probed(
        "protocol=\"http\" path=\"/health\" intervalInSeconds=\"5\" timeoutInSeconds=\"11\"",
    ));
    assert_valid(&probed("protocol=\"tcp\" port=\"80\""));
    let short = probed("protocol=\"tcp\" intervalInSeconds=\"▸4\"");
    assert_error(&short, Code::InvalidValue);
    let hasty = probed("protocol=\"tcp\" timeoutInSeconds=\"▸10\"");
    assert_error(&hasty, Code::InvalidValue);
    assert_error(&probed("protocol=\"tcp\" path=\"▸/health\""), Code::ProbePath);
    let pathless =
        probed("protocol=\"http\"").replace("<LoadBalancerProbe ", "▸<LoadBalancerProbe ");
    assert_error(&pathless, Code::ProbePath);
}

#[test]
fn requires_a_declared_probe() {
    let text = probed("protocol=\"tcp\"").replace("Probe=\"P\"", "Probe=\"▸Q\"");
    assert_error(&text, Code::UnknownProbe);
}

#[test]
fn notes_odd_probes() {
    let codes = |text: &str| diagnostics(text).iter().map(|d| d.code).collect::<Vec<_>>();
    let text = probed(
        "protocol=\"http\" path=\"Probe.aspx\" intervalInSeconds=\"30\" timeoutInSeconds=\"11\"",
    );
    assert_eq!(codes(&text), [Code::RelativeProbePath, Code::ShortProbeTimeout]);
    let unused = text.replace("loadBalancerProbe=\"P\"", "").replace("Probe.aspx", "/");
    assert_eq!(codes(&unused), [Code::UnusedProbe, Code::ShortProbeTimeout]);
}
