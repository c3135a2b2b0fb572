use super::{EndpointFault, EndpointUse, SelectError, SelectReport};
use crate::{Endpoint, Role, ServiceDefinition};

fn definition(roles: &str) -> ServiceDefinition {
    let xml = format!("<ServiceDefinition name=\"S\">\n{roles}</ServiceDefinition>");
    ServiceDefinition::read(xml.as_bytes()).unwrap()
}

fn heartbeat<'a>(
    definition: &ServiceDefinition,
    role: &'a Role,
    name: &str,
) -> Result<&'a Endpoint, SelectReport> {
    let found = definition.endpoint_for(EndpointUse::Heartbeat, role, name);
    found.map_err(|error| error.report("f"))
}

fn management<'a>(
    definition: &ServiceDefinition,
    role: &'a Role,
    name: &str,
) -> Result<&'a Endpoint, SelectReport> {
    let found = definition.endpoint_for(EndpointUse::Management, role, name);
    found.map_err(|error| error.report("f"))
}

const TWO_ROLES: &str = r#"
        <WebRole name="Site"/>
        <WorkerRole name="Orders"><Endpoints>
            <InputEndpoint name="Heartbeat" protocol="http" port="80"/>
            <InputEndpoint name="Clock" protocol="udp" port="123"/>
            <InputEndpoint name="Nowhere" protocol="http" port="80" localPort="555555"/>
        </Endpoints></WorkerRole>
        <WorkerRole name="Mail-Out"/>"#;

#[test]
fn selects_a_role_by_its_exact_name() {
    let definition = definition(TWO_ROLES);
    assert_eq!(definition.worker_role("Orders").unwrap().name, "Orders");
    let place = |name| format!("(f:{})", definition.role(name).unwrap().position);
    let error = definition.worker_role("orders").unwrap_err().report("f");
    assert_eq!(error.message, "no worker role named `orders` in f");
    assert_eq!(error.help, format!("did you mean `role = \"Orders\"`? {}", place("Orders")));
    let error = definition.worker_role("Site").unwrap_err().report("f").to_string();
    assert!(error.contains(&format!("`Site` is a web role {}", place("Site"))), "{error}");
}

#[test]
fn selects_the_only_role_or_one_of_several_by_likeness() {
    let only = definition("<WorkerRole name='W'/>");
    assert_eq!(only.worker_role_like(&["Other"]).unwrap().name, "W");
    let two = definition(TWO_ROLES);
    assert_eq!(two.worker_role_like(&["Worker", "mail_out"]).unwrap().name, "Mail-Out");
    let error = two.worker_role_like(&["Worker"]).unwrap_err().report("f").to_string();
    assert!(error.contains("worker roles declared: `Orders`, `Mail-Out`"), "{error}");
    let none = definition("<WebRole name='W'/>");
    let error = none.worker_role_like(&["Orders"]).unwrap_err().report("f").to_string();
    assert!(error.contains("no worker role in f; add to it: <WorkerRole name=\"Orders\">…"));
}

#[test]
fn proposes_the_role_that_resembles_the_names_most() {
    let split = definition(
        "<WorkerRole name='Billing'/><WorkerRole name='ShippingRole'/><WorkerRole name='MailWorker'/>",
    );
    for (candidates, near) in [
        (&["Worker", "shipping"][..], "ShippingRole"),
        (&["shop-shipping"], "ShippingRole"),
        (&["Shiping"], "ShippingRole"),
        (&["mail"], "MailWorker"),
        (&["Worker"], "Billing"),
    ] {
        let error = split.worker_role_like(candidates).unwrap_err();
        let help = format!("write one of them, such as `role = \"{near}\"`");
        assert_eq!(error.report("f").help, help, "{candidates:?}");
    }
}

#[test]
fn selects_an_endpoint_that_can_serve_health() {
    let definition = definition(TWO_ROLES);
    let orders = definition.role("Orders").unwrap();
    assert_eq!(heartbeat(&definition, orders, "Heartbeat").unwrap().name, "Heartbeat");
    let error = heartbeat(&definition, orders, "Nowhere").unwrap_err();
    assert_eq!(error.message, "endpoint `Nowhere` of role `Orders` has no port to listen on");
    assert_eq!(error.notes, ["declared here: f:7:34"]);
    assert_eq!(error.help, "write there: <InputEndpoint name=\"Nowhere\" port=\"3000\" …>");
    let error = heartbeat(&definition, orders, "Hartbeat").unwrap_err();
    assert_eq!(error.message, "no endpoint named `Hartbeat` in role `Orders`");
    assert_eq!(error.notes, ["endpoints declared: `Heartbeat`, `Clock`, `Nowhere`"]);
    assert_eq!(error.help, "did you mean `heartbeat = \"Heartbeat\"`? (f:5:34)");
    let error = heartbeat(&definition, orders, "Clock").unwrap_err().to_string();
    assert!(error.contains("is `udp`"), "{error}");
    let mail = definition.role("Mail-Out").unwrap();
    let error = heartbeat(&definition, mail, "Health").unwrap_err();
    assert!(error.help.contains("<InputEndpoint name=\"Health\""), "{error}");
}

