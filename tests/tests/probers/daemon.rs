//! Probers that run in the background, and report their last result.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use heartbeat_tests::grpc::GrpcClient;
use heartbeat_tests::{exchange, free_address};
use tempfile::TempDir;

use super::{Prober, TIMEOUT, Target, program};

/// A process and the folder of its files. Dropping it removes both.
struct Daemon {
    process: Child,
    folder: TempDir,
}

impl Daemon {
    fn start(command: &mut Command, folder: TempDir) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { process: command.spawn().expect("the program starts"), folder }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Retries until there is a value, as a daemon takes some time to listen.
fn retry<T>(mut value: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match value() {
            Some(value) => return value,
            None => assert!(Instant::now() < deadline, "the daemon does not respond"),
        }
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// `HAProxy` with one form of check, read from its statistics.
pub(crate) struct HaProxy {
    name: String,
    daemon: Daemon,
}

impl HaProxy {
    /// The name, the options of the backend and those of the server.
    pub(crate) const FORMS: [(&str, &str, &str); 4] = [
        ("HTTP/1.0 GET", "option httpchk GET {path}", ""),
        ("HTTP/1.0 OPTIONS", "option httpchk OPTIONS {path}", ""),
        (
            "HTTP/1.1",
            "option httpchk\n http-check send-state\n http-check send meth GET uri {path} ver HTTP/1.1 hdr Host orders",
            "",
        ),
        (
            "HTTP/2",
            "option httpchk\n http-check send meth GET uri {path} ver HTTP/1.1 hdr Host orders",
            "check-proto h2",
        ),
    ];

    pub(crate) fn start(target: &Target, form: (&str, &str, &str)) -> Option<Self> {
        let program = program("haproxy")?;
        let (name, backend, server) = form;
        let address = &target.address;
        // Over TLS, it sends no request with `check-proto`.
        let server = match (target.tls, server) {
            (true, "") => "check-ssl verify none",
            (true, _) => "check-ssl verify none check-alpn h2",
            (false, server) => server,
        };
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("stats");
        let mut configuration = format!(
            "global\n stats socket {} level admin\ndefaults\n mode http\n timeout connect 1s\n \
             timeout client 5s\n timeout server 5s\n timeout check 1s\n",
            socket.display()
        );
        for path in ["/livez", "/readyz"] {
            let backend = backend.replace("{path}", path);
            write!(
                configuration,
                "backend {}\n {backend}\n server w {address} check inter 100ms fall 1 rise 1 {server}\n",
                path.replace('/', "")
            )
            .unwrap();
        }
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, configuration).unwrap();
        let daemon = Daemon::start(Command::new(program).arg("-db").arg("-f").arg(file), folder);
        Some(Self { name: format!("HAProxy, {name}"), daemon })
    }
}

impl Prober for HaProxy {
    fn name(&self) -> &str {
        &self.name
    }

    fn passes(&mut self, path: &str) -> bool {
        let socket = self.daemon.folder.path().join("stats");
        let mut stream = retry(|| UnixStream::connect(&socket).ok());
        stream.write_all(b"show stat\n").unwrap();
        let mut statistics = String::new();
        stream.read_to_string(&mut statistics).unwrap();
        let server = format!("{},w,", path.replace('/', ""));
        let row = statistics.lines().find(|row| row.starts_with(&server)).expect("a row");
        row.split(',').nth(17) == Some("UP")
    }

    fn polls(&self) -> bool {
        true
    }
}

/// The blackbox exporter, which probes at each scrape.
pub(crate) struct Blackbox {
    name: String,
    daemon: Daemon,
    own_address: String,
    module: &'static str,
    target: Target,
}

impl Blackbox {
    pub(crate) fn start(target: &Target, module: &'static str) -> Option<Self> {
        let program = program("prometheus-blackbox-exporter")?;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("blackbox.yml");
        let tls =
            if target.tls { ", tls: true, tls_config: {insecure_skip_verify: true}" } else { "" };
        let grpc = |service| {
            let name = format!("  grpc_{service}z: {{prober: grpc, timeout: 5s, grpc: ");
            format!("{name}{{service: {service}, preferred_ip_protocol: ip4{tls}}}}}\n")
        };
        let modules = "modules:\n  http: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}\n  tcp: {prober: tcp, timeout: 5s}\n";
        fs::write(&file, [modules, &grpc("live"), &grpc("ready")].concat()).unwrap();
        let own_address = free_address();
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--web.listen-address={own_address}")).arg("--log.level=error");
        let daemon = Daemon::start(&mut command, folder);
        let name = format!("blackbox exporter, {module}");
        Some(Self { name, daemon, own_address, module, target: target.clone() })
    }
}

impl Prober for Blackbox {
    fn name(&self) -> &str {
        &self.name
    }

