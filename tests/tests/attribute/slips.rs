//! Mistakes that the compiler itself tells: the attribute adds nothing to them, takes nothing from
//! them, and lets them stand where they are. Their words are the compiler's, and differ from one
//! version to the next.

use std::fs;
use std::path::Path;

use crate::scratch::Scratch;

/// The file, and what is underlined in it.
const SLIPS: [(&str, &[&str]); 13] = [
    ("implementation_for_an_unknown_type", &["Orders"]),
    ("implementation_of_a_trait_that_is_not_imported", &["WorkerRole"]),
    ("implementation_of_an_unknown_trait", &["WorkerRoll"]),
    ("implementation_that_is_unsafe", &["unsafe impl WorkerRole for Orders"]),
    ("implementation_with_a_broken_body", &[";"]),
    (
        "implementation_with_a_misspelled_method",
        &["async fn onstop(self, _: &RoleEnvironment) -> Result<(), Error> {"],
    ),
    ("implementation_without_run", &["impl WorkerRole for Orders"]),
    ("main_with_a_broken_body", &[";"]),
    ("main_with_a_wrong_type_within", &["1"]),
    ("main_with_another_result", &["main"]),
    ("module_with_a_broken_body", &[";"]),
    ("module_with_a_run_of_another_state", &["run"]),
    // The compiler says that it is unstable, and the attribute what to write instead.
    ("module_in_another_file", &["mod orders;", "orders"]),
];

#[test]
fn a_slip_is_told_once_by_the_compiler_where_it_is() {
    let scratch = Scratch::package("slips");
    let definition = include_str!("definitions/ServiceDefinition.csdef");
    scratch.write("ServiceDefinition.csdef", definition);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attribute");
    let elsewhere = fs::read_to_string(folder.join("elsewhere/orders.rs")).unwrap();
    scratch.write("elsewhere/orders.rs", &elsewhere);
    assert_eq!(fs::read_dir(folder.join("slips")).unwrap().count(), SLIPS.len());
    for (name, _) in SLIPS {
        let code = fs::read_to_string(folder.join(format!("slips/{name}.rs"))).unwrap();
        scratch.write(&format!("src/bin/{name}.rs"), &code);
    }
    let report = scratch.cargo(&["check", "--bins"]);
    for (name, expected) in SLIPS {
        let told: Vec<_> =
            report.messages.iter().filter(|message| message.program == name).collect();
        let underlined: Vec<_> = told.iter().map(|message| &*message.underlined).collect();
        assert_eq!(underlined, expected, "{told:#?}");
    }
}
