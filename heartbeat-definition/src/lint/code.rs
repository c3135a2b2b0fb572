//! The rules that a diagnostic can be about.

use std::fmt;

use crate::Severity;

/// Who enforces a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// Microsoft's XML schema.
    Schema,
    /// The packaging tools, the emulator or the platform.
    Tools,
    /// Nobody: this crate's own advice.
    Advice,
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Schema => "schema",
            Self::Tools => "tools",
            Self::Advice => "advice",
        })
    }
}

/// Declares the codes as a table: name, text, severity, authority.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $severity:ident, $authority:ident;)+) => {
        /// Which rule a [`Diagnostic`](crate::Diagnostic) is about. Displays as a
        /// word such as `duplicate-name`, which stays the same from release to
        /// release.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])+ $name,)+ }

        impl Code {
            /// The word for this rule.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// How bad a breach usually is.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// Who enforces the rule.
            #[must_use]
            pub fn authority(self) -> Authority {
                match self { $(Self::$name => Authority::$authority,)+ }
            }
        }
    };
}

codes! {
    /// The root element is in no namespace.
    NoNamespace = "no-namespace", Warning, Schema;
    /// The schema has no such element here.
    UnknownElement = "unknown-element", Warning, Schema;
    /// A required child element is absent.
    MissingElement = "missing-element", Error, Schema;
    /// An element occurs more often than it may.
    RepeatedElement = "repeated-element", Error, Schema;
    /// An element stands behind one that must follow it.
    MisplacedElement = "misplaced-element", Error, Schema;
    /// Characters where only elements may be.
    UnexpectedText = "unexpected-text", Error, Schema;
    /// The schema has no such attribute here.
    UnknownAttribute = "unknown-attribute", Warning, Schema;
    /// A required attribute is absent.
    MissingAttribute = "missing-attribute", Error, Schema;
    /// An attribute's value is not of its type.
    InvalidValue = "invalid-value", Error, Schema;
    /// A thumbprint is no hexadecimal number, but often a placeholder.
    InvalidThumbprint = "invalid-thumbprint", Warning, Schema;

    /// Two of a kind have one name.
    DuplicateName = "duplicate-name", Error, Tools;
    /// Two endpoints have one public port.
    DuplicatePort = "duplicate-port", Error, Tools;
    /// A name that refers to no role.
    UnknownRole = "unknown-role", Error, Tools;
    /// A name that refers to no endpoint.
    UnknownEndpoint = "unknown-endpoint", Error, Tools;
    /// A name that refers to no setting.
    UnknownSetting = "unknown-setting", Error, Tools;
    /// A name that refers to no local resource.
    UnknownLocalResource = "unknown-local-resource", Error, Tools;
    /// A name that refers to no certificate.
    UnknownCertificate = "unknown-certificate", Error, Tools;
    /// A name that refers to no load balancer probe.
    UnknownProbe = "unknown-probe", Error, Tools;
    /// A name that refers to no load balancer of the configuration.
    UnknownLoadBalancer = "unknown-load-balancer", Error, Tools;
    /// A name that refers to no access control list.
    UnknownAccessControl = "unknown-access-control", Error, Tools;
    /// An `https` endpoint without a certificate.
    HttpsWithoutCertificate = "https-without-certificate", Error, Tools;
    /// A web role without an `http` or `https` input endpoint.
    NoHttpEndpoint = "no-http-endpoint", Warning, Tools;
    /// A range whose `min` is above its `max`.
    InvertedRange = "inverted-range", Error, Tools;
    /// An `http` probe without a path, or a `tcp` probe with one.
    ProbePath = "probe-path", Error, Tools;
    /// A variable with both or neither of a value and a `RoleInstanceValue`.
    VariableValue = "variable-value", Error, Tools;
    /// `setReadyOnProcessStart` is not `true`.
    ReadyOnProcessStart = "ready-on-process-start", Warning, Tools;
    /// More roles, endpoints or upgrade domains than the platform takes.
    TooMany = "too-many", Warning, Tools;
    /// The configuration is for a service of another name.
    ServiceNameMismatch = "service-name-mismatch", Error, Tools;
    /// A role of the definition that the configuration does not have.
    MissingRole = "missing-role", Error, Tools;
    /// A declared setting without a value in the configuration.
    MissingSetting = "missing-setting", Error, Tools;
    /// A declared certificate without a thumbprint in the configuration.
    MissingCertificate = "missing-certificate", Error, Tools;
    /// Fewer public ports than instances, or a negative number of instances.
    InstanceCount = "instance-count", Error, Tools;

    /// No role at all.
    NoRole = "no-role", Error, Tools;
    /// The XML declaration names an encoding that the file is not in; a note
    /// where XML parsers read the file all the same.
    EncodingMismatch = "encoding-mismatch", Warning, Tools;
    /// More than one byte order mark.
    RepeatedByteOrderMark = "repeated-byte-order-mark", Warning, Tools;

    /// An `xpath` that is none of the [thirteen](crate::RoleValue).
    UnknownXpath = "unknown-xpath", Note, Advice;
    /// A service that is named like one of its roles.
    ServiceNamedLikeRole = "service-named-like-role", Note, Advice;
    /// A `.NET` entry point without a framework version.
    NoFrameworkVersion = "no-framework-version", Note, Advice;
    /// A probe that no endpoint uses.
    UnusedProbe = "unused-probe", Note, Advice;
    /// A probe's time-out that is shorter than its interval.
    ShortProbeTimeout = "short-probe-timeout", Note, Advice;
    /// A probe's path does not begin with `/`.
    RelativeProbePath = "relative-probe-path", Note, Advice;
    /// So many diagnostics that not all are kept.
    TooManyDiagnostics = "too-many-diagnostics", Error, Schema;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
