//! The lines of units that matter, and what is lost.

use super::{lost, render};
use crate::render::fixture::Fixture;

fn unit(fixture: &Fixture, name: &str) -> String {
    let files = render(&fixture.service());
    let file = files.iter().find(|file| file.path.to_str() == Some(name));
    file.unwrap_or_else(|| panic!("no {name} in {files:#?}")).content.clone()
}

fn names(fixture: &Fixture) -> Vec<String> {
    render(&fixture.service()).iter().map(|file| file.path.display().to_string()).collect()
}

fn losses(fixture: &Fixture) -> Vec<String> {
    lost(&fixture.service()).into_iter().map(|loss| loss.what).collect()
}

#[track_caller]
fn assert_lines(unit: &str, lines: &[&str]) {
    for line in lines {
        assert!(unit.lines().any(|found| found == *line), "no {line:?} in {unit}");
    }
}

fn endpoints(endpoints: &str, instances: u32, keys: &str) -> Fixture {
    let configured = format!(r#"<Instances count="{instances}" />"#);
    Fixture::new(&format!("<Endpoints>{endpoints}</Endpoints>"), &configured, keys)
}

#[test]
fn budgets_follow_from_those_of_the_worker() {
    let keys = "[roles.Front]\nstall_after = '12s'\nstop_within = '2m'\ndrain = '10s'\nstart_within = '90s'";
    assert_lines(
        &unit(&Fixture::new("", "", keys), "shop-front@.service"),
        &[
            "Type=notify",
            "WatchdogSec=12s",
            "TimeoutStartSec=90s",
            "TimeoutStopSec=135s",
            "Restart=on-failure",
            "RestartPreventExitStatus=2 78",
            "Environment=HEARTBEAT_STALL_AFTER=12s",
        ],
    );
    for (stall_after, watchdog) in [("1s", "5s"), ("10m", "30s")] {
        let fixture =
            Fixture::new("", "", &format!("[roles.Front]\nstall_after = '{stall_after}'"));
        let expected = format!("WatchdogSec={watchdog}");
        assert_lines(&unit(&fixture, "shop-front@.service"), &[&expected]);
    }
}

#[test]
fn memory_is_limited() {
    for (memory, line) in [("256Mi", "MemoryMax=256M"), ("512M", "MemoryMax=512000000")] {
        let fixture = Fixture::new("", "", &format!("[roles.Front]\nmemory = '{memory}'"));
        assert_lines(&unit(&fixture, "shop-front@.service"), &[line]);
    }
}

#[test]
fn values_are_escaped_and_secrets_stay_out() {
    let role = r#"<ConfigurationSettings>
        <Setting name="Rate" /><Setting name="Api.Password" /></ConfigurationSettings>
        <Runtime><Environment>
          <Variable name="ME"><RoleInstanceValue xpath="/RoleEnvironment/CurrentInstance/@id" /></Variable>
          <Variable name="no name" value="1" />
        </Environment></Runtime>"#;
    let configured = r#"<ConfigurationSettings>
        <Setting name="Rate" value="50% of &quot;$HOME&quot; \ 'x'" />
        <Setting name="Api.Password" value="hidden" /></ConfigurationSettings>"#;
    let fixture = Fixture::new(role, configured, "[systemd]\nprograms = '/opt/my programs/%i'");
    let unit = unit(&fixture, "shop-front@.service");
    assert_lines(
        &unit,
        &[
            r#"ExecStart="/opt/my programs/%%i/front""#,
            r#"Environment="HEARTBEAT_SETTING_RATE=50%% of \"$HOME\" \\ 'x'""#,
            "Environment=HEARTBEAT_SETTING_API_PASSWORD_FILE=%d/api-password",
            "LoadCredential=api-password:/etc/credstore/shop-front.api-password",
            "Environment=ME=Front_IN_%i",
        ],
    );
    assert!(!unit.contains("hidden") && !unit.contains("no name"), "{unit}");
    assert!(losses(&fixture).iter().any(|loss| loss.starts_with("variable `no name`: ")));
}

#[test]
fn instances_have_addresses_and_sockets_of_their_own() {
    let inside = r#"<InternalEndpoint name="Work" protocol="http" port="8081" />
        <InternalEndpoint name="Gossip" protocol="udp" port="7000" />"#;
    let fixture = endpoints(inside, 2, "[systemd]\nnetwork = 9");
    assert_lines(
        &unit(&fixture, "shop-front@.service"),
        &[
            "Environment=HEARTBEAT_INSTANCE_ID=Front_IN_%i",
            "Environment=HEARTBEAT_ENDPOINT_GOSSIP=127.255.9.%i:7000",
            "Environment=HEARTBEAT_INSTANCES_FRONT_WORK=Front_IN_0=127.255.9.0:8081,Front_IN_1=127.255.9.1:8081",
            "Requires=shop-front.work@%i.socket",
            "Sockets=shop-front.work@%i.socket",
        ],
    );
    assert_lines(
        &unit(&fixture, "shop-front.work@.socket"),
        &[
            "ListenStream=127.255.9.%i:8081",
            "FileDescriptorName=Work",
            "Service=shop-front@%i.service",
        ],
    );
    assert_lines(
        &unit(&fixture, "shop.target"),
        &["Wants=shop-front@0.service shop-front@1.service"],
    );
    let without = endpoints(inside, 2, "[systemd]\nsockets = false");
    assert_eq!(names(&without), ["shop.target", "shop-front@.service"]);
    assert_lines(
        &unit(&without, "shop-front@.service"),
        &["Environment=HEARTBEAT_ENDPOINT_WORK=127.255.1.%i:8081"],
    );
}

#[test]
fn public_ports_are_those_of_the_machine() {
    let input = r#"<InputEndpoint name="Orders" protocol="http" port="80" localPort="8080" />
        <InputEndpoint name="Heartbeat" protocol="http" port="3000" />"#;
    let one = endpoints(input, 1, "");
    let orders = unit(&one, "shop-front.orders@.socket");
    assert_lines(&orders, &["ListenStream=80"]);
    assert!(!orders.contains("ReusePort"), "{orders}");
    assert_eq!(losses(&one), Vec::<String>::new());

    let many = endpoints(input, 3, "");
    assert_lines(&unit(&many, "shop-front.orders@.socket"), &["ListenStream=80", "ReusePort=yes"]);
    let heartbeat = unit(&many, "shop-front.heartbeat@.socket");
    assert_lines(&heartbeat, &["ListenStream=127.255.1.%i:3000"]);
    let expected = [
        "endpoint `Orders`: connections to port 80 go to any instance, ready or not",
        "endpoint `Heartbeat`: 3 instances cannot share its public port, and listen on 127.255.1.N:3000",
    ];
    assert_eq!(losses(&many), expected);
}

#[test]
fn instance_input_endpoints_have_a_port_for_each() {
    let debug = r#"<InstanceInputEndpoint name="Debug" protocol="tcp" localPort="9229">
        <AllocatePublicPortFrom><FixedPortRange min="10000" max="10001" /></AllocatePublicPortFrom>
        </InstanceInputEndpoint>"#;
    let fixture = endpoints(debug, 3, "");
    for (socket, listen) in [("0", "10000"), ("1", "10001"), ("", "127.255.1.%i:9229")] {
        let unit = unit(&fixture, &format!("shop-front.debug@{socket}.socket"));
        assert_lines(&unit, &[&format!("ListenStream={listen}")]);
    }
    assert_eq!(losses(&fixture), ["endpoint `Debug`: there are 2 public ports for 3 instances"]);
}

#[test]
fn two_roles_cannot_have_one_port_of_the_machine() {
    let roles = r#"<WorkerRole name="Front"><Endpoints>
          <InputEndpoint name="Web" protocol="tcp" port="8080" /></Endpoints></WorkerRole>
        <WorkerRole name="Back"><Endpoints>
          <InternalEndpoint name="Work" protocol="tcp" port="8080" />
          <InputEndpoint name="Dns" protocol="udp" port="8080" /></Endpoints></WorkerRole>"#;
    let expected =
        "endpoint `Work`: port 8080 of this machine is that of endpoint `Web` of role `Front`";
    assert_eq!(losses(&Fixture::of_roles(roles, "", "")), [expected]);
}

#[test]
fn local_storages_are_kept_or_emptied() {
    let role = r#"<LocalResources>
        <LocalStorage name="Spool" sizeInMB="10" cleanOnRoleRecycle="false" />
        <LocalStorage name="Scratch" sizeInMB="20" /></LocalResources>
        <Runtime><Environment><Variable name="SPOOL"><RoleInstanceValue
          xpath="/RoleEnvironment/CurrentInstance/LocalResources/LocalResource[@name='Spool']/@path" />
        </Variable></Environment></Runtime>"#;
    let fixture = Fixture::new(role, "", "");
    assert_lines(
        &unit(&fixture, "shop-front@.service"),
        &[
            "StateDirectory=shop-front/%i/spool",
            "Environment=HEARTBEAT_RESOURCE_SPOOL=%S/shop-front/%i/spool",
            "Environment=SPOOL=%S/shop-front/%i/spool",
            "TemporaryFileSystem=%t/shop-front/%i/scratch:size=20M,mode=0777",
            "Environment=HEARTBEAT_RESOURCE_SCRATCH=%t/shop-front/%i/scratch",
        ],
    );
    assert_eq!(losses(&fixture), ["local storage `Spool` may grow beyond its 10 MB"]);
}

#[test]
fn a_worker_that_ends_tls_gets_its_certificate() {
    let role = r#"<Endpoints>
        <InputEndpoint name="Web" protocol="https" port="443" certificate="My Site" /></Endpoints>
        <Certificates><Certificate name="My Site" /></Certificates>"#;
    let fixture = Fixture::new(role, "", "[roles.Front]\ntls = true");
    assert_lines(
        &unit(&fixture, "shop-front@.service"),
        &[
            "Environment=HEARTBEAT_CERTIFICATE_MY_SITE=%d/my-site.pem",
            "LoadCredential=my-site.pem:/etc/credstore/shop-front.my-site.pem",
        ],
    );
    assert!(losses(&fixture).is_empty());
    assert_eq!(losses(&Fixture::new(role, "", "")).len(), 1);
}
