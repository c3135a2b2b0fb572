//! Service configurations, alone and with their definition.

use crate::support::{service, unmark};
use heartbeat_definition::{
    Code, Diagnostic, File, ServiceConfiguration, ServiceDefinition, Severity,
};

fn configuration(body: &str) -> String {
    format!(
        "<ServiceConfiguration serviceName=\"Shop\" osFamily=\"4\" \
         xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration\">\n\
         {body}\n</ServiceConfiguration>"
    )
}

fn role(body: &str) -> String {
    configuration(&format!("<Role name=\"Orders\">\n{body}\n</Role>"))
}

#[track_caller]
fn assert_violation(marked: &str, code: Code) {
    let (text, position) = unmark(marked);
    let parsed = ServiceConfiguration::lint(text.as_bytes()).unwrap();
    let found: Vec<_> = parsed.violations().map(|d| (d.code, d.position)).collect();
    assert_eq!(found, [(code, position)], "{:#?}", parsed.diagnostics);
}

const ONE: &str = "<Instances count=\"1\" />";

#[test]
fn checks_instances() {
    assert_violation(&configuration("▸<Role name=\"a\" />"), Code::MissingElement);
    assert_violation(&role("▸<Instances />"), Code::MissingAttribute);
    assert_violation(&role("<Instances count=\"▸many\" />"), Code::InvalidValue);
    assert_violation(&role("<Instances count=\"▸-1\" />"), Code::InstanceCount);
    assert_violation(&role(&format!("{ONE}▸{ONE}")), Code::RepeatedElement);
}

#[test]
fn checks_settings_and_certificates() {
    let setting = |attributes: &str| {
        role(&format!(
            "{ONE}<ConfigurationSettings>▸<Setting {attributes} /></ConfigurationSettings>"
        ))
    };
    assert_violation(&setting("name=\"a\""), Code::MissingAttribute);
    let certificate = |thumbprint: &str, algorithm: &str| {
        role(&format!(
            "{ONE}<Certificates><Certificate name=\"a\" thumbprint=\"{thumbprint}\" \
             thumbprintAlgorithm=\"{algorithm}\" /></Certificates>"
        ))
    };
    assert_violation(&certificate("▸", "sha1"), Code::InvalidThumbprint);
    assert_violation(&certificate("▸\u{200e}AB", "sha1"), Code::InvalidThumbprint);
    assert_violation(&certificate("AB CD", "▸SHA1"), Code::InvalidValue);
    let twice = role(&format!(
        "{ONE}<ConfigurationSettings><Setting name=\"a\" value=\"\" />\
         <Setting name=\"▸a\" value=\"\" /></ConfigurationSettings>"
    ));
    assert_violation(&twice, Code::DuplicateName);
}

const NETWORK: &str = r#"<NetworkConfiguration>
  <Dns><DnsServers><DnsServer name="dns" IPAddress="10.0.0.4" /></DnsServers></Dns>
  <VirtualNetworkSite name="net" />
  <AddressAssignments>
    <InstanceAddress roleName="Orders">
      <Subnets><Subnet name="front" /><Subnet name="back" /></Subnets>
      <PublicIPs><PublicIP name="ip" idleTimeoutInMinutes="10" /></PublicIPs>
    </InstanceAddress>
    <ReservedIPs><ReservedIP name="reserved" /></ReservedIPs>
  </AddressAssignments>
  <AccessControls>
    <AccessControl name="acl">
      <Rule order="1" action="permit" remoteSubnet="10.0.0.0/8" description="inside" />
      <Rule order="2" action="deny" remoteSubnet="0.0.0.0/0" />
    </AccessControl>
  </AccessControls>
  <EndpointAcls><EndpointAcl role="Orders" endPoint="Heartbeat" accessControl="acl" /></EndpointAcls>
  <LoadBalancers>
    <LoadBalancer name="inner">
      <FrontendIPConfiguration type="private" subnet="back" staticVirtualNetworkIPAddress="10.0.0.9" />
    </LoadBalancer>
  </LoadBalancers>
  <NetworkSecurityGroupRefs>
    <NetworkSecurityGroupRef roleName="Orders"><NetworkSecurityGroup name="nsg" /></NetworkSecurityGroupRef>
  </NetworkSecurityGroupRefs>
</NetworkConfiguration>
<GuestAgentSettings cleanupFirewallOnRoleRestart="false" allowRoleProcessLocalDumps="1" />"#;

