//! Runs of `heartbeat probe` against real workers.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::path::Path;
    use std::process::Command;
    use std::thread;

    use heartbeat_tests::certificates::Certificates;
    use heartbeat_tests::{Signal, Worker, example, free_address, program, workspace};
    use serde_json::Value;

    fn probe(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_heartbeat"));
        let output = command.arg("probe").args(arguments).current_dir(folder).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// Asserts the exit code, the start of the first line, and the other lines.
    #[track_caller]
    fn assert_tells(arguments: &[&str], code: i32, start: &str, rest: &[&str]) {
        let (exit, text, errors) = probe(Path::new("."), arguments);
        let mut lines = text.lines();
        let first = lines.next().unwrap_or_default();
        assert!(first.starts_with(start), "{text}{errors}");
        assert_eq!(lines.map(str::trim).collect::<Vec<_>>(), rest, "{text}");
        assert_eq!((exit, &*errors), (code, ""));
    }

    #[test]
    fn tells_each_step_of_a_life() {
        let mut worker = Worker::spawn(example("step-worker").env("HEARTBEAT_DRAIN", "60s"));
        let address = worker.address().to_owned();
        let fails = format!("fail: http://{address}/readyz answers 503, in ");
        let starting =
            ["the worker, version 0.1.0, is starting", "starting: `on_start` has not ended yet"];
        assert_tells(&[&address, "ready"], 1, &fails, &starting);
        assert_tells(&[&address, "startup"], 1, &fails.replace("readyz", "startupz"), &starting);
        let passes = format!("pass: http://{address}/livez answers 200, in ");
        assert_tells(&[&address, "live"], 0, &passes, &starting[..1]);
        worker.press_enter();
        worker.wait_for_line("ready after ");
        let passes = format!("pass: http://{address}/health answers 200, in ");
        let running = ["the worker, version 0.1.0, is running"];
        assert_tells(&[&address], 0, &passes, &running);
        assert_tells(&[&format!("http://{address}/health"), "live"], 0, &passes, &running);
        worker.signal(Signal::TERM);
        worker.wait_for_line("stopping, within");
        let stopping =
            ["the worker, version 0.1.0, is stopping", "stopping: it has been asked to stop"];
        assert_tells(&[&address, "ready"], 1, &fails, &stopping);
        assert_tells(&[&format!("{address}/nope")], 1, "fail: ", &["there is no such path"]);
    }

    #[test]
    #[cfg(unix)]
    fn names_the_heartbeat_at_fault_where_details_are_shown() {
        let build = escargot::CargoBuild::new().package("heartbeat-tests").bin("failing-worker");
        let build = build.current_release().run().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("health");
        let mut command = build.command();
        command.env("HEARTBEAT_ENDPOINT_HEARTBEAT", format!("unix:{}", socket.display()));
        command.env("HEARTBEAT_SETTING_FAIL", "run stall").env("HEARTBEAT_STALL_AFTER", "500ms");
        command.env("HEARTBEAT_INSTANCE_ID", "trial-0");
        let mut worker = Worker::spawn_raw(&mut command);
        worker.wait_for_line("stalled: no beat from `run`");
        // As one types it in the folder.
        let (exit, text, errors) = probe(folder.path(), &["unix:health", "live"]);
        assert_eq!((exit, &*errors), (1, ""));
        assert!(text.starts_with("fail: unix:health/livez answers 503"), "{text}");
        assert!(text.contains("FailingWorker 0.1.0 (instance trial-0) is running\n"), "{text}");
        assert!(text.contains("stalled: no beat from `run` for "), "{text}");
        let (exit, text, _) = probe(folder.path(), &["unix:health", "--json"]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((exit, &value["pass"], &value["status_code"]), (1, &false.into(), &503.into()));
        assert_eq!(value["report"]["heartbeats"][0]["state"], "stalled");
    }

    #[test]
    fn finds_a_role_by_its_definition() {
        let folder = workspace().join("examples/web-worker");
        let (_, text, _) = probe(&folder, &["WebWorker", "--timeout", "250ms"]);
        assert!(text.contains(" http://localhost:3003/health"), "{text}");
        let definition = |endpoints: &str| {
            format!(
                "<ServiceDefinition name=\"Shop\" xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\"><WorkerRole name=\"Orders\"><Endpoints>{endpoints}</Endpoints></WorkerRole></ServiceDefinition>"
            )
        };
        let folder = tempfile::tempdir().unwrap();
        for (endpoints, name, message) in [
            ("", "Order", "error: the definition has no role `Order`: did you mean `Orders`?\n"),
            ("", "Carts", "error: the definition has no role `Carts`: it has Orders\n"),
            (
                "",
                "orders",
                "error: role `Orders` declares no endpoint that is surely the one of its health: give its address\n",
            ),
            (
                "<InternalEndpoint name=\"Only\" protocol=\"http\" />",
                "Orders",
                "error: endpoint `Only` of role `Orders` has any free port: give the one that the worker's log shows\n",
            ),
        ] {
            fs::write(folder.path().join("ServiceDefinition.csdef"), definition(endpoints))
                .unwrap();
            assert_eq!(probe(folder.path(), &[name]), (78, String::new(), message.to_owned()));
        }
    }

    #[test]
    fn nobody_and_others_are_told_apart() {
        let address = free_address();
        assert_tells(
            &[&address],
            1,
            &format!(
                "no answer from http://{address}/health: nothing listens there: is the worker running?"
            ),
            &[],
        );
        let (exit, text, _) = probe(Path::new("."), &[&address, "--json"]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((exit, &value["pass"]), (1, &Value::from(false)));
        let missing =
            "no answer from unix:nope/health: nothing listens there: is the worker running?";
        assert_tells(&["unix:nope"], 1, missing, &[]);

        let listener = TcpListener::bind(free_address()).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let answers =
                ["", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh\u{1b}[2J"];
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                assert!(request[..length].starts_with(b"GET /health HTTP/1.1\r\n"));
                stream.write_all(answer.as_bytes()).unwrap();
            }
            // The last client waits in vain.
            listener
        });
        let start = format!("no answer from http://{address}/health: the ");
        assert_tells(&[&address], 1, &format!("{start}connection closed without one: "), &[]);
        assert_tells(&[&address], 1, &format!("{start}answer is not HTTP: "), &[]);
        let start = format!("pass: http://{address}/health answers 200, in ");
        assert_tells(
            &[&address],
            0,
            &start,
            &["the answer is not a worker's report: h\u{fffd}[2J"],
        );
        let _silent = server.join().unwrap();
        let start = format!("no answer from http://{address}/health: no answer within 300ms");
        assert_tells(&[&address, "--timeout=300ms"], 1, &start, &[]);
    }

    #[test]
    fn speaks_tls_to_a_worker_with_any_certificate() {
        let Some(certificates) = Certificates::new() else { return };
        let mut command = program("heartbeat-tests", "secure-worker");
        command.env("HEARTBEAT_CERTIFICATE_TLS", certificates.for_server("server", 30));
        for endpoint in ["INSIDE", "API", "OWN"] {
            command.env(format!("HEARTBEAT_ENDPOINT_{endpoint}"), "127.0.0.1:0");
        }
        let mut worker = Worker::spawn(&mut command);
        let address = format!("https://{}", worker.address());
        worker.wait_until_logged("on_start: press Enter");
        let passes = format!("pass: {address}/livez answers 200, in ");
        let starting = ["the worker, version 0.1.0, is starting"];
        assert_tells(&[&address, "live"], 0, &passes, &starting);

        let plain = Worker::spawn(&mut example("hello-worker"));
        let address = format!("https://{}", plain.address());
        let start = format!("no answer from {address}/health: no TLS there (");
        assert_tells(&[&address], 1, &start, &[]);
    }

    #[test]
    fn refuses_what_is_no_address() {
        for (arguments, message) in [
            (&["65536"][..], "error: `65536` is no address: write a port, host:port, "),
            (&["3000", "alive"], "error: invalid value 'alive' for '[KIND]'"),
            (
                &["3000", "--timeout", "5"],
                "error: invalid value '5' for '--timeout <DURATION>': write a whole number and its unit",
            ),
            (&[], "error: the following required arguments were not provided"),
        ] {
            let (exit, text, errors) = probe(Path::new("."), arguments);
            assert!(errors.starts_with(message), "{errors}");
            assert_eq!((exit, &*text), (2, ""));
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn reads_no_endless_definition() {
        let answer = probe(Path::new("."), &["Orders", "--definition=/dev/zero"]);
        let message = "error: cannot read /dev/zero:1:1: the file has 67108864 bytes, but at most \
                       1048576 are read: is this the right file?\n";
        assert_eq!(answer, (78, String::new(), message.to_owned()));
    }
}
