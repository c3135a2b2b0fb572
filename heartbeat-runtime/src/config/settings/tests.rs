use std::path::{Path, PathBuf};

use heartbeat_definition::{ConfiguredRole, ServiceDefinition};
use tempfile::TempDir;

use super::super::env_vars::EnvVars;
use super::{Configuration, Settings};

/// Returns the settings of the role `W` of a definition with that content of the role.
fn settings_of(role: &str, variables: &EnvVars) -> Result<Settings, String> {
    let definition = format!(
        r#"<ServiceDefinition name="S"><WorkerRole name="W">{role}</WorkerRole>
           <WorkerRole name="V"/></ServiceDefinition>"#
    );
    let definition = ServiceDefinition::read(definition.as_bytes()).unwrap();
    let configuration = Configuration::load(variables).map_err(|error| error.to_string())?;
    let configured = ConfiguredRole::new(definition.role("W").unwrap(), configuration.role("W"));
    let settings = Settings::new(&definition, &configured, variables, Some(&configuration));
    settings.map_err(|error| error.to_string())
}

/// Returns the settings of a role that declares `Queue.Url` and `Batch`.
fn settings(variables: &EnvVars) -> Result<Settings, String> {
    let declared = r#"<Setting name="Queue.Url"/><Setting name="Batch"/>"#;
    let role = format!("<ConfigurationSettings>{declared}</ConfigurationSettings>");
    settings_of(&role, variables)
}

/// Writes a service configuration with that content of a role.
fn configuration(role: &str, settings: &str) -> (TempDir, PathBuf) {
    let content = format!(
        "<ServiceConfiguration serviceName='S'>\n<Role name='{role}'><ConfigurationSettings>\n\
         {settings}</ConfigurationSettings></Role></ServiceConfiguration>"
    );
    file(&content)
}

