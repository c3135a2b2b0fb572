//! The layout of the crate, read from its `use` lines: a file imports only from rooms that precede
//! its own in the list, and no two files import each other.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::{Item, UseTree, Visibility};

/// The rooms, from the ground up, as CONTRIBUTING.md describes them.
const ROOMS: [&str; 20] = [
    "error",
    "exit",
    "log",
    "endpoint",
    "vitals",
    "config",
    "facts",
    "metrics",
    "report",
    "page",
    "tls",
    "server",
    "tasks",
    "environment",
    "supervisor",
    "monitor",
    "probe",
    "host",
    "worker_role",
    "test_util",
];

/// A path in the crate, such as `["vitals", "check"]`; the root is empty.
type ModulePath = Vec<String>;

/// The imports of one file, and its exports from submodules.
#[derive(Default)]
struct Source {
    imports: Vec<ModulePath>,
    exports: BTreeMap<String, ModulePath>,
}

type Sources = BTreeMap<ModulePath, Source>;

#[test]
fn arrows_point_down() {
    for (from, to) in arrows() {
        let room = |path: &ModulePath| {
            let name = path.first().map_or("lib.rs", String::as_str);
            ROOMS.iter().position(|room| *room == name).ok_or(name.to_owned())
        };
        let (own, other) = (room(&from).unwrap(), room(&to));
        assert!(
            other.as_ref().is_ok_and(|other| *other <= own),
            "{} imports from {}, which is not a room below it",
            from.join("/"),
            other.map_or_else(|name| name, |_| to.join("/")),
        );
    }
}

#[test]
fn no_two_files_import_each_other() {
    let arrows = arrows();
    for (from, to) in &arrows {
        assert!(
            !arrows.contains(&(to.clone(), from.clone())),
            "{} and {} import each other",
            from.join("/"),
            to.join("/"),
        );
    }
}

/// Returns every import between two files, except those of `lib.rs`, which only exports.
fn arrows() -> BTreeSet<(ModulePath, ModulePath)> {
    let mut sources = Sources::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &ModulePath::new(), &mut sources);
    assert!(sources.len() > 30, "the sources are found: {}", sources.len());
    let mut arrows = BTreeSet::new();
    for (from, source) in sources.iter().filter(|(from, _)| !from.is_empty()) {
        let targets = source.imports.iter().map(|import| file_of(import, &sources));
        arrows.extend(targets.filter(|to| to != from).map(|to| (from.clone(), to)));
    }
    arrows
}

/// Reads every file below a folder, except tests in files of their own.
fn read(folder: &Path, module: &ModulePath, sources: &mut Sources) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let own = match name.as_str() {
            "tests" => continue,
            "mod" | "lib" => module.clone(),
            _ => [module.as_slice(), &[name]].concat(),
        };
        if path.is_dir() {
            read(&path, &own, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            sources.insert(own.clone(), source(&file, &own));
        }
    }
}

fn source(file: &syn::File, module: &ModulePath) -> Source {
    let mut source = Source::default();
    for item in &file.items {
        let Item::Use(item) = item else { continue };
        let mut paths = Vec::new();
        flatten(&item.tree, &ModulePath::new(), &mut paths);
        for (name, path) in paths {
            let Some(path) = absolute(&path, module) else { continue };
            // A module that exports its submodule's items does not import them.
            if matches!(item.vis, Visibility::Inherited) {
                source.imports.push(path);
            } else {
                source.exports.insert(name, path);
            }
        }
    }
    source
}

/// Collects each name that a `use` brings in, and the path behind it.
fn flatten(tree: &UseTree, prefix: &ModulePath, paths: &mut Vec<(String, ModulePath)>) {
    let path = |name: &syn::Ident| [prefix.as_slice(), &[name.to_string()]].concat();
    match tree {
        UseTree::Path(tree) => flatten(&tree.tree, &path(&tree.ident), paths),
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| flatten(tree, prefix, paths));
        }
        UseTree::Name(name) if name.ident == "self" => paths.push((String::new(), prefix.clone())),
        UseTree::Name(name) => paths.push((name.ident.to_string(), path(&name.ident))),
        UseTree::Rename(rename) => paths.push((rename.rename.to_string(), path(&rename.ident))),
        UseTree::Glob(_) => paths.push((String::new(), prefix.clone())),
    }
}

/// Returns the path from the root of the crate, or `None` if it leads into another crate.
fn absolute(path: &ModulePath, module: &ModulePath) -> Option<ModulePath> {
    let mut base = match path.first()?.as_str() {
        "crate" => ModulePath::new(),
        "self" => module.clone(),
        "super" => module.split_last()?.1.to_vec(),
        _ => return None,
    };
    for name in path.iter().skip(1) {
        if name == "super" {
            base.pop();
        } else {
            base.push(name.clone());
        }
    }
    Some(base)
}

/// Returns the file that defines the item of a path, through all exports on the way.
fn file_of(path: &ModulePath, sources: &Sources) -> ModulePath {
    for length in (0..=path.len()).rev() {
        let (module, rest) = path.split_at(length);
        let Some(source) = sources.get(module) else { continue };
        if let Some(behind) = rest.first().and_then(|name| source.exports.get(name)) {
            let behind = [behind.as_slice(), &rest[1..]].concat();
            return file_of(&behind, sources);
        }
        return module.to_vec();
    }
    ModulePath::new()
}
