//! The rules for settings of imported modules, which only the SDK's plug-ins declare.

use std::collections::HashSet;

use super::DeclaredNames;
use crate::excerpt::{excerpt, pasted};
use crate::lint::diagnostics::Diagnostics;
use crate::model::imports::PREFIX;
use crate::{Code, RoleConfiguration, Severity};

/// Modules that have the same settings in every SDK. Other modules, such as `Caching`, differ from
/// release to release.
const MODULES: &[(&str, &[&str])] = &[
    ("Diagnostics", &["ConnectionString"]),
    (
        "RemoteAccess",
        &["Enabled", "AccountUsername", "AccountEncryptedPassword", "AccountExpiration"],
    ),
    ("RemoteForwarder", &["Enabled"]),
];

/// Reports the settings of imported modules that the configuration lacks or misspells. Real files
/// lack them, so all are warnings.
pub(super) fn check_imported_settings(
    declared: &DeclaredNames<'_>,
    role: &RoleConfiguration,
    diagnostics: &mut Diagnostics,
) {
    let given: HashSet<_> = role.settings.iter().map(|setting| &*setting.name).collect();
    let imported =
        || MODULES.iter().filter(|(module, _)| declared.imports.modules.contains(module));
    let names = || {
        imported()
            .flat_map(|(module, settings)| settings.iter().map(move |s| format!("{module}.{s}")))
    };
    for name in names().map(|name| format!("{PREFIX}{name}")) {
        if !given.contains(&*name) {
            let role_name = excerpt(&declared.role.name);
            diagnostics.push(
                Code::MissingSetting,
                Severity::Warning,
                role.position,
                format!("the role `{role_name}` has no value for the imported setting `{name}`"),
                Some(format!("add <Setting name=\"{name}\" value=\"…\" />")),
            );
        }
    }
    let expected: Vec<_> = names().collect();
    for setting in &role.settings {
        if declared.declares_setting(&setting.name) {
            continue;
        }
        let Some((module, name)) = split(&setting.name) else { continue };
        let (message, fix) = if declared.imports.declare(&setting.name) {
            let known = MODULES.iter().find(|(known, _)| *known == module);
            let Some((_, settings)) = known.filter(|(_, settings)| !settings.contains(&name))
            else {
                continue;
            };
            let message =
                format!("the module `{}` has no setting `{}`", excerpt(module), excerpt(name));
            (message, fix_setting(module, name, settings, diagnostics))
        } else {
            explain_import(declared, (module, name), &expected, diagnostics)
        };
        let place = setting.source.position_of("name");
        diagnostics.push(Code::UnknownSetting, Severity::Warning, place, message, Some(fix));
    }
}

/// Splits the name of a module's setting into the name of the module and its own.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PREFIX)?.rsplit_once('.').filter(|(module, _)| !module.is_empty())
}

fn fix_setting(
    module: &str,
    name: &str,
    settings: &[&str],
    diagnostics: &mut Diagnostics,
) -> String {
    match diagnostics.suggest(name, &mut settings.iter().copied()) {
        Some(near) => format!("write name=\"{PREFIX}{module}.{near}\""),
        None => format!("declared: {}", settings.join(", ")),
    }
}

fn explain_import(
    declared: &DeclaredNames<'_>,
    (module, name): (&str, &str),
    expected: &[String],
    diagnostics: &mut Diagnostics,
) -> (String, String) {
    let role = excerpt(&declared.role.name);
    let module_name = excerpt(module);
    let message = format!("the role `{role}` does not import the module `{module_name}`");
    let is_known = MODULES.iter().any(|(known, _)| *known == module);
    let wanted = format!("{module}.{name}");
    let near = (!is_known)
        .then(|| diagnostics.suggest(&wanted, &mut expected.iter().map(|name| &**name)))
        .flatten();
    let fix = match near {
        Some(near) => format!("write name=\"{PREFIX}{near}\""),
        None => format!(
            "add <Import moduleName=\"{}\" /> to the <Imports> of the role in the definition",
            pasted(module)
        ),
    };
    (message, fix)
}
