//! The folders of declared local storage.

use std::env::temp_dir;
use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use heartbeat_definition::Role;

use super::env_vars::{EnvVars, variable_name};
#[cfg(unix)]
use super::private_folder::create as create_private;

/// The folders of all declared local storage.
pub(crate) struct LocalResources {
    role: String,
    /// The folder in [`temp_dir`] for storage without a variable.
    base: String,
    folders: Vec<(String, Folder)>,
}

/// The folder of a local storage.
#[derive(Clone)]
enum Folder {
    /// A folder that a variable names, with the owner and the mode of the operator's choice.
    Named(PathBuf),
    /// The name of a folder in the base, where every user of the machine may write.
    InBase(String),
}

/// The error of a local storage that is not declared, or cannot be created.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct LocalResourceError(#[from] LocalResourceErrorKind);

#[derive(Debug, thiserror::Error)]
enum LocalResourceErrorKind {
    #[error(
        "role `{role}` declares no local storage `{name}`: add <LocalStorage name=\"{name}\" /> to \
         the service definition"
    )]
    Undeclared { role: String, name: String },
    #[error(
        "cannot create {} for local storage `{name}`: {cause}: set {} to another folder",
        folder.display(),
        variable_name("HEARTBEAT_RESOURCE_", name)
    )]
    Create {
        name: String,
        folder: PathBuf,
        #[source]
        cause: io::Error,
    },
}

impl LocalResources {
    pub(crate) fn new(role: &Role, instance: &str, variables: &EnvVars) -> Self {
        let folder = |name: &str| {
            let named = variables.path(&variable_name("HEARTBEAT_RESOURCE_", name));
            named.map_or_else(|| Folder::InBase(file_name(name)), Folder::Named)
        };
        Self {
            role: role.name.clone(),
            folders: role
                .local_resources
                .iter()
                .map(|declared| (declared.name.clone(), folder(&declared.name)))
                .collect(),
            base: file_name(&format!("heartbeat-{}-{instance}", role.name)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Result<PathBuf, LocalResourceError> {
        let declared = self.folders.iter().find(|(declared, _)| declared == name);
        let (_, folder) = declared.ok_or_else(|| LocalResourceErrorKind::Undeclared {
            role: self.role.clone(),
            name: name.to_owned(),
        })?;
        let created = match folder {
            Folder::Named(path) => create(path),
            Folder::InBase(name) => create_private(&self.base_path(), name),
        };
        match created {
            Ok(()) => Ok(self.path(folder)),
            Err(cause) => {
                let (name, folder) = (name.to_owned(), self.path(folder));
                Err(LocalResourceErrorKind::Create { name, folder, cause }.into())
            }
        }
    }
}

impl LocalResources {
    /// Returns the name and the folder of each local storage, which may not exist yet.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, PathBuf)> {
        self.folders.iter().map(|(name, folder)| (name.as_str(), self.path(folder)))
    }

    fn path(&self, folder: &Folder) -> PathBuf {
        match folder {
            Folder::Named(path) => path.clone(),
            Folder::InBase(name) => self.base_path().join(name),
        }
    }

    fn base_path(&self) -> PathBuf {
        temp_dir().join(&self.base)
    }
}

/// Creates a folder and its parents, private to this user.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Outside Unix, the folder for temporary files belongs to the user.
#[cfg(not(unix))]
fn create_private(base: &Path, name: &str) -> io::Result<()> {
    create(&base.join(name))
}

/// Makes a name one component of a path.
fn file_name(name: &str) -> String {
    name.replace(['/', '\\', ':'], "_")
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{EnvVars, LocalResources};

    #[test]
    fn a_declared_storage_is_created_on_first_use() {
        let definition = r#"<ServiceDefinition name="S"><WorkerRole name="W"><LocalResources>
            <LocalStorage name="Scratch"/></LocalResources></WorkerRole></ServiceDefinition>"#;
        let definition = ServiceDefinition::read(definition.as_bytes()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("a/b");
        let variables = EnvVars::from([("HEARTBEAT_RESOURCE_SCRATCH", wanted.to_str().unwrap())]);

        let resources = LocalResources::new(definition.role("W").unwrap(), "i", &variables);
        assert!(!wanted.exists());
        assert_eq!(resources.get("Scratch").unwrap(), wanted);
        assert!(wanted.is_dir());
        assert_eq!(resources.get("Scratch").unwrap(), wanted, "and is found the next time");

        std::fs::write(folder.path().join("file"), "").unwrap();
        let taken = folder.path().join("file/b");
        let variables = EnvVars::from([("HEARTBEAT_RESOURCE_SCRATCH", taken.to_str().unwrap())]);
        let resources = LocalResources::new(definition.role("W").unwrap(), "i", &variables);
        let error = resources.get("Scratch").unwrap_err().to_string();
        assert!(error.ends_with("set HEARTBEAT_RESOURCE_SCRATCH to another folder"), "{error}");
        let error = resources.get("scratch").unwrap_err().to_string();
        assert!(error.starts_with("role `W` declares no local storage `scratch`"), "{error}");
    }
}