#[test]
fn accepts_any_protocol_on_internal_endpoints_and_only_those_for_management() {
    let definition = definition(
        r#"<WorkerRole name="W"><Endpoints>
            <InputEndpoint name="Public" protocol="http" port="80"/>
            <InputEndpoint name="Vague" protocol="any" port="81"/>
            <InternalEndpoint name="Inside" protocol="any"/>
            <InternalEndpoint name="Gossip" protocol="udp"/>
            <InstanceInputEndpoint name="Each" protocol="udp" localPort="82"/>
            </Endpoints></WorkerRole>"#,
    );
    let role = definition.role("W").unwrap();
    assert_eq!(heartbeat(&definition, role, "Inside").unwrap().name, "Inside");
    assert_eq!(management(&definition, role, "Inside").unwrap().name, "Inside");
    for (result, lines) in [
        (
            heartbeat(&definition, role, "Vague"),
            [
                "endpoint `Vague` of role `W` has no protocol that an InputEndpoint can have",
                "write there: <InputEndpoint name=\"Vague\" protocol=\"http\" …>",
            ],
        ),
        (
            heartbeat(&definition, role, "Each"),
            [
                "endpoint `Each` of role `W` is `udp`, which cannot carry HTTP",
                "write there: <InstanceInputEndpoint name=\"Each\" protocol=\"tcp\" …>",
            ],
        ),
        (
            management(&definition, role, "Public"),
            [
                "endpoint `Public` of role `W` is a public InputEndpoint, but `management` must be \
                 an InternalEndpoint",
                "write there: <InternalEndpoint name=\"Public\" protocol=\"http\" …>",
            ],
        ),
        (
            management(&definition, role, "Gossip"),
            [
                "endpoint `Gossip` of role `W` is `udp`, which cannot carry HTTP",
                "write there: <InternalEndpoint name=\"Gossip\" protocol=\"http\" …>",
            ],
        ),
        (
            management(&definition, role, "insde"),
            [
                "no endpoint named `insde` in role `W`",
                "did you mean `management = \"Inside\"`? (f:5:37)",
            ],
        ),
    ] {
        let error = result.unwrap_err();
        assert_eq!([error.message, error.help], lines);
    }
}

#[test]
fn finds_the_endpoint_of_another_role() {
    let definition = definition(
        r#"<WebRole name="Site"><Endpoints>
            <InputEndpoint name="Web" protocol="http" port="80"/>
            </Endpoints></WebRole>
            <WorkerRole name="Orders"/>
            <WorkerRole name="Mail"><Endpoints>
            <InputEndpoint name="Heartbeat" protocol="http" port="81"/>
            </Endpoints></WorkerRole>"#,
    );
    let orders = definition.role("Orders").unwrap();
    let error = heartbeat(&definition, orders, "Heartbeat").unwrap_err();
    let nothing_declared = format!("the role declares no endpoint (f:{})", orders.position);
    assert_eq!(error.notes, ["role `Mail` declares one (f:7:34)", &*nothing_declared]);
    let help = "write `role = \"Mail\"` if this is that role, or declare one in `Orders` too";
    assert_eq!(error.help, help);
    let error = management(&definition, orders, "Web").unwrap_err();
    assert_eq!(error.help, "declare one in `Orders` too");
}

#[test]
fn an_error_has_the_facts_and_displays_as_one_sentence() {
    let definition = definition(TWO_ROLES);
    let orders = definition.role("Orders").unwrap();
    let error = definition.endpoint_for(EndpointUse::Heartbeat, orders, "Clock").unwrap_err();
    assert!(
        matches!(&error, SelectError::UnusableEndpoint { fault: EndpointFault::Udp, .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "endpoint `Clock` of role `Orders` is `udp`, which cannot carry HTTP"
    );
    let error = definition.worker_role("Nobody").unwrap_err();
    assert_eq!(error.to_string(), "no worker role named `Nobody`");
}
