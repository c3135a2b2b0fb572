//! Certificates for tests, made by the command `openssl`.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/// A day, in seconds.
const DAY: u32 = 24 * 60 * 60;

/// A folder of certificates. Dropping it removes them.
#[derive(Debug)]
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Creates the folder; `None` without the programs that the tests of TLS use.
    ///
    /// # Panics
    ///
    /// The system has no room for it.
    #[must_use]
    pub fn new() -> Option<Self> {
        for (program, version) in [("openssl", "version"), ("curl", "--version")] {
            if Command::new(program).arg(version).output().is_err() {
                crate::skip(&format!("{program} is not installed"));
                return None;
            }
        }
        Some(Self { folder: tempfile::tempdir().expect("a folder") })
    }

    /// Returns a path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a certificate for `localhost` that signs itself, as `tls.crt` and `tls.key` in a folder of that
    /// name, and returns the folder.
    ///
    /// # Panics
    ///
    /// `openssl` fails.
    #[must_use]
    pub fn for_server(&self, name: &str, days: u32) -> PathBuf {
        self.self_signed(name, days, "tls", &mut Command::new("openssl"))
    }

    /// Makes a certificate that has ended; `None` without the library that fakes the time.
    ///
    /// # Panics
    ///
    /// `openssl` fails.
    #[must_use]
    pub fn ended(&self, name: &str) -> Option<PathBuf> {
        let mut openssl = openssl_at("-30d")?;
        Some(self.self_signed(name, 10, "tls", &mut openssl))
    }

    /// Makes an authority, as `ca.crt` and `ca.key` in a folder of that name, and returns the folder.
    ///
    /// # Panics
    ///
    /// `openssl` fails.
    #[must_use]
    pub fn authority(&self, name: &str) -> PathBuf {
        self.self_signed(name, 30, "ca", &mut Command::new("openssl"))
    }

    /// Makes a certificate of an authority for a client, and returns the file that has it and its key.
    ///
    /// # Panics
    ///
    /// `openssl` fails.
    #[must_use]
    pub fn for_client(&self, authority: &Path, name: &str) -> PathBuf {
        self.signed(authority, name, 30, &mut Command::new("openssl"))
    }

    /// Makes a certificate of an authority for a client, as [`for_client`](Self::for_client), that ends in some
    /// seconds; `None` without the library that fakes the time.
    ///
    /// # Panics
    ///
    /// `openssl` fails.
    #[must_use]
    pub fn ending(&self, authority: &Path, name: &str, seconds: u32) -> Option<PathBuf> {
        let mut openssl = openssl_at(&format!("-{}", DAY.checked_sub(seconds)?))?;
        Some(self.signed(authority, name, 1, &mut openssl))
    }

    fn signed(&self, authority: &Path, name: &str, days: u32, openssl: &mut Command) -> PathBuf {
        let [request, key, extensions, certificate, both] =
            ["csr", "key", "ext", "crt", "pem"].map(|kind| self.path(&format!("{name}.{kind}")));
        run(new_key(&mut Command::new("openssl"), &key)
            .args(["-subj", "/CN=client", "-out"])
            .arg(&request));
        // Without an extension, it would be of version 1.
        std::fs::write(&extensions, "basicConstraints=CA:FALSE\n").expect("the folder is writable");
        run(openssl
            .args(["x509", "-req", "-days", &days.to_string(), "-in"])
            .arg(&request)
            .arg("-CA")
            .arg(authority.join("ca.crt"))
            .arg("-CAkey")
            .arg(authority.join("ca.key"))
            .args(["-CAcreateserial", "-extfile"])
            .arg(&extensions)
            .arg("-out")
            .arg(&certificate));
        let text = [certificate, key].map(|path| std::fs::read(path).expect("it was written"));
        std::fs::write(&both, text.concat()).expect("the folder is writable");
        both
    }

    fn self_signed(&self, name: &str, days: u32, file: &str, openssl: &mut Command) -> PathBuf {
        let folder = self.path(name);
        std::fs::create_dir_all(&folder).expect("the folder is writable");
        run(new_key(openssl, &folder.join(format!("{file}.key")))
            .args(["-x509", "-subj", "/CN=localhost", "-days", &days.to_string()])
            .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out"])
            .arg(folder.join(format!("{file}.crt"))));
        folder
    }
}

/// Returns `openssl` at another time; `None` without the library that fakes it.
fn openssl_at(time: &str) -> Option<Command> {
    if !Path::new(FAKETIME).exists() {
        crate::skip("libfaketime is not installed");
        return None;
    }
    let mut openssl = Command::new("openssl");
    openssl.env("LD_PRELOAD", FAKETIME).env("FAKETIME", time);
    Some(openssl)
}

fn new_key<'a>(openssl: &'a mut Command, key: &Path) -> &'a mut Command {
    let curve = "ec_paramgen_curve:P-256";
    openssl.args(["req", "-newkey", "ec", "-pkeyopt", curve, "-nodes", "-keyout"]).arg(key)
}

fn run(openssl: &mut Command) {
    let output = openssl.output().expect("openssl is installed");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{openssl:?}: {errors}");
}
