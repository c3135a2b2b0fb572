//! Runs of the program.

#[cfg(test)]
mod tests {
    use std::process::{Command, Output};

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
  endpoint Heartbeat: input, http, port 3000
  endpoint Management: internal, tcp, any port
  endpoint Console: instance input, tcp, port 4000
  setting OrdersQueue: a value
  setting Degrees: an empty value
  setting Microsoft.WindowsAzure.Plugins.Diagnostics.ConnectionString: a value
WorkerRole Delivery, Small, instances: 1
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
  endpoint Heartbeat: input, http, no port
  endpoint Web: input, https, port 80
  endpoint Management: internal, tcp, any port
Flawed.csdef:1:1: warning[encoding-mismatch]: the file is in utf-8 but declares `utf-16`, so XML parsers refuse or misread it: declare encoding=\"utf-8\"
Flawed.csdef:3:27: warning[unknown-attribute]: `WorkerRole` has no attribute `vmSize`: did you mean `vmsize`?
Flawed.csdef:5:49: error[invalid-value]: `HTTP` is not a valid `protocol` of `InputEndpoint`; expected one of `http`, `https`, `tcp`, `udp`: write `http`
Flawed.csdef:5:76: error[invalid-value]: `555555` is not a valid `localPort` of `InputEndpoint`; expected a whole number from 1 to 65535, or `*`
Flawed.csdef:6:56: error[duplicate-port]: the public port 80 is taken by the endpoint `Heartbeat` of `Oven` at 5:61: give each input endpoint a port of its own; `localPort` may be the same
Flawed.csdef:6:73: error[unknown-certificate]: the role `Oven` has no certificate `Site`: did you mean `Sites`?
",
        );
    }

    #[test]
    fn does_not_print_values_of_settings() {
        let output = inspect(&["ServiceDefinition.csdef", "ServiceConfiguration.cscfg"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("amqp") && !text.contains("UseDevelopmentStorage"), "{text}");
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
        assert_fails(&["--xml", "Flawed.csdef"], "cannot read --xml: ");
        assert_fails(&["a", "b", "c"], "usage: ");
        assert_fails(&["Absent.csdef"], "cannot read Absent.csdef: ");
        assert_fails(
            &["ServiceConfiguration.cscfg"],
            "ServiceConfiguration.cscfg:2:1: the root element is `ServiceConfiguration`",
        );
        assert_fails(&["ServiceDefinition.csdef", "Cargo.toml"], "Cargo.toml:1:1: ");
    }
}
