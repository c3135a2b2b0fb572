//! The crates that the attribute adds to a program that already has tokio's macros.

use std::collections::BTreeSet;
use std::process::Command;

use crate::scratch::{Scratch, workspace};

/// Lists the crates that are compiled for a package.
fn crates(tree: &mut Command) -> BTreeSet<String> {
    let format = ["--offline", "--edges=normal,build", "--prefix=none", "--format={p}"];
    let output = tree.args(format).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned())).collect()
}

#[test]
fn adds_only_the_definition_reader_and_its_dependencies() {
    let scratch = Scratch::new("without-attribute");
    let manifest =
        "[package]\nname = 'without-attribute'\nedition = '2024'\n\n[workspace]\n\n[dependencies]
tokio = { version = '1', features = ['macros', 'rt-multi-thread', 'signal', 'time'] }\n";
    scratch.write("Cargo.toml", manifest);
    scratch.write("src/main.rs", "fn main() {}");
    let without = crates(&mut scratch.command(&["tree"]));
    assert!(without.contains("tokio-macros"), "{without:?}");

    let mut attribute = Command::new(env!("CARGO"));
    attribute.current_dir(workspace()).args(["tree", "--locked", "--package=heartbeat-macros"]);
    let attribute = crates(&mut attribute);
    let added: Vec<_> = attribute.difference(&without).map(String::as_str).collect();
    assert_eq!(
        added,
        [
            "heartbeat-definition",
            "heartbeat-macros",
            "memchr",
            "roxmltree",
            "strsim",
            "thiserror",
            "thiserror-impl",
        ]
    );
}
