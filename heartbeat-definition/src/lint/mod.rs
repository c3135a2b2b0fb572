//! Checks of readable files against Microsoft's schema and the rules of the tools.

mod code;
mod diagnostic;
mod diagnostics;
mod encoding;
mod parsed;
mod rules;
mod schema;

pub use code::{Authority, Code};
pub use diagnostic::{Diagnostic, File, Severity};
pub use parsed::Parsed;

use crate::parse::{FileKind, Node, decode};
use crate::{ReadError, RoleModule, ServiceConfiguration, ServiceDefinition};
use diagnostics::Diagnostics;
use schema::{Element, ROLE_MODULE, SERVICE_CONFIGURATION, SERVICE_DEFINITION};

impl ServiceDefinition {
    /// Reads a `.csdef` file and checks it against the schema and the rules of the tools.
    ///
    /// ```
    /// use heartbeat_definition::ServiceDefinition;
    ///
    /// let parsed = ServiceDefinition::lint(br#"
    ///     <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    ///       <WorkerRole name="Orders">
    ///         <Endpoints><InternalEndpoint name="Management" protocol="TCP" /></Endpoints>
    ///       </WorkerRole>
    ///     </ServiceDefinition>"#)?;
    /// assert_eq!(parsed.model.roles[0].endpoints[0].name, "Management");
    /// let diagnostics: Vec<String> = parsed.violations().map(ToString::to_string).collect();
    /// assert_eq!(diagnostics, [
    ///     "4:66: error[invalid-value]: `TCP` is not a valid `protocol` of `InternalEndpoint`; \
    ///      expected one of `http`, `tcp`, `udp`, `any`: write `tcp`",
    /// ]);
    /// # Ok::<(), heartbeat_definition::ReadError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read: see [`ReadError`].
    pub fn lint(bytes: &[u8]) -> Result<Parsed<Self>, ReadError> {
        let kind = FileKind::Definition;
        lint(bytes, kind, &SERVICE_DEFINITION, rules::check_definition)
    }

    /// Checks a configuration against this definition: each must have the roles, settings and
    /// certificates of the other. The diagnostics of each file alone are not repeated.
    ///
    /// ```
    /// use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};
    ///
    /// let definition = ServiceDefinition::read(br#"
    ///     <ServiceDefinition name="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
    ///       <WorkerRole name="Orders">
    ///         <ConfigurationSettings><Setting name="QueueUrl" /></ConfigurationSettings>
    ///       </WorkerRole>
    ///     </ServiceDefinition>"#)?;
    /// let configuration = ServiceConfiguration::read(br#"
    ///     <ServiceConfiguration serviceName="Shop" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceConfiguration">
    ///       <Role name="Orders">
    ///         <Instances count="2" />
    ///         <ConfigurationSettings><Setting name="QueueURL" value="amqp://queue" /></ConfigurationSettings>
    ///       </Role>
    ///     </ServiceConfiguration>"#)?;
    ///
    /// let diagnostics = definition.cross_check(&configuration);
    /// let diagnostics: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    /// assert_eq!(diagnostics, [
    ///     "3:19: error[missing-setting]: the role `Orders` has no value for the setting `QueueUrl`: add <Setting name=\"QueueUrl\" value=\"…\" />",
    ///     "5:47: error[unknown-setting]: the role `Orders` has no setting `QueueURL`: did you mean `QueueUrl`?",
    /// ]);
    /// # Ok::<(), heartbeat_definition::ReadError>(())
    /// ```
    #[must_use]
    pub fn cross_check(&self, configuration: &ServiceConfiguration) -> Vec<Diagnostic> {
        rules::cross_check(self, configuration)
    }
}

impl RoleModule {
    /// Reads a `.csplugin` file and checks it against the schema.
    ///
    /// # Errors
    ///
    /// The file cannot be read: see [`ReadError`].
    pub fn lint(bytes: &[u8]) -> Result<Parsed<Self>, ReadError> {
        lint(bytes, FileKind::RoleModule, &ROLE_MODULE, |_, _| {})
    }
}

impl ServiceConfiguration {
    /// Reads a `.cscfg` file and checks it against the schema and the rules of the tools.
    ///
    /// # Errors
    ///
    /// The file cannot be read: see [`ReadError`].
    pub fn lint(bytes: &[u8]) -> Result<Parsed<Self>, ReadError> {
        let kind = FileKind::Configuration;
        lint(bytes, kind, &SERVICE_CONFIGURATION, rules::check_configuration)
    }
}

/// Parses a file once, for its model and its diagnostics.
fn lint<T: for<'a> From<&'a mut Node>>(
    bytes: &[u8],
    kind: FileKind,
    schema: &Element,
    rules: fn(&T, &mut Diagnostics),
) -> Result<Parsed<T>, ReadError> {
    let text = decode(bytes)?;
    let mut document = kind.parse(&text)?;
    let mut diagnostics = Diagnostics::new(File::from(kind));
    if document.namespace.is_none() {
        diagnostics.add_with_fix(
            Code::NoNamespace,
            document.root.source.position,
            format!("`{}` is in no namespace", document.root.name()),
            format!("write xmlns=\"{}\"", kind.namespace()),
        );
    }
    encoding::check(bytes, &text, &mut diagnostics);
    schema::validate(&document.root, schema, &mut diagnostics);
    let model = T::from(&mut document.root);
    rules(&model, &mut diagnostics);
    Ok(Parsed { model, diagnostics: diagnostics.into_sorted() })
}

impl From<FileKind> for File {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Definition | FileKind::RoleModule => Self::Definition,
            FileKind::Configuration => Self::Configuration,
        }
    }
}
