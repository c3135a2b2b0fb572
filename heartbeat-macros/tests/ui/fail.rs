//! Programs that the attribute rejects: one file per rule in `fail/`, with the whole output of the
//! compiler beside it. `TRYBUILD=overwrite cargo test -p heartbeat-macros --test ui` writes the
//! output.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::scratch::ui;

/// The programs with more than one error.
const SEVERAL: [(&str, usize); 2] =
    [("several_invalid_arguments", 5), ("two_unknown_endpoints", 2)];

#[test]
fn rejects_every_invalid_program() {
    // The attribute looks for a definition from the package's folder upwards. Here that is a
    // package of this name, which trybuild writes.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let package = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"));
    fs::create_dir_all(&package).unwrap();
    for definition in fs::read_dir(ui("definitions")).unwrap() {
        let definition = definition.unwrap();
        fs::copy(definition.path(), package.join(definition.file_name())).unwrap();
    }
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

#[test]
fn each_error_is_reported_once_and_has_a_help() {
    let several = BTreeMap::from(SEVERAL);
    for entry in fs::read_dir(ui("fail")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "stderr") {
            continue;
        }
        let output = fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let expected = several.get(name).copied().unwrap_or(1);
        let errors = output.lines().filter(|line| line.starts_with("error")).count();
        assert_eq!(errors, expected, "{name}:\n{output}");
        assert!(!output.contains("E0601"), "{name}: `main` is missing:\n{output}");
        assert_eq!(output.matches("= help: ").count(), expected, "{name}:\n{output}");
    }
}
