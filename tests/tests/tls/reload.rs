//! Files that change while they are served.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use heartbeat_tests::certificates::Certificates;

use super::{Secure, command, curl, s_client};

/// Time within which a change is served.
const WITHIN: Duration = Duration::from_secs(10);

/// A connection that stays open.
struct Open {
    openssl: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Open {
    fn connect(address: &str) -> Self {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-quiet", "-connect", address]);
        openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut openssl = openssl.spawn().unwrap();
        let (stdin, stdout) = (openssl.stdin.take().unwrap(), openssl.stdout.take().unwrap());
        Self { openssl, stdin, stdout: BufReader::new(stdout) }
    }

    /// Returns the first line of an answer.
    fn get(&mut self) -> String {
        self.stdin.write_all(b"HEAD /livez HTTP/1.1\r\nHost: w\r\n\r\n").unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.stdout.read_line(&mut head).unwrap() > 0, "closed: {head}");
        }
        head.lines().next().unwrap().to_owned()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.openssl.kill();
        let _ = self.openssl.wait();
    }
}

/// Tells whether a new connection gets the certificate of a folder.
fn serves(address: &str, folder: &Path) -> bool {
    let authority = folder.join("tls.crt");
    let options = ["--no-insecure", "--cacert", authority.to_str().unwrap()];
    curl(address, "/livez", &options).is_ok()
}

#[test]
fn a_new_certificate_is_served_without_a_dropped_connection() {
    let Some(certificates) = Certificates::new() else { return };
    let [old, new] = ["old", "new"].map(|name| certificates.for_server(name, 30));
    // As Kubernetes mounts a secret.
    let mount = certificates.path("mount");
    fs::create_dir(&mount).unwrap();
    symlink(&old, mount.join("..data")).unwrap();
    for name in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(name), mount.join(name)).unwrap();
    }
    let mut secure = Secure::start(&mut command(&mount));
    let mut open = [secure.heartbeat(), &secure.api].map(Open::connect);
    assert_eq!(open[0].get(), "HTTP/1.1 200 OK");
    assert_eq!(open[1].get(), "HTTP/1.1 404 Not Found");
    symlink(&new, mount.join("..data_tmp")).unwrap();
    fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    let begun = Instant::now();
    secure.worker.wait_for_line("certificate `Tls` was reloaded; it ends on ");
    assert!(begun.elapsed() < WITHIN, "{:?}", begun.elapsed());
    for address in [secure.heartbeat(), &secure.api] {
        assert!(serves(address, &new) && !serves(address, &old), "{address}");
    }
    assert_eq!(open[0].get(), "HTTP/1.1 200 OK");
    assert_eq!(open[1].get(), "HTTP/1.1 404 Not Found");
}

#[test]
fn a_broken_certificate_is_a_warning_and_the_old_one_stays() {
    let Some(certificates) = Certificates::new() else { return };
    let [old, new, served] = ["old", "new", "served"].map(|name| certificates.for_server(name, 30));
    let put = |from: &Path, name: &str| fs::copy(from.join(name), served.join(name)).unwrap();
    for name in ["tls.crt", "tls.key"] {
        put(&old, name);
    }
    let mut secure = Secure::start(&mut command(&served));
    // The certificate of another key: as if the rest came later.
    put(&new, "tls.crt");
    let begun = Instant::now();
    let line = secure.worker.wait_for_line("cannot use certificate `Tls`: ");
    assert!(begun.elapsed() < WITHIN, "{:?}", begun.elapsed());
    assert!(line.contains("tls.key: the key is not that of the certificate"), "{line}");
    assert!(line.contains("the one before stays in use; it ends on "), "{line}");
    assert!(serves(secure.heartbeat(), &old));
    put(&new, "tls.key");
    secure.worker.wait_for_line("certificate `Tls` was reloaded");
    assert!(serves(secure.heartbeat(), &new));
    fs::remove_file(served.join("tls.key")).unwrap();
    secure.worker.wait_for_line("tls.key: No such file or directory");
    fs::write(served.join("tls.key"), "-----BEGIN PRIVATE KEY-----\nAAAA").unwrap();
    secure.worker.wait_for_line("tls.key is not PEM: a section has no end");
    assert!(serves(secure.heartbeat(), &new));
}

#[test]
fn a_renewed_certificate_ends_the_warning() {
    let Some(certificates) = Certificates::new() else { return };
    let [short, long] = [5, 50].map(|days| certificates.for_server(&days.to_string(), days));
    let mut secure = Secure::start(&mut command(&short));
    let (_, body) = curl(secure.heartbeat(), "/health", &[]).unwrap();
    assert!(body.contains(r#""reasons":["certificate_expiring"]"#), "{body}");
    for name in ["tls.crt", "tls.key"] {
        fs::copy(long.join(name), short.join(name)).unwrap();
    }
    secure.worker.wait_for_line("certificate `Tls` was reloaded");
    let begun = Instant::now();
    while curl(secure.heartbeat(), "/health", &[]).unwrap().1.contains("warn") {
        assert!(begun.elapsed() < WITHIN);
    }
}

#[test]
fn a_new_authority_replaces_the_old_one() {
    let Some(certificates) = Certificates::new() else { return };
    let [old, new] = ["old", "new"].map(|name| certificates.authority(name));
    let [old_client, new_client] = [(&old, "one"), (&new, "two")]
        .map(|(authority, name)| certificates.for_client(authority, name));
    let mut command = command(&certificates.for_server("server", 30));
    let mut secure = Secure::start(command.env("HEARTBEAT_CLIENT_CA_INSIDE", &old));
    let session = certificates.path("session");
    let session = session.to_str().unwrap();
    let certificate = ["-cert", old_client.to_str().unwrap()];
    let printed = s_client(&secure.inside, &[&certificate[..], &["-sess_out", session]].concat());
    assert!(printed.contains(r#""role":"SecureWorker""#), "{printed}");
    fs::copy(new.join("ca.crt"), old.join("ca.crt")).unwrap();
    secure.worker.wait_for_line("the authority of the clients of endpoint `Inside` was reloaded");
    let ask =
        |client: &Path| curl(&secure.inside, "/health", &["--cert", client.to_str().unwrap()]);
    assert!(ask(&new_client).unwrap().1.contains("role"));
    assert!(ask(&old_client).is_err());
    // Nor does a session from before stand for it.
    let printed = s_client(&secure.inside, &["-sess_in", session]);
    assert!(printed.contains("New, TLS") && !printed.contains("SecureWorker"), "{printed}");
}
