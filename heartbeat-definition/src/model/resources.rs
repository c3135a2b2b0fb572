//! The resources of a role: settings, local storage, certificates, imports and contents.

use std::mem::take;

use super::string_enum;
use super::values::{boolean, int};
use crate::Source;
use crate::parse::Node;

/// A setting; its value is in the service configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setting {
    /// The name; empty if missing.
    pub name: String,
    /// The element that this was read from.
    pub source: Source,
}

/// A named folder on the instance's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalStorage {
    /// The name; empty if missing.
    pub name: String,
    /// The size in megabytes, 1000 by default.
    pub size_in_mb: u32,
    /// True if a recycle empties it; the default.
    pub clean_on_role_recycle: bool,
    /// The element that this was read from.
    pub source: Source,
}

/// A certificate to install; its thumbprint is in the service configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// The name; empty if missing.
    pub name: String,
    /// The owner of the store; `None` if missing or unknown.
    pub store_location: Option<StoreLocation>,
    /// The store, such as `My`; empty if missing.
    pub store_name: String,
    /// The processes that may use the private key.
    pub permission_level: PermissionLevel,
    /// The element that this was read from.
    pub source: Source,
}

string_enum! {
    /// The owner of a certificate store.
    StoreLocation {
        /// The user's.
        CurrentUser = "CurrentUser",
        /// The machine's.
        LocalMachine = "LocalMachine",
    }
}

string_enum! {
    /// The processes that may use a certificate's private key.
    PermissionLevel {
        /// All processes; the default.
        LimitedOrElevated = "limitedOrElevated",
        /// Elevated processes only.
        Elevated = "elevated",
    }
}

/// A plug-in of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Import {
    /// The plug-in, such as `Diagnostics` or `RemoteAccess`; empty if missing, which the schema
    /// allows.
    pub module_name: String,
    /// The element that this was read from.
    pub source: Source,
}

/// A folder that is packed with the role.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// The destination, relative to the application's root.
    pub destination: String,
    /// The folder to copy; empty if missing.
    pub source_directory: String,
    /// The element that this was read from.
    pub source: Source,
}

impl From<&mut Node> for Setting {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { name: source.text("name"), source }
    }
}

impl From<&mut Node> for LocalStorage {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let size = source.parse("sizeInMB", int);
        Self {
            name: source.text("name"),
            size_in_mb: size.and_then(|n| n.try_into().ok()).unwrap_or(1000),
            clean_on_role_recycle: source.parse("cleanOnRoleRecycle", boolean).unwrap_or(true),
            source,
        }
    }
}

impl From<&mut Node> for Certificate {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self {
            name: source.text("name"),
            store_location: source.parse("storeLocation", StoreLocation::parse),
            store_name: source.text("storeName"),
            permission_level: source
                .parse("permissionLevel", PermissionLevel::parse)
                .unwrap_or(PermissionLevel::LimitedOrElevated),
            source,
        }
    }
}

impl From<&mut Node> for Import {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        Self { module_name: source.text("moduleName"), source }
    }
}

impl From<&mut Node> for Content {
    fn from(node: &mut Node) -> Self {
        let source = take(&mut node.source);
        let directory = node.first("SourceDirectory");
        Self {
            destination: source.text("destination"),
            source_directory: directory.map(|d| d.source.text("path")).unwrap_or_default(),
            source,
        }
    }
}
