//! The rules for environment variables and entry points.

use super::DeclaredNames;
use crate::excerpt::excerpt;
use crate::lint::diagnostics::Diagnostics;
use crate::{Code, EntryPoint, RoleInstanceValue, RoleValue, Variable};

pub(super) fn check_processes(declared: &DeclaredNames<'_>, diagnostics: &mut Diagnostics) {
    let role = declared.role;
    let tasks = role.startup.tasks.iter().flat_map(|task| &task.environment);
    for variable in tasks.chain(&role.runtime.environment) {
        check_variable(variable, declared, diagnostics);
    }
    if let Some(entry_point) = &role.runtime.entry_point {
        check_entry_point(entry_point, diagnostics);
    }
}

fn check_variable(
    variable: &Variable,
    declared: &DeclaredNames<'_>,
    diagnostics: &mut Diagnostics,
) {
    let (name, place) = (excerpt(&variable.name), variable.source.position);
    let code = Code::VariableValue;
    match (&variable.value, &variable.role_instance_value) {
        (Some(_), Some(_)) => diagnostics.add_with_fix(
            code,
            place,
            format!("the variable `{name}` has a value and a `RoleInstanceValue`"),
            "keep one of them",
        ),
        (None, None) => diagnostics.add_with_fix(
            code,
            place,
            format!("the variable `{name}` has no value"),
            "add value=\"…\" or a `RoleInstanceValue`",
        ),
        _ => {}
    }
    if let Some(value) = &variable.role_instance_value {
        check_xpath(value, declared, diagnostics);
    }
}

fn check_xpath(
    written: &RoleInstanceValue,
    declared: &DeclaredNames<'_>,
    diagnostics: &mut Diagnostics,
) {
    let place = written.source.position_of("xpath");
    let Some(value) = &written.value else {
        // The schema reports a missing attribute.
        if written.source.attribute("xpath").is_some() {
            let message = format!("`{}` is not a known path", excerpt(&written.xpath));
            diagnostics.add(Code::UnknownXpath, place, message);
        }
        return;
    };
    let Some(wanted) = value.name() else { return };
    let role = declared.role;
    match value {
        RoleValue::Setting(_) if !declared.has_setting(wanted) => {
            let mut names = role.settings.iter().map(|setting| &*setting.name);
            let message = declared.missing("setting", wanted);
            diagnostics.add_unresolved(Code::UnknownSetting, place, message, wanted, &mut names);
        }
        RoleValue::LocalResourcePath(_) | RoleValue::LocalResourceSize(_)
            if !declared.has_local_resource(wanted) =>
        {
            let mut names = role.local_resources.iter().map(|resource| &*resource.name);
            let message = declared.missing("local resource", wanted);
            diagnostics.add_unresolved(
                Code::UnknownLocalResource,
                place,
                message,
                wanted,
                &mut names,
            );
        }
        RoleValue::EndpointProtocol(_)
        | RoleValue::EndpointAddress(_)
        | RoleValue::EndpointPort(_)
        | RoleValue::EndpointPublicPort(_)
            if !declared.has_endpoint(wanted) =>
        {
            let mut names = role.endpoints.iter().map(|endpoint| &*endpoint.name);
            let message = declared.missing("endpoint", wanted);
            diagnostics.add_unresolved(Code::UnknownEndpoint, place, message, wanted, &mut names);
        }
        _ => {}
    }
}

fn check_entry_point(entry_point: &EntryPoint, diagnostics: &mut Diagnostics) {
    match entry_point {
        EntryPoint::Program { set_ready_on_process_start: false, source, .. } => diagnostics
            .add_with_fix(
                Code::ReadyOnProcessStart,
                source.position_of("setReadyOnProcessStart"),
                "the documentation requires setReadyOnProcessStart=\"true\"",
                "write `true`",
            ),
        EntryPoint::NetFx { target_framework_version: None, source, .. } => diagnostics
            .add_with_fix(
                Code::NoFrameworkVersion,
                source.position,
                "the documentation requires `targetFrameworkVersion`",
                "add targetFrameworkVersion=\"v4.0\"",
            ),
        _ => {}
    }
}