fn file(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Returns the error, with the path as `PATH`.
#[track_caller]
fn error(settings: Result<Settings, String>, path: &Path) -> String {
    settings.err().unwrap().replace(text(path), "PATH")
}

#[test]
fn a_variable_overrides_the_configuration() {
    let values = "<Setting name='Queue.Url' value='from file'/><Setting name='Batch' value=''/>";
    let (_folder, path) = configuration("W", values);
    let of_file = settings(&EnvVars::from([("HEARTBEAT_CONFIGURATION", text(&path))])).unwrap();
    assert_eq!((of_file.get("Queue.Url"), of_file.get("Batch")), (Ok("from file"), Ok("")));

    let variables = EnvVars::from([
        ("HEARTBEAT_CONFIGURATION", text(&path)),
        ("HEARTBEAT_SETTING_QUEUE_URL", "from variable"),
    ]);
    assert_eq!(settings(&variables).unwrap().get("Queue.Url"), Ok("from variable"));
}

#[test]
fn a_file_that_a_variable_names_overrides_the_configuration() {
    let values = "<Setting name='Queue.Url' value='a'/><Setting name='Batch' value='b'/>";
    let (_folder, path) = configuration("W", values);
    let (_secrets, secret) = file("from file\n");
    for empty in ["HEARTBEAT_SETTING_BATCH_FILE", "HEARTBEAT_SETTING_QUEUE_URL"] {
        let variables = EnvVars::from([
            ("HEARTBEAT_CONFIGURATION", text(&path)),
            ("HEARTBEAT_SETTING_QUEUE_URL_FILE", text(&secret)),
            (empty, ""),
        ]);
        let settings = settings(&variables).unwrap();
        assert_eq!((settings.get("Queue.Url"), settings.get("Batch")), (Ok("from file"), Ok("b")));
    }
}

#[test]
fn a_value_and_a_file_of_one_setting_contradict_each_other() {
    let (_folder, path) = file("1");
    let variables = EnvVars::from([
        ("HEARTBEAT_SETTING_BATCH", "1"),
        ("HEARTBEAT_SETTING_BATCH_FILE", text(&path)),
        ("HEARTBEAT_SETTING_QUEUE_URL_FILE", "/absent/file"),
    ]);
    let error = error(settings(&variables), &path);
    let expected = "HEARTBEAT_SETTING_QUEUE_URL_FILE is `/absent/file`: ";
    assert!(error.starts_with(expected), "both wrong variables are told: {error}");
    let expected = "; HEARTBEAT_SETTING_BATCH and HEARTBEAT_SETTING_BATCH_FILE are both set: unset \
                    one of them";
    assert!(error.ends_with(expected), "{error}");
}

/// The variable of the file of `Cert` is that of the value of `Cert.File`.
#[test]
fn a_variable_of_a_value_is_not_one_of_a_file() {
    let role = r#"<ConfigurationSettings><Setting name="Cert"/><Setting name="Cert.File"/>
                  </ConfigurationSettings>"#;
    let variables = [("HEARTBEAT_SETTING_CERT", "a"), ("HEARTBEAT_SETTING_CERT_FILE", "b")];
    let settings = settings_of(role, &EnvVars::from(variables)).unwrap();
    assert_eq!((settings.get("Cert"), settings.get("Cert.File")), (Ok("a"), Ok("b")));

    let (_folder, path) = file("c");
    let variables = EnvVars::from([
        ("HEARTBEAT_SETTING_CERT", "a"),
        ("HEARTBEAT_SETTING_CERT_FILE_FILE", text(&path)),
    ]);
    assert_eq!(settings_of(role, &variables).unwrap().get("Cert.File"), Ok("c"));
}

#[test]
fn has_those_settings_of_imported_modules_that_the_configuration_gives() {
    const URL: &str = "Microsoft.WindowsAzure.Plugins.Diagnostics.Url";
    let values = r#"
        <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.Url" value="there"/>
        <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.Url" value="elsewhere"/>
        <Setting name="Microsoft.WindowsAzure.Plugins.Diagnostics.Empty"/>
        <Setting name="Microsoft.WindowsAzure.Plugins.RemoteAccess.Enabled" value="true"/>"#;
    let (_folder, path) = configuration("W", values);
    let variables = EnvVars::from([("HEARTBEAT_CONFIGURATION", text(&path))]);
    let role = r#"<Imports><Import moduleName="Diagnostics"/></Imports>"#;
    let settings = settings_of(role, &variables).unwrap();
    assert_eq!(settings.get(URL), Ok("there"), "the first of two wins");
    assert!(settings.get("Microsoft.WindowsAzure.Plugins.Diagnostics.Empty").is_err());
    assert!(settings.get("Microsoft.WindowsAzure.Plugins.RemoteAccess.Enabled").is_err());
}

#[test]
fn names_all_settings_without_a_value() {
    assert_eq!(
        settings(&EnvVars::from([])).err().unwrap(),
        "no value for setting `Queue.Url`, `Batch` of role `W`: ServiceConfiguration.cscfg is not \
         in the working directory: set HEARTBEAT_SETTING_QUEUE_URL, HEARTBEAT_SETTING_BATCH, or \
         name a service configuration with HEARTBEAT_CONFIGURATION"
    );
}

#[test]
fn suggests_the_declared_setting_of_a_misspelt_one_in_the_configuration() {
    let values = "<Setting name='Queue.Ulr' value='a'/><Setting name='Region' value='b'/>";
    let (_folder, path) = configuration("W", values);
    let named = ("HEARTBEAT_CONFIGURATION", text(&path));
    let variables = EnvVars::from([named, ("HEARTBEAT_SETTING_BATCH", "1")]);
    assert_eq!(
        error(settings(&variables), &path),
        "no value for setting `Queue.Url` of role `W`: PATH does not give it: set \
         HEARTBEAT_SETTING_QUEUE_URL, or name a service configuration with \
         HEARTBEAT_CONFIGURATION; PATH:3:16 gives `Queue.Ulr`, which the role does not declare: \
         did you mean `Queue.Url`?"
    );
    let url = ("HEARTBEAT_SETTING_QUEUE_URL", "a");
    let error = error(settings(&EnvVars::from([named, url])), &path);
    assert!(!error.contains("did you mean"), "nothing near is missing: {error}");
}

#[test]
fn suggests_the_role_of_a_misspelt_one_in_the_configuration() {
    let batch = ("HEARTBEAT_SETTING_BATCH", "1");
    let (_folder, path) = configuration("w", "<Setting name='Queue.Url' value='a'/>");
    let variables = EnvVars::from([("HEARTBEAT_CONFIGURATION", text(&path)), batch]);
    let error_of_a_near_name = error(settings(&variables), &path);
    let expected = "PATH has no role `W`: set HEARTBEAT_SETTING_QUEUE_URL, or name a service \
                    configuration with HEARTBEAT_CONFIGURATION; PATH:2:13 configures role `w`, \
                    which the service definition does not declare: did you mean `W`?";
    assert!(error_of_a_near_name.ends_with(expected), "{error_of_a_near_name}");

    let (_folder, path) = configuration("V", "");
    let variables = EnvVars::from([("HEARTBEAT_CONFIGURATION", text(&path)), batch]);
    let error = error(settings(&variables), &path);
    assert!(!error.contains("did you mean"), "`V` is another role: {error}");
}

#[test]
fn a_named_configuration_must_exist() {
    let variables = EnvVars::from([("HEARTBEAT_CONFIGURATION", "absent.cscfg")]);
    let error = settings(&variables).err().unwrap();
    assert!(error.starts_with("cannot read the service configuration absent.cscfg: "), "{error}");
}

#[test]
fn suggests_the_nearest_declared_setting() {
    let variables =
        EnvVars::from([("HEARTBEAT_SETTING_QUEUE_URL", ""), ("HEARTBEAT_SETTING_BATCH", "7")]);
    let error = settings(&variables).unwrap().get("batch").unwrap_err().to_string();
    assert_eq!(error, "role `W` declares no setting `batch`: did you mean `Batch`?");
    let error = settings(&variables).unwrap().get("Region").unwrap_err().to_string();
    assert_eq!(
        error,
        "role `W` declares no setting `Region`, only `Queue.Url`, `Batch`: add <Setting \
         name=\"Region\" /> to the service definition"
    );
}

#[test]
fn parses_a_value_or_names_the_place_that_gives_it() {
    let values = "<Setting name='Queue.Url' value='a'/><Setting name='Batch' value='many'/>";
    let (_folder, path) = configuration("W", values);
    let (_secrets, secret) = file("12\n\n");
    let configuration = ("HEARTBEAT_CONFIGURATION", text(&path));
    let url = ("HEARTBEAT_SETTING_QUEUE_URL", "12");
    let settings_with = |own| settings(&EnvVars::from([configuration, url, own])).unwrap();
    for (own, gives) in [
        (("HEARTBEAT_SETTING_BATCH", "-1"), "HEARTBEAT_SETTING_BATCH gives `-1`".to_owned()),
        (
            ("HEARTBEAT_SETTING_BATCH_FILE", text(&secret)),
            format!("{} (HEARTBEAT_SETTING_BATCH_FILE) gives `12\\n`", secret.display()),
        ),
        (("HEARTBEAT_DRAIN", ""), format!("{}:3:67 gives `many`", path.display())),
    ] {
        let settings = settings_with(own);
        assert_eq!(settings.parse("Queue.Url"), Ok(12_u32));
        let error = settings.parse::<u32>("Batch").unwrap_err().to_string();
        let expected = format!(
            "cannot parse setting `Batch` of role `W`: {gives}: write a value of type `u32`"
        );
        assert_eq!(error, expected);
        assert_eq!(settings.parse::<u32>("batch"), Err(settings.get("batch").unwrap_err()));
    }
}
