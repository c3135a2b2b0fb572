//! Long values: whole in a fix, which is pasted, and shortened in a message.

use crate::support::{diagnostics, endpoints, service, worker};
use heartbeat_definition::{
    Diagnostic, EndpointUse, SelectError, ServiceConfiguration, ServiceDefinition,
};

/// Names as long as in practice, and much longer.
fn long_names() -> [String; 3] {
    [70, 130, 900].map(|length| format!("{}Tail", "Name.".repeat(length / 5)))
}

fn configuration(body: &str) -> ServiceConfiguration {
    let text = format!(
        "<ServiceConfiguration serviceName=\"Shop\" xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration\">{body}</ServiceConfiguration>"
    );
    ServiceConfiguration::read(text.as_bytes()).unwrap()
}

fn cross_check(definition: &str, configured: &str) -> Vec<Diagnostic> {
    let definition = ServiceDefinition::read(definition.as_bytes()).unwrap();
    definition.cross_check(&configuration(configured))
}

#[track_caller]
fn assert_fix(diagnostics: &[Diagnostic], fix: &str) {
    let fixes: Vec<_> =
        diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_deref()).collect();
    assert!(fixes.contains(&fix), "{fix}\n{diagnostics:#?}");
}

#[test]
fn a_fix_is_not_shortened() {
    for name in long_names() {
        let setting =
            format!("<ConfigurationSettings><Setting name=\"{name}\"/></ConfigurationSettings>");
        let role = "<Role name=\"Orders\"><Instances count=\"1\"/></Role>";
        assert_fix(
            &cross_check(&worker(&setting), role),
            &format!("add <Setting name=\"{name}\" value=\"…\" />"),
        );

        let certificate = format!(
            "<Certificates><Certificate name=\"{name}\" storeLocation=\"LocalMachine\" storeName=\"My\"/></Certificates>"
        );
        let fix = format!("add <Certificate name=\"{name}\" thumbprint=\"…\" />");
        assert_fix(&cross_check(&worker(&certificate), role), &fix);

        let fix = format!("add <Role name=\"{name}\"><Instances count=\"1\" /></Role>");
        assert_fix(&cross_check(&service(&format!("<WorkerRole name=\"{name}\"/>")), role), &fix);

        let other = worker("").replace("\"Shop\"", &format!("\"{name}\""));
        let fix = format!("write serviceName=\"{name}\", unless this is the wrong file");
        assert_fix(&cross_check(&other, role), &fix);

        let probe = format!(
            "<LoadBalancerProbes><LoadBalancerProbe name=\"P\" protocol=\"http\" path=\"{name}\"/>\
             <LoadBalancerProbe name=\"{name}\" protocol=\"tcp\"/></LoadBalancerProbes>"
        );
        let found = diagnostics(&service(&probe));
        assert_fix(&found, &format!("write path=\"/{name}\""));
        assert_fix(&found, &format!("write loadBalancerProbe=\"{name}\" at an endpoint"));

        let found = diagnostics(&service(&format!("<WorkerRole name=\"{name}.\"/>")));
        assert_fix(&found, &format!("write `{name}`"));

        let unlike = format!(
            "<Certificates><Certificate name=\"{name}\" storeLocation=\"LocalMachine\" storeName=\"My\"/></Certificates>\
             <Endpoints><InputEndpoint name=\"a\" protocol=\"https\" port=\"1\" certificate=\"Z\"/></Endpoints>"
        );
        assert_fix(&diagnostics(&worker(&unlike)), &format!("declared: {name}"));
    }
}

#[test]
fn a_long_suggestion_is_not_shortened_and_shows_the_difference() {
    for name in long_names() {
        for (wanted, differs) in [
            (name.replace("Tail", "Tial"), "Tial"),
            (name.replacen("Name.Name", "Name.Nmae", 1), "Nmae"),
        ] {
            let body = format!(
                "<Endpoints><InternalEndpoint name=\"{name}\" protocol=\"tcp\"/></Endpoints>\
                 <Runtime><Environment><Variable name=\"V\"><RoleInstanceValue \
                 xpath=\"/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='{wanted}']/@port\"/>\
                 </Variable></Environment></Runtime>"
            );
            let found = diagnostics(&worker(&body));
            let fix = found[0].fix.clone().unwrap();
            assert!(fix.starts_with(&format!("did you mean `{name}`")), "{fix}");
            assert!(found[0].to_string().contains(differs), "{differs}: {}", found[0]);
        }
    }
}

