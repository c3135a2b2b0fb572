use super::{Loss, certificates, common, in_containers, of_traffic};
use crate::render::fixture::Fixture;
use crate::render::service::Service;

fn all(service: &Service<'_>) -> Vec<Loss> {
    let mut losses = common(service);
    losses.extend(in_containers(service));
    losses.extend(of_traffic(service));
    losses.extend(certificates(service, true));
    losses
}

/// Asserts that a role with that content loses one thing more than one that is empty.
#[track_caller]
fn assert_lost(role: &str, expected: &str) {
    let whats = |role: &str| {
        let fixture = Fixture::new(role, r#"<Instances count="1"/>"#, "");
        let losses = all(&fixture.service()).into_iter();
        losses.map(|loss| format!("{}: {}", loss.what, loss.help)).collect::<Vec<_>>()
    };
    let empty = whats("");
    let more: Vec<_> = whats(role).into_iter().filter(|what| !empty.contains(what)).collect();
    assert!(more.len() == 1 && more[0].starts_with(expected), "{more:?}");
}

#[test]
fn each_part_of_a_role_that_is_lost_is_told() {
    for (role, expected) in [
        (
            r#"<Startup><Task commandLine="setup.cmd token=1"/></Startup>"#,
            "startup task `setup.cmd` does not run: do its work while you build the image",
        ),
        (
            r#"<Imports><Import moduleName="Diagnostics"/></Imports>"#,
            "import `Diagnostics`: plug-ins",
        ),
        (
            r#"<Contents><Content destination="a"><SourceDirectory path="b"/></Content></Contents>"#,
            "folder `b` is not packed with the worker: copy it into the image",
        ),
        (r#"<Runtime executionContext="elevated"/>"#, "role `Front` does not run with the rights"),
        (
            r#"<Runtime><EntryPoint><NetFxEntryPoint assemblyName="A.dll"/></EntryPoint></Runtime>"#,
            "entry point `A.dll` is an assembly of .NET",
        ),
        (
            r#"<Runtime><EntryPoint><ProgramEntryPoint commandLine="a.exe -k 1"/></EntryPoint></Runtime>"#,
            "the arguments of `a.exe` are not passed on",
        ),
        (
            r#"<Certificates><Certificate name="Site"/></Certificates>"#,
            "certificate `Site` is not installed: there is no certificate store: end TLS in front of the \
             worker, or write `tls = true` under [roles.Front]",
        ),
        (
            r#"<ConfigurationSettings><Setting name="A"/></ConfigurationSettings>"#,
            "setting `A` has no value, without which the worker does not start",
        ),
        (
            r#"<Runtime><Environment><Variable name="A" value="password=1"/></Environment></Runtime>"#,
            "variable `A` is not set: its value may be a secret",
        ),
        (
            r#"<Endpoints><InternalEndpoint name="A" protocol="udp"><FixedPortRange min="1" max="2"/>
            </InternalEndpoint></Endpoints>"#,
            "endpoint `A` has only port 8001 of its range",
        ),
        (
            r#"<Endpoints><InputEndpoint name="A" protocol="udp" port="2000"
            ignoreRoleInstanceStatus="true"/></Endpoints>"#,
            "endpoint `A`: an instance that is not ready gets no clients",
        ),
    ] {
        assert_lost(role, expected);
    }
}

#[test]
fn what_concerns_the_whole_service_is_told() {
    let fixture = Fixture::of_roles(
        r#"<LoadBalancerProbes><LoadBalancerProbe name="Ready" protocol="http"/></LoadBalancerProbes>
        <WorkerRole name="Front" vmsize="Large" enableNativeCodeExecution="false"/>
        <WebRole name="Site"/>
        <NetworkTrafficRules><OnlyAllowTrafficTo/></NetworkTrafficRules>"#,
        "",
        "",
    );
    let losses: Vec<String> = all(&fixture.service()).into_iter().map(|loss| loss.what).collect();
    for expected in [
        "load balancer probe `Ready`",
        "web role `Site`",
        "role `Front` has no probes",
        "role `Front`: no configuration gives its number of instances",
        "role `Front`: no engine knows the size `Large`",
        "role `Front`: there is no partial trust",
        "traffic rules are not enforced",
    ] {
        assert!(losses.iter().any(|what| what.starts_with(expected)), "{expected}: {losses:?}");
    }
}
