//! The details that people get wrong.

use k8s_openapi::api::core::v1::{Container, PodSpec, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::volumes::Volumes;
use super::{disruption, network_policy, pod, services, settings, workload};
use crate::render::fixture::Fixture;
use crate::render::service::Service;
use crate::render::target::Target;

const HEARTBEAT: &str = r#"<Endpoints>
<InputEndpoint name="Heartbeat" protocol="http" port="80" localPort="3000"/></Endpoints>"#;
const THREE: &str = r#"<Instances count="3"/>"#;

fn pod(service: &Service<'_>) -> PodSpec {
    let worker = &service.workers[0];
    pod::template(service, worker, Volumes::new(service, worker)).spec.unwrap()
}

fn container(service: &Service<'_>) -> Container {
    pod(service).containers.remove(0)
}

/// Returns the value of a variable; the path of a field that it has instead.
fn variable(container: &Container, name: &str) -> Option<String> {
    let variable = container.env.as_ref()?.iter().find(|variable| variable.name == name)?;
    let field = variable.value_from.as_ref().and_then(|from| from.field_ref.clone());
    variable.value.clone().or(field.map(|field| field.field_path))
}

fn times(probe: &Probe) -> [i32; 3] {
    [probe.period_seconds, probe.timeout_seconds, probe.failure_threshold].map(Option::unwrap)
}

#[test]
fn probes_ask_the_heartbeat_at_its_paths() {
    let fixture = Fixture::new(HEARTBEAT, "", "");
    let container = container(&fixture.service());
    let asked = [container.startup_probe, container.liveness_probe, container.readiness_probe];
    let asked = asked.map(|probe| probe.unwrap().http_get.unwrap());
    assert!(asked.iter().all(|get| get.port == IntOrString::String("heartbeat".into())));
    let paths = asked.map(|get| get.path.unwrap());
    assert_eq!(paths, ["/startupz", "/livez", "/readyz"]);
    assert_eq!(container.ports.unwrap()[0].container_port, 3000);
}

#[test]
fn probes_by_exec_run_the_program() {
    let keys = "[roles.Front]\nprobe = \"exec\"\nprogram = \"/bin/front\"";
    let fixture = Fixture::new(HEARTBEAT, "", keys);
    let liveness = container(&fixture.service()).liveness_probe.unwrap();
    assert_eq!(liveness.exec.unwrap().command.unwrap(), ["/bin/front", "--heartbeat-probe=live"]);
    assert!(liveness.http_get.is_none());
}

#[test]
fn probe_periods_fit_the_deadlines() {
    for (keys, live, startup) in [
        ("", [10, 5, 3], [2, 2, 151]),
        ("stall_after = \"6s\"\nstart_within = \"20s\"", [2, 2, 3], [2, 2, 11]),
        ("stall_after = \"500ms\"\nstart_within = \"1s\"", [1, 1, 3], [2, 2, 2]),
        ("stall_after = \"1h\"\nstart_within = \"2500ms\"", [10, 5, 3], [2, 2, 3]),
    ] {
        let fixture = Fixture::new(HEARTBEAT, "", &format!("[roles.Front]\n{keys}"));
        let container = container(&fixture.service());
        assert_eq!(times(&container.liveness_probe.unwrap()), live, "{keys}");
        assert_eq!(times(&container.startup_probe.unwrap()), startup, "{keys}");
        // One answer is enough: the worker has judged already.
        assert_eq!(times(&container.readiness_probe.unwrap()), [5, 5, 1], "{keys}");
    }
}

#[test]
fn a_hanging_worker_does_not_cost_the_grace_of_its_pod() {
    let fixture = Fixture::new(HEARTBEAT, "", "");
    let pod = pod(&fixture.service());
    let container = &pod.containers[0];
    let grace = |probe: &Option<Probe>| probe.as_ref().unwrap().termination_grace_period_seconds;
    assert_eq!(grace(&container.liveness_probe), Some(10));
    assert_eq!(grace(&container.startup_probe), Some(10));
    assert_eq!(grace(&container.readiness_probe), None, "Kubernetes refuses it");
    assert_eq!(pod.termination_grace_period_seconds, Some(35));
}

#[test]
fn the_grace_period_is_longer_than_a_stop() {
    for (keys, stop, drain, grace) in [
        ("", None, "5s", 35),
        ("stop_within = \"2m\"\ndrain = \"10s\"", Some("120s"), "10s", 135),
        ("stop_within = \"1500ms\"\ndrain = \"0s\"", Some("1500ms"), "0s", 7),
    ] {
        let fixture = Fixture::new(HEARTBEAT, "", &format!("[roles.Front]\n{keys}"));
        let pod = pod(&fixture.service());
        assert_eq!(pod.termination_grace_period_seconds, Some(grace));
        let container = &pod.containers[0];
        assert_eq!(variable(container, "HEARTBEAT_STOP_WITHIN").as_deref(), stop);
        assert_eq!(variable(container, "HEARTBEAT_DRAIN").as_deref(), Some(drain));
        assert_eq!(container.lifecycle, None, "the drain makes a preStop needless");
    }
}

#[test]
fn a_rollout_has_no_gap() {
    let fixture = Fixture::new(HEARTBEAT, THREE, "");
    let service = fixture.service();
    let spec = workload::deployment(&service, &service.workers[0]).spec.unwrap();
    let rolling = spec.strategy.unwrap().rolling_update.unwrap();
    assert_eq!(rolling.max_unavailable, Some(IntOrString::Int(0)));
    assert_eq!(rolling.max_surge, Some(IntOrString::Int(1)));
    assert_eq!(spec.replicas, Some(3));
}

#[test]
fn the_worker_has_no_right_that_it_does_not_need() {
    let fixture = Fixture::new(HEARTBEAT, "", "");
    let pod = pod(&fixture.service());
    let of_pod = pod.security_context.unwrap();
    assert_eq!((of_pod.run_as_non_root, of_pod.run_as_user), (Some(true), Some(65532)));
    assert_eq!(of_pod.seccomp_profile.unwrap().type_, "RuntimeDefault");
    let of_container = pod.containers[0].security_context.clone().unwrap();
    assert_eq!(of_container.read_only_root_filesystem, Some(true));
    assert_eq!(of_container.allow_privilege_escalation, Some(false));
    assert_eq!(of_container.capabilities.unwrap().drop.unwrap(), ["ALL"]);
    assert_eq!(pod.automount_service_account_token, Some(false));
    assert_eq!(pod.enable_service_links, Some(false));
    let temporary = &pod.volumes.unwrap()[0];
    assert_eq!(temporary.empty_dir.clone().unwrap().size_limit.unwrap().0, "64Mi");
    assert_eq!(pod.containers[0].volume_mounts.as_ref().unwrap()[0].mount_path, "/tmp");
}

#[test]
fn storage_is_kept_or_emptied_as_declared() {
    let storage = |name, clean| {
        format!(
            r#"<LocalResources><LocalStorage name="{name}" sizeInMB="100" cleanOnRoleRecycle="{clean}"/></LocalResources>"#
        )
    };
    let emptied = Fixture::new(&storage("Scratch", true), "", "");
    let service = emptied.service();
    let pod = pod(&service);
    let volume = &pod.volumes.as_ref().unwrap()[1];
    assert_eq!(volume.empty_dir.clone().unwrap().size_limit.unwrap().0, "100Mi");
    let folder = variable(&pod.containers[0], "HEARTBEAT_RESOURCE_SCRATCH").unwrap();
    assert_eq!(pod.containers[0].volume_mounts.as_ref().unwrap()[1].mount_path, folder);
    assert!(!service.workers[0].keeps_storage());

    let kept = Fixture::new(&storage("Spool", false), "", "[kubernetes]\nstorage_class = \"fast\"");
    let service = kept.service();
    assert!(service.workers[0].keeps_storage());
    let spec = workload::stateful_set(&service, &service.workers[0]).spec.unwrap();
    let claim = spec.volume_claim_templates.unwrap().remove(0);
    assert_eq!(claim.metadata.name.as_deref(), Some("front-storage-spool"));
    let claimed = claim.spec.unwrap();
    assert_eq!(claimed.resources.unwrap().requests.unwrap()["storage"].0, "100Mi");
    assert_eq!(claimed.storage_class_name.as_deref(), Some("fast"));
    let headless = services::headless(&service, &service.workers[0]).unwrap();
    assert_eq!(headless.metadata.name, spec.service_name);
}

#[test]
fn secrets_are_files_and_in_no_config_map() {
    let declared = ["Greeting", "DbPassword", "QueueUrl", "Sealed", "Listed"]
        .map(|name| format!(r#"<Setting name="{name}"/>"#));
    let role = format!("<ConfigurationSettings>{}</ConfigurationSettings>", declared.concat());
    let encrypted = format!("MII{}", "A".repeat(200));
    let configured = format!(
        r#"<ConfigurationSettings><Setting name="Greeting" value="hello"/>
        <Setting name="DbPassword" value="1"/><Setting name="QueueUrl" value="amqp://a:b@c"/>
        <Setting name="Sealed" value="{encrypted}"/><Setting name="Listed" value="2"/>
        </ConfigurationSettings>"#
    );
    let fixture = Fixture::new(&role, &configured, "[roles.Front]\nsecrets = [\"Listed\"]");
    let service = fixture.service();
    let worker = &service.workers[0];

    let plain = settings::config_map(&service, worker).unwrap().data.unwrap();
    assert_eq!(
        plain.into_iter().collect::<Vec<_>>(),
        [("HEARTBEAT_SETTING_GREETING".to_owned(), "hello".to_owned())]
    );
    let secret = settings::secret(&service, worker).unwrap().string_data.unwrap();
    let names = ["db-password", "listed", "queue-url", "sealed"];
    assert_eq!(secret.keys().collect::<Vec<_>>(), names);
    assert!(secret.values().all(String::is_empty));

    let container = container(&service);
    let file = variable(&container, "HEARTBEAT_SETTING_DBPASSWORD_FILE").unwrap();
    let mounts = container.volume_mounts.unwrap();
    assert_eq!(file, format!("{}/db-password", mounts.last().unwrap().mount_path));
}

#[test]
fn new_settings_replace_the_pods() {
    let role = r#"<ConfigurationSettings><Setting name="A"/></ConfigurationSettings>"#;
    let [one, other] = ["1", "2"].map(|value| {
        let value = format!(
            r#"<ConfigurationSettings><Setting name="A" value="{value}"/></ConfigurationSettings>"#
        );
        let fixture = Fixture::new(role, &value, "");
        settings::checksum(&fixture.service().workers[0]).unwrap()
    });
    assert_eq!(one.len(), 16);
    assert_ne!(one, other);
}

#[test]
fn an_instance_is_named_by_its_pod_and_finds_the_others_by_name() {
    let role = r#"<Endpoints><InternalEndpoint name="Work" protocol="tcp" port="*"/></Endpoints>"#;
    let fixture = Fixture::new(role, THREE, "");
    let service = fixture.service();
    let container = container(&service);
    let value = |name| variable(&container, name);
    assert_eq!(value("HEARTBEAT_INSTANCE_ID").as_deref(), Some("metadata.name"));
    let instances = value("HEARTBEAT_INSTANCES_FRONT_WORK");
    assert_eq!(instances.as_deref(), Some("front-instances:8081"));
    assert_eq!(value("HEARTBEAT_ENDPOINT_WORK").as_deref(), Some("8081"));
    let headless = services::headless(&service, &service.workers[0]).unwrap();
    assert_eq!(headless.metadata.name.as_deref(), Some("front-instances"));
    let spec = headless.spec.unwrap();
    assert_eq!(spec.cluster_ip.as_deref(), Some("None"));
    assert_eq!(spec.ports.unwrap()[0].port, 8081);
}

#[test]
fn only_several_instances_have_a_budget() {
    let fixture = Fixture::new(HEARTBEAT, THREE, "");
    let service = fixture.service();
    let budget = disruption::budget(&service, &service.workers[0]).unwrap().spec.unwrap();
    assert_eq!(budget.max_unavailable, Some(IntOrString::Int(1)));
    let fixture = Fixture::new(HEARTBEAT, r#"<Instances count="1"/>"#, "");
    let service = fixture.service();
    assert!(disruption::budget(&service, &service.workers[0]).is_none());
}

#[test]
fn a_certificate_of_a_worker_that_ends_tls_is_mounted() {
    let role = r#"<Endpoints><InputEndpoint name="Heartbeat" protocol="https" port="443"
        certificate="Site"/></Endpoints>"#;
    let fixture = Fixture::new(role, "", "[roles.Front]\ntls = true");
    let container = container(&fixture.service());
    let folder = variable(&container, "HEARTBEAT_CERTIFICATE_SITE").unwrap();
    assert_eq!(container.volume_mounts.unwrap().last().unwrap().mount_path, folder);
    let get = container.liveness_probe.unwrap().http_get.unwrap();
    assert_eq!(get.scheme.as_deref(), Some("HTTPS"));
}

#[test]
fn traffic_rules_open_an_endpoint_to_their_roles_alone() {
    let fixture = Fixture::of_roles(
        r#"<WorkerRole name="Front"><Endpoints>
             <InputEndpoint name="Heartbeat" protocol="http" port="80"/>
             <InternalEndpoint name="Work" protocol="tcp" port="9000"/>
             <InternalEndpoint name="Free" protocol="udp" port="9001"/>
           </Endpoints></WorkerRole>
           <WorkerRole name="Pool"/><WorkerRole name="Other"/>
           <NetworkTrafficRules><OnlyAllowTrafficTo>
             <Destinations><RoleEndpoint roleName="Front" endpointName="Work"/></Destinations>
             <WhenSource matches="AnyRule"><FromRole roleName="Pool"/></WhenSource>
           </OnlyAllowTrafficTo></NetworkTrafficRules>"#,
        "",
        "",
    );
    let service = fixture.service();
    let policy = network_policy::policy(&service, &service.workers[0]).unwrap();
    let rules = policy.spec.unwrap().ingress.unwrap();
    let opened = rules.into_iter().map(|rule| {
        let port = rule.ports.unwrap().remove(0).port.unwrap();
        let from = rule.from.map(|mut peers| {
            let labels = peers.remove(0).pod_selector.unwrap().match_labels.unwrap();
            labels.get("app.kubernetes.io/name").cloned().unwrap_or("all".into())
        });
        (port, from)
    });
    let opened: Vec<_> = opened.collect();
    let port = |name: &str| IntOrString::String(name.into());
    assert_eq!(
        opened,
        [
            (port("heartbeat"), None),
            (port("work"), Some("pool".into())),
            (port("free"), Some("all".into())),
        ]
    );
    assert!(network_policy::policy(&service, &service.workers[1]).is_none());
}

#[test]
fn a_dollar_stays_one() {
    let declared = r#"<Runtime><Environment><Variable name="Price" value="$5"/>
        <Variable name="Name" value="$(Price)"/><Variable name="Pid" value="$$(Price)"/>
        <Variable name="Twice" value="a$$b"/></Environment></Runtime>"#;
    let fixture = Fixture::new(declared, "", "");
    let container = container(&fixture.service());
    let written = ["Price", "Name", "Pid", "Twice"].map(|name| variable(&container, name).unwrap());
    assert_eq!(written, ["$5", "$$(Price)", "$$$$(Price)", "a$$$$b"]);
}

#[test]
fn a_name_that_no_variable_may_have_is_told_and_left_out() {
    let role = r#"<Runtime><Environment><Variable name="" value="1"/><Variable name="a=b" value="1"/>
        <Variable name="ü" value="1"/></Environment></Runtime>
        <Endpoints><InternalEndpoint name="Fünf" protocol="tcp"/></Endpoints>"#;
    let fixture = Fixture::new(role, "", "");
    let service = fixture.service();
    let names: Vec<_> =
        container(&service).env.unwrap().into_iter().map(|variable| variable.name).collect();
    assert_eq!(names, ["HEARTBEAT_DRAIN", "HEARTBEAT_INSTANCE_ID"]);
    let told: Vec<_> =
        Target::Kubernetes.lost(&service).into_iter().map(|loss| loss.what).collect();
    for what in [
        "variable `` is not set: no engine takes its name",
        "variable `a=b` is not set: no engine takes its name",
        "endpoint `Fünf` cannot be in the name of a variable",
    ] {
        assert!(told.iter().any(|told| told == what), "{told:?}");
    }
}

#[test]
fn a_service_that_publishes_what_is_not_ready_does_so_for_all_ports() {
    let endpoints = |first: bool, second: bool| {
        format!(
            r#"<Endpoints><InputEndpoint name="A" protocol="tcp" port="1" ignoreRoleInstanceStatus="{first}"/>
            <InputEndpoint name="B" protocol="tcp" port="2" ignoreRoleInstanceStatus="{second}"/></Endpoints>"#
        )
    };
    for (first, second, published, told) in
        [(true, true, Some(true), None), (true, false, None, Some("A")), (false, false, None, None)]
    {
        let fixture = Fixture::new(&endpoints(first, second), "", "");
        let service = fixture.service();
        let public = services::public(&service, &service.workers[0]).unwrap().spec.unwrap();
        assert_eq!(public.publish_not_ready_addresses, published);
        let lost = services::lost(&service).pop().map(|loss| loss.what);
        let told = told.map(|name| {
            format!("endpoint `{name}`: an instance that is not ready gets no clients")
        });
        assert_eq!(lost, told);
    }
}
