//! Probers that send one request and exit.

use std::process::{Command, Stdio};

use super::{Prober, Target, program};

/// A command with the placeholders `{url}`, `{path}`, `{ip}` and `{port}`.
pub(crate) struct OneShot {
    name: &'static str,
    program: String,
    arguments: &'static str,
    /// The required output, if the exit code alone does not tell.
    prints: &'static str,
    target: Target,
}

const COMMANDS: [(&str, &str, &str, &str); 8] = [
    ("curl", "curl", "-fsS {url}", ""),
    ("curl, HTTP/1.0", "curl", "-fsS --http1.0 {url}", ""),
    ("curl, HEAD", "curl", "-fsSI {url}", ""),
    ("curl, HTTP/2", "curl", "-fsS --http2-prior-knowledge {url}", ""),
    ("wget, HEAD", "wget", "--spider -q --tries=1 {url}", ""),
    ("nghttp2", "nghttp", "-nv {url}", ":status: 200"),
    ("nghttp2, HEAD", "nghttp", "-nv -H:method:HEAD {url}", ":status: 200"),
    ("Nagios check_http", "check_http", "-I {ip} -p {port} -u {path}", "HTTP OK"),
];

/// The same over TLS; none verifies the certificate.
const COMMANDS_OF_TLS: [(&str, &str, &str, &str); 8] = [
    ("curl", "curl", "-kfsS --http1.1 {url}", ""),
    ("curl, HTTP/1.0", "curl", "-kfsS --http1.0 {url}", ""),
    ("curl, HEAD", "curl", "-kfsSI {url}", ""),
    ("curl, HTTP/2", "curl", "-kfsS --http2 {url}", ""),
    ("wget, HEAD", "wget", "--spider -q --no-check-certificate --tries=1 {url}", ""),
    ("nghttp2", "nghttp", "-nv {url}", ":status: 200"),
    ("nghttp2, HEAD", "nghttp", "-nv -H:method:HEAD {url}", ":status: 200"),
    ("Nagios check_http", "check_http", "--ssl -I {ip} -p {port} -u {path}", "HTTP OK"),
];

impl OneShot {
    pub(crate) fn all(target: &Target) -> impl Iterator<Item = Self> {
        let commands = if target.tls { &COMMANDS_OF_TLS } else { &COMMANDS };
        commands.iter().filter_map(move |(name, executable, arguments, prints)| {
            let program = program(executable)?;
            Some(Self { name, program, arguments, prints, target: target.clone() })
        })
    }
}

impl Prober for OneShot {
    fn name(&self) -> &str {
        self.name
    }

    fn passes(&mut self, path: &str) -> bool {
        let (ip, port) = self.target.address.split_once(':').expect("an address has a port");
        let url = self.target.url(path);
        let fill = |argument: &str| {
            let argument = argument.replace("{url}", &url).replace("{path}", path);
            argument.replace("{ip}", ip).replace("{port}", port)
        };
        let output = Command::new(&self.program)
            .args(self.arguments.split(' ').map(fill))
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains(self.prints)
    }

    fn polls(&self) -> bool {
        false
    }
}
