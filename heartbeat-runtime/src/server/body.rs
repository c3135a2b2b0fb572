//! What an answer says. Nothing in it changes unless the verdict does.

use serde::Serialize;

use crate::vitals::{Reason, State, Verdict};

#[derive(Serialize)]
struct Body<'a> {
    version: &'a str,
    status: Status,
    state: State,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    reasons: &'a [Reason],
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Pass,
    Fail,
}

/// The public view of a question's answer: why it is no, where it is.
pub(super) fn json(version: &str, passes: bool, verdict: &Verdict) -> String {
    let (status, reasons) =
        if passes { (Status::Pass, [].as_slice()) } else { (Status::Fail, &verdict.reasons[..]) };
    let body = Body { version, status, state: verdict.state, reasons };
    // Strings and lists of codes cannot fail to be written.
    serde_json::to_string(&body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::json;
    use crate::vitals::{Lifecycle, State, Verdict};

    #[test]
    fn reasons_are_given_only_with_a_no() {
        let starting = Verdict::of(Lifecycle::default(), false);
        let ready = Verdict::of(Lifecycle { state: State::Ready, started: true }, false);
        assert_eq!(
            json("1.4.2", true, &ready),
            r#"{"version":"1.4.2","status":"pass","state":"ready"}"#
        );
        assert_eq!(
            json("\"", false, &starting),
            r#"{"version":"\"","status":"fail","state":"starting","reasons":["starting"]}"#
        );
    }
}
