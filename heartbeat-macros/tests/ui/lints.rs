//! The expansion passes the strictest lints: in both editions, in any module, and with the runtime
//! under another name. One run of clippy checks all programs.

use std::fs;

use crate::scratch::{Scratch, is_installed_or_ci, manifest, ui};

/// Lints at level `forbid` if possible, which makes an `allow` in the expansion an error too.
const LINTS: &str = "//! Checked under the strictest lints.
#![forbid(unsafe_code, unused_qualifications)]
#![forbid(
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::default_numeric_fallback,
    clippy::exit,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::min_ident_chars,
    clippy::missing_docs_in_private_items,
    clippy::mod_module_files,
    clippy::panic,
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::str_to_string,
    clippy::todo,
    clippy::unimplemented,
    clippy::unreachable,
    clippy::unwrap_used
)]
#![deny(missing_docs, unreachable_pub, unused_results, let_underscore_drop, warnings)]
";

/// The metadata that `clippy::cargo` requires, and the lint groups. `redundant_pub_crate` demands
/// the `pub` that `unreachable_pub` denies.
const METADATA: &str = "description = 'A worker'
license = 'MIT'
repository = 'https://example.com/shop'
readme = 'README.md'
keywords = ['worker']
categories = ['asynchronous']

[lints.clippy]
all = { level = 'deny', priority = -1 }
cargo = { level = 'deny', priority = -1 }
nursery = { level = 'deny', priority = -1 }
pedantic = { level = 'deny', priority = -1 }
redundant_pub_crate = 'allow'
";

/// A program with its worker in a nested module.
const DEEP: [(&str, &str); 4] = [
    (
        "main.rs",
        "mod one;\n\nuse std::process::ExitCode;\n\nfn main() -> ExitCode {\n    one::enter()\n}\n",
    ),
    ("one.rs", "mod two;\n\npub(crate) use two::enter;\n"),
    ("one/two.rs", "mod three;\n\npub(crate) use three::enter;\n"),
    (
        "one/two/three.rs",
        "use std::process::ExitCode;\n\n/// Enters.\npub(crate) fn enter() -> ExitCode {\n    main()\n}\n\n",
    ),
];

fn programs() -> Vec<(String, String)> {
    let files = fs::read_dir(ui("pass")).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// Writes the programs in one edition, and one with its worker in a module three folders deep.
fn write_edition(scratch: &Scratch, edition: &str) -> Vec<String> {
    let package = format!("edition-{edition}");
    scratch.write(&format!("{package}/Cargo.toml"), &manifest(&package, edition, METADATA));
    let mut names = Vec::new();
    for (name, code) in programs() {
        let prelude = if name == "without_prelude" { "#![no_implicit_prelude]\n" } else { "" };
        let file = format!("{package}/src/bin/{name}.rs");
        scratch.write(&file, &format!("{LINTS}{prelude}\n{code}"));
        if name == "impl_worker_role" {
            for (file, start) in DEEP {
                let lints = if file == "main.rs" { LINTS } else { "//! A module.\n\n" };
                let code = if file == "one/two/three.rs" { &code } else { "" };
                let file = format!("{package}/src/bin/deep/{file}");
                scratch.write(&file, &format!("{lints}{start}{code}"));
            }
        }
        names.push(name);
    }
    names.push("deep".to_owned());
    names
}

/// Writes the programs in a package that renames the runtime.
fn write_renamed(scratch: &Scratch) -> Vec<String> {
    let manifest = manifest("renamed", "2024", METADATA)
        .replace("heartbeat-runtime = {", "heart = { package = 'heartbeat-runtime',");
    scratch.write("renamed/Cargo.toml", &manifest);
    let mut names = Vec::new();
    for (name, code) in programs().into_iter().filter(|(name, _)| name != "without_prelude") {
        let mut code = code.replace("heartbeat_runtime", "heart");
        if !name.starts_with("impl_") {
            code = code.replace("\"Heartbeat\"", "\"Heartbeat\", crate = heart");
        }
        scratch.write(&format!("renamed/src/bin/{name}.rs"), &format!("{LINTS}\n{code}"));
        names.push(name);
    }
    names
}

#[test]
fn the_expansion_passes_the_strictest_lints() {
    if !is_installed_or_ci(&["cargo", "clippy", "--version"]) {
        return;
    }
    let scratch = Scratch::new("lints");
    let members = "['edition-2021', 'edition-2024', 'renamed']";
    scratch.write("Cargo.toml", &format!("[workspace]\nresolver = '3'\nmembers = {members}\n"));
    scratch.write("ServiceDefinition.csdef", include_str!("definitions/ServiceDefinition.csdef"));
    let mut expected = write_edition(&scratch, "2021");
    expected.extend(write_edition(&scratch, "2024"));
    expected.extend(write_renamed(&scratch));
    expected.sort_unstable();

    let mut report = scratch.cargo(&["clippy", "--workspace", "--bins"]);
    let lints: Vec<_> = report.messages.iter().map(|message| &*message.rendered).collect();
    assert!(report.success && lints.is_empty(), "{}\n{}", lints.join("\n"), report.stderr);
    report.compiled.sort_unstable();
    assert_eq!(report.compiled, expected);
}
