//! The service configuration: the values of the settings that a definition declares.

use roxmltree::Node;

use crate::read::{ReadError, Reading, Tree, children, listed, with_root};

/// A service configuration (`.cscfg`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConfiguration {
    /// Its roles, in document order.
    pub roles: Vec<RoleConfiguration>,
}

/// What a configuration says of one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleConfiguration {
    /// The role's name in the definition.
    pub name: String,
    /// The values of its settings.
    pub settings: Vec<SettingValue>,
}

/// A setting and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingValue {
    /// The setting's name.
    pub name: String,
    /// Its value, which may be empty.
    pub value: String,
}

impl ServiceConfiguration {
    /// Reads a `.cscfg`: UTF-8, with or without a byte-order mark, up to 1 MiB.
    ///
    /// # Errors
    ///
    /// Where the file is no XML, has another root element, or an element lacks its name or value.
    pub fn read(bytes: &[u8]) -> Result<Reading<Self>, ReadError> {
        with_root(bytes, "ServiceConfiguration", |tree, root| {
            Ok(Self {
                roles: children(root, "Role")
                    .map(|node| RoleConfiguration::read(tree, node))
                    .collect::<Result<_, _>>()?,
            })
        })
    }

    /// The role of exactly that name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&RoleConfiguration> {
        self.roles.iter().find(|role| role.name == name)
    }
}

impl RoleConfiguration {
    /// The value of the setting of exactly that name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        let setting = self.settings.iter().find(|setting| setting.name == name)?;
        Some(&setting.value)
    }

    fn read(tree: &Tree<'_>, node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self {
            name: tree.required(node, "name")?,
            settings: listed(node, "ConfigurationSettings", "Setting")
                .map(|node| SettingValue::read(tree, node))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl SettingValue {
    fn read(tree: &Tree<'_>, node: Node<'_, '_>) -> Result<Self, ReadError> {
        Ok(Self { name: tree.required(node, "name")?, value: tree.required(node, "value")? })
    }
}
