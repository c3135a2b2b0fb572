use serde_json::json;

use super::app::probes;
use super::lost;
use super::model::App;
use crate::render::fixture::Fixture;

const ENDPOINTS: &str = r#"<Endpoints>
<InternalEndpoint name="Heartbeat" protocol="http" port="3000"/>
<InputEndpoint name="Orders" protocol="http" port="80"/>
<InputEndpoint name="Feed" protocol="tcp" port="9000"/>
<InputEndpoint name="Beacon" protocol="udp" port="9001"/></Endpoints>"#;

#[test]
fn probes_keep_to_the_limits_of_the_platform() {
    for (keys, startup, live) in [
        ("", (34, 10), (10, 3)),
        ("start_within = \"5s\"\nstall_after = \"3s\"", (1, 10), (1, 3)),
        ("start_within = \"2h\"", (240, 10), (10, 3)),
    ] {
        let fixture = Fixture::new(ENDPOINTS, "", &format!("[roles.Front]\n{keys}"));
        let probes = probes(&fixture.service().workers[0]);
        let times = |n: usize| (probes[n].period_seconds, probes[n].failure_threshold);
        assert_eq!(
            probes.iter().map(|p| p.kind).collect::<Vec<_>>(),
            ["Startup", "Liveness", "Readiness"]
        );
        assert_eq!((times(0), times(1), times(2)), (startup, live, (5, 1)));
    }
}

#[test]
fn the_first_public_endpoint_is_the_main_port() {
    let fixture = Fixture::new(ENDPOINTS, "", "");
    let service = fixture.service();
    let app = serde_json::to_value(App::new(&service, &service.workers[0])).unwrap();
    assert_eq!(
        app["properties"]["configuration"]["ingress"],
        json!({
            "external": true,
            "targetPort": 8080,
            "transport": "auto",
            "additionalPortMappings": [
                { "external": true, "targetPort": 9000, "exposedPort": 9000 },
                { "external": false, "targetPort": 3000, "exposedPort": 3000 },
            ],
        })
    );
    let losses: Vec<String> = lost(&service).iter().map(|loss| loss.what.clone()).collect();
    assert!(losses.contains(&"endpoint `Beacon`: there is no UDP".to_owned()), "{losses:?}");
}

#[test]
fn secrets_are_references_to_the_vault() {
    let role = r#"<ConfigurationSettings><Setting name="DbPassword"/></ConfigurationSettings>"#;
    let fixture = Fixture::new(role, "", "[container_apps]\nkey_vault = \"https://shop.example/\"");
    let service = fixture.service();
    let app = serde_json::to_value(App::new(&service, &service.workers[0])).unwrap();
    let secret = json!([{
        "name": "db-password",
        "keyVaultUrl": "https://shop.example/secrets/db-password",
        "identity": "system",
    }]);
    assert_eq!(app["properties"]["configuration"]["secrets"], secret);
    assert_eq!(app["identity"]["type"], "SystemAssigned");
    let variable = &app["properties"]["template"]["containers"][0]["env"][1];
    assert_eq!(
        *variable,
        json!({ "name": "HEARTBEAT_SETTING_DBPASSWORD", "secretRef": "db-password" })
    );
}

#[test]
fn a_value_above_the_limits_of_the_platform_is_told() {
    let told = |keys: &str| {
        let fixture = Fixture::new(ENDPOINTS, "", &format!("[roles.Front]\n{keys}"));
        let losses = lost(&fixture.service()).into_iter().map(|loss| loss.what);
        losses.filter(|what| what.contains(" at most")).collect::<Vec<_>>()
    };
    assert!(told("stop_within = \"590s\"\nstart_within = \"36m\"\ncpu = \"4\"").is_empty());
    assert_eq!(told("stop_within = \"591s\""), ["role `Front` may stop for 600 s at most"]);
    assert_eq!(told("start_within = \"37m\""), ["role `Front` may start for 2160 s at most"]);
    assert_eq!(told("memory = \"9Gi\""), ["role `Front` has 4 cores and 8 GiB at most"]);
}
