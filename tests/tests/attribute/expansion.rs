//! What `cargo expand` shows to users, through the real tool.

use std::fs;
use std::path::Path;

use crate::scratch::{Scratch, is_there_or_must_be, manifest};

const TOOL: [&str; 3] = ["cargo", "expand", "--version"];

const DEFINITION: &str = "<ServiceDefinition name='Shop'><WorkerRole name='Orders'><Endpoints>\
    <InputEndpoint name='Heartbeat' protocol='http' port='80'/>\
    </Endpoints></WorkerRole></ServiceDefinition>";

/// A package whose program is one of those that pass the lints.
fn package(folder: &str, program: &str) -> Scratch {
    let scratch = Scratch::new(folder);
    scratch.write("Cargo.toml", &format!("{}\n[workspace]\n", manifest("orders", "2024", "")));
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attribute/programs");
    scratch.write("src/main.rs", &fs::read_to_string(programs.join(program)).unwrap());
    scratch.write("ServiceDefinition.csdef", DEFINITION);
    scratch
}

fn expanded(scratch: &Scratch) -> String {
    let output = scratch.command(&["expand", "--color=never"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the tool prints from `main` on, on one line: it breaks lines as it likes.
fn main_of(expanded: &str) -> String {
    let main = &expanded[expanded.find("fn main() -> ::std::process::ExitCode").expect("a main")..];
    let main = main.split_whitespace().collect::<Vec<_>>().join(" ");
    main.replace(&DEFINITION.escape_default().to_string(), "…")
}

#[test]
fn an_implementation_is_followed_by_main() {
    if !is_there_or_must_be(&TOOL) {
        return;
    }
    assert_eq!(
        main_of(&expanded(&package("expand-implementation", "implementation.rs"))),
        "fn main() -> ::std::process::ExitCode { \
         <Orders as WorkerRole>::host(\"Orders\", \"1.2.3\") .definition( b\"…\", ) \
         .heartbeat(\"Heartbeat\") .start() .run() .stop() }"
    );
}

#[test]
fn a_main_is_nested_in_main_and_two_copies_expand_alike() {
    if !is_there_or_must_be(&TOOL) {
        return;
    }
    let one = expanded(&package("expand-main", "main_function.rs"));
    assert_eq!(
        main_of(&one),
        "fn main() -> ::std::process::ExitCode { /// Ships orders. \
         async fn main(role: RoleEnvironment) -> Result<(), Error> { \
         role.stopping().await; Ok(()) } \
         ::heartbeat_runtime::Host::of_main(\"Orders\", \"1.2.3\", main) .definition( b\"…\", ) \
         .heartbeat(\"Heartbeat\") .current_thread() .start() .run() .stop() }"
    );
    let other = expanded(&package("expand-copy/of/the/same", "main_function.rs"));
    assert_eq!(one, other);
}
