//! What an answer says. Nothing in the public view changes unless the verdict does.

use std::time::UNIX_EPOCH;

use serde::Serialize;

use super::Site;
use crate::vitals::{Reason, State, Verdict, panics};

#[derive(Serialize)]
struct Body<'a> {
    version: &'a str,
    status: Status,
    state: State,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
    #[serde(flatten)]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pass,
    Fail,
}

/// What only the trusted view shows.
#[derive(Serialize)]
struct Details<'a> {
    role: &'a str,
    instance: &'a str,
    /// In seconds since 1970, as in Prometheus' `process_start_time_seconds`.
    start_time: u64,
    /// What a phase failed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
    panics: Panics,
}

/// The panics of what the worker has spawned.
#[derive(Serialize)]
struct Panics {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
}

/// A question's answer: why it is no, where it is; and more for those who are trusted.
pub(super) fn json(site: &Site, passes: bool, verdict: &Verdict) -> String {
    let (status, reasons) =
        if passes { (Status::Pass, [].as_slice()) } else { (Status::Fail, &verdict.reasons[..]) };
    let body = Body {
        version: site.identity.version,
        status,
        state: verdict.state,
        reasons,
        details: site.trusted.then(|| Details::of(site)),
    };
    // Strings, numbers and lists of codes cannot fail to be written.
    serde_json::to_string(&body).unwrap_or_default()
}

impl<'a> Details<'a> {
    fn of(site: &'a Site) -> Self {
        let (count, last) = panics::of_tasks();
        let since_1970 = site.identity.started_at.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            role: site.identity.role,
            instance: &site.identity.instance,
            start_time: since_1970.as_secs(),
            failure: site.vitals.failure(),
            panics: Panics { count, last },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use super::json;
    use crate::server::{Identity, Site};
    use crate::vitals::{Event, Vitals};

    fn site(trusted: bool) -> Site {
        let identity = Identity {
            role: "Orders",
            version: "\"1.4.2\"",
            instance: "orders-0".to_owned(),
            started_at: UNIX_EPOCH + Duration::from_secs(86_400),
        };
        Site {
            identity: Arc::new(identity),
            probe_path: None,
            trusted,
            vitals: Arc::new(Vitals::new()),
        }
    }

    #[test]
    fn reasons_are_given_only_with_a_no() {
        let site = site(false);
        assert_eq!(
            json(&site, false, &site.vitals.verdict()),
            r#"{"version":"\"1.4.2\"","status":"fail","state":"starting","reasons":["starting"]}"#
        );
        site.vitals.apply(Event::Started);
        assert_eq!(
            json(&site, true, &site.vitals.verdict()),
            r#"{"version":"\"1.4.2\"","status":"pass","state":"ready"}"#
        );
    }

    #[test]
    fn those_who_are_trusted_see_more() {
        let site = site(true);
        site.vitals.fail("run failed: the disk is full".to_owned());
        let body = json(&site, true, &site.vitals.verdict());
        let start = r#"{"version":"\"1.4.2\"","status":"pass","state":"starting","role":"Orders","instance":"orders-0","start_time":86400,"failure":"run failed: the disk is full","panics":{"count":"#;
        assert!(body.starts_with(start), "{body}");
    }
}
