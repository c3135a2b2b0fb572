//! What a user reads when the attribute and the service definition do not agree: one diagnostic
//! for each mistake, at the token at fault. A real package is checked by the real cargo.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use heartbeat_tests::workspace;
use serde_json::Value;

/// One program: its attribute, what stands under it, its definition, and what the compiler says
/// of it: the message, and the code that is underlined.
struct Case {
    name: &'static str,
    attribute: &'static str,
    item: &'static str,
    definition: Option<&'static str>,
    errors: &'static [(&'static str, &'static str)],
}

const IMPL: &str = "impl WorkerRole for Orders {
    async fn on_start(_: &RoleEnvironment) -> Result<Self, Error> { Ok(Self) }
    async fn run(&mut self, _: &RoleEnvironment) -> Result<(), Error> { Ok(()) }
}";

const ORDERS: &str = r#"<ServiceDefinition name="Shop">
  <WebRole name="Site" />
  <WorkerRole name="Orders">
    <Endpoints>
      <InputEndpoint name="Heartbeat" protocol="http" port="80" />
      <InputEndpoint name="Clock" protocol="udp" port="123" />
    </Endpoints>
  </WorkerRole>
</ServiceDefinition>"#;

const TWO_ROLES: &str = r#"<ServiceDefinition name="Shop">
  <WorkerRole name="Mail" />
  <WorkerRole name="Returns" />
</ServiceDefinition>"#;

const CASES: &[Case] = &[
    Case {
        name: "accepted",
        attribute: "heartbeat = \"Heartbeat\"",
        item: IMPL,
        definition: Some(ORDERS),
        errors: &[],
    },
    Case {
        name: "unknown_endpoint",
        attribute: "heartbeat = \"Hartbeat\"",
        item: IMPL,
        definition: Some(ORDERS),
        errors: &[(
            "no endpoint named `Hartbeat` in role `Orders`\n\
             = note: endpoints declared: `Heartbeat`, `Clock`\n\
             = help: did you mean `heartbeat = \"Heartbeat\"`? (unknown_endpoint.csdef:5:28)",
            "\"Hartbeat\"",
        )],
    },
    Case {
        name: "endpoint_unlike_any",
        attribute: "heartbeat = \"Vitals\"",
        item: IMPL,
        definition: Some(ORDERS),
        errors: &[(
            "no endpoint named `Vitals` in role `Orders`\n\
             = note: endpoints declared: `Heartbeat`, `Clock`\n\
             = help: add to its <Endpoints>: <InputEndpoint name=\"Vitals\" protocol=\"http\" \
             port=\"3000\" localPort=\"3000\" />",
            "\"Vitals\"",
        )],
    },
    Case {
        name: "udp_endpoint",
        attribute: "heartbeat = \"Clock\"",
        item: IMPL,
        definition: Some(ORDERS),
        errors: &[(
            "endpoint `Clock` of role `Orders` is `udp`, which cannot carry health\n\
             = note: declared here: udp_endpoint.csdef:6:28\n\
             = help: write there: <InputEndpoint name=\"Clock\" protocol=\"http\" …>",
            "\"Clock\"",
        )],
    },
    Case {
        name: "unknown_role",
        attribute: "heartbeat = \"Heartbeat\", role = \"Order\"",
        item: IMPL,
        definition: Some(ORDERS),
        errors: &[(
            "no worker role named `Order` in unknown_role.csdef\n\
             = note: worker roles declared: `Orders`\n\
             = help: did you mean `Orders`? (unknown_role.csdef:3:21)",
            "\"Order\"",
        )],
    },
    Case {
        name: "several_roles",
        attribute: "heartbeat = \"Heartbeat\"",
        item: IMPL,
        definition: Some(TWO_ROLES),
        errors: &[(
            "several worker roles in several_roles.csdef: which one is this?\n\
             = note: worker roles declared: `Mail`, `Returns`\n\
             = help: write one of them: `role = \"…\"`",
            "#[worker_role(heartbeat = \"Heartbeat\", definition = \"several_roles.csdef\")]",
        )],
    },
    Case {
        name: "no_role",
        attribute: "heartbeat = \"Heartbeat\"",
        item: IMPL,
        definition: Some("<ServiceDefinition name=\"Shop\" />"),
        errors: &[(
            "no worker role in no_role.csdef\n\
             = help: add to it: <WorkerRole name=\"Orders\">",
            "#[worker_role(heartbeat = \"Heartbeat\", definition = \"no_role.csdef\")]",
        )],
    },
    Case {
        name: "not_xml",
        attribute: "heartbeat = \"Heartbeat\"",
        item: IMPL,
        definition: Some("<ServiceDefinition name=\"Shop\">\n  <WorkerRole>\n</ServiceDefinition>"),
        errors: &[(
            "cannot read the service definition\n= note: not_xml.csdef:",
            "\"not_xml.csdef\"",
        )],
    },
    Case {
        name: "no_such_file",
        attribute: "heartbeat = \"Heartbeat\", definition = \"absent.csdef\"",
        item: IMPL,
        definition: None,
        errors: &[(
            "cannot read the service definition absent.csdef: No such file or directory",
            "\"absent.csdef\"",
        )],
    },
    Case {
        name: "no_definition",
        attribute: "heartbeat = \"Heartbeat\"",
        item: IMPL,
        definition: None,
        errors: &[(
            "no ServiceDefinition.csdef in <package>\n= help: put one there, with\n",
            "#[worker_role(heartbeat = \"Heartbeat\")]",
        )],
    },
    Case {
        name: "arguments",
        attribute: "hartbeat = \"Heartbeat\", role = 1",
        item: IMPL,
        definition: Some(ORDERS),
        errors: &[
            (
                "unknown argument `hartbeat`\n\
                 = note: there are `heartbeat`, `role`, `definition`\n\
                 = help: did you mean `heartbeat`?",
                "hartbeat",
            ),
            ("`role` is a text: write `role = \"…\"`", "1"),
        ],
    },
    Case {
        name: "no_trait",
        attribute: "heartbeat = \"Heartbeat\"",
        item: "impl Orders {}",
        definition: Some(ORDERS),
        errors: &[("the trait is missing: write `impl WorkerRole for …`", "Orders")],
    },
];

