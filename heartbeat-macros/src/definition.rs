//! The service definition: where it is, what it says of the worker, and the path under which the
//! expansion embeds it.

use std::path::{Component, Path, PathBuf};

use heartbeat_definition::{SelectionError, ServiceDefinition};
use proc_macro2::Span;
use syn::LitStr;

use crate::arguments::Arguments;
use crate::environment::Environment;

const FILE_NAME: &str = "ServiceDefinition.csdef";

/// A definition that was found and read.
pub(crate) struct Found {
    path: PathBuf,
    /// How messages call the file.
    file: String,
    definition: ServiceDefinition,
}

impl Found {
    /// The definition that the arguments name, or the nearest.
    pub(crate) fn find(arguments: &Arguments, environment: &Environment) -> syn::Result<Self> {
        let span = arguments.definition.as_ref().map_or_else(Span::call_site, LitStr::span);
        let error = |message| syn::Error::new(span, message);
        let path = match &arguments.definition {
            Some(named) => named_path(&named.value(), environment),
            None => nearest_path(environment),
        }
        .map_err(error)?;
        let file = shown(&path, environment);
        let bytes = std::fs::read(&path).map_err(|cause| {
            error(format!(
                "cannot read the service definition {file}: {cause}\n\
                 = help: the path of `definition` is relative to the package's folder"
            ))
        })?;
        let definition = ServiceDefinition::read(&bytes)
            .map_err(|cause| {
                error(format!("cannot read the service definition\n= note: {file}:{cause}"))
            })?
            .model;
        Ok(Self { path, file, definition })
    }

    /// The name of the role that the worker plays, with its heartbeat checked.
    pub(crate) fn role(
        &self,
        arguments: &Arguments,
        type_name: Option<&str>,
        environment: &Environment,
    ) -> syn::Result<String> {
        let Arguments { heartbeat, role, .. } = arguments;
        let names = [type_name, environment.binary.as_deref(), environment.package.as_deref()];
        let names: Vec<_> = names.into_iter().flatten().collect();
        let role = role
            .as_ref()
            .map_or_else(
                || self.definition.worker_role_like(&names, &self.file),
                |role| self.definition.worker_role(&role.value(), &self.file),
            )
            .map_err(|error| {
                at(role.as_ref().map_or_else(Span::call_site, LitStr::span), &error)
            })?;
        role.heartbeat(&heartbeat.value(), &self.file)
            .map_err(|error| at(heartbeat.span(), &error))?;
        Ok(role.name.clone())
    }

    /// The path for `include_bytes!`: from the folder of the source file, so that two checkouts
    /// expand alike; `None` where the compiler does not tell the source file.
    pub(crate) fn path_from_source(&self, environment: &Environment) -> Option<String> {
        let folder = environment.source.as_ref()?.parent()?;
        Some(relative(folder, &self.path))
    }

    /// The path from the package's folder.
    pub(crate) fn path_from_package(&self, environment: &Environment) -> String {
        let folder = environment.manifest_directory.as_deref().unwrap_or(Path::new(""));
        relative(folder, &self.path)
    }
}

/// The last note says what to write, which rustc calls help.
fn at(span: Span, error: &SelectionError) -> syn::Error {
    let mut message = error.message().to_owned();
    if let Some((help, notes)) = error.notes().split_last() {
        for note in notes {
            message.push_str("\n= note: ");
            message.push_str(note);
        }
        message.push_str("\n= help: ");
        message.push_str(help);
    }
    syn::Error::new(span, message)
}

fn named_path(named: &str, environment: &Environment) -> Result<PathBuf, String> {
    if Path::new(named).is_absolute() {
        return Err(format!(
            "`{named}` is to be found on one machine only\n\
             = help: write a path that is relative to the package's folder"
        ));
    }
    Ok(package(environment)?.join(named))
}

/// The nearest definition from the package's folder up to the workspace's root.
fn nearest_path(environment: &Environment) -> Result<PathBuf, String> {
    let package = package(environment)?;
    let root = package.ancestors().find(|folder| is_workspace_root(folder)).unwrap_or(package);
    let folders = package.ancestors().take_while(|folder| folder.starts_with(root));
    folders.map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file()).ok_or_else(|| {
        format!(
            "no {FILE_NAME} in {}\n= help: put one there, with\n\
             <ServiceDefinition name=\"…\" \
             xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\n  \
             <WorkerRole name=\"…\">\n    <Endpoints>\n      \
             <InputEndpoint name=\"Heartbeat\" protocol=\"http\" port=\"3000\" />\n    \
             </Endpoints>\n  </WorkerRole>\n</ServiceDefinition>\n\
             = help: or name one: definition = \"../Service.csdef\"",
            searched(package, root)
        )
    })
}

fn searched(package: &Path, root: &Path) -> String {
    if package == root {
        package.display().to_string()
    } else {
        format!("{}, nor above it up to {}", package.display(), root.display())
    }
}

fn package(environment: &Environment) -> Result<&Path, String> {
    environment.manifest_directory.as_deref().ok_or_else(|| {
        "the folder of the package is not known: CARGO_MANIFEST_DIR is not set".to_owned()
    })
}

fn is_workspace_root(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| {
        manifest.lines().any(|line| line.trim_start().starts_with("[workspace"))
    })
}

/// The path as the compiler's own messages would show it.
fn shown(path: &Path, environment: &Environment) -> String {
    path.strip_prefix(&environment.working_directory).unwrap_or(path).display().to_string()
}

/// The way from a folder to a file, with links resolved as the system will when it opens it.
fn relative(folder: &Path, file: &Path) -> String {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let (folder, file) = (real(folder), real(file));
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    let down = file.components().skip(shared);
    let parts: Vec<_> =
        up.chain(down).map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}
