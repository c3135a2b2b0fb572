use crate::ServiceDefinition;

fn definition(roles: &str) -> ServiceDefinition {
    let xml = format!("<ServiceDefinition name=\"S\">\n{roles}</ServiceDefinition>");
    ServiceDefinition::read(xml.as_bytes()).unwrap()
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
fn a_role_is_taken_by_its_exact_name() {
    let definition = definition(TWO_ROLES);
    assert_eq!(definition.worker_role("Orders", "f").unwrap().name, "Orders");
    let place = |name| format!("(f:{})", definition.role(name).unwrap().position);
    let error = definition.worker_role("orders", "f").unwrap_err().to_string();
    let near = format!("did you mean `role = \"Orders\"`? {}", place("Orders"));
    assert!(error.contains(&near), "{error}");
    let error = definition.worker_role("Site", "f").unwrap_err().to_string();
    assert!(error.contains(&format!("`Site` is a web role {}", place("Site"))), "{error}");
}

#[test]
fn the_only_role_needs_no_name_and_one_of_several_is_found_by_likeness() {
    let only = definition("<WorkerRole name='W'/>");
    assert_eq!(only.worker_role_like(&["Other"], "f").unwrap().name, "W");
    let two = definition(TWO_ROLES);
    assert_eq!(two.worker_role_like(&["Worker", "mail_out"], "f").unwrap().name, "Mail-Out");
    let error = two.worker_role_like(&["Worker"], "f").unwrap_err().to_string();
    assert!(error.contains("worker roles declared: `Orders`, `Mail-Out`"), "{error}");
    let none = definition("<WebRole name='W'/>");
    let error = none.worker_role_like(&["Orders"], "f").unwrap_err().to_string();
    assert!(error.contains("no worker role in f; add to it: <WorkerRole name=\"Orders\">…"));
}

#[test]
fn the_proposed_role_is_the_nearest_to_the_names() {
    let split = definition(
        "<WorkerRole name='Billing'/><WorkerRole name='ShippingRole'/><WorkerRole name='MailWorker'/>",
    );
    for (alike, near) in [
        (&["Worker", "shipping"][..], "ShippingRole"),
        (&["shop-shipping"], "ShippingRole"),
        (&["Shiping"], "ShippingRole"),
        (&["mail"], "MailWorker"),
        (&["Worker"], "Billing"),
    ] {
        let error = split.worker_role_like(alike, "f").unwrap_err();
        let way_out = format!("write one of them, such as `role = \"{near}\"`");
        assert_eq!(error.notes().last(), Some(&way_out), "{alike:?}");
    }
}

#[test]
fn a_heartbeat_is_an_endpoint_that_can_carry_it() {
    let definition = definition(TWO_ROLES);
    let orders = definition.role("Orders").unwrap();
    assert_eq!(orders.heartbeat("Heartbeat", "f").unwrap().name, "Heartbeat");
    let error = orders.heartbeat("Nowhere", "f").unwrap_err();
    assert_eq!(error.message(), "endpoint `Nowhere` of role `Orders` has no port to listen on");
    let way_out = "write there: <InputEndpoint name=\"Nowhere\" port=\"3000\" …>";
    assert_eq!(error.notes(), ["declared here: f:7:34", way_out]);
    let error = orders.heartbeat("Hartbeat", "f").unwrap_err();
    assert_eq!(error.message(), "no endpoint named `Hartbeat` in role `Orders`");
    assert_eq!(
        error.notes(),
        [
            "endpoints declared: `Heartbeat`, `Clock`, `Nowhere`",
            "did you mean `heartbeat = \"Heartbeat\"`? (f:5:34)",
        ]
    );
    let error = orders.heartbeat("Clock", "f").unwrap_err().to_string();
    assert!(error.contains("is `udp`"), "{error}");
    let error = definition.role("Mail-Out").unwrap().heartbeat("Health", "f").unwrap_err();
    assert!(error.notes().last().unwrap().contains("<InputEndpoint name=\"Health\""));
}
#[test]
fn an_internal_endpoint_may_speak_anything_and_is_the_only_one_to_manage_on() {
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
    assert_eq!(role.heartbeat("Inside", "f").unwrap().name, "Inside");
    assert_eq!(role.management("Inside", "f").unwrap().name, "Inside");
    for (result, lines) in [
        (
            role.heartbeat("Vague", "f"),
            [
                "endpoint `Vague` of role `W` has no protocol that an InputEndpoint can have",
                "write there: <InputEndpoint name=\"Vague\" protocol=\"http\" …>",
            ],
        ),
        (
            role.heartbeat("Each", "f"),
            [
                "endpoint `Each` of role `W` is `udp`, which cannot carry health",
                "write there: <InstanceInputEndpoint name=\"Each\" protocol=\"tcp\" …>",
            ],
        ),
        (
            role.management("Public", "f"),
            [
                "endpoint `Public` of role `W` is an InputEndpoint, but what `management` \
                     shows is not for the outside",
                "write there: <InternalEndpoint name=\"Public\" protocol=\"http\" …>",
            ],
        ),
        (
            role.management("Gossip", "f"),
            [
                "endpoint `Gossip` of role `W` is `udp`, which cannot carry health",
                "write there: <InternalEndpoint name=\"Gossip\" protocol=\"http\" …>",
            ],
        ),
        (
            role.management("insde", "f"),
            [
                "no endpoint named `insde` in role `W`",
                "did you mean `management = \"Inside\"`? (f:5:37)",
            ],
        ),
    ] {
        let error = result.unwrap_err();
        assert_eq!([error.message(), error.notes().last().unwrap()], lines);
    }
}

#[test]
fn an_endpoint_of_another_role_is_found_there() {
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
    let error = definition.heartbeat(orders, "Heartbeat", "f").unwrap_err();
    assert_eq!(
        error.notes(),
        [
            "role `Mail` declares one (f:7:34)".to_owned(),
            format!("the role declares no endpoint (f:{})", orders.position),
            "write `role = \"Mail\"` if this is that role, or declare one in `Orders` too"
                .to_owned(),
        ]
    );
    let error = definition.management(orders, "Web", "f").unwrap_err();
    assert_eq!(error.notes().last().unwrap(), "declare one in `Orders` too");
}