#[test]
fn every_mistake_is_told_once_where_it_is() {
    let package = package();
    let told = check(&package);
    for case in CASES {
        let told = told.get(case.name).map_or(&[][..], Vec::as_slice);
        assert_eq!(told.len(), case.errors.len(), "{}: {told:#?}", case.name);
        for ((message, code), expected) in told.iter().zip(case.errors) {
            let message = message.replace(&*package.to_string_lossy(), "<package>");
            assert!(message.starts_with(expected.0), "{}: {message}", case.name);
            assert_eq!(code, expected.1, "{}: {message}", case.name);
        }
    }
}

/// Writes a package with a program for each case.
fn package() -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-errors");
    // Programs of cases that are gone would be checked again.
    let _ = fs::remove_dir_all(package.join("src"));
    fs::create_dir_all(package.join("src/bin")).unwrap();
    let runtime = workspace().join("heartbeat-runtime");
    let manifest = format!(
        "[package]\nname = \"compile-errors\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nheartbeat-runtime = {{ path = '{}' }}\n",
        runtime.display()
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    // The versions that are here already: nothing has to be fetched.
    fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    for case in CASES {
        let mut attribute = case.attribute.to_owned();
        if let Some(definition) = case.definition {
            let file = format!("{}.csdef", case.name);
            fs::write(package.join(&file), definition).unwrap();
            write!(attribute, ", definition = \"{file}\"").unwrap();
        }
        let program = format!(
            "use heartbeat_runtime::*;\nstruct Orders;\n#[worker_role({attribute})]\n{}\n",
            case.item
        );
        fs::write(package.join(format!("src/bin/{}.rs", case.name)), program).unwrap();
    }
    package
}

/// The errors of each program: the message, and the underlined code.
fn check(package: &Path) -> BTreeMap<String, Vec<(String, String)>> {
    let output = Command::new(env!("CARGO"))
        .args(["check", "--bins", "--keep-going", "--offline", "--message-format=json"])
        .current_dir(package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .output()
        .unwrap();
    let mut told = BTreeMap::<_, Vec<_>>::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_slice(line).unwrap();
        let message = &line["message"];
        if message["level"] == "error" && !message["spans"].as_array().unwrap().is_empty() {
            let program = line["target"]["name"].as_str().unwrap().to_owned();
            let text = message["message"].as_str().unwrap().to_owned();
            told.entry(program).or_default().push((text, underlined(&message["spans"][0])));
        }
    }
    assert!(!told.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    told
}

fn underlined(span: &Value) -> String {
    let text = &span["text"][0];
    let column = |key: &str| usize::try_from(text[key].as_u64().unwrap()).unwrap() - 1;
    let line: Vec<_> = text["text"].as_str().unwrap().chars().collect();
    line[column("highlight_start")..column("highlight_end")].iter().collect()
}
