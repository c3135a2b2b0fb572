//! Errors for a missing or unreadable definition. A definition with mere findings builds.

use crate::scratch::{Report, Scratch};

const NAMESPACE: &str = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition";

const MAIN: &str = "
async fn main(_: heartbeat_runtime::RoleEnvironment) -> Result<(), heartbeat_runtime::Error> {
    Ok(())
}
";

/// Returns the lines of the only message, without the folder, and the code that it underlines.
fn only_message(report: &Report, scratch: &Scratch) -> (Vec<String>, String) {
    let [message] = &report.messages[..] else { panic!("{report:#?}") };
    assert_eq!(message.level, "error", "{}", message.rendered);
    let text = message.text.replace(&*scratch.folder.to_string_lossy(), "<package>");
    (text.lines().map(str::to_owned).collect(), message.underlined.clone())
}

fn check(scratch: &Scratch, attribute: &str) -> Report {
    scratch.write("src/main.rs", &format!("#[{attribute}]{MAIN}"));
    scratch.cargo(&["check"])
}

const ATTRIBUTE: &str = "heartbeat_runtime::worker_role(heartbeat = \"Heartbeat\")";

#[test]
fn a_missing_definition_is_reported_with_one_to_create() {
    let scratch = Scratch::package("nowhere");
    let report = check(&scratch, ATTRIBUTE);
    let (lines, underlined) = only_message(&report, &scratch);
    assert_eq!(underlined, format!("#[{ATTRIBUTE}]"));
    assert_eq!(
        lines[..3],
        [
            "no ServiceDefinition.csdef in <package>",
            "= note: with Bazel or Buck, declare the file as compile data of the target",
            "= help: create ServiceDefinition.csdef:",
        ]
    );

    // The definition in the message is sufficient.
    let written = lines[3..].join("\n").replace('…', "Orders");
    scratch.write("ServiceDefinition.csdef", &written);
    let report = check(&scratch, ATTRIBUTE);
    assert!(report.success && report.messages.is_empty(), "{report:#?}");
}

#[test]
fn a_definition_of_another_name_is_suggested() {
    let scratch = Scratch::package("other-name");
    scratch.write("Shop.csdef", "");
    let (lines, _) = only_message(&check(&scratch, ATTRIBUTE), &scratch);
    assert_eq!(lines.last().unwrap(), "= help: write `definition = \"Shop.csdef\"`, which exists");
}

#[test]
fn an_unreadable_definition_is_reported_with_its_position() {
    for (name, definition, place) in [
        ("ill-formed", "<ServiceDefinition name='S'>\n  <WorkerRole\n</ServiceDefinition>", ":3:"),
        ("another-root", "<?xml version='1.0'?>\n <ServiceConfiguration />", ":2:2: "),
        ("placeholders", "<ServiceDefinition name='S'>\n  <WorkerRole $name$ />", ":2:15: "),
        ("empty-file", "", ":1:1: "),
    ] {
        let scratch = Scratch::package(name);
        scratch.write("deploy/Shop.csdef", definition);
        let named = ATTRIBUTE.replace(')', ", definition = \"deploy/Shop.csdef\")");
        let (lines, underlined) = only_message(&check(&scratch, &named), &scratch);
        assert_eq!(underlined, "\"deploy/Shop.csdef\"");
        assert_eq!(lines[0], "cannot read the service definition");
        let place = format!("= note: deploy/Shop.csdef{place}");
        assert!(lines[1].starts_with(&place), "{lines:#?}");
        let help = "= help: fix it at deploy/Shop.csdef:";
        assert!(lines.last().unwrap().starts_with(help), "{lines:#?}");
    }
}

#[test]
fn findings_do_not_break_the_build() {
    let scratch = Scratch::package("untidy");
    // An unknown vmsize, unknown attributes, an empty role, and no namespace.
    let definition = "<ServiceDefinition name='Shop' colour='red'>
  <WorkerRole name='Orders' vmsize='Galactic' name_old='Order'>
    <Endpoints>
      <InputEndpoint name='Heartbeat' protocol='http' port='80' localPort='*' colour='red' />
    </Endpoints>
  </WorkerRole>
  <WebRole name='Site' />
</ServiceDefinition>";
    scratch.write("ServiceDefinition.csdef", definition);
    let report = check(&scratch, ATTRIBUTE);
    assert!(report.success && report.messages.is_empty(), "{report:#?}");
    let spaced = definition.replace("name='Shop'", &format!("xmlns='{NAMESPACE}' name='Shop'"));
    scratch.write("ServiceDefinition.csdef", &format!("\u{feff}{spaced}"));
    let report = check(&scratch, ATTRIBUTE);
    assert!(report.success && report.messages.is_empty(), "{report:#?}");
}

#[test]
fn a_definition_is_found_if_a_macro_in_another_folder_writes_the_attribute() {
    let scratch = Scratch::package("by-example");
    scratch.write("ServiceDefinition.csdef", include_str!("definitions/ServiceDefinition.csdef"));
    scratch.write(
        "src/shared/macros/worker.rs",
        "macro_rules! worker {
    ($heartbeat:literal, $worker:ident) => {
        #[heartbeat_runtime::worker_role(heartbeat = $heartbeat)]
        impl heartbeat_runtime::WorkerRole for $worker {
            async fn on_start(_: &RoleEnvironment) -> Result<Self, Error> { Ok(Self) }
            async fn run(&mut self, _: &RoleEnvironment) -> Result<(), Error> { Ok(()) }
        }
    };
    ($heartbeat:literal, $run:item) => {
        #[heartbeat_runtime::worker_role(heartbeat = $heartbeat)]
        $run
    };
}
pub(crate) use worker;
",
    );
    let program = |worker: &str| {
        format!(
            "#[path = \"../shared/macros/worker.rs\"]\nmod macros;\n\
             use heartbeat_runtime::{{Error, RoleEnvironment}};\n\
             macros::worker!(\"Heartbeat\", {worker});\n"
        )
    };
    let main = "async fn main(_: RoleEnvironment) -> Result<(), Error> { Ok(()) }";
    scratch.write("src/bin/item.rs", &program(main));
    scratch.write("src/bin/name.rs", &(program("Orders") + "struct Orders;\n"));
    let report = scratch.cargo(&["check", "--bins"]);
    assert!(report.success && report.messages.is_empty(), "{report:#?}");
    assert_eq!(report.compiled.len(), 2, "{report:#?}");
}
