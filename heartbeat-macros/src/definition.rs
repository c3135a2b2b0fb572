//! The service definition: found, read, and asked for the role and its endpoints.

use std::path::{Path, PathBuf};

use heartbeat_definition::{EndpointUse, Role, SelectError, ServiceDefinition, suggest};
use proc_macro2::Span;
use syn::LitStr;

use crate::args::Args;
use crate::diagnostic::Diagnostic;
use crate::fs::Environment;
use crate::include_path::{normalize, relative};

const FILE_NAME: &str = "ServiceDefinition.csdef";

/// A definition and the file that it was read from.
pub(crate) struct LoadedDefinition {
    pub(crate) path: PathBuf,
    /// The file's name in messages.
    file: String,
    definition: ServiceDefinition,
}

impl LoadedDefinition {
    /// Loads the definition that the arguments name, else the nearest one.
    pub(crate) fn load(args: &Args, environment: &Environment<'_>) -> Result<Self, Diagnostic> {
        let named = args.definition.as_ref();
        let span = named.map_or(args.span, LitStr::span);
        let path = match named {
            Some(named) => named_path(named, environment)?,
            None => nearest_path(span, environment)?,
        };
        let file = display(&path, environment);
        let bytes = environment.files.read(&path).map_err(|cause| {
            let message = format!("cannot read the service definition {file}: {cause}");
            Diagnostic::at(span, message, suggest_file(&path, environment))
        })?;
        match ServiceDefinition::read(&bytes) {
            // The attribute does not lint: only an unreadable file breaks the build.
            Ok(definition) => Ok(Self { path, file, definition }),
            Err(cause) => {
                let help = format!("fix it at {file}:{}", cause.position());
                let message = "cannot read the service definition";
                Err(Diagnostic::at(span, message, help).note(format!("{file}:{cause}")))
            }
        }
    }

    /// Returns the worker's role: the named one, else the only one, else the first that is named
    /// like a candidate.
    pub(crate) fn role(&self, args: &Args, candidates: &[&str]) -> Result<&Role, Diagnostic> {
        let named = args.role.as_ref();
        let role = match named {
            Some(name) => self.definition.worker_role(&name.value()),
            None => self.definition.worker_role_like(candidates),
        };
        let span = named.map_or(args.span, LitStr::span);
        role.map_err(|error| diagnostic(span, &error, &self.file))
    }

    /// Checks the endpoints that the arguments name.
    pub(crate) fn check_endpoints(&self, role: &Role, args: &Args) -> Vec<Diagnostic> {
        let check = |usage, name: &LitStr| {
            let result = self.definition.endpoint_for(usage, role, &name.value());
            Some(diagnostic(name.span(), &result.err()?, &self.file))
        };
        let heartbeat = args.heartbeat.as_ref();
        let heartbeat = heartbeat.and_then(|name| check(EndpointUse::Heartbeat, name));
        let management = args.management.as_ref().filter(|_| !args.is_invalid("management"));
        let management = management.and_then(|name| check(EndpointUse::Management, name));
        heartbeat.into_iter().chain(management).collect()
    }
}

fn diagnostic(span: Span, error: &SelectError, file: &str) -> Diagnostic {
    let report = error.report(file);
    let diagnostic = Diagnostic::at(span, report.message, report.help);
    report.notes.into_iter().fold(diagnostic, Diagnostic::note)
}

fn named_path(named: &LitStr, environment: &Environment<'_>) -> Result<PathBuf, Diagnostic> {
    let Some(base) = environment.base() else { return Err(no_base(named.span())) };
    let path = named.value();
    if Path::new(&path).has_root() {
        let relative = match environment.files.read(Path::new(&path)) {
            Ok(_) => relative(base, Path::new(&path), environment.files),
            Err(_) => "../Service.csdef".to_owned(),
        };
        let message = "`definition` must be a relative path, to build on other machines too";
        let help = format!("start from the package's folder: `definition = \"{relative}\"`");
        return Err(Diagnostic::at(named.span(), message, help));
    }
    Ok(base.join(path))
}

/// Returns the nearest definition from the package's folder up to the workspace's root.
fn nearest_path(span: Span, environment: &Environment<'_>) -> Result<PathBuf, Diagnostic> {
    let Some(base) = environment.base() else { return Err(no_base(span)) };
    let root = root(base, environment);
    nearest_above(base, environment).ok_or_else(|| {
        let searched = if base == root {
            base.display().to_string()
        } else {
            format!("{} or above it, up to {}", base.display(), root.display())
        };
        let help = suggest_file(&base.join(FILE_NAME), environment);
        Diagnostic::at(span, format!("no {FILE_NAME} in {searched}"), help)
            .note("with Bazel or Buck, declare the file as compile data of the target")
    })
}

fn nearest_above(base: &Path, environment: &Environment<'_>) -> Option<PathBuf> {
    let root = root(base, environment);
    let mut folders = base.ancestors().take_while(|folder| folder.starts_with(root));
    let has_one =
        |folder: &&Path| environment.files.names(folder).iter().any(|name| name == FILE_NAME);
    folders.find(has_one).map(|folder| folder.join(FILE_NAME))
}

fn no_base(span: Span) -> Diagnostic {
    let message = "cannot look for the service definition: neither the package's folder nor the \
                   source file is known";
    Diagnostic::at(span, message, "set CARGO_MANIFEST_DIR to the package's folder")
}

/// Returns the folder at which the search ends: the workspace's root, else the package's folder.
/// Outside of cargo it is the compiler's working directory.
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

/// Suggests a definition to name instead of a missing file, or one to create.
fn suggest_file(path: &Path, environment: &Environment<'_>) -> String {
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
            format!("write `definition = \"{relative}\"`, which exists")
        }
        None => format!(
            "create {}:\n\
             <ServiceDefinition name=\"…\" \
             xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\n  \
             <WorkerRole name=\"…\">\n    <Endpoints>\n      \
             <InputEndpoint name=\"Heartbeat\" protocol=\"http\" port=\"3000\" />\n    \
             </Endpoints>\n  </WorkerRole>\n</ServiceDefinition>",
            display(path, environment)
        ),
    }
}

/// Formats a path as the compiler's own messages do.
fn display(path: &Path, environment: &Environment<'_>) -> String {
    let path = normalize(path);
    path.strip_prefix(&environment.working_directory).unwrap_or(&path).display().to_string()
}
