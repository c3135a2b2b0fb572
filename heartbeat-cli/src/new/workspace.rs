//! The workspace that a new package joins.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use heartbeat_definition::{EndpointKind, Port, ServiceDefinition};
use toml_edit::{Array, DocumentMut, Item, Value};

use super::members::insert;
use crate::failure::Failure;

/// Maximum depth of folders in which files are looked for.
const MAX_DEPTH: usize = 8;

/// A workspace.
#[derive(Debug)]
pub(super) struct Workspace {
    /// The path of its manifest.
    pub(super) manifest: PathBuf,
    document: DocumentMut,
}

// === impl Workspace ===

impl Workspace {
    /// Finds the workspace of a package at a path, as cargo does: the nearest one above it that does not
    /// exclude it.
    pub(super) fn of(package: &Path) -> Result<Option<Self>, Failure> {
        for folder in package.ancestors().skip(1) {
            let manifest = folder.join("Cargo.toml");
            let text = match std::fs::read_to_string(&manifest) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&manifest, error)),
            };
            let document = text.parse::<DocumentMut>();
            let document = document.map_err(|error| unreadable(&manifest, error))?;
            if document.get("workspace").is_some() {
                let workspace = Self { manifest, document };
                return Ok((!workspace.excludes(package)).then_some(workspace));
            }
        }
        Ok(None)
    }

    fn root(&self) -> &Path {
        self.manifest.parent().unwrap_or(Path::new(""))
    }

    fn excludes(&self, package: &Path) -> bool {
        let is_below = |folder: &str| package.starts_with(self.root().join(folder));
        self.list("exclude").any(is_below) && !self.list("members").any(is_below)
    }

    /// Tells whether a list of the workspace, or a table of it, has an entry.
    pub(super) fn has(&self, table: &str, entry: &str) -> bool {
        let table = self.document.get("workspace").and_then(|workspace| workspace.get(table));
        table.is_some_and(|table| table.get(entry).is_some())
    }

    /// Tells whether the workspace has lints.
    pub(super) fn has_lints(&self) -> bool {
        self.document.get("workspace").is_some_and(|workspace| workspace.get("lints").is_some())
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &str> {
        let list = self.document.get("workspace").and_then(|workspace| workspace.get(key));
        list.and_then(Item::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// Returns the manifest with a package as a member, or nothing if a pattern matches it already.
    pub(super) fn with_member(&self, package: &Path) -> Option<String> {
        let path = package.strip_prefix(self.root()).ok()?;
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        let matches = |member: &str| {
            let member = member.strip_prefix("./").unwrap_or(member).trim_end_matches('/');
            Pattern::new(member).is_ok_and(|pattern| pattern.matches_path_with(path, options))
        };
        if self.list("members").any(matches) {
            return None;
        }
        let mut document = self.document.clone();
        let workspace = document.get_mut("workspace")?.as_table_like_mut()?;
        let members = workspace.entry("members").or_insert_with(|| Array::new().into());
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        insert(members.as_array_mut()?, &parts.join("/"));
        Some(document.to_string())
    }

    /// Returns the ports of all definitions in the workspace.
    pub(super) fn ports(&self) -> Vec<u16> {
        let mut ports = Vec::new();
        visit(self.root(), MAX_DEPTH, &mut |file| {
            if file.extension().is_some_and(|it| it.eq_ignore_ascii_case("csdef")) {
                let definition = ServiceDefinition::read(&std::fs::read(file).unwrap_or_default());
                ports.extend(definition.iter().flat_map(ports_of));
            }
        });
        ports
    }

    /// Returns the manifest of the package of that name in the workspace.
    pub(super) fn package(&self, name: &str) -> Option<PathBuf> {
        let mut found = None;
        visit(self.root(), MAX_DEPTH, &mut |file| {
            if file.ends_with("Cargo.toml") && package_name(file).as_deref() == Some(name) {
                found = Some(file.to_owned());
            }
        });
        found
    }
}

fn unreadable(manifest: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::configuration(format!("cannot read {}: {error}", manifest.display()))
}

/// Visits the files of a folder and of those in it.
fn visit(folder: &Path, depth: usize, file: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Nothing of one's own is in there, but often a lot.
        let is_foreign = name.starts_with('.') || name == "target" || name == "node_modules";
        match entry.file_type() {
            Ok(it) if it.is_dir() && !is_foreign && depth > 0 => {
                visit(&entry.path(), depth - 1, file);
            }
            Ok(it) if it.is_file() => file(&entry.path()),
            _ => {}
        }
    }
}

fn package_name(manifest: &Path) -> Option<String> {
    let document: DocumentMut = std::fs::read_to_string(manifest).ok()?.parse().ok()?;
    Some(document.get("package")?.get("name")?.as_str()?.to_owned())
}

fn ports_of(definition: &ServiceDefinition) -> Vec<u16> {
    let endpoints = definition.roles.iter().flat_map(|role| &role.endpoints);
    let ports = endpoints.flat_map(|endpoint| {
        let public = match &endpoint.kind {
            EndpointKind::Input(input) => input.port,
            _ => None,
        };
        let local = match endpoint.local_port() {
            Some(Port::Fixed(port)) => Some(port),
            _ => None,
        };
        [public, local]
    });
    ports.flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::Workspace;

    fn workspace(text: &str) -> Workspace {
        Workspace { manifest: PathBuf::from("/w/Cargo.toml"), document: text.parse().unwrap() }
    }

    #[track_caller]
    fn assert_joins(before: &str, after: &str) {
        let joined = workspace(before).with_member(Path::new("/w/services/orders"));
        assert_eq!(joined.as_deref(), Some(after));
        // It is one now.
        assert_eq!(workspace(after).with_member(Path::new("/w/services/orders")), None);
    }

    #[test]
    fn joins_in_the_form_of_the_list() {
        assert_joins(
            "[workspace]\nmembers = [\"a\"]\n",
            "[workspace]\nmembers = [\"a\", \"services/orders\"]\n",
        );
        assert_joins(
            "[workspace] # ours\nmembers = [\"a\", \"z\"]\n",
            "[workspace] # ours\nmembers = [\"a\", \"services/orders\", \"z\"]\n",
        );
        assert_joins(
            "[workspace]\nmembers = [\"x\", \"z\"]\n",
            "[workspace]\nmembers = [\"services/orders\", \"x\", \"z\"]\n",
        );
        assert_joins(
            "[workspace]\nmembers = [\"z\", \"a\"]\n",
            "[workspace]\nmembers = [\"z\", \"a\", \"services/orders\"]\n",
        );
        assert_joins(
            "[workspace]\nresolver = \"3\"\n\n[package]\nname = \"w\"\n",
            "[workspace]\nresolver = \"3\"\nmembers = [\"services/orders\"]\n\n[package]\nname = \"w\"\n",
        );
        assert_joins(
            "workspace = { members = [] }\n",
            "workspace = { members = [\"services/orders\"] }\n",
        );
    }

    #[test]
    fn keeps_comments_and_lines() {
        assert_joins(
            "[workspace]\nmembers = [\n    # First.\n    \"a\",\n    \"b\", # second\n]\n",
            "[workspace]\nmembers = [\n    # First.\n    \"a\",\n    \"b\", # second\n    \
             \"services/orders\",\n]\n",
        );
        assert_joins(
            "[workspace]\nmembers = [\n  \"b\" # second\n  # The end.\n]\n",
            "[workspace]\nmembers = [\n  \"b\", # second\n  \"services/orders\",\n  # The end.\n]\n",
        );
        assert_joins(
            "[workspace]\nmembers = [\n  \"a\",\n  # The last.\n  \"z\",\n]\n",
            "[workspace]\nmembers = [\n  \"a\",\n  \"services/orders\",\n  # The last.\n  \"z\",\n]\n",
        );
    }

    #[test]
    fn keeps_comments_behind_their_values() {
        assert_joins(
            "[workspace]\nmembers = [ # all\n  \"a\", # first\n  \"z\", # last\n]\n",
            "[workspace]\nmembers = [ # all\n  \"a\", # first\n  \"services/orders\",\n  \"z\", # last\n]\n",
        );
        assert_joins(
            "[workspace]\nmembers = [ # all\n  \"x\"]\n",
            "[workspace]\nmembers = [ # all\n  \"services/orders\",\n  \"x\"]\n",
        );
    }

    #[test]
    fn patterns_match_as_those_of_cargo() {
        for member in ["services/*", "./services/orders", "services/orders/", "*/orders"] {
            let text = format!("[workspace]\nmembers = [\"{member}\"]\n");
            let joined = workspace(&text).with_member(Path::new("/w/services/orders"));
            assert_eq!(joined, None, "{member}");
        }
        let text = "[workspace]\nmembers = [\"*\"]\n";
        assert!(workspace(text).with_member(Path::new("/w/services/orders")).is_some());
        let text = "[workspace]\nexclude = [\"services\"]\n";
        assert!(workspace(text).excludes(Path::new("/w/services/orders")));
        assert!(!workspace(text).excludes(Path::new("/w/servicesx")));
    }
}