#[test]
fn a_fix_is_xml() {
    let named = |name: &str| {
        let setting =
            format!("<ConfigurationSettings><Setting name=\"{name}\"/></ConfigurationSettings>");
        cross_check(&worker(&setting), "<Role name=\"Orders\"><Instances count=\"1\"/></Role>")
    };
    assert_fix(&named("a&amp;b"), "add <Setting name=\"a&amp;b\" value=\"…\" />");
    assert_fix(&named("a&#x200E;"), "add <Setting name=\"a&#x200E;\" value=\"…\" />");
    assert_fix(&named("Beiträge"), "add <Setting name=\"Beiträge\" value=\"…\" />");
}

#[test]
fn a_foreign_namespace_shows_the_difference() {
    const RIGHT: &str = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition";
    let long = format!("{RIGHT}/{}", "x".repeat(500));
    let (late, early) = (RIGHT.replace("2008/10", "2012/10"), "y".repeat(300));
    for (namespace, differing) in [
        (&*format!("{RIGHT}/"), "ServiceDefinition/`"),
        (&*late, "2012/10"),
        (&*long, "ServiceDefinition/xxx"),
        (&*early, "`yyy"),
    ] {
        let text = worker("").replace(RIGHT, namespace);
        let error = ServiceDefinition::read(text.as_bytes()).unwrap_err();
        assert!(error.message().contains(differing), "{error}");
        assert!(error.message().contains(&format!("write xmlns=\"{RIGHT}\"")), "{error}");
        assert!(error.message().len() < 400, "{error}");
    }
}

#[test]
fn a_long_value_shows_both_ends() {
    let port = format!("1{}x", "0".repeat(500));
    let endpoint = format!("<InputEndpoint name=\"a\" protocol=\"tcp\" port=\"{port}\"/>");
    let found = diagnostics(&endpoints(&endpoint));
    assert!(found[0].message.starts_with("`1000"), "{}", found[0]);
    assert!(found[0].message.contains("000x`"), "{}", found[0]);
    assert!(found[0].message.len() < 300, "{}", found[0]);
}

/// No honest name is as long, and a part of it would be wrong.
#[test]
fn an_endless_name_is_left_to_fill_in() {
    let setting = format!(
        "<ConfigurationSettings><Setting name=\"{}\"/></ConfigurationSettings>",
        "n".repeat(500_000)
    );
    let found = cross_check(&worker(&setting), &"<Role name=\"Orders\"/>".repeat(20_000));
    assert_fix(&found, "add <Setting name=\"…\" value=\"…\" />");
}

/// The attribute and the runtime show these errors unchanged.
#[test]
fn the_help_of_a_selection_is_not_shortened() {
    for name in long_names() {
        let endpoint =
            format!("<Endpoints><InternalEndpoint name=\"{name}\" protocol=\"tcp\"/></Endpoints>");
        let text = worker(&endpoint).replace("\"Orders\"", &format!("\"{name}\""));
        let model = ServiceDefinition::read(text.as_bytes()).unwrap();
        let assert_help = |error: SelectError, help: &str| {
            let report = error.report("f");
            assert!(report.help.contains(help), "{help}\n{report}");
        };
        let (near, far) = (name.replace("Tail", "Tial"), "Other.".repeat(name.len() / 6));
        let role = model.role(&name).unwrap();
        let endpoint = |usage, name: &str| model.endpoint_for(usage, role, name).unwrap_err();
        assert_help(model.worker_role(&near).unwrap_err(), &format!("`role = \"{name}\"`"));
        let heartbeat = format!("`heartbeat = \"{name}\"`");
        assert_help(endpoint(EndpointUse::Heartbeat, &near), &heartbeat);
        let added = |element: &str| format!("<{element} name=\"{far}\"");
        assert_help(model.worker_role(&far).unwrap_err(), &added("WorkerRole"));
        assert_help(endpoint(EndpointUse::Heartbeat, &far), &added("InputEndpoint"));
        assert_help(endpoint(EndpointUse::Management, &far), &added("InternalEndpoint"));
        let escaped = "<InputEndpoint name=\"a&amp;b&quot;c\"";
        assert_help(endpoint(EndpointUse::Heartbeat, "a&b\"c"), escaped);
    }
}
