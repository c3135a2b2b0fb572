//! The declared local storage, as folders.

use std::fmt;
use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use heartbeat_definition::Role;

use super::{Variables, variable_name};

/// Where each declared local storage is.
pub(crate) struct LocalResources {
    role: String,
    /// Holds those for which no variable names a folder.
    base: PathBuf,
    folders: Vec<(String, PathBuf)>,
}

/// Why a local storage cannot be had.
#[derive(Debug)]
pub struct LocalResourceError {
    role: String,
    name: String,
    cause: Option<(PathBuf, io::Error)>,
}

impl LocalResources {
    pub(crate) fn of(role: &Role, instance: &str, variables: &Variables) -> Self {
        let base =
            std::env::temp_dir().join(file_name(&format!("heartbeat-{}-{instance}", role.name)));
        let folder = |name: &str| {
            let variable = variable_name("HEARTBEAT_RESOURCE_", name);
            variables.path(&variable).unwrap_or_else(|| base.join(file_name(name)))
        };
        Self {
            role: role.name.clone(),
            folders: role
                .local_resources
                .iter()
                .map(|declared| (declared.name.clone(), folder(&declared.name)))
                .collect(),
            base,
        }
    }

    pub(crate) fn get(&self, name: &str) -> Result<PathBuf, LocalResourceError> {
        let error =
            |cause| LocalResourceError { role: self.role.clone(), name: name.to_owned(), cause };
        let declared = self.folders.iter().find(|(declared, _)| declared == name);
        let (_, folder) = declared.ok_or_else(|| error(None))?;
        let own = if folder.starts_with(&self.base) { own(&self.base) } else { Ok(()) };
        own.and_then(|()| create(folder)).map_err(|cause| error(Some((folder.clone(), cause))))?;
        Ok(folder.clone())
    }
}

/// Creates the base, which lies where every user of the machine may write; what another one has
/// put there is not used.
fn own(base: &Path) -> io::Result<()> {
    match builder(false).create(base) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = base.symlink_metadata()?;
            #[cfg(unix)]
            let open_to_others = std::os::unix::fs::MetadataExt::mode(&found) & 0o022 != 0;
            #[cfg(not(unix))]
            let open_to_others = false;
            if !found.is_dir() || open_to_others {
                let message = "what is there is no folder of this user alone";
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
            }
            Ok(())
        }
        result => result,
    }
}

fn create(folder: &Path) -> io::Result<()> {
    builder(true).create(folder)
}

fn builder(recursive: bool) -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// A declared or host name as one component of a path.
fn file_name(name: &str) -> String {
    name.replace(['/', '\\', ':'], "_")
}

impl fmt::Display for LocalResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, name, cause } = self;
        match cause {
            None => write!(
                f,
                "role `{role}` declares no local storage `{name}`: add \
                 <LocalStorage name=\"{name}\" /> to the service definition"
            ),
            Some((folder, cause)) => write!(
                f,
                "cannot create {} for local storage `{name}`: {cause}: set {} to another folder",
                folder.display(),
                variable_name("HEARTBEAT_RESOURCE_", name)
            ),
        }
    }
}

impl std::error::Error for LocalResourceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|(_, error)| error as _)
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{LocalResources, Variables};

    #[cfg(unix)]
    #[test]
    fn what_another_user_may_have_put_there_is_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("base");
        super::own(&base).unwrap();
        super::own(&base).unwrap();
        std::fs::set_permissions(&base, std::fs::Permissions::from_mode(0o777)).unwrap();
        super::own(&base).unwrap_err();
        let link = folder.path().join("link");
        symlink(folder.path(), &link).unwrap();
        super::own(&link).unwrap_err();
    }

    #[test]
    fn a_declared_storage_is_created_on_first_use() {
        let definition = r#"<ServiceDefinition name="S"><WorkerRole name="W"><LocalResources>
            <LocalStorage name="Scratch"/></LocalResources></WorkerRole></ServiceDefinition>"#;
        let definition = ServiceDefinition::read(definition.as_bytes()).unwrap().model;
        let folder = tempfile::tempdir().unwrap();
        let wanted = folder.path().join("a/b");
        let variables = Variables::from([("HEARTBEAT_RESOURCE_SCRATCH", wanted.to_str().unwrap())]);

        let resources = LocalResources::of(definition.role("W").unwrap(), "i", &variables);
        assert!(!wanted.exists());
        assert_eq!(resources.get("Scratch").unwrap(), wanted);
        assert!(wanted.is_dir());
        assert_eq!(resources.get("Scratch").unwrap(), wanted, "and is found the next time");

        std::fs::write(folder.path().join("file"), "").unwrap();
        let taken = folder.path().join("file/b");
        let variables = Variables::from([("HEARTBEAT_RESOURCE_SCRATCH", taken.to_str().unwrap())]);
        let resources = LocalResources::of(definition.role("W").unwrap(), "i", &variables);
        let error = resources.get("Scratch").unwrap_err().to_string();
        assert!(error.ends_with("set HEARTBEAT_RESOURCE_SCRATCH to another folder"), "{error}");
        let error = resources.get("scratch").unwrap_err().to_string();
        assert!(error.starts_with("role `W` declares no local storage `scratch`"), "{error}");
    }
}