#[test]
fn reads_a_whole_network() {
    let text = configuration(&format!("<Role name=\"Orders\">{ONE}</Role>{NETWORK}"));
    let parsed = ServiceConfiguration::lint(text.as_bytes()).unwrap();
    assert_eq!(parsed.diagnostics, []);
    let model = parsed.model;
    assert!(!model.cleanup_firewall_on_role_restart && model.allow_role_process_local_dumps);
    let network = model.network.unwrap();
    assert_eq!(network.dns_servers[0].ip_address, "10.0.0.4");
    assert_eq!(network.virtual_network_site.as_deref(), Some("net"));
    let address = &network.instance_addresses[0];
    assert_eq!(address.subnets, ["front", "back"]);
    assert_eq!(address.public_ip.as_ref().unwrap().idle_timeout_in_minutes, Some(10));
    assert_eq!(network.reserved_ip.as_deref(), Some("reserved"));
    let rules = &network.access_controls[0].rules;
    assert_eq!((rules[1].order, rules[1].action.unwrap().as_str()), (Some(2), "deny"));
    assert_eq!(network.endpoint_acls[0].endpoint, "Heartbeat");
    let balancer = &network.load_balancers[0];
    assert_eq!(balancer.static_virtual_network_ip_address.as_deref(), Some("10.0.0.9"));
    assert_eq!(network.network_security_groups[0].name, "nsg");
}

#[test]
fn checks_the_network() {
    let broken = |from: &str, to: &str| {
        assert!(NETWORK.contains(from));
        configuration(&format!(
            "<Role name=\"Orders\">{ONE}</Role>{}",
            NETWORK.replacen(from, to, 1)
        ))
    };
    let violated = |from: &str, to: &str, code| assert_violation(&broken(from, to), code);
    violated("accessControl=\"acl\"", "accessControl=\"▸all\"", Code::UnknownAccessControl);
    violated("order=\"2\"", "order=\"▸1\"", Code::DuplicateName);
    violated("10.0.0.4", "▸10.0.0.400", Code::InvalidValue);
    // The documentation writes `endpoint`; the schema does not.
    violated("endPoint=", "▸endpoint=", Code::UnknownAttribute);
    violated(
        "<PublicIP name=\"ip\"",
        "<PublicIP name=\"ip\" ▸domainNameLabel=\"a\"",
        Code::UnknownAttribute,
    );
    let dns =
        "<Dns><DnsServers><DnsServer name=\"dns\" IPAddress=\"10.0.0.4\" /></DnsServers></Dns>";
    let moved = broken(dns, "").replace("<EndpointAcls>", &format!("▸{dns}<EndpointAcls>"));
    assert_violation(&moved, Code::MisplacedElement);
}

const DEFINITION: &str = r#"<WorkerRole name="Orders">
  <Imports><Import moduleName="Diagnostics" /></Imports>
  <ConfigurationSettings><Setting name="Url" /><Setting name="Retries" /></ConfigurationSettings>
  <Certificates><Certificate name="Site" storeLocation="LocalMachine" storeName="My" /></Certificates>
  <Endpoints>
    <InputEndpoint name="Heartbeat" protocol="http" port="80" loadBalancer="inner" />
    <InstanceInputEndpoint name="Direct" protocol="tcp" localPort="90">
      <AllocatePublicPortFrom><FixedPortRange min="1000" max="1001" /></AllocatePublicPortFrom>
    </InstanceInputEndpoint>
  </Endpoints>
</WorkerRole>
<WorkerRole name="Mail" />"#;

fn cross_check(configuration: &str) -> Vec<Diagnostic> {
    let definition = ServiceDefinition::lint(service(DEFINITION).as_bytes()).unwrap();
    assert_eq!(definition.diagnostics, []);
    let configuration = ServiceConfiguration::lint(configuration.as_bytes()).unwrap();
    assert_eq!(configuration.diagnostics, []);
    definition.model.cross_check(&configuration.model)
}

const GOOD: &str = r#"<Role name="Orders">
  <Instances count="2" />
  <ConfigurationSettings>
    <Setting name="Retries" value="3" />
    <Setting name="Url" value="" />
    <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString" value="x" />
  </ConfigurationSettings>
  <Certificates><Certificate name="Site" thumbprint="00" thumbprintAlgorithm="sha1" /></Certificates>
</Role>
<Role name="Mail"><Instances count="0" /></Role>
"#;

