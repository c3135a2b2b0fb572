use super::{balancer, environment, lost, render, service_of, tmpfs};
use crate::render::fixture::Fixture;

const HEARTBEAT: &str = r#"<Endpoints>
<InputEndpoint name="Orders" protocol="http" port="80"/>
<InternalEndpoint name="Heartbeat" protocol="http" port="3000"/></Endpoints>"#;

#[test]
fn a_single_instance_has_its_port_and_several_have_a_balancer() {
    let fixture = Fixture::new(HEARTBEAT, r#"<Instances count="1"/>"#, "");
    let service = fixture.service();
    let worker = &service.workers[0];
    assert_eq!(service_of(&service, worker).ports, ["80:8080"]);
    assert!(balancer::service(&service, worker).is_none());

    let fixture = Fixture::new(HEARTBEAT, r#"<Instances count="3"/>"#, "");
    let service = fixture.service();
    let worker = &service.workers[0];
    assert!(service_of(&service, worker).ports.is_empty());
    let (name, rendered) = balancer::service(&service, worker).unwrap();
    assert_eq!((name.as_str(), rendered.ports), ("front-balancer", vec!["80:8080".to_owned()]));
    let configuration = balancer::file(worker).unwrap().content;
    for line in [
        "    bind :8080",
        "    option httpchk GET /readyz",
        "    server-template front- 3 front:8080 check port 3000 inter 2s fall 1 rise 1 resolvers engine \
         init-addr none",
    ] {
        assert!(configuration.contains(&format!("{line}\n")), "{configuration}");
    }
    assert_eq!(render(&service).unwrap().len(), 2);
}

#[test]
fn a_hanging_worker_ends_itself_and_has_time_for_it() {
    let fixture = Fixture::new(HEARTBEAT, "", "[compose]\nrecycle_after = \"10s\"");
    let service = fixture.service();
    let rendered = service_of(&service, &service.workers[0]);
    assert_eq!(rendered.environment["HEARTBEAT_RECYCLE_AFTER"], "10s");
    assert_eq!(rendered.restart, "unless-stopped");
    assert_eq!(rendered.stop_grace_period.as_deref(), Some("35s"));
    assert!(rendered.read_only);
    assert_eq!(rendered.cap_drop, ["ALL"]);
}

#[test]
fn a_dollar_stays_one() {
    let role = r#"<ConfigurationSettings><Setting name="Price"/></ConfigurationSettings>"#;
    let configured = role.replace("/></C", " value=\"$5\"/></C");
    let fixture = Fixture::new(role, &configured, "");
    let service = fixture.service();
    let environment = environment(&service, &service.workers[0]);
    assert_eq!(environment["HEARTBEAT_SETTING_PRICE"], "$$5");
}

#[test]
fn storage_is_in_memory_or_in_a_volume() {
    let role = r#"<LocalResources><LocalStorage name="Scratch" sizeInMB="10"/>
        <LocalStorage name="Spool" cleanOnRoleRecycle="false"/></LocalResources>"#;
    let fixture = Fixture::new(role, "", "");
    let service = fixture.service();
    let worker = &service.workers[0];
    assert_eq!(tmpfs(worker), ["/tmp:size=64m", "/var/lib/heartbeat/scratch:size=10m"]);
    assert_eq!(service_of(&service, worker).volumes, ["front.spool:/var/lib/heartbeat/spool"]);
}

#[test]
fn each_endpoint_is_balanced_and_asked_by_its_own_protocol() {
    let role = r#"<Endpoints><InputEndpoint name="A b" protocol="tcp" port="81"/>
        <InputEndpoint name="A-b" protocol="tcp" port="82"/><InputEndpoint name="Heartbeat"
        protocol="https" port="443" certificate="Site"/></Endpoints>"#;
    for (keys, check) in
        [("", "check port 8443"), ("tls = true", "check check-ssl verify none port 8443")]
    {
        let keys = format!("[roles.Front]\n{keys}");
        let fixture = Fixture::new(role, r#"<Instances count="2"/>"#, &keys);
        let configuration = balancer::file(&fixture.service().workers[0]).unwrap().content;
        for name in ["front-a-b", "front-a-b-2", "front-heartbeat"] {
            assert!(configuration.contains(&format!("listen {name}\n")), "{configuration}");
        }
        assert_eq!(
            configuration.matches(&format!(" {check} inter ")).count(),
            3,
            "{configuration}"
        );
    }
}

#[test]
fn a_large_storage_in_memory_is_told() {
    let role = r#"<LocalResources><LocalStorage name="Small" sizeInMB="1023"/>
        <LocalStorage name="Large" sizeInMB="8192"/></LocalResources>"#;
    let fixture = Fixture::new(role, "", "");
    let told = lost(&fixture.service());
    let told: Vec<_> = told.iter().filter(|loss| loss.what.contains("of memory")).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].what, "local storage `Large` may fill 8192 MB of memory");
}

#[test]
fn no_two_roles_share_a_volume() {
    let role = |role: &str, storage: &str| {
        format!(
            r#"<WorkerRole name="{role}"><LocalResources><LocalStorage name="{storage}"
            cleanOnRoleRecycle="false"/></LocalResources></WorkerRole>"#
        )
    };
    let roles = role("Order", "PoolCache") + &role("OrderPool", "Cache");
    let fixture = Fixture::of_roles(&roles, "", "");
    let service = fixture.service();
    let [order, pool] = [0, 1].map(|n| service_of(&service, &service.workers[n]).volumes.remove(0));
    assert!(order.starts_with("order.pool-cache:") && pool.starts_with("order-pool.cache:"));
}
