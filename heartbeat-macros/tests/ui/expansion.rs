//! The output of the real `cargo expand`.

use std::fs;

use crate::scratch::{Scratch, is_installed_or_ci, manifest, ui};

const TOOL: [&str; 3] = ["cargo", "expand", "--version"];

const DEFINITION: &str = "<ServiceDefinition name='Shop'><WorkerRole name='Orders'><Endpoints>\
    <InputEndpoint name='Heartbeat' protocol='http' port='80'/>\
    </Endpoints></WorkerRole></ServiceDefinition>";

/// Writes a package with one of the programs in `pass/`.
fn package(folder: &str, program: &str) -> Scratch {
    let scratch = Scratch::new(folder);
    scratch.write("Cargo.toml", &format!("{}\n[workspace]\n", manifest("orders", "2024", "")));
    let program = fs::read_to_string(ui("pass").join(program)).unwrap();
    scratch.write("src/main.rs", &program);
    scratch.write("ServiceDefinition.csdef", DEFINITION);
    scratch
}

fn expand(scratch: &Scratch) -> String {
    let output = scratch.command(&["expand", "--color=never"]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Extracts the expansion from `main` on, joined to one line: the tool breaks lines as it likes.
fn main_of(expanded: &str) -> String {
    let main = &expanded[expanded.find("fn main() -> ::std::process::ExitCode").expect("a main")..];
    let main = main.split_whitespace().collect::<Vec<_>>().join(" ");
    main.replace(&DEFINITION.escape_default().to_string(), "…")
}

#[test]
fn main_follows_an_impl() {
    if !is_installed_or_ci(&TOOL) {
        return;
    }
    assert_eq!(
        main_of(&expand(&package("expand-impl", "impl_worker_role.rs"))),
        "fn main() -> ::std::process::ExitCode { \
         <Orders as WorkerRole>::host(\"Orders\", \"1.2.3\") .definition( b\"…\", ) \
         .heartbeat(\"Heartbeat\") .start() .run() .stop() }"
    );
}

#[test]
fn a_users_main_is_nested_and_two_checkouts_expand_alike() {
    if !is_installed_or_ci(&TOOL) {
        return;
    }
    let one = expand(&package("expand-main", "main_function.rs"));
    assert_eq!(
        main_of(&one),
        "fn main() -> ::std::process::ExitCode { /// Ships orders. \
         async fn main(role: RoleEnvironment) -> Result<(), Error> { \
         role.stopping().await; Ok(()) } \
         ::heartbeat_runtime::Host::from_main(\"Orders\", \"1.2.3\", main) .definition( b\"…\", ) \
         .heartbeat(\"Heartbeat\") .current_thread() .start() .run() .stop() }"
    );
    let other = expand(&package("expand-copy/of/the/same", "main_function.rs"));
    assert_eq!(one, other);
}
