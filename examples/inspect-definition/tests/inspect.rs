//! Runs of the program.

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

    use serde_json::{Value, json};

    fn inspect(arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_inspect-definition"))
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap()
    }

    #[track_caller]
    fn assert_prints(arguments: &[&str], code: i32, expected: &str) {
        let output = inspect(arguments);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert_eq!(output.status.code(), Some(code));
        assert!(output.stderr.is_empty());
    }

    #[test]
    fn prints_a_valid_service() {
        assert_prints(
            &["ServiceDefinition.csdef", "ServiceConfiguration.cscfg"],
            0,
            "\
service Bakery

WorkerRole Oven, Small, instances: 3
  ENDPOINT    KIND            PROTOCOL  PUBLIC       LOCAL
  Heartbeat   input           http      80           3000
  Management  internal        tcp                    *
  Console     instance input  tcp       10100-10109  4000
  SETTING                                                      VALUE
  OrdersQueue                                                  given
  Degrees                                                      empty
  Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString  given

WorkerRole Delivery, Small, instances: 1

no diagnostics
",
        );
    }

    #[test]
    fn prints_the_diagnostics_of_an_invalid_definition() {
        assert_prints(
            &["Flawed.csdef"],
            1,
            "\
service Bakery

WorkerRole Oven, Small
  ENDPOINT    KIND      PROTOCOL  PUBLIC  LOCAL
  Heartbeat   input     http      80      ?
  Web         input     https     80      80
  Management  internal  tcp               *

Flawed.csdef:1:1: warning[encoding-mismatch]: the file is in utf-8 but declares `utf-16`, so XML parsers refuse or misread it: declare encoding=\"utf-8\"
Flawed.csdef:3:27: warning[unknown-attribute]: `WorkerRole` has no attribute `vmSize`: did you mean `vmsize`?
Flawed.csdef:5:49: error[invalid-value]: `HTTP` is not a valid `protocol` of `InputEndpoint`; expected one of `http`, `https`, `tcp`, `udp`: write `http`
Flawed.csdef:5:76: error[invalid-value]: `555555` is not a valid `localPort` of `InputEndpoint`; expected a whole number from 1 to 65535, or `*`
Flawed.csdef:6:56: error[duplicate-port]: the public port 80 is taken by the endpoint `Heartbeat` of `Oven` at 5:61: give each input endpoint a port of its own; `localPort` may be the same
Flawed.csdef:6:73: error[unknown-certificate]: the role `Oven` has no certificate `Site`: did you mean `Sites`?
invalid
",
        );
    }

    #[test]
    fn prints_json() {
        let output = inspect(&["--json", "Flawed.csdef", "ServiceConfiguration.cscfg"]);
        assert_eq!(output.status.code(), Some(1));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["valid"], json!(false));
        assert_eq!(value["roles"][0]["instances"], json!(3));
        assert_eq!(
            value["roles"][0]["endpoints"][0],
            json!({
                "name": "Heartbeat", "kind": "input", "protocol": "http",
                "publicPort": 80, "localPort": null, "line": 5, "column": 28,
            })
        );
        let diagnostics = value["diagnostics"].as_array().unwrap();
        assert_eq!(
            diagnostics[1],
            json!({
                "file": "Flawed.csdef", "line": 3, "column": 27, "severity": "warning",
                "code": "unknown-attribute", "authority": "schema",
                "message": "`WorkerRole` has no attribute `vmSize`",
                "fix": "did you mean `vmsize`?",
            })
        );
        let of_configuration =
            diagnostics.iter().filter(|d| d["file"] == "ServiceConfiguration.cscfg");
        let codes: Vec<_> = of_configuration.map(|d| d["code"].as_str().unwrap()).collect();
        let expected = [
            "missing-certificate",
            "unknown-setting",
            "unknown-setting",
            "unknown-setting",
            "unknown-role",
        ];
        assert_eq!(codes, expected);
    }

    #[test]
    fn does_not_print_values_of_settings() {
        for arguments in [&[][..], &["--json"]] {
            let files = ["ServiceDefinition.csdef", "ServiceConfiguration.cscfg"];
            let output = inspect(&[arguments, &files].concat());
            assert_eq!(output.status.code(), Some(0));
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(!text.contains("amqp") && !text.contains("UseDevelopmentStorage"), "{text}");
        }
    }

    #[track_caller]
    fn assert_fails(arguments: &[&str], start: &str) {
        let output = inspect(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with(start), "{error}");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
    }

    #[test]
    fn rejects_wrong_arguments_and_unreadable_files() {
        assert_fails(&[], "usage: ");
        assert_fails(&["--xml", "Flawed.csdef"], "usage: ");
        assert_fails(&["a", "b", "c"], "usage: ");
        assert_fails(&["Absent.csdef"], "cannot read Absent.csdef: ");
        assert_fails(
            &["ServiceConfiguration.cscfg"],
            "ServiceConfiguration.cscfg:2:1: the root element is `ServiceConfiguration`",
        );
        assert_fails(&["ServiceDefinition.csdef", "Cargo.toml"], "Cargo.toml:1:1: ");
    }
}
