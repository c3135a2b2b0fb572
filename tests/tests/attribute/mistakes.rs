//! What a user reads: one file for each rule, named after it, with all that the compiler says of
//! it beside it. `TRYBUILD=overwrite cargo test -p heartbeat-tests --test attribute` writes that.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files in which there is more than one mistake.
const SEVERAL: [(&str, usize); 2] =
    [("all_argument_mistakes_at_once", 5), ("two_unknown_endpoints", 2)];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attribute").join(name)
}

#[test]
fn every_mistake_is_told() {
    // A definition is looked for from the folder of the package on, which is one that the tool
    // writes, of this name.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let package = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"));
    fs::create_dir_all(&package).unwrap();
    for definition in fs::read_dir(folder("definitions")).unwrap() {
        let definition = definition.unwrap();
        fs::copy(definition.path(), package.join(definition.file_name())).unwrap();
    }
    trybuild::TestCases::new().compile_fail("tests/attribute/mistakes/*.rs");
}

#[test]
fn one_mistake_gives_one_diagnostic_that_says_what_to_type() {
    let several = BTreeMap::from(SEVERAL);
    for entry in fs::read_dir(folder("mistakes")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let told = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let expected = several.get(name).copied().unwrap_or(1);
        let errors = told.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, expected, "{name}:\n{told}");
        assert!(!told.contains("E0601"), "{name}: `main` is missing:\n{told}");
        assert_eq!(told.matches("= help: ").count(), expected, "{name}:\n{told}");
    }
}
