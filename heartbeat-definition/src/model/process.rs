//! Startup tasks, the role's own process, and their environment.

use std::mem::take;

use super::role_value::RoleValue;
use super::values::{boolean, int};
use super::{read_all, string_enum};
use crate::Source;
use crate::parse::Node;

/// What runs before the role starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Startup {
    /// For internal use, 0 by default.
    pub priority: i32,
    /// The tasks, in the order of the file.
    pub tasks: Vec<Task>,
    /// What was written, if anything.
    pub source: Option<Source>,
}

/// A program that runs before the role starts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// The command, relative to the application's root; empty when missing.
    pub command_line: String,
    /// With which rights.
    pub execution_context: ExecutionContext,
    /// Whether the role waits for it.
    pub task_type: TaskType,
    /// Its environment variables. The role's process does not see them.
    pub environment: Vec<Variable>,
    /// What was written.
    pub source: Source,
}

/// How the role's process runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runtime {
    /// With which rights.
    pub execution_context: ExecutionContext,
    /// The environment variables. Startup tasks do not see them.
    pub environment: Vec<Variable>,
    /// What to run; `None` means the role's own assembly.
    pub entry_point: Option<EntryPoint>,
    /// What was written, if anything.
    pub source: Option<Source>,
}

/// What a role runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryPoint {
    /// A program of any kind.
    #[non_exhaustive]
    Program {
        /// The command, relative to the application's root.
        command_line: String,
        /// Whether the instance is ready as soon as the process runs. The
        /// documentation requires true.
        set_ready_on_process_start: bool,
        /// What was written.
        source: Source,
    },
    /// A .NET assembly.
    #[non_exhaustive]
    NetFx {
        /// The assembly.
        assembly_name: String,
        /// The framework, such as `v4.0`.
        target_framework_version: Option<String>,
        /// What was written.
        source: Source,
    },
}

/// An environment variable: exactly one of a value and a role instance value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// The name; empty when it is missing.
    pub name: String,
    /// A value that is given in the file; it may be empty.
    pub value: Option<String>,
    /// A value that is looked up in the instance.
    pub role_instance_value: Option<RoleInstanceValue>,
    /// What was written.
    pub source: Source,
}

/// A path into the description of the instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleInstanceValue {
    /// The path as it was written.
    pub xpath: String,
    /// What it selects; `None` when it is none of the known paths.
    pub value: Option<RoleValue>,
    /// What was written.
    pub source: Source,
}

string_enum! {
    /// With which rights a process runs.
    #[derive(Default)]
    ExecutionContext {
        /// Those of an ordinary user.
        #[default]
        Limited = "limited",
        /// Those of an administrator.
        Elevated = "elevated",
    }
}

string_enum! {
    /// Whether the role waits for a startup task.
    TaskType {
        /// It waits, and the task must exit with 0; the default.
        Simple = "simple",
        /// It does not wait, but does not recycle before the task ends.
        Foreground = "foreground",
        /// It does not wait.
        Background = "background",
    }
}

impl EntryPoint {
    /// What was written.
    #[must_use]
    pub fn source(&self) -> &Source {
        match self {
            Self::Program { source, .. } | Self::NetFx { source, .. } => source,
        }
    }

    fn read(node: &mut Node) -> Option<Self> {
        let source = take(&mut node.source);
        match &*source.element {
            "ProgramEntryPoint" => Some(Self::Program {
                command_line: source.text("commandLine"),
                set_ready_on_process_start: source
                    .parse("setReadyOnProcessStart", boolean)
                    .unwrap_or(true),
                source,
            }),
            "NetFxEntryPoint" => Some(Self::NetFx {
                assembly_name: source.text("assemblyName"),
                target_framework_version: source.optional("targetFrameworkVersion"),
                source,
            }),
            _ => None,
        }
    }
}

impl Startup {
    pub(super) fn read(role: &mut Node) -> Self {
        let tasks = read_all(role.within("Startup", "Task"));
        let startup = role.first("Startup");
        let source = startup.map(|startup| take(&mut startup.source));
        let priority = source.as_ref().and_then(|s| s.parse("priority", int));
        Self { priority: priority.unwrap_or(0), tasks, source }
    }
}

impl From<&mut Node> for Task {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            command_line: source.text("commandLine"),
            execution_context: execution_context(&source),
            task_type: source.parse("taskType", TaskType::parse).unwrap_or(TaskType::Simple),
            environment: read_all(node.within("Environment", "Variable")),
            source,
        }
    }
}

impl From<&mut Node> for Runtime {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            execution_context: execution_context(&source),
            environment: read_all(node.within("Environment", "Variable")),
            entry_point: node
                .first("EntryPoint")
                .and_then(|entry| entry.elements().find_map(EntryPoint::read)),
            source: Some(source),
        }
    }
}

impl From<&mut Node> for Variable {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            name: source.text("name"),
            value: source.optional("value"),
            role_instance_value: node.first("RoleInstanceValue").map(RoleInstanceValue::from),
            source,
        }
    }
}

impl From<&mut Node> for RoleInstanceValue {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let xpath = source.text("xpath");
        Self { value: RoleValue::parse(&xpath), xpath, source }
    }
}

fn execution_context(source: &Source) -> ExecutionContext {
    source.parse("executionContext", ExecutionContext::parse).unwrap_or_default()
}
