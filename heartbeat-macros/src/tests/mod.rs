//! Expansions in process, of packages that are in memory.

mod definitions;
mod properties;
mod shapes;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use crate::expand::location::without_detours;
use crate::expand::{Environment, Files, expand};

/// Files by their paths.
#[derive(Default)]
struct Memory(BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        let text = self.0.get(&self.real(file)).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let files = self.0.keys().filter(|file| file.parent() == Some(folder));
        files.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned())).collect()
    }

    fn real(&self, path: &Path) -> PathBuf {
        without_detours(path)
    }
}

impl Memory {
    /// The package `/shop/orders` of the workspace `/shop`.
    fn with(files: &[(&str, &str)]) -> Self {
        let workspace = [("/shop/Cargo.toml", "[workspace]"), ("/shop/orders/Cargo.toml", "")];
        let files = workspace.iter().chain(files);
        Self(files.map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect())
    }

    fn environment(&self) -> Environment<'_> {
        Environment {
            manifest_directory: Some(PathBuf::from("/shop/orders")),
            working_directory: PathBuf::from("/shop"),
            source: Some(PathBuf::from("/shop/orders/src/main.rs")),
            binary: Some("orders".to_owned()),
            package: Some("orders".to_owned()),
            has_version: true,
            files: self,
        }
    }
}

const DEFINITION: &str = r#"<ServiceDefinition name="Shop">
  <WorkerRole name="Orders">
    <Endpoints>
      <InputEndpoint name="Heartbeat" protocol="http" port="80" />
      <InternalEndpoint name="Management" protocol="http" port="81" />
    </Endpoints>
  </WorkerRole>
</ServiceDefinition>"#;

fn in_shop(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let files = Memory::with(&[("/shop/ServiceDefinition.csdef", DEFINITION)]);
    expand(arguments, item, &files.environment())
}
