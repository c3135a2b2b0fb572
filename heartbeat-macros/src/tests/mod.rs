//! Expansions of packages in memory, without a compiler.

mod definitions;
mod properties;
mod shapes;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use crate::expand::expand;
use crate::fs::{Environment, FileSystem};
use crate::include_path::normalize;

/// A file system in memory.
#[derive(Default)]
struct MemoryFs(BTreeMap<PathBuf, String>);

impl FileSystem for MemoryFs {
    fn read(&self, file: &Path) -> io::Result<Vec<u8>> {
        let text = self.0.get(&self.real(file)).ok_or(io::ErrorKind::NotFound)?;
        Ok(text.clone().into_bytes())
    }

    fn names(&self, folder: &Path) -> Vec<String> {
        let files = self.0.keys().filter(|file| file.parent() == Some(folder));
        files.filter_map(|file| Some(file.file_name()?.to_str()?.to_owned())).collect()
    }

    fn real(&self, path: &Path) -> PathBuf {
        normalize(path)
    }
}

impl MemoryFs {
    /// Creates the package `/shop/orders` in the workspace `/shop`.
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

fn expand_in_shop(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let files = MemoryFs::with(&[("/shop/ServiceDefinition.csdef", DEFINITION)]);
    expand(arguments, item, &files.environment())
}
