//! The service definition: where it is, and what it says of the worker.

use std::path::{Path, PathBuf};

use heartbeat_definition::{EndpointUse, Role, SelectError, ServiceDefinition, suggest};
use proc_macro2::Span;
use syn::LitStr;

use super::arguments::Arguments;
use super::environment::Environment;
use super::location::{relative, without_detours};
use super::mistake::Mistake;

const FILE_NAME: &str = "ServiceDefinition.csdef";

/// A definition that was found and read.
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// How messages call the file.
    file: String,
    definition: ServiceDefinition,
}

impl Found {
    /// The definition that the arguments name, or the nearest.
    pub(super) fn find(
        arguments: &Arguments,
        environment: &Environment<'_>,
    ) -> Result<Self, Mistake> {
        let named = arguments.definition.as_ref();
        let span = named.map_or(arguments.span, LitStr::span);
        let path = match named {
            Some(named) => named_path(named, environment)?,
            None => nearest_path(span, environment)?,
        };
        let file = shown(&path, environment);
        let bytes = environment.files.read(&path).map_err(|cause| {
            let message = format!("cannot read the service definition {file}: {cause}");
            Mistake::at(span, message, other_file(&path, environment))
        })?;
        match ServiceDefinition::read(&bytes) {
            // Linting is not the attribute's business: only an unreadable file breaks the build.
            Ok(definition) => Ok(Self { path, file, definition }),
            Err(cause) => {
                let way_out = format!("mend it there: {file}:{}", cause.position());
                let message = "cannot read the service definition";
                Err(Mistake::at(span, message, way_out).note(format!("{file}:{cause}")))
            }
        }
    }

    /// The role that the worker plays: the named one, else the only one, else one named alike.
    pub(super) fn role(&self, arguments: &Arguments, alike: &[&str]) -> Result<&Role, Mistake> {
        let named = arguments.role.as_ref();
        let role = match named {
            Some(name) => self.definition.worker_role(&name.value()),
            None => self.definition.worker_role_like(alike),
        };
        let span = named.map_or(arguments.span, LitStr::span);
        role.map_err(|error| mistake(span, &error, &self.file))
    }

    /// What is wrong with the endpoints that the arguments name.
    pub(super) fn endpoint_mistakes(&self, role: &Role, arguments: &Arguments) -> Vec<Mistake> {
        let Arguments { heartbeat, management, .. } = arguments;
        let mistake_at = |usage, name: &LitStr| {
            let found = self.definition.endpoint_for(usage, role, &name.value());
            Some(mistake(name.span(), &found.err()?, &self.file))
        };
        let heartbeat =
            heartbeat.as_ref().and_then(|name| mistake_at(EndpointUse::Heartbeat, name));
        let judged = management.as_ref().filter(|_| !arguments.is_wrong("management"));
        let management = judged.and_then(|name| mistake_at(EndpointUse::Management, name));
        heartbeat.into_iter().chain(management).collect()
    }
}

fn mistake(span: Span, error: &SelectError, file: &str) -> Mistake {
    let report = error.report(file);
    report.notes.into_iter().fold(Mistake::at(span, report.message, report.help), Mistake::note)
}

fn named_path(named: &LitStr, environment: &Environment<'_>) -> Result<PathBuf, Mistake> {
    let Some(base) = environment.base() else { return Err(no_base(named.span())) };
    let path = named.value();
    if Path::new(&path).has_root() {
        let message = format!("`{path}` is to be found on one machine only");
        let way_out = match environment.files.read(Path::new(&path)) {
            Ok(_) => {
                let relative = relative(base, Path::new(&path), environment.files);
                format!("write it from the package's folder on: `definition = \"{relative}\"`")
            }
            Err(_) => {
                "write it from the package's folder on: `definition = \"../Service.csdef\"`".into()
            }
        };
        return Err(Mistake::at(named.span(), message, way_out));
    }
    Ok(base.join(path))
}

/// The nearest definition from the package's folder up to the workspace's root.
fn nearest_path(span: Span, environment: &Environment<'_>) -> Result<PathBuf, Mistake> {
    let Some(base) = environment.base() else { return Err(no_base(span)) };
    let root = root(base, environment);
    nearest_above(base, environment).ok_or_else(|| {
        let searched = if base == root {
            base.display().to_string()
        } else {
            format!("{}, nor above it up to {}", base.display(), root.display())
        };
        let way_out = other_file(&base.join(FILE_NAME), environment);
        let message = format!("no {FILE_NAME} in {searched}");
        Mistake::at(span, message, way_out)
            .note("under Bazel and Buck, declare it as compile data of the program")
    })
}

fn nearest_above(base: &Path, environment: &Environment<'_>) -> Option<PathBuf> {
    let root = root(base, environment);
    let mut folders = base.ancestors().take_while(|folder| folder.starts_with(root));
    let has_one =
        |folder: &&Path| environment.files.names(folder).iter().any(|name| name == FILE_NAME);
    folders.find(has_one).map(|folder| folder.join(FILE_NAME))
}

fn no_base(span: Span) -> Mistake {
    let message = "neither the package's folder nor the source file is known";
    Mistake::at(span, message, "set CARGO_MANIFEST_DIR to the folder of the package")
}

/// How far up is looked: to the workspace's root, else only in the package's folder; where cargo
/// does not compile, to where the build has started the compiler.
fn root<'a>(base: &'a Path, environment: &Environment<'_>) -> &'a Path {
    let is_root = |folder: &&Path| {
        if environment.manifest_directory.is_none() {
            return *folder == environment.working_directory;
        }
        let manifest = environment.files.read(&folder.join("Cargo.toml")).unwrap_or_default();
        let manifest = String::from_utf8_lossy(&manifest);
        manifest.lines().any(|line| line.trim_start().starts_with("[workspace"))
    };
    base.ancestors().find(is_root).unwrap_or(base)
}

/// What to write instead of a path at which there is nothing.
fn other_file(path: &Path, environment: &Environment<'_>) -> String {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut names = environment.files.names(folder);
    names.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "csdef"));
    names.sort_unstable();
    let wanted = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let near = suggest(&wanted, names.iter().map(String::as_str));
    let beside = near.or(names.first().map(String::as_str)).map(|name| folder.join(name));
    let base = environment.base().unwrap_or(folder);
    match beside.or_else(|| nearest_above(base, environment)) {
        Some(file) => {
            let relative = relative(base, &file, environment.files);
            format!("write `definition = \"{relative}\"`, which is there")
        }
        None => format!(
            "write one at {}:\n\
             <ServiceDefinition name=\"…\" \
             xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\n  \
             <WorkerRole name=\"…\">\n    <Endpoints>\n      \
             <InputEndpoint name=\"Heartbeat\" protocol=\"http\" port=\"3000\" />\n    \
             </Endpoints>\n  </WorkerRole>\n</ServiceDefinition>",
            shown(path, environment)
        ),
    }
}

/// The path as the compiler's own messages would show it.
fn shown(path: &Path, environment: &Environment<'_>) -> String {
    let path = without_detours(path);
    path.strip_prefix(&environment.working_directory).unwrap_or(&path).display().to_string()
}