#[test]
fn combines_a_definition_with_its_configuration() {
    let definition = ServiceDefinition::read(service(DEFINITION).as_bytes()).unwrap();
    let text = configuration(&format!("{GOOD}{NETWORK}"));
    let configuration = ServiceConfiguration::read(text.as_bytes()).unwrap();
    assert_eq!(definition.cross_check(&configuration), []);
    let roles = definition.configure(&configuration);
    let [orders, mail] = &roles[..] else { panic!("{roles:#?}") };
    assert_eq!(orders.instances, Some(2));
    let plugin = "Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString";
    let settings: Vec<_> = orders.settings.iter().map(|s| (s.name, s.value)).collect();
    assert_eq!(settings, [("Url", Some("")), ("Retries", Some("3")), (plugin, Some("x"))]);
    assert_eq!((&*orders.role.name, &*mail.role.name), ("Orders", "Mail"));
    assert_eq!(mail.instances, Some(0));
}

#[test]
fn takes_the_first_of_two_with_the_same_name() {
    let definition = ServiceDefinition::read(service(DEFINITION).as_bytes()).unwrap();
    let text = configuration(
        "<Role name='Orders'><Instances count='1' /><ConfigurationSettings>\
         <Setting name='Url' value='a' /><Setting name='Url' value='b' />\
         </ConfigurationSettings></Role><Role name='Orders'><Instances count='2' /></Role>",
    );
    let configuration = ServiceConfiguration::read(text.as_bytes()).unwrap();
    let roles = definition.configure(&configuration);
    let orders = &roles[0];
    assert_eq!((orders.instances, orders.settings[0].value), (Some(1), Some("a")));
    assert_eq!(orders.configuration, configuration.role("Orders"));
}

#[track_caller]
fn assert_mismatch(from: &str, to: &str, code: Code) -> Diagnostic {
    let whole = configuration(&format!("{GOOD}{NETWORK}"));
    assert!(whole.contains(from), "{from}");
    let (text, position) = unmark(&whole.replacen(from, to, 1));
    let diagnostics = cross_check(&text);
    let [diagnostic] = &diagnostics[..] else { panic!("{diagnostics:#?}") };
    assert_eq!((diagnostic.code, diagnostic.position), (code, position), "{diagnostic}");
    assert_eq!(diagnostic.file, File::Configuration);
    diagnostic.clone()
}

#[test]
fn reports_missing_and_unknown_names() {
    assert_mismatch("\"Shop\"", "\"▸Shops\"", Code::ServiceNameMismatch);
    let mail = "<Role name=\"Mail\"><Instances count=\"0\" /></Role>";
    let (text, _) = unmark(&configuration(&format!("▸{GOOD}{NETWORK}")));
    let missing = cross_check(&text.replace(mail, ""));
    assert_eq!((missing[0].code, missing.len()), (Code::MissingRole, 1));
    let extra = assert_mismatch(
        mail,
        &format!("{mail}<Role name=\"▸Mails\"><Instances count=\"1\" /></Role>"),
        Code::UnknownRole,
    );
    assert_eq!(extra.fix.as_deref(), Some("did you mean `Mail`?"));
    let orders = "<Role name=\"Orders\">";
    let given = "<Setting name=\"Retries\" value=\"3\" />";
    let (text, _) = unmark(&configuration(&format!("▸{GOOD}{NETWORK}")));
    let missing = cross_check(&text.replace(given, ""));
    assert_eq!(missing[0].code, Code::MissingSetting);
    assert_eq!(missing[0].message, "the role `Orders` has no value for the setting `Retries`");
    assert!(text.contains(orders));
    assert_mismatch(
        given,
        &format!("{given}<Setting name=\"▸Other\" value=\"\" />"),
        Code::UnknownSetting,
    );
    let site = "<Certificate name=\"Site\" thumbprint=\"00\" thumbprintAlgorithm=\"sha1\" />";
    let missing = cross_check(&text.replace(site, ""));
    assert_eq!(missing[0].code, Code::MissingCertificate);
    let more = format!("{site}{}", site.replace("Site", "▸Sites"));
    assert_mismatch(site, &more, Code::UnknownCertificate);
    assert_mismatch("count=\"2\"", "count=\"▸3\"", Code::InstanceCount);
    assert_mismatch(
        "InstanceAddress roleName=\"Orders\"",
        "InstanceAddress roleName=\"▸Order\"",
        Code::UnknownRole,
    );
    assert_mismatch("endPoint=\"Heartbeat\"", "endPoint=\"▸heartbeat\"", Code::UnknownEndpoint);
}

