//! The instances of roles, as user code sees them.

#![cfg(feature = "test-util")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use heartbeat_runtime::host::Bound;
use heartbeat_runtime::test_util::TestHost;
use heartbeat_runtime::{Error, Host, Protocol, RoleEnvironment};

const DEFINITION: &[u8] = br#"
    <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
      <WorkerRole name="Pool">
        <Endpoints>
          <InputEndpoint name="Heartbeat" protocol="http" port="3000" />
          <InternalEndpoint name="Work" protocol="tcp" port="8081" />
          <InternalEndpoint name="Gossip" protocol="udp" port="8082" />
        </Endpoints>
      </WorkerRole>
      <WorkerRole name="Front-End">
        <Endpoints><InternalEndpoint name="Control.1" protocol="http" /></Endpoints>
      </WorkerRole>
    </ServiceDefinition>"#;

fn host() -> Host<(), Bound> {
    let start = async |_: &RoleEnvironment| Ok(());
    let run = async |(): &mut (), _: &RoleEnvironment| -> Result<(), Error> { Ok(()) };
    Host::without_stop("Pool", "1.0.0", start, run).definition(DEFINITION).heartbeat("Heartbeat")
}

/// Returns the instances of a role, each as its id and `endpoint=address…`.
fn instances(role: &RoleEnvironment, of: &str) -> Vec<(String, Vec<String>)> {
    let shown = role.instances(of).into_iter().map(|instance| {
        let endpoints = instance.endpoints().iter();
        let endpoints = endpoints.map(|it| format!("{}={}", it.name(), it.address()));
        (instance.id().to_owned(), endpoints.collect())
    });
    shown.collect()
}

fn environment(host: &TestHost<()>) -> RoleEnvironment {
    host.environment().unwrap()
}

#[test]
fn without_variables_an_instance_knows_itself_alone() {
    let role = environment(
        &host().test().endpoint("Work", "8081").endpoint("Gossip", "unix:/run/pool/gossip"),
    );
    let endpoints =
        vec!["Work=localhost:8081".to_owned(), "Gossip=unix:/run/pool/gossip".to_owned()];
    assert_eq!(instances(&role, "Pool"), [(role.instance_id().to_owned(), endpoints)]);
    assert_eq!(role.instances("Front-End"), []);
}

#[test]
fn an_instance_is_in_the_list_of_its_own_role_even_if_the_variables_do_not_name_it() {
    let role = environment(&host().test());
    let own = role.instance_id();
    let list = format!("{own}=10.0.0.4:8081, {own}_10=10.0.0.14:8081, {own}_9=10.0.0.13:8081");
    let test = host().test().endpoint("Gossip", "127.0.0.1:8082").instances("Pool", "Work", &list);
    let role = environment(&test.instances("Pool", "Gossip", &format!("{own}_9=10.0.0.13:8082")));
    let expected = [
        ("", ["Work=10.0.0.4:8081", "Gossip=127.0.0.1:8082"].as_slice()),
        ("_9", &["Work=10.0.0.13:8081", "Gossip=10.0.0.13:8082"]),
        ("_10", &["Work=10.0.0.14:8081"]),
    ];
    let expected = expected.map(|(suffix, endpoints)| {
        (format!("{own}{suffix}"), endpoints.iter().map(|&it| it.to_owned()).collect())
    });
    assert_eq!(instances(&role, "Pool"), expected);
}

#[test]
fn another_role_is_named_by_variables() {
    let role = environment(&host().test().instances("Front-End", "Control.1", "front:80"));
    let front = role.instances("Front-End");
    let [front] = front.as_slice() else { unreachable!("{front:?}") };
    assert_eq!(front.id(), "front");
    let control = front.endpoint("Control.1").unwrap();
    assert_eq!((control.address(), control.protocol()), ("front:80", Protocol::Http));
    assert_eq!(front.endpoint("control.1"), None);
    // Role names are exact.
    assert_eq!(role.instances("front-end"), []);
}

#[tokio::test]
async fn an_endpoint_with_any_port_has_its_own_once_it_listens() {
    let role = environment(&host().test());
    let address = |role: &RoleEnvironment| {
        let own = role.instances("Pool").remove(0);
        own.endpoint("Work").unwrap().address().to_owned()
    };
    assert_eq!(address(&role), "127.0.0.1:0");
    let listener = role.bind("Work").unwrap();
    let client = tokio::net::TcpStream::connect(address(&role));
    let (accepted, connected) = tokio::join!(listener.accept(), client);
    assert!(accepted.is_ok() && connected.is_ok());
}

#[test]
fn a_malformed_list_is_an_error() {
    let error = host().test().instances("Pool", "Work", "8081").environment().unwrap_err();
    assert!(error.to_string().starts_with("HEARTBEAT_INSTANCES_POOL_WORK has the entry `8081`: "));
}
