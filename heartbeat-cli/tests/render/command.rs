//! The command itself: where it writes, what it says, and its exit codes.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use super::{Project, TARGETS, everything, stderr, stdout};

const DEFINITION: &str = r#"<ServiceDefinition name="Shop"><WorkerRole name="Front"><Endpoints>
<InputEndpoint name="Heartbeat" protocol="http" port="3000"/></Endpoints></WorkerRole>
</ServiceDefinition>"#;

#[test]
fn files_are_written_and_checked() {
    let project = Project::new(DEFINITION);
    let check = ["kubernetes", "-o", "deploy", "--check"];

    let output = project.render(&check);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "deploy/front.yaml: missing\n");
    assert!(stderr(&output).ends_with("run `heartbeat render kubernetes -o deploy`\n"));

    assert!(project.render(&["kubernetes", "-o", "deploy"]).status.success());
    assert!(project.render(&check).status.success());

    let path = project.path().join("deploy/front.yaml");
    let rendered = fs::read_to_string(&path).unwrap();
    fs::write(&path, rendered.replace("replicas: 1", "replicas: 2")).unwrap();
    fs::write(project.path().join("deploy/old.yaml"), &rendered).unwrap();
    fs::write(project.path().join("deploy/own.yaml"), "kind: Ingress\n").unwrap();
    let output = project.render(&check);
    assert_eq!(output.status.code(), Some(1));
    let line = 1 + rendered.lines().position(|line| line.contains("replicas:")).unwrap();
    let expected = format!(
        "deploy/front.yaml:{line}: not up to date\ndeploy/old.yaml: no longer rendered: remove it\n"
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn files_of_another_target_in_the_folder_are_left_alone() {
    let project = Project::new(DEFINITION);
    for target in ["kubernetes", "compose"] {
        let output = project.render(&[target, "-o", "deploy"]);
        assert!(!stderr(&output).contains("no longer rendered"), "{}", stderr(&output));
    }
    for target in ["kubernetes", "compose"] {
        let output = project.render(&[target, "-o", "deploy", "--check"]);
        assert!(output.status.success(), "{}", stdout(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_a_failure_in_words() {
    let project = Project::new(DEFINITION);
    for arguments in
        [&["kubernetes"][..], &["kubernetes", "-o", "x"], &["compose", "-o", "y", "--check"]]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        command.arg("render").args(arguments).current_dir(project.path());
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command.stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", stderr(&output));
        assert!(
            stderr(&output).contains("error: cannot write the output: "),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_name_cannot_write_on_the_terminal() {
    let definition = DEFINITION.replace("\"Front\"", "\"Front&#10;error: no&#9;\"");
    let output = Project::new(&definition).render(&["kubernetes"]);
    assert!(output.status.success());
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("role `Front\u{fffd}error: no\u{fffd}`"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_same_service_renders_the_same() {
    for target in TARGETS {
        let [first, second] = [(), ()].map(|()| everything().render(&[target]).stdout);
        assert!(!first.is_empty());
        assert_eq!(first, second);
    }
}

#[test]
fn stdout_is_one_stream_in_which_examples_are_comments() {
    let output = everything().render(&["kubernetes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let stream = stdout(&output);
    let documents: Vec<_> = stream.split("---\n").collect();
    assert!(documents.len() > 9 && documents.iter().all(|document| document.contains("kind: ")));
    assert!(stream.contains("\n# kind: Secret\n") && !stream.contains("\nkind: Secret\n"));
}

#[test]
fn no_secret_is_rendered() {
    for target in TARGETS {
        let output = everything().render(&[target]);
        assert!(!stdout(&output).contains("hidden"), "{target}");
        assert!(!stderr(&output).contains("hidden"), "{target}");
    }
}

#[test]
fn each_loss_is_told_with_its_place() {
    let errors = stderr(&everything().render(&["kubernetes"]));
    for lost in [
        ":2:52: there are no upgrade domains: ",
        ":7:33: startup task `install.cmd` does not run: ",
        ":8:34: import `RemoteAccess`: ",
        ":12:36: endpoint `Debug`: no Service gives each instance a public port",
        ":15:105: setting `Missing` has no value, ",
        ":22:23: variable `DOMAIN` is not set: only Azure has this value: ",
        ":25:41: role `Order.Pool`: no engine knows the size `Large`: write `cpu` and `memory` under \
         [roles.\"Order.Pool\"] in heartbeat.toml",
        ":27:31: endpoint `Work` has only port 9000 of its range: ",
        ":33:18: web role `Site`: ",
    ] {
        assert!(errors.contains(&format!("ServiceDefinition.csdef{lost}")), "{lost}\n{errors}");
    }
}

#[test]
fn a_wrong_name_in_heartbeat_toml_is_refused() {
    for (text, expected) in [
        (
            "[roles.front]\n",
            "heartbeat.toml:1:8: the service definition has no worker role `front`: did you mean `Front`?",
        ),
        (
            "[roles.Front]\nheartbeat = \"Hartbeat\"\n",
            "heartbeat.toml:2:13: no endpoint named `Hartbeat`",
        ),
        (
            "[roles.Front]\nsecrets = [\"X\"]\n",
            "heartbeat.toml:2:12: role `Front` declares no setting `X`",
        ),
        ("[kubernets]\n", "heartbeat.toml:1:2: unknown field `kubernets`"),
    ] {
        let output = Project::new(DEFINITION).with("heartbeat.toml", text).render(&["compose"]);
        assert_eq!(output.status.code(), Some(78));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn check_warns_of_what_a_target_loses() {
    let project = everything();
    let check = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        command.arg("check").args(arguments).current_dir(project.path()).output().unwrap()
    };
    let lost = |output: &Output| {
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|finding| finding["code"] == "not-carried-over").count()
    };
    let output = check(&["--for", "kubernetes", "--format", "json"]);
    assert_eq!(lost(&output), stderr(&project.render(&["kubernetes"])).lines().count());
    assert_eq!(lost(&check(&["--format", "json"])), 0);
    let shown = stdout(&check(&["--for", "compose"]));
    assert!(shown.contains("warning[not-carried-over]: startup task `install.cmd`"), "{shown}");
}
