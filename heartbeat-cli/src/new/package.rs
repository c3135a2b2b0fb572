//! The files of a new package.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::Value;

use super::name::PackageName;
use super::workspace::Workspace;
use crate::failure::Failure;

/// The released version of `heartbeat-runtime` that packages depend on; until there is one, they depend
/// on the path of the checkout that this command was built from.
const RELEASED: Option<&str> = None;
/// The checkout that this command was built from.
const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The form of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `impl WorkerRole for Orders`.
    Role,
    /// `mod orders`.
    Module,
    /// `async fn main`.
    Main,
}

/// A package that is to be made.
#[derive(Debug)]
pub(super) struct Package<'a> {
    pub(super) name: &'a PackageName,
    pub(super) shape: Shape,
    pub(super) port: u16,
    pub(super) workspace: Option<&'a Workspace>,
    /// True if cargo would make a file of what git ignores.
    pub(super) has_gitignore: bool,
}

// === impl Package ===

impl Package<'_> {
    /// Returns the files, with their paths in the package.
    pub(super) fn files(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        let main = match self.shape {
            Shape::Role => include_str!("templates/role.rs.in"),
            Shape::Module => include_str!("templates/module.rs.in"),
            Shape::Main => include_str!("templates/main.rs.in"),
        };
        let mut files = vec![
            ("Cargo.toml", self.manifest()?),
            (
                "ServiceDefinition.csdef",
                self.fill(include_str!("templates/ServiceDefinition.csdef.in")),
            ),
            (
                "ServiceConfiguration.cscfg",
                self.fill(include_str!("templates/ServiceConfiguration.cscfg.in")),
            ),
            ("src/main.rs", self.fill(main)),
        ];
        if self.has_gitignore {
            files.push((".gitignore", "/target\n/.heartbeat\n".to_owned()));
        }
        // The versions that the checkout is tested with, and that its build has fetched.
        if self.workspace.is_none() && RELEASED.is_none() {
            let lock = fs::read_to_string(Path::new(CHECKOUT).join("Cargo.lock"));
            files.extend(lock.ok().map(|lock| ("Cargo.lock", lock)));
        }
        Ok(files)
    }

    fn manifest(&self) -> Result<String, Failure> {
        let inherits = |name| self.workspace.is_some_and(|it| it.has("dependencies", name));
        let (origin, runtime) = if inherits("heartbeat-runtime") {
            (String::new(), "workspace = true".to_owned())
        } else {
            runtime()?
        };
        let tokio = if inherits("tokio") { "workspace = true" } else { "version = \"1\"" };
        let mut manifest = self
            .fill(include_str!("templates/Cargo.toml.in"))
            .replace("{{origin}}", &origin)
            .replace("{{runtime}}", &runtime)
            .replace("{{tokio}}", tokio);
        // cargo refuses other rules in a package that does not say so.
        if self.workspace.is_some_and(Workspace::has_lints) {
            manifest.push_str("\n[lints]\nworkspace = true\n");
        }
        Ok(manifest)
    }

    fn fill(&self, template: &str) -> String {
        template
            .replace("{{name}}", self.name.as_str())
            .replace("{{module}}", &self.name.module())
            .replace("{{role}}", &self.name.role())
            .replace("{{type}}", &self.name.type_name())
            .replace("{{port}}", &self.port.to_string())
    }
}

/// Returns a comment on where the runtime comes from, and its dependency.
fn runtime() -> Result<(String, String), Failure> {
    if let Some(version) = RELEASED {
        return Ok((String::new(), format!("version = \"{version}\"")));
    }
    let path = Path::new(CHECKOUT).join("heartbeat-runtime");
    let path = path.canonicalize().map_err(|cause| {
        Failure::configuration(format!(
            "cannot find heartbeat-runtime, which is not published yet, at {}: {cause}: build this \
             command again from where it is now",
            path.display()
        ))
    })?;
    let comment =
        "# Not published yet: the checkout that the command `heartbeat` was built from.\n";
    let path = Value::from(path.to_string_lossy().into_owned());
    Ok((comment.to_owned(), format!("path = {path}")))
}

/// Writes files to a new folder, which appears with all of them or not at all.
pub(super) fn write(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".heartbeat-new-");
    // Others may read it, as far as the user's mask lets them.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    let draft = builder.tempdir_in(parent)?;
    for (name, content) in files {
        let path = draft.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(draft.path()))?;
        fs::write(path, content)?;
    }
    // Only an empty folder may be there.
    if folder.is_dir() {
        fs::remove_dir(folder)?;
    }
    fs::rename(draft.path(), folder)?;
    // It has another name now.
    let _: PathBuf = draft.keep();
    Ok(())
}
