//! The sites of a web role.

use crate::{Binding, Site, VirtualDirectory};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::xml::{attribute, element, given, list, name, source, text};

/// Directories that nest, two levels deep at most.
fn directories() -> impl Strategy<Value = Vec<VirtualDirectory>> {
    let leaf = Just(Vec::new());
    leaf.prop_recursive(2, 6, 2, |inner| {
        let directory = (any::<bool>(), name(), option::of(text()), inner);
        let directory =
            directory.prop_map(|(application, name, physical_directory, inner)| VirtualDirectory {
                application,
                name,
                physical_directory,
                directories: inner,
                source: source(),
            });
        vec(directory, 0..3)
    })
}

prop_compose! {
    fn binding()(
        name in name(),
        endpoint_name in name(),
        host_header in option::of(text()),
    ) -> Binding {
        Binding { name, endpoint_name, host_header, source: source() }
    }
}

prop_compose! {
    pub(super) fn site()(
        name in name(),
        physical_directory in option::of(text()),
        directories in directories(),
        bindings in vec(binding(), 0..3),
    ) -> Site {
        Site { name, physical_directory, directories, bindings, source: source() }
    }
}

fn write_directory(directory: &VirtualDirectory) -> String {
    let kind = if directory.application { "VirtualApplication" } else { "VirtualDirectory" };
    let attributes = [
        given("name", &directory.name),
        attribute("physicalDirectory", directory.physical_directory.as_ref()),
    ];
    let inner: String = directory.directories.iter().map(write_directory).collect();
    element(kind, &attributes, &inner)
}

fn write_binding(binding: &Binding) -> String {
    let attributes = [
        given("name", &binding.name),
        given("endpointName", &binding.endpoint_name),
        attribute("hostHeader", binding.host_header.as_ref()),
    ];
    element("Binding", &attributes, "")
}

pub(super) fn write_site(site: &Site) -> String {
    let attributes = [
        given("name", &site.name),
        attribute("physicalDirectory", site.physical_directory.as_ref()),
    ];
    let directories: String = site.directories.iter().map(write_directory).collect();
    let bindings = list("Bindings", &site.bindings, write_binding);
    element("Site", &attributes, &(directories + &bindings))
}