    fn passes(&mut self, path: &str) -> bool {
        let is_http = self.module == "http";
        let target = if is_http { self.target.url(path) } else { self.target.address.clone() };
        let is_grpc = self.module == "grpc";
        let module = if is_grpc { path.replace('/', "grpc_") } else { self.module.to_owned() };
        let request = format!("GET /probe?module={module}&target={target} HTTP/1.0\r\n\r\n");
        let exit = self.daemon.process.try_wait();
        assert!(matches!(exit, Ok(None)), "the exporter has exited: {exit:?}");
        let metrics = retry(|| exchange(&self.own_address, &request).ok());
        assert!(metrics.contains("\nprobe_success "), "{metrics}");
        metrics.contains("\nprobe_success 1")
    }

    fn polls(&self) -> bool {
        false
    }
}

/// Prometheus, which scrapes `/metrics`, queried for the last values.
pub(crate) struct Prometheus {
    daemon: Daemon,
    own_address: String,
}

impl Prometheus {
    pub(crate) fn start(target: &Target) -> Option<Self> {
        let program = program("prometheus")?;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        let job = format!(
            "scrape_configs:\n- job_name: worker\n  scrape_interval: 1s\n  scheme: {}\n  \
             tls_config: {{insecure_skip_verify: true}}\n  static_configs: [{{targets: ['{}']}}]\n",
            target.scheme(),
            target.address
        );
        fs::write(&file, job).unwrap();
        let own_address = free_address();
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address={own_address}"));
        Some(Self { daemon: Daemon::start(&mut command, folder), own_address })
    }
}

impl Prober for Prometheus {
    fn name(&self) -> &'static str {
        "Prometheus"
    }

    fn passes(&mut self, path: &str) -> bool {
        let metric = if path == "/livez" { "heartbeat_live" } else { "heartbeat_ready" };
        // A metric that is no longer scraped goes stale and has no value.
        let query = format!("/api/v1/query?query={metric}%3D%3D1");
        let exit = self.daemon.process.try_wait();
        assert!(matches!(exit, Ok(None)), "prometheus has exited: {exit:?}");
        let request = format!("GET {query} HTTP/1.0\r\n\r\n");
        let response = retry(|| {
            let response = exchange(&self.own_address, &request).ok()?;
            response.contains(r#""status":"success""#).then_some(response)
        });
        response.contains(r#""value":["#)
    }

    fn polls(&self) -> bool {
        true
    }
}

/// monit, which logs changes only: a first check that passes leaves no line.
pub(crate) struct Monit {
    daemon: Daemon,
}

impl Monit {
    pub(crate) fn start(target: &Target) -> Option<Self> {
        let program = program("monit")?;
        let (ip, port) = target.address.split_once(':').expect("an address has a port");
        let scheme = target.scheme();
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let mut control = format!(
            "set daemon 1\nset pidfile {at}/pid\nset idfile {at}/id\nset statefile {at}/state\n\
             set log {at}/log\n"
        );
        for path in ["livez", "readyz"] {
            write!(control, "check host {path} with address {ip}\n if failed port {port} protocol {scheme} request \"/{path}\" \
                 with timeout 5 seconds then alert\n").unwrap();
        }
        let file = folder.path().join("monitrc");
        fs::write(&file, control).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let daemon = Daemon::start(Command::new(program).arg("-I").arg("-c").arg(file), folder);
        Some(Self { daemon })
    }
}

impl Prober for Monit {
    fn name(&self) -> &'static str {
        "monit"
    }

    fn passes(&mut self, path: &str) -> bool {
        let log = fs::read_to_string(self.daemon.folder.path().join("log")).unwrap_or_default();
        let host = format!("'{}'", path.trim_start_matches('/'));
        log.lines().rfind(|line| line.contains(&host)).is_none_or(|line| !line.contains("failed"))
    }

    fn polls(&self) -> bool {
        true
    }
}

/// `grpcio`, the client of gRPC for Python, over one connection.
pub(crate) struct Grpcio {
    client: GrpcClient,
}

impl Grpcio {
    pub(crate) fn start(target: &Target) -> Option<Self> {
        Some(Self { client: GrpcClient::start(&target.address, target.authority.as_deref())? })
    }
}

impl Prober for Grpcio {
    fn name(&self) -> &'static str {
        "grpcio"
    }

    fn passes(&mut self, path: &str) -> bool {
        let service = path.trim_matches(['/', 'z']);
        self.client.ask(&format!("check {service}")) == "SERVING"
    }

    fn polls(&self) -> bool {
        false
    }
}
