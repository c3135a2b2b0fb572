use super::*;

fn refused(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    std::fs::write(&path, text).unwrap();
    let error = DeploymentFile::open(&path).unwrap_err().to_string();
    error.strip_prefix(&format!("cannot read {}:", path.display())).unwrap().to_owned()
}

#[test]
fn no_file_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let deployment = DeploymentFile::open(&folder.path().join(FILE)).unwrap().keys;
    assert!(deployment.name.is_none() && deployment.roles.is_empty());
}

#[test]
fn keys_are_read() {
    let deployment = toml::from_str(
        r#"
        registry = "registry.example/shop"
        [kubernetes]
        spread = "zone"
        [roles."Order.Pool"]
        stop_within = "2m"
        probe = "exec"
        "#,
    );
    let deployment: Deployment = deployment.unwrap();
    assert_eq!(deployment.kubernetes.spread, Spread::Zone);
    assert_eq!(deployment.kubernetes.service_type, ServiceType::LoadBalancer);
    let (name, keys) = deployment.roles.first_key_value().unwrap();
    assert_eq!(name.get_ref(), "Order.Pool");
    assert_eq!(keys.stop_within, Some(Duration::from_secs(120)));
    assert_eq!(keys.probe, Some(ProbeBy::Exec));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    let error = refused("[roles.Front]\nimage = \"x\"\nstopwithin = \"25s\"\n");
    assert!(
        error.starts_with("3:1: unknown field `stopwithin`, expected one of `image`,"),
        "{error}"
    );
    assert!(error.ends_with(": did you mean `stop_within`?"), "{error}");

    let error = refused("[kubernetes]\nspread = \"zones\"\n");
    assert!(error.starts_with("2:10: unknown variant `zones`, expected "), "{error}");
    assert!(error.ends_with(": did you mean `zone`?"), "{error}");
}

#[test]
fn a_wrong_value_is_refused_at_its_place() {
    let error = refused("[roles.Front]\nstop_within = \"25\"\n");
    assert!(error.starts_with("2:15: `25` is no duration: write "), "{error}");
    let error = refused("[roles.Front]\nmemory = \"64 MB\"\n");
    assert!(error.starts_with("2:10: `64 MB` is no quantity: write "), "{error}");
    let error = refused("version = 2\n");
    assert!(error.starts_with("1:11: invalid type: integer `2`, expected a string"), "{error}");
    let error = refused("version = \n");
    assert!(error.starts_with("1:11: "), "{error}");
}

#[test]
fn a_value_that_no_target_could_use_is_refused() {
    for (text, at, message) in [
        ("[roles.F]\nstop_within = \"18446744073709551615s\"", "2:15", "is longer than a year"),
        ("[roles.F]\nstall_after = \"9ms\"", "2:15", "`9ms` is too short"),
        ("[roles.F]\nmemory = \"64m\"", "2:10", "no worker runs with `64m` of memory"),
        ("[roles.F]\nmemory = \"64\"", "2:10", "such as 64Mi or 1Gi"),
        ("[roles.F]\nmemory = \"99999999999999999999Gi\"", "2:10", "such as 64Mi or 1Gi"),
        ("[roles.F]\nimage = \"\"", "2:9", "\"\" is no name"),
        ("version = \"1\\n2\"", "1:11", "\"1\\n2\" is no name"),
        ("registry = \"https://r.example/shop\"", "1:12", "write `r.example/shop`"),
        ("[kubernetes]\nnamespace = \"My Shop\"", "2:13", "\"My Shop\" is no namespace"),
        ("[roles]\nF = 3", "2:5", "invalid type: integer `3`, expected a table"),
    ] {
        let error = refused(text);
        assert!(error.starts_with(&format!("{at}: ")) && error.contains(message), "{error}");
    }
    let kept = "[roles.F]\ndrain = \"0s\"\n[compose]\nrecycle_after = \"0s\"";
    assert!(DeploymentFile::of_text(kept).is_ok());
}
