//! Startup tasks, the role's own process, and their environment.

use std::mem::take;

use super::role_value::RoleValue;
use super::values::{boolean, int};
use super::{read_all, string_enum};
use crate::Source;
use crate::parse::Node;

/// The startup tasks of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Startup {
    /// Reserved by the platform, 0 by default.
    pub priority: i32,
    /// The tasks, in the order of the file.
    pub tasks: Vec<Task>,
    /// The element that this was read from, if there is one.
    pub source: Option<Source>,
}

/// A startup task: a program that runs before the role starts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Task {
    /// The command, relative to the application's root; empty if missing.
    pub command_line: String,
    /// The rights that it runs with.
    pub execution_context: ExecutionContext,
    /// The way in which the role waits for it.
    pub task_type: TaskType,
    /// Its environment variables. The role's process does not see them.
    pub environment: Vec<Variable>,
    /// The element that this was read from.
    pub source: Source,
}

/// The process of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Runtime {
    /// The rights that it runs with.
    pub execution_context: ExecutionContext,
    /// The environment variables. Startup tasks do not see them.
    pub environment: Vec<Variable>,
    /// The entry point; `None` means the role's own assembly.
    pub entry_point: Option<EntryPoint>,
    /// The element that this was read from, if there is one.
    pub source: Option<Source>,
}

/// The entry point of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryPoint {
    /// A program of any kind.
    #[non_exhaustive]
    Program {
        /// The command, relative to the application's root.
        command_line: String,
        /// True if the instance is ready as soon as the process runs, as the documentation
        /// requires.
        set_ready_on_process_start: bool,
        /// The element that this was read from.
        source: Source,
    },
    /// A .NET assembly.
    #[non_exhaustive]
    NetFx {
        /// The assembly.
        assembly_name: String,
        /// The framework, such as `v4.0`.
        target_framework_version: Option<String>,
        /// The element that this was read from.
        source: Source,
    },
}

/// An environment variable: exactly one of a value and a role instance value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// The name; empty if missing.
    pub name: String,
    /// The value in the file; it may be empty.
    pub value: Option<String>,
    /// The path of a value in the instance.
    pub role_instance_value: Option<RoleInstanceValue>,
    /// The element that this was read from.
    pub source: Source,
}

/// A path to a value of the instance.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoleInstanceValue {
    /// The path, unchanged.
    pub xpath: String,
    /// The selected value; `None` if the path is unknown.
    pub value: Option<RoleValue>,
    /// The element that this was read from.
    pub source: Source,
}

string_enum! {
    /// The rights of a process.
    #[derive(Default)]
    ExecutionContext {
        /// The rights of an ordinary user.
        #[default]
        Limited = "limited",
        /// The rights of an administrator.
        Elevated = "elevated",
    }
}

string_enum! {
    /// The way in which a role waits for a startup task.
    TaskType {
        /// Waits; the task must exit with 0. The default.
        Simple = "simple",
        /// Does not wait, but a recycle does.
        Foreground = "foreground",
        /// Does not wait.
        Background = "background",
    }
}

// === impl EntryPoint ===

impl EntryPoint {
    /// Returns the element that this was read from.
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

// === impl Startup ===

impl Startup {
    pub(super) fn read(role: &mut Node) -> Self {
        let tasks = read_all(role.within("Startup", "Task"));
        let startup = role.first("Startup");
        let source = startup.map(|startup| take(&mut startup.source));
        let priority = source.as_ref().and_then(|s| s.parse("priority", int));
        Self { priority: priority.unwrap_or(0), tasks, source }
    }
}

// === impl Task ===

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

// === impl Runtime ===

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

// === impl Variable ===

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

// === impl RoleInstanceValue ===

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
