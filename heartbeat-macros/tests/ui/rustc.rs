//! Mistakes that the compiler reports itself. The attribute adds no error, hides none, and keeps
//! them at their place. Their wording is the compiler's and varies with its version.

use std::fs;

use crate::scratch::{Scratch, ui};

/// Each program in `rustc/`, and the code that the compiler underlines.
const PROGRAMS: [(&str, &[&str]); 18] = [
    ("impl_for_unknown_type", &["Orders"]),
    ("impl_of_trait_not_imported", &["WorkerRole"]),
    ("impl_of_unknown_trait", &["WorkerRoll"]),
    (
        "impl_with_misspelled_method",
        &["async fn onstop(self, _: &RoleEnvironment) -> Result<(), Error> {"],
    ),
    ("impl_with_syntax_error", &[";"]),
    ("impl_without_run", &["impl WorkerRole for Orders"]),
    ("init_that_is_async", &["telemetry"]),
    ("init_that_is_unknown", &["telemetry"]),
    ("init_with_a_parameter", &["telemetry"]),
    ("main_with_broken_signature", &[","]),
    ("main_with_syntax_error", &[";"]),
    ("main_with_type_error", &["1"]),
    ("main_with_wrong_error_type", &["main"]),
    // The compiler says that this is unstable, the attribute what to write instead.
    ("module_in_another_file", &["mod orders;", "orders"]),
    ("module_run_with_unnamed_parameter", &[")"]),
    ("module_run_with_wrong_state_type", &["run"]),
    ("module_with_syntax_error", &[";"]),
    ("unsafe_impl", &["unsafe impl WorkerRole for Orders"]),
];

#[test]
fn compiler_errors_appear_once_and_in_place() {
    let scratch = Scratch::package("rustc");
    let definition = include_str!("definitions/ServiceDefinition.csdef");
    scratch.write("ServiceDefinition.csdef", definition);
    let elsewhere = fs::read_to_string(ui("elsewhere/orders.rs")).unwrap();
    scratch.write("elsewhere/orders.rs", &elsewhere);
    assert_eq!(fs::read_dir(ui("rustc")).unwrap().count(), PROGRAMS.len());
    for (name, _) in PROGRAMS {
        let code = fs::read_to_string(ui(&format!("rustc/{name}.rs"))).unwrap();
        scratch.write(&format!("src/bin/{name}.rs"), &code);
    }
    let report = scratch.cargo(&["check", "--bins"]);
    for (name, expected) in PROGRAMS {
        let messages: Vec<_> =
            report.messages.iter().filter(|message| message.program == name).collect();
        let underlined: Vec<_> = messages.iter().map(|message| &*message.underlined).collect();
        assert_eq!(underlined, expected, "{name}: {messages:#?}");
    }
}
