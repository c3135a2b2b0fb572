//! The content of files in PEM, and its errors.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use thiserror::Error;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use zeroize::Zeroizing;

use crate::config::{NamedPath, read_regular_file};

/// The files that a variable names.
pub(super) struct Files {
    /// The use of the files, for errors.
    pub(super) purpose: String,
    pub(super) named: NamedPath,
    /// The names of the files in a folder, as Kubernetes mounts a secret.
    pub(super) in_folder: &'static [&'static str],
}

/// The content of files, without those that cannot be read.
pub(super) struct Content {
    /// A hash, so that the text of a key is not kept for the next comparison.
    pub(super) fingerprint: u64,
    files: Vec<Result<PemFile, TlsErrorKind>>,
}

/// The content of a file.
pub(super) struct PemFile {
    path: PathBuf,
    text: Zeroizing<Vec<u8>>,
}

/// The error of files that cannot be used for TLS. It shows nothing of their content.
#[derive(Debug, Error)]
#[error("cannot use {files}: {kind}")]
pub(super) struct TlsError {
    files: String,
    kind: Box<TlsErrorKind>,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum TlsErrorKind {
    #[error("cannot read {file}: {cause}: name a PEM file, or the folder of a secret")]
    Unreadable { file: String, cause: String },
    #[error("{file} has no {kind}: {way_out}")]
    Missing { file: String, kind: &'static str, way_out: &'static str },
    #[error("{file} is not PEM: {cause}: write it again, as a whole")]
    Malformed { file: String, cause: &'static str },
    #[error("TLS is not available: {0}")]
    Unsupported(String),
    #[error("{file}: {cause}: {way_out}")]
    Refused { file: String, cause: String, way_out: &'static str },
}

// === impl Files ===

impl Files {
    /// Reads the file, or both files of a folder.
    pub(super) fn read(&self) -> Content {
        let path = &self.named.path;
        let paths = if path.is_dir() {
            self.in_folder.iter().map(|name| path.join(name)).collect()
        } else {
            vec![path.clone()]
        };
        Content::new(paths.into_iter().map(PemFile::read).collect())
    }

    pub(super) fn error(&self, kind: TlsErrorKind) -> TlsError {
        let NamedPath { variable, path } = &self.named;
        let files = format!("{}: {variable} is `{}`", self.purpose, path.display());
        TlsError { files, kind: Box::new(kind) }
    }
}

// === impl Content ===

impl Content {
    fn new(files: Vec<Result<PemFile, TlsErrorKind>>) -> Self {
        let mut hasher = DefaultHasher::new();
        for file in &files {
            match file {
                Ok(PemFile { path, text }) => (path, text.as_slice()).hash(&mut hasher),
                Err(error) => error.to_string().hash(&mut hasher),
            }
        }
        Self { fingerprint: hasher.finish(), files }
    }

    /// Returns the first and the last file: those of the certificate and of its key, which may be one.
    pub(super) fn files(&self) -> Result<(&PemFile, &PemFile), TlsErrorKind> {
        let files = self.files.iter().map(|file| file.as_ref().map_err(Clone::clone));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let both = files.first().copied().zip(files.last().copied());
        let file = String::new();
        both.ok_or(TlsErrorKind::Unreadable { file, cause: "there is none".to_owned() })
    }
}

// === impl PemFile ===

impl PemFile {
    fn read(path: PathBuf) -> Result<Self, TlsErrorKind> {
        match read_regular_file(&path) {
            Ok(text) => Ok(Self { path, text: Zeroizing::new(text) }),
            Err(cause) => {
                let file = path.display().to_string();
                Err(TlsErrorKind::Unreadable { file, cause: cause.to_string() })
            }
        }
    }

    /// Returns the first section of a kind, and those after it.
    pub(super) fn sections<T: PemObject>(
        &self,
        kind: &'static str,
        way_out: &'static str,
    ) -> Result<(T, Vec<T>), TlsErrorKind> {
        let mut sections = T::pem_slice_iter(&self.text);
        let file = self.path.display().to_string();
        // The text of the error shows part of the file.
        let malformed =
            |error| TlsErrorKind::Malformed { file: file.clone(), cause: cause(&error) };
        let Some(first) = sections.next().transpose().map_err(malformed)? else {
            return Err(TlsErrorKind::Missing { file, kind, way_out });
        };
        Ok((first, sections.collect::<Result<_, _>>().map_err(malformed)?))
    }

    /// Returns the error of a content that rustls refuses.
    pub(super) fn refused(&self, error: &rustls::Error, way_out: &'static str) -> TlsErrorKind {
        let cause = match error {
            rustls::Error::InconsistentKeys(_) => {
                "the key is not that of the certificate".to_owned()
            }
            other => other.to_string(),
        };
        TlsErrorKind::Refused { file: self.path.display().to_string(), cause, way_out }
    }
}

fn cause(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no end",
        pem::Error::IllegalSectionStart { .. } => "a section has a wrong beginning",
        pem::Error::Base64Decode(_) => "a section is not base64",
        _ => "a section cannot be read",
    }
}
