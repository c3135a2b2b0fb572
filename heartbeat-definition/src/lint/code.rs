//! The rules that files are checked against.

use std::fmt;

use crate::Severity;

/// The authority behind a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Authority {
    /// Microsoft's XML schema.
    Schema,
    /// The packaging tools, the emulator or the platform.
    Tools,
    /// Advice of this crate alone.
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

/// Defines the codes from a table: name, text, severity, authority.
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $text:literal, $severity:ident, $authority:ident;)+) => {
        /// The rule that a [`Diagnostic`](crate::Diagnostic) reports. Displays as a word such as
        /// `duplicate-name`, which is the same in every release.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])+ $name,)+ }

        impl Code {
            /// Returns the word for this rule.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Returns the usual severity of a violation.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }

            /// Returns the authority behind the rule.
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
    /// An element occurs too often.
    RepeatedElement = "repeated-element", Error, Schema;
    /// An element comes after one that must follow it.
    MisplacedElement = "misplaced-element", Error, Schema;
    /// Text where only elements are allowed.
    UnexpectedText = "unexpected-text", Error, Schema;
    /// The schema has no such attribute here.
    UnknownAttribute = "unknown-attribute", Warning, Schema;
    /// A required attribute is absent.
    MissingAttribute = "missing-attribute", Error, Schema;
    /// The value of an attribute is not of its type.
    InvalidValue = "invalid-value", Error, Schema;
    /// A thumbprint is not a hexadecimal number. Often it is a placeholder.
    InvalidThumbprint = "invalid-thumbprint", Warning, Schema;

    /// Two of a kind have the same name.
    DuplicateName = "duplicate-name", Error, Tools;
    /// Two endpoints have the same public port.
    DuplicatePort = "duplicate-port", Error, Tools;
    /// A name refers to no role.
    UnknownRole = "unknown-role", Error, Tools;
    /// A name refers to no endpoint.
    UnknownEndpoint = "unknown-endpoint", Error, Tools;
    /// A name refers to no setting.
    UnknownSetting = "unknown-setting", Error, Tools;
    /// A name refers to no local resource.
    UnknownLocalResource = "unknown-local-resource", Error, Tools;
    /// A name refers to no certificate.
    UnknownCertificate = "unknown-certificate", Error, Tools;
    /// A name refers to no load balancer probe.
    UnknownProbe = "unknown-probe", Error, Tools;
    /// A name refers to no load balancer of the configuration.
    UnknownLoadBalancer = "unknown-load-balancer", Error, Tools;
    /// A name refers to no access control list.
    UnknownAccessControl = "unknown-access-control", Error, Tools;
    /// An `https` endpoint has no certificate.
    HttpsWithoutCertificate = "https-without-certificate", Error, Tools;
    /// A web role has no `http` or `https` input endpoint.
    NoHttpEndpoint = "no-http-endpoint", Warning, Tools;
    /// The `min` of a range is above its `max`.
    InvertedRange = "inverted-range", Error, Tools;
    /// An `http` probe has no path, or a `tcp` probe has one.
    ProbePath = "probe-path", Error, Tools;
    /// A variable has both a value and a `RoleInstanceValue`, or neither.
    VariableValue = "variable-value", Error, Tools;
    /// `setReadyOnProcessStart` is not `true`.
    ReadyOnProcessStart = "ready-on-process-start", Warning, Tools;
    /// More roles, endpoints or upgrade domains than the platform allows.
    TooMany = "too-many", Warning, Tools;
    /// The configuration is for a service of another name.
    ServiceNameMismatch = "service-name-mismatch", Error, Tools;
    /// A role of the definition is missing from the configuration.
    MissingRole = "missing-role", Error, Tools;
    /// A declared setting has no value in the configuration.
    MissingSetting = "missing-setting", Error, Tools;
    /// A declared certificate has no thumbprint in the configuration.
    MissingCertificate = "missing-certificate", Error, Tools;
    /// Fewer public ports than instances, or a negative number of instances.
    InstanceCount = "instance-count", Error, Tools;

    /// The definition has no role.
    NoRole = "no-role", Error, Tools;
    /// The XML declaration names another encoding than the file's; a note if XML parsers read the
    /// file nonetheless.
    EncodingMismatch = "encoding-mismatch", Warning, Tools;
    /// The file has more than one byte order mark.
    RepeatedByteOrderMark = "repeated-byte-order-mark", Warning, Tools;

    /// An `xpath` is none of the [thirteen](crate::RoleValue).
    UnknownXpath = "unknown-xpath", Note, Advice;
    /// A service has the name of one of its roles.
    ServiceNamedLikeRole = "service-named-like-role", Note, Advice;
    /// A `.NET` entry point has no framework version.
    NoFrameworkVersion = "no-framework-version", Note, Advice;
    /// No endpoint uses a probe.
    UnusedProbe = "unused-probe", Note, Advice;
    /// The timeout of a probe is shorter than its interval.
    ShortProbeTimeout = "short-probe-timeout", Note, Advice;
    /// The path of a probe does not begin with `/`.
    RelativeProbePath = "relative-probe-path", Note, Advice;
    /// There are too many diagnostics to keep all.
    TooManyDiagnostics = "too-many-diagnostics", Error, Schema;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
