//! The program of each role.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use heartbeat_definition::{Role, ServiceDefinition};

use super::cargo::{Binary, Package, Workspace};
use super::describe::Description;

/// The name of a definition that the attribute finds.
const DEFINITION: &str = "ServiceDefinition.csdef";

/// The program of a role, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) source: ProgramSource,
    pub(super) arguments: Vec<String>,
    /// It was found by its name alone.
    pub(super) guessed: bool,
}

/// The origin of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProgramSource {
    /// A binary that cargo builds.
    Binary(Binary),
    /// A file that exists.
    File(PathBuf),
}

/// The programs of a service.
#[derive(Clone, Debug, Default)]
pub(super) struct Programs {
    /// The roles with their programs, in the order of the definition.
    pub(super) found: Vec<(String, Program)>,
    /// Roles that none of the binaries is named after.
    pub(super) missing: Vec<String>,
    /// Binaries that are named after no role. They can be asked for theirs.
    pub(super) unknown: Vec<Binary>,
    /// All binaries that may be workers.
    candidates: Vec<Binary>,
}

/// The error of a role without a program.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProgramError {
    #[error(
        "role `{role}` runs `{command}`, but there is no such program: looked in {}, among the binaries \
         of cargo, and in PATH",
        folder.display()
    )]
    NoEntryPoint { role: String, command: String, folder: PathBuf },
    #[error(
        "role `{role}` runs the .NET assembly `{assembly}`, which this command cannot: give it a \
         <ProgramEntryPoint commandLine=\"…\" />, or leave it out with --scale {role}=0"
    )]
    Assembly { role: String, assembly: String },
    #[error(
        "no program for role {}; binaries of packages that depend on heartbeat-runtime: {}. Name a binary \
         as its role, write #[worker_role(role = \"{first}\", ..)] in it, give the role a \
         <Runtime><EntryPoint><ProgramEntryPoint commandLine=\"…\" />, or leave it out with --scale {first}=0",
        quoted(roles),
        if binaries.is_empty() { "none".to_owned() } else { quoted(binaries) }
    )]
    Missing { roles: Vec<String>, first: String, binaries: Vec<String> },
}

// === impl Programs ===

impl Programs {
    /// Finds the programs of roles as the attribute finds roles: by the name of a binary, then of its
    /// package, ignoring case, `-` and `_`, or as the only role and the only binary.
    pub(super) fn find(
        roles: &[&Role],
        definition: (&Path, &ServiceDefinition),
        workspace: Option<&Workspace>,
    ) -> Result<Self, ProgramError> {
        let (path, definition) = definition;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let packages = workspace.map(|it| candidates(it, path)).unwrap_or_default();
        let mut programs = Self {
            candidates: packages.iter().flat_map(|it| it.binaries()).collect(),
            ..Self::default()
        };
        let mut named = named(&programs.candidates, definition);
        for role in roles {
            let program = match &role.runtime.entry_point {
                Some(entry) => Some(Program::of_entry_point(role, entry, folder, workspace)?),
                None => named.remove(&*role.name).map(Program::binary),
            };
            match program {
                Some(program) => programs.found.push((role.name.clone(), program)),
                None => programs.missing.push(role.name.clone()),
            }
        }
        let is_used = |binary: &Binary| {
            let mut sources = programs.found.iter().map(|(_, program)| &program.source);
            sources.any(|source| *source == ProgramSource::Binary(binary.clone()))
        };
        let unknown = programs.candidates.iter().filter(|binary| !is_used(binary));
        programs.unknown = unknown.cloned().collect();
        Ok(programs)
    }

    /// Returns the binaries that must be built: those that are found, and those to ask.
    pub(super) fn binaries(&self) -> Vec<Binary> {
        let mut binaries: Vec<_> = self.found.iter().filter_map(|(_, it)| it.built()).collect();
        if !self.missing.is_empty() {
            binaries.extend(&self.unknown);
        }
        binaries.sort();
        binaries.dedup();
        binaries.into_iter().cloned().collect()
    }

    /// Tells whether a binary may be asked for its role: it is of a package that has workers.
    pub(super) fn may_be_asked(&self, binary: &Binary) -> bool {
        self.candidates.contains(binary)
    }

    /// Takes over the roles that binaries have told.
    pub(super) fn learn(
        &mut self,
        told: &HashMap<Binary, Description>,
    ) -> Result<(), ProgramError> {
        let mut told: Vec<_> = told.iter().collect();
        told.sort_by_key(|(binary, _)| *binary);
        for (binary, description) in told {
            let role = &description.role;
            // The name of a binary is only a guess.
            let is_other = |(named, program): &(String, Program)| {
                named != role && program.guessed && program.built() == Some(binary)
            };
            let others = self.found.extract_if(.., |it| is_other(it));
            self.missing.extend(others.map(|(named, _)| named));
            if self.missing.contains(role) {
                self.missing.retain(|missing| missing != role);
                self.found.push((role.clone(), Program::binary(binary.clone())));
            }
        }
        let Some(first) = self.missing.first().cloned() else { return Ok(()) };
        let binaries = self.candidates.iter().map(|it| it.name.clone()).collect();
        Err(ProgramError::Missing { roles: self.missing.clone(), first, binaries })
    }
}

