//! Variables that begin with `HEARTBEAT_` and mean nothing to this worker: mostly misspelt ones.

use heartbeat_definition::{ConfiguredRole, ServiceDefinition, suggest};

use super::env_vars::EnvVars;
use super::known_variables::known_variables;

const PREFIX: &str = "HEARTBEAT_";
/// Prefixes of the variables that are named after declarations.
const DECLARED: [&str; 6] = [
    "HEARTBEAT_SETTING_",
    "HEARTBEAT_ENDPOINT_",
    "HEARTBEAT_RESOURCE_",
    "HEARTBEAT_INSTANCES_",
    "HEARTBEAT_CERTIFICATE_",
    "HEARTBEAT_CLIENT_CA_",
];

/// Returns a warning for each variable that is set and means nothing to an instance of the role.
pub(super) fn unknown_variables(
    definition: &ServiceDefinition,
    role: &ConfiguredRole<'_>,
    variables: &EnvVars,
) -> Vec<String> {
    let known = known_variables(definition, role).into_iter().map(|variable| variable.name);
    let known: Vec<_> = known.collect();
    let mut unknown: Vec<_> = variables
        .names()
        .filter(|name| name.starts_with(PREFIX) && !known.contains(name))
        .collect();
    unknown.sort_unstable();
    let warning = |name: &String| {
        let help = match nearest(name, &known) {
            Some(near) => format!("did you mean {near}?"),
            None => "remove it".to_owned(),
        };
        format!("{name} means nothing to this worker: {help}")
    };
    unknown.iter().map(warning).collect()
}

/// Returns the known variable that `unknown` was probably meant to be: one that ends alike, as when
/// the kind is missing or wrong, else the one with the fewest edits.
fn nearest<'a>(unknown: &str, known: &'a [String]) -> Option<&'a String> {
    // A prefix that all have in common would make all of them look near.
    let prefix = DECLARED.into_iter().find(|prefix| unknown.starts_with(prefix)).unwrap_or(PREFIX);
    let rest = unknown.strip_prefix(prefix).filter(|rest| !rest.is_empty())?;
    let alike = format!("_{rest}");
    known.iter().find(|name| name.ends_with(&alike)).or_else(|| {
        let near = suggest(rest, known.iter().filter_map(|name| name.strip_prefix(prefix)))?;
        known.iter().find(|name| name.strip_prefix(prefix) == Some(near))
    })
}

#[cfg(test)]
mod tests {
    use heartbeat_definition::{ConfiguredRole, ServiceDefinition};

    use super::{EnvVars, unknown_variables};

    const DEFINITION: &str = r#"
        <ServiceDefinition name="S"><WorkerRole name="W">
          <ConfigurationSettings>
            <Setting name="Queue.Url"/><Setting name="Batch"/>
          </ConfigurationSettings>
          <Endpoints><InputEndpoint name="Heartbeat" protocol="http" port="80"/></Endpoints>
          <LocalResources><LocalStorage name="Scratch"/></LocalResources>
          <Runtime><Environment>
            <Variable name="HEARTBEAT_MAPPED"><RoleInstanceValue
              xpath="/RoleEnvironment/CurrentInstance/Endpoints/Endpoint[@name='Heartbeat']/@port"/>
            </Variable>
          </Environment></Runtime>
        </WorkerRole><WorkerRole name="Pool"><Endpoints>
          <InternalEndpoint name="Work" protocol="http"/>
          <InputEndpoint name="Heartbeat" protocol="http" port="80"/>
        </Endpoints></WorkerRole></ServiceDefinition>"#;

    fn warnings(variables: &EnvVars) -> Vec<String> {
        let definition = ServiceDefinition::read(DEFINITION.as_bytes()).unwrap();
        let role = ConfiguredRole::new(definition.role("W").unwrap(), None);
        unknown_variables(&definition, &role, variables)
    }

    #[test]
    fn knows_what_the_role_declares_and_what_is_unset_by_being_empty() {
        let variables = EnvVars::from([
            ("HEARTBEAT_SETTING_QUEUE_URL", "a"),
            ("HEARTBEAT_SETTING_BATCH_FILE", "a"),
            ("HEARTBEAT_ENDPOINT_HEARTBEAT", "a"),
            ("HEARTBEAT_RESOURCE_SCRATCH", "a"),
            ("HEARTBEAT_INSTANCES_POOL_WORK", "a"),
            ("HEARTBEAT_MAPPED", "a"),
            ("HEARTBEAT_DRAIN", "a"),
            ("HEARTBEAT_EMPTY", ""),
            ("HEARTBEATS", "a"),
            ("PATH", "a"),
        ]);
        assert_eq!(warnings(&variables), Vec::<String>::new());
    }

    #[test]
    fn suggests_the_nearest_variable() {
        for (unknown, near) in [
            ("HEARTBEAT_SETTING_QUEUE_ULR", "HEARTBEAT_SETTING_QUEUE_URL"),
            ("HEARTBEAT_SETTING_QUEUEURL", "HEARTBEAT_SETTING_QUEUE_URL"),
            ("HEARTBEAT_SETING_BATCH", "HEARTBEAT_SETTING_BATCH"),
            ("HEARTBEAT_BATCH", "HEARTBEAT_SETTING_BATCH"),
            ("HEARTBEAT_SETTING_BATCH_FIEL", "HEARTBEAT_SETTING_BATCH_FILE"),
            ("HEARTBEAT_SETTING_SCRATCH", "HEARTBEAT_RESOURCE_SCRATCH"),
            ("HEARTBEAT_ENDPOINT_HARTBEAT", "HEARTBEAT_ENDPOINT_HEARTBEAT"),
            ("HEARTBEAT_INSTANCES_POOL_WROK", "HEARTBEAT_INSTANCES_POOL_WORK"),
            ("HEARTBEAT_INSTANCES_WORK", "HEARTBEAT_INSTANCES_POOL_WORK"),
            ("HEARTBEAT_INSTANCE_POOL_WORK", "HEARTBEAT_INSTANCES_POOL_WORK"),
            ("HEARTBEAT_DRIAN", "HEARTBEAT_DRAIN"),
            ("HEARTBEAT_INSTANCEID", "HEARTBEAT_INSTANCE_ID"),
        ] {
            let expected = format!("{unknown} means nothing to this worker: did you mean {near}?");
            assert_eq!(warnings(&EnvVars::from([(unknown, "a")])), [expected]);
        }
    }

    #[test]
    fn each_has_a_warning_of_its_own_in_a_fixed_order() {
        let variables = EnvVars::from([
            ("HEARTBEAT_SETTING_REGION", "a"),
            ("HEARTBEAT_ENDPOINT_X", "a"),
            ("HEARTBEAT_INSTANCES_POOL_HEARTBEAT", "a"),
            ("HEARTBEAT_", "a"),
        ]);
        let expected = [
            "HEARTBEAT_",
            "HEARTBEAT_ENDPOINT_X",
            "HEARTBEAT_INSTANCES_POOL_HEARTBEAT",
            "HEARTBEAT_SETTING_REGION",
        ];
        let expected =
            expected.map(|name| format!("{name} means nothing to this worker: remove it"));
        assert_eq!(warnings(&variables), expected);
    }
}