fn plugin_warnings(from: &str, to: &str) -> Vec<String> {
    let text = configuration(&format!("{GOOD}{NETWORK}"));
    assert!(text.contains(from), "{from}");
    let diagnostics = cross_check(&text.replacen(from, to, 1));
    assert!(diagnostics.iter().all(|d| d.severity == Severity::Warning), "{diagnostics:#?}");
    diagnostics.into_iter().map(|d| format!("{}: {}", d.code, d.fix.unwrap_or_default())).collect()
}

#[test]
fn checks_settings_of_imported_modules() {
    const NAME: &str = "Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString";
    let line = format!("<Setting name=\"{NAME}\" value=\"x\" />");
    let missing = format!("missing-setting: add <Setting name=\"{NAME}\" value=\"…\" />");
    let misspelt = format!("unknown-setting: write name=\"{NAME}\"");
    assert_eq!(plugin_warnings(&line, ""), [&*missing]);
    assert_eq!(plugin_warnings("ConnectionString\"", "ConnectionStrin\""), [&*missing, &*misspelt]);
    assert_eq!(plugin_warnings("Diagnostics.Conn", "Diagnostic.Conn"), [&*missing, &*misspelt]);
}

#[test]
fn traces_a_module_setting_to_the_missing_import() {
    let line = "<Setting name=\"Retries\" value=\"3\" />";
    for module in ["RemoteAccess", "Caching"] {
        let name = format!("Microsoft.WindowsAzure.Plugins.{module}.Enabled");
        let found =
            plugin_warnings(line, &format!("{line}<Setting name=\"{name}\" value=\"true\" />"));
        let fix = format!(
            "unknown-setting: add <Import moduleName=\"{module}\" /> to the <Imports> of the role in the definition"
        );
        assert_eq!(found, [fix]);
    }
}

#[test]
fn ignores_white_space_after_another_fault() {
    for (subnet, code) in [
        ("▸<Subnet> </Subnet>", Code::MissingAttribute),
        ("<Subnet name=\"a\"> ▸<More /> </Subnet>", Code::UnknownElement),
        ("<Subnet name=\"a\">▸ </Subnet>", Code::UnexpectedText),
    ] {
        let network = format!(
            "<Role name=\"Orders\">{ONE}</Role><NetworkConfiguration><AddressAssignments>\
             <InstanceAddress roleName=\"Orders\"><Subnets>{subnet}</Subnets></InstanceAddress>\
             </AddressAssignments></NetworkConfiguration>"
        );
        assert_violation(&configuration(&network), code);
    }
}

#[test]
fn a_fix_names_every_change() {
    let found = |body: &str| {
        let parsed = ServiceConfiguration::lint(role(&format!("{ONE}{body}")).as_bytes()).unwrap();
        parsed.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let digest = "0".repeat(64);
    let sha256 = found(&format!(
        "<Certificates><Certificate name=\"a\" thumbprint=\"{digest}\" \
         thumbprintAlgorithm=\"sha256\" /></Certificates>"
    ));
    assert!(sha256.contains("write `sha1`, and in `thumbprint` the"), "{sha256}");
    let text =
        found("<ConfigurationSettings><Setting name=\"a\">x</Setting></ConfigurationSettings>");
    assert!(text.contains("must be empty: write value=\"…\""), "{text}");
    let label = configuration(&NETWORK.replace("<PublicIP ", "<PublicIP domainNameLabel=\"a\" "));
    let label = ServiceConfiguration::lint(label.as_bytes()).unwrap().diagnostics[0].to_string();
    assert!(label.contains("unknown to the SDK 2.4 schema"), "{label}");
}

#[test]
fn notes_a_service_with_the_name_of_a_role() {
    let text = service("<WorkerRole name=\"shop\" />");
    let found = ServiceDefinition::lint(text.as_bytes()).unwrap().diagnostics;
    let [advice] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((advice.code, advice.severity), (Code::ServiceNamedLikeRole, Severity::Note));
}

#[test]
fn requires_the_load_balancer_in_the_configuration() {
    let diagnostics = cross_check(&configuration(GOOD));
    let [diagnostic] = &diagnostics[..] else { panic!("{diagnostics:#?}") };
    assert_eq!((diagnostic.code, diagnostic.file), (Code::UnknownLoadBalancer, File::Definition));
    assert_eq!(diagnostic.position.to_string(), "7:77");
}
