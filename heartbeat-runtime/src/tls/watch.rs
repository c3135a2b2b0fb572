//! The watch of the files of TLS, on a thread of its own: files may be slow.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use httpdate::fmt_http_date;

use super::acceptor::Acceptor;
use super::certificate::Certificate;
use super::endpoints::TlsEndpoints;
use super::files::{Content, Files, TlsError};
use crate::facts::Facts;
use crate::log::lifecycle;
use crate::report::ReportSource;
use crate::vitals::{State, Vitals};

/// Time between two looks at the files. A change is served after two, within 10 s, even if the first
/// look saw half of it.
const PERIOD: Duration = Duration::from_secs(3);

/// The files of TLS, and their last content.
struct Watched {
    material: Material,
    /// The fingerprint of the last content.
    seen: u64,
    /// The error of that content, if it was not told yet: another file may be half-written.
    untold: Option<TlsError>,
}

enum Material {
    Certificate(Arc<Certificate>),
    Authority(Arc<Acceptor>),
}

impl TlsEndpoints {
    /// Starts the watch, if there are files.
    ///
    /// # Errors
    ///
    /// The thread cannot be made.
    pub(crate) fn start_watch(self, source: &ReportSource) -> io::Result<()> {
        if self.certificates.is_empty() {
            return Ok(());
        }
        let (facts, vitals) = (Arc::clone(&source.facts), Arc::clone(&source.vitals));
        let watch = thread::Builder::new().name("certificates".to_owned());
        watch.spawn(move || self.watch(&facts, &vitals)).map(drop)
    }

    /// Reloads files that change, and tells the ends of certificates, until the instance has stopped.
    fn watch(&self, facts: &Facts, vitals: &Vitals) {
        let certificates = self.certificates.iter();
        let certificates =
            certificates.map(|(it, seen)| (Material::Certificate(Arc::clone(it)), *seen));
        let authorities = self.authorities.iter();
        let authorities =
            authorities.map(|(it, seen)| (Material::Authority(Arc::clone(it)), *seen));
        let watched = certificates.chain(authorities);
        let watched = watched.map(|(material, seen)| Watched { material, seen, untold: None });
        let mut watched: Vec<_> = watched.collect();
        let mut told: BTreeSet<_> = self.tell(facts, vitals).into_iter().collect();
        while vitals.lifecycle().state != State::Stopped {
            thread::park_timeout(PERIOD);
            for watched in &mut watched {
                watched.look(vitals);
            }
            let warnings: BTreeSet<_> = self.tell(facts, vitals).into_iter().collect();
            for warning in warnings.difference(&told) {
                lifecycle!(warn, vitals.verdict().fields(), "{warning}");
            }
            told = warnings;
        }
    }
}

impl Watched {
    fn look(&mut self, vitals: &Vitals) {
        let Some(content) = self.material.files().map(Files::read) else { return };
        if content.fingerprint != self.seen {
            self.seen = content.fingerprint;
            self.untold = self.material.replace(&content).err();
            if self.untold.is_none() {
                let (purpose, ends) = self.material.describe();
                lifecycle!(info, vitals.verdict().fields(), "{purpose} was reloaded{ends}");
            }
        } else if let Some(error) = self.untold.take() {
            let (_, ends) = self.material.describe();
            lifecycle!(
                warn,
                vitals.verdict().fields(),
                "{error}: the one before stays in use{ends}"
            );
        }
    }
}

impl Material {
    fn files(&self) -> Option<&Files> {
        match self {
            Self::Certificate(certificate) => Some(&certificate.files),
            Self::Authority(acceptor) => {
                acceptor.authority.as_ref().map(|authority| &authority.files)
            }
        }
    }

    fn replace(&self, content: &Content) -> Result<(), TlsError> {
        match self {
            Self::Certificate(certificate) => certificate.replace(content),
            Self::Authority(acceptor) => acceptor.replace(content),
        }
    }

    /// Returns the use of the files, and when a certificate ends.
    fn describe(&self) -> (String, String) {
        let purpose = self.files().map(|files| files.purpose.clone()).unwrap_or_default();
        let ends = match self {
            Self::Certificate(it) => format!("; it ends on {}", fmt_http_date(it.not_after())),
            Self::Authority(_) => String::new(),
        };
        (purpose, ends)
    }
}
