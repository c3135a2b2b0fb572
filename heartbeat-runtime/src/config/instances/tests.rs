use heartbeat_definition::ServiceDefinition;

use super::{EnvVars, Instances, natural_key};

const DEFINITION: &str = r#"
    <ServiceDefinition name="S">
      <WorkerRole name="Front"><Endpoints>
        <InputEndpoint name="Orders" protocol="http" port="80"/>
      </Endpoints></WorkerRole>
      <WorkerRole name="Pool"><Endpoints>
        <InternalEndpoint name="Work.1" protocol="http"/>
        <InternalEndpoint name="Feed" protocol="udp"/>
      </Endpoints></WorkerRole>
      <WorkerRole name="Pool.Feed"><Endpoints>
        <InternalEndpoint name="X" protocol="tcp"/>
      </Endpoints></WorkerRole>
      <WorkerRole name="Pool"><Endpoints>
        <InternalEndpoint name="Feed-X" protocol="tcp"/>
        <InternalEndpoint name="Feed" protocol="tcp"/>
      </Endpoints></WorkerRole>
    </ServiceDefinition>"#;

/// Returns the instances of `Pool`, each as `id endpoint=address…`.
fn pool(variables: &EnvVars) -> Result<Vec<String>, String> {
    let definition = ServiceDefinition::read(DEFINITION.as_bytes()).unwrap();
    let instances = Instances::new(&definition, variables).map_err(|error| error.to_string())?;
    let shown = instances.of("Pool", None).into_iter().map(|instance| {
        let endpoints = instance.endpoints().iter().map(|endpoint| {
            format!(" {}/{}={}", endpoint.name(), endpoint.protocol(), endpoint.address())
        });
        format!("{}{}", instance.id(), endpoints.collect::<String>())
    });
    Ok(shown.collect())
}

#[test]
fn an_instance_has_the_endpoints_of_all_variables_that_name_it() {
    let variables = EnvVars::from([
        ("HEARTBEAT_INSTANCES_POOL_FEED", "b=10.0.0.5:53,a=10.0.0.4:53"),
        ("HEARTBEAT_INSTANCES_POOL_WORK_1", "a=10.0.0.4:80,work:80"),
    ]);
    let expected = [
        "a Work.1/http=10.0.0.4:80 Feed/udp=10.0.0.4:53",
        "b Feed/udp=10.0.0.5:53",
        "work Work.1/http=work:80",
    ];
    assert_eq!(pool(&variables).unwrap(), expected);
    assert_eq!(pool(&EnvVars::default()).unwrap(), [""; 0]);
}

#[test]
fn all_that_is_wrong_is_told() {
    let error = pool(&EnvVars::from([
        ("HEARTBEAT_INSTANCES_POOL_WORK_1", "a=1,b,c:80,c=d:80"),
        ("HEARTBEAT_INSTANCES_POOL_FEED_X", "a:80"),
    ]));
    let forms = "write ID=host:port, ID=[ip6]:port or ID=unix:/path, or host:port alone for all \
                 instances behind a host";
    let expected = [
        format!("HEARTBEAT_INSTANCES_POOL_WORK_1 has the entry `a=1`: {forms}"),
        format!("HEARTBEAT_INSTANCES_POOL_WORK_1 has the entry `b`: {forms}"),
        "HEARTBEAT_INSTANCES_POOL_WORK_1 names `c` twice: give each instance an id of its own, as in \
         ID=host:port"
            .to_owned(),
        "HEARTBEAT_INSTANCES_POOL_FEED_X stands for endpoint `X` of role `Pool.Feed` and for endpoint \
         `Feed-X` of role `Pool`: rename one of them in the service definition"
            .to_owned(),
    ];
    assert_eq!(error.unwrap_err(), expected.join("; "));
}

#[test]
fn numbers_in_ids_count() {
    let sorted =
        ["", "Pool_IN_0", "Pool_IN_9", "Pool_IN_10", "Pool_IN_10_a", "Pool_IN_11", "Pool_OUT"];
    let mut ids = sorted;
    ids.reverse();
    ids.sort_by_cached_key(|id| natural_key(id));
    assert_eq!(ids, sorted);
    let huge =
        ["a99999999999999999999999999999999999998", "a99999999999999999999999999999999999999"];
    assert!(natural_key(huge[0]) < natural_key(huge[1]));
    assert_ne!(natural_key("a1"), natural_key("a01"));
}
