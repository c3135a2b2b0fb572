//! Roles and their resources.

use crate::{
    Certificate, Content, Import, LocalStorage, PermissionLevel, Position, Role, RoleKind, Setting,
    StoreLocation,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::endpoint::{endpoint, write_endpoint};
use super::process::{runtime, startup, write_runtime, write_startup};
use super::site::{site, write_site};
use super::xml::{attribute, element, given, list, name, named, source, text};

fn import() -> impl Strategy<Value = Import> {
    name().prop_map(|module_name| Import { module_name, source: source() })
}

fn setting() -> impl Strategy<Value = Setting> {
    name().prop_map(|name| Setting { name, source: source() })
}

prop_compose! {
    fn local_storage()(
        name in name(),
        size_in_mb in 1..100_000_u32,
        clean_on_role_recycle in any::<bool>(),
    ) -> LocalStorage {
        LocalStorage { name, size_in_mb, clean_on_role_recycle, source: source() }
    }
}

prop_compose! {
    fn certificate()(
        name in name(),
        store_location in option::of(
            select(&[StoreLocation::CurrentUser, StoreLocation::LocalMachine][..]),
        ),
        store_name in text(),
        permission_level in
            select(&[PermissionLevel::LimitedOrElevated, PermissionLevel::Elevated][..]),
    ) -> Certificate {
        Certificate { name, store_location, store_name, permission_level, source: source() }
    }
}

fn content() -> impl Strategy<Value = Content> {
    (text(), text()).prop_map(|(destination, source_directory)| Content {
        destination,
        source_directory,
        source: source(),
    })
}

prop_compose! {
    pub(super) fn role()(
        (kind, name, vm_size, enable_native_code_execution) in (
            select(&[RoleKind::Worker, RoleKind::Web][..]), name(), text(), any::<bool>(),
        ),
        imports in vec(import(), 0..3),
        startup in startup(),
        endpoints in vec(endpoint(), 0..4),
        settings in vec(setting(), 0..4),
        local_resources in vec(local_storage(), 0..3),
        certificates in vec(certificate(), 0..3),
        runtime in runtime(),
        contents in vec(content(), 0..3),
        sites in vec(site(), 0..3),
    ) -> Role {
        Role {
            kind, name, position: Position::START, vm_size, enable_native_code_execution, imports,
            startup, endpoints, settings, local_resources, certificates, runtime, contents, sites,
            source: source(),
        }
    }
}

fn write_local_storage(storage: &LocalStorage) -> String {
    let attributes = [
        given("name", &storage.name),
        given("sizeInMB", storage.size_in_mb),
        given("cleanOnRoleRecycle", storage.clean_on_role_recycle),
    ];
    element("LocalStorage", &attributes, "")
}

fn write_certificate(certificate: &Certificate) -> String {
    let attributes = [
        given("name", &certificate.name),
        attribute("storeLocation", certificate.store_location),
        given("storeName", &certificate.store_name),
        given("permissionLevel", certificate.permission_level),
    ];
    element("Certificate", &attributes, "")
}

fn write_content(content: &Content) -> String {
    let directory = element("SourceDirectory", &[given("path", &content.source_directory)], "");
    element("Content", &[given("destination", &content.destination)], &directory)
}

pub(super) fn write_role(role: &Role) -> String {
    let import = |i: &Import| element("Import", &[given("moduleName", &i.module_name)], "");
    let children = [
        list("Imports", &role.imports, import),
        write_startup(&role.startup),
        list("ConfigurationSettings", &role.settings, |s| named("Setting", &s.name)),
        role.endpoints.iter().map(write_endpoint).collect(),
        list("LocalResources", &role.local_resources, write_local_storage),
        list("Certificates", &role.certificates, write_certificate),
        write_runtime(&role.runtime),
        list("Contents", &role.contents, write_content),
        list("Sites", &role.sites, write_site),
    ];
    let attributes = [
        given("name", &role.name),
        given("vmsize", &role.vm_size),
        given("enableNativeCodeExecution", role.enable_native_code_execution),
    ];
    element(role.kind.as_str(), &attributes, &children.concat())
}
