//! Startup tasks, the role's own process, and their environment.

use crate::{
    EntryPoint, ExecutionContext, RoleInstanceValue, RoleValue, Runtime, Startup, Task, TaskType,
    Variable,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::xml::{attribute, element, given, list, name, source, text};

fn role_value() -> impl Strategy<Value = RoleValue> {
    let fixed = [
        RoleValue::Emulated,
        RoleValue::DeploymentId,
        RoleValue::InstanceId,
        RoleValue::RoleName,
        RoleValue::UpdateDomain,
        RoleValue::FaultDomain,
    ];
    prop_oneof![
        select(fixed.to_vec()),
        name().prop_map(RoleValue::Setting),
        name().prop_map(RoleValue::LocalResourcePath),
        name().prop_map(RoleValue::LocalResourceSize),
        name().prop_map(RoleValue::EndpointProtocol),
        name().prop_map(RoleValue::EndpointAddress),
        name().prop_map(RoleValue::EndpointPort),
        name().prop_map(RoleValue::EndpointPublicPort),
    ]
}

prop_compose! {
    fn variable()(
        name in text(),
        value in option::of(text()),
        role_instance_value in option::of(role_value()),
    ) -> Variable {
        let role_instance_value = role_instance_value.map(|value| RoleInstanceValue {
            xpath: value.to_string(),
            value: Some(value),
            source: source(),
        });
        Variable { name, value, role_instance_value, source: source() }
    }
}

fn execution_context() -> impl Strategy<Value = ExecutionContext> {
    select(&[ExecutionContext::Limited, ExecutionContext::Elevated][..])
}

prop_compose! {
    fn task()(
        command_line in text(),
        execution_context in execution_context(),
        task_type in select(&[TaskType::Simple, TaskType::Foreground, TaskType::Background][..]),
        environment in vec(variable(), 0..3),
    ) -> Task {
        Task { command_line, execution_context, task_type, environment, source: source() }
    }
}

/// The default writes no element.
pub(super) fn startup() -> impl Strategy<Value = Startup> {
    let startup = (any::<i32>(), vec(task(), 0..3));
    let startup = option::of(startup.prop_map(|(priority, tasks)| Startup {
        priority,
        tasks,
        source: Some(source()),
    }));
    startup.prop_map(Option::unwrap_or_default)
}

fn entry_point() -> impl Strategy<Value = EntryPoint> {
    let program = (text(), any::<bool>());
    let program = program.prop_map(|(command_line, set_ready_on_process_start)| {
        EntryPoint::Program { command_line, set_ready_on_process_start, source: source() }
    });
    let net_fx = (text(), option::of(text()));
    let net_fx = net_fx.prop_map(|(assembly_name, target_framework_version)| EntryPoint::NetFx {
        assembly_name,
        target_framework_version,
        source: source(),
    });
    prop_oneof![program, net_fx]
}

/// The default writes no element.
pub(super) fn runtime() -> impl Strategy<Value = Runtime> {
    let runtime = (execution_context(), vec(variable(), 0..3), option::of(entry_point()));
    let runtime = runtime.prop_map(|(execution_context, environment, entry_point)| Runtime {
        execution_context,
        environment,
        entry_point,
        source: Some(source()),
    });
    option::of(runtime).prop_map(Option::unwrap_or_default)
}

fn write_variable(variable: &Variable) -> String {
    let value = variable.role_instance_value.iter();
    let value: String =
        value.map(|v| element("RoleInstanceValue", &[given("xpath", &v.xpath)], "")).collect();
    let attributes = [given("name", &variable.name), attribute("value", variable.value.as_ref())];
    element("Variable", &attributes, &value)
}

fn write_task(task: &Task) -> String {
    let attributes = [
        given("commandLine", &task.command_line),
        given("executionContext", task.execution_context),
        given("taskType", task.task_type),
    ];
    element("Task", &attributes, &list("Environment", &task.environment, write_variable))
}

pub(super) fn write_startup(startup: &Startup) -> String {
    if startup.source.is_none() {
        return String::new();
    }
    let tasks: String = startup.tasks.iter().map(write_task).collect();
    element("Startup", &[given("priority", startup.priority)], &tasks)
}

fn write_entry_point(entry_point: &EntryPoint) -> String {
    match entry_point {
        EntryPoint::Program { command_line, set_ready_on_process_start, .. } => {
            let ready = given("setReadyOnProcessStart", set_ready_on_process_start);
            element("ProgramEntryPoint", &[given("commandLine", command_line), ready], "")
        }
        EntryPoint::NetFx { assembly_name, target_framework_version, .. } => {
            let version = attribute("targetFrameworkVersion", target_framework_version.as_ref());
            element("NetFxEntryPoint", &[given("assemblyName", assembly_name), version], "")
        }
    }
}

pub(super) fn write_runtime(runtime: &Runtime) -> String {
    if runtime.source.is_none() {
        return String::new();
    }
    let children = list("Environment", &runtime.environment, write_variable)
        + &list("EntryPoint", &runtime.entry_point, write_entry_point);
    element("Runtime", &[given("executionContext", runtime.execution_context)], &children)
}