// === impl Program ===

impl Program {
    fn binary(binary: Binary) -> Self {
        Self { source: ProgramSource::Binary(binary), arguments: Vec::new(), guessed: true }
    }

    /// Returns its binary, if cargo builds it.
    pub(super) fn built(&self) -> Option<&Binary> {
        match &self.source {
            ProgramSource::Binary(binary) => Some(binary),
            ProgramSource::File(_) => None,
        }
    }
}

/// Returns the packages whose binaries may be workers of the definition: those for which it is the
/// nearest, else those that have none.
fn candidates<'a>(workspace: &'a Workspace, definition: &Path) -> Vec<&'a Package> {
    let workers = workspace.packages.iter().filter(|package| package.may_have_workers());
    let nearest = |package: &Package| {
        let folders = package.manifest_path.ancestors().skip(1);
        folders.map(|folder| folder.join(DEFINITION)).find(|path| path.is_file())
    };
    let (near, far): (Vec<_>, Vec<_>) = workers
        .partition(|package| nearest(package).is_some_and(|path| is_same(&path, definition)));
    if near.is_empty() {
        far.into_iter().filter(|it| nearest(it).is_none()).collect()
    } else {
        near
    }
}

/// Tells whether two paths, perhaps through links, lead to one file.
fn is_same(path: &Path, other: &Path) -> bool {
    path == other
        || path.canonicalize().is_ok_and(|it| other.canonicalize().is_ok_and(|other| it == other))
}

/// Returns the binaries that are named after a role, by role.
fn named(binaries: &[Binary], definition: &ServiceDefinition) -> HashMap<String, Binary> {
    let role_like =
        |names: &[&str]| definition.worker_role_like(names).ok().map(|it| it.name.clone());
    let is_only_role = definition.worker_roles().count() == 1;
    if is_only_role && binaries.len() > 1 {
        // Then the selection takes any name.
        let Some(role) = definition.worker_roles().next() else { return HashMap::new() };
        let by = |name: fn(&Binary) -> &str| {
            binaries.iter().find(|it| folded(name(it)) == folded(&role.name))
        };
        let binary = by(|it| &it.name).or_else(|| by(|it| &it.package));
        return binary.map(|it| (role.name.clone(), it.clone())).into_iter().collect();
    }
    let mut named = HashMap::new();
    // The name of a binary counts more than that of its package.
    for binary in binaries {
        if let Some(role) = role_like(&[&binary.name]) {
            named.entry(role).or_insert_with(|| binary.clone());
        }
    }
    for binary in binaries {
        let is_named = named.values().any(|it| it == binary);
        if let (false, Some(role)) = (is_named, role_like(&[&binary.package])) {
            named.entry(role).or_insert_with(|| binary.clone());
        }
    }
    named
}

/// Returns a name without the differences that the attribute ignores.
fn folded(name: &str) -> String {
    name.replace(['-', '_'], "").to_lowercase()
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::ServiceDefinition;

    use super::{Binary, named};

    fn found(roles: &[&str], binaries: &[(&str, &str)]) -> Vec<String> {
        let roles = roles.iter().map(|name| format!(r#"<WorkerRole name="{name}"/>"#));
        let roles: String = roles.collect();
        let definition = format!(r#"<ServiceDefinition name="S">{roles}</ServiceDefinition>"#);
        let definition = ServiceDefinition::read(definition.as_bytes()).unwrap();
        let binaries = binaries.iter().map(|(package, name)| Binary {
            package: (*package).to_owned(),
            name: (*name).to_owned(),
        });
        let found = named(&binaries.collect::<Vec<_>>(), &definition);
        let mut found: Vec<_> =
            found.into_iter().map(|(role, binary)| format!("{role}: {}", binary.name)).collect();
        found.sort();
        found
    }

    #[test]
    fn the_name_of_a_binary_counts_more_than_that_of_its_package() {
        let orders = [("order-desk", "tool"), ("order-desk", "order-desk"), ("pool", "main")];
        assert_eq!(found(&["OrderDesk", "Pool"], &orders), ["OrderDesk: order-desk", "Pool: main"]);
        assert_eq!(found(&["Order_Desk", "Else"], &orders), ["Order_Desk: order-desk"]);
    }

    #[test]
    fn the_only_binary_is_that_of_the_only_role() {
        assert_eq!(found(&["Anything"], &[("pool", "main")]), ["Anything: main"]);
        assert_eq!(found(&["Pool"], &[("a", "b"), ("pool", "main")]), ["Pool: main"]);
        assert!(found(&["Anything"], &[("a", "b"), ("pool", "main")]).is_empty());
        assert!(found(&["Anything", "Else"], &[("pool", "main")]).is_empty());
    }
}
