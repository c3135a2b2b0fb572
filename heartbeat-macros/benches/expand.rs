//! The time of one expansion: once per build of a worker, and again and again in an editor. The
//! bound is 5 ms for a definition of 200 lines.

extern crate proc_macro;

// A procedural macro exports nothing else, so the bench compiles the modules itself.
#[path = "../src/args.rs"]
mod args;
#[path = "../src/definition.rs"]
mod definition;
#[path = "../src/diagnostic.rs"]
mod diagnostic;
#[path = "../src/expand.rs"]
mod expand;
#[expect(dead_code, reason = "only a compiler can be asked for its environment")]
#[path = "../src/fs.rs"]
mod fs;
#[path = "../src/include_path.rs"]
mod include_path;
#[path = "../src/item.rs"]
mod item;
#[path = "../src/main_fn.rs"]
mod main_fn;
#[path = "../src/signature.rs"]
mod signature;
#[path = "../src/value.rs"]
mod value;

use std::fmt::Write;
use std::path::PathBuf;

use criterion::{Criterion, criterion_group, criterion_main};
use quote::quote;

use crate::fs::{Environment, RealFs};

/// Gives a definition of 203 lines; the last role is the worker's.
const ROLES: usize = 20;

/// Generates a definition with the given number of roles, ten lines each.
fn definition(roles: usize) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<ServiceDefinition name=\"Shop\" \
        xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\">\n"
        .to_owned();
    for role in 0..roles {
        let _ = write!(
            text,
            "  <WorkerRole name=\"Role{role}\" vmsize=\"Small\">\n    <ConfigurationSettings>\n      \
             <Setting name=\"QueueUrl\" />\n      <Setting name=\"Batch\" />\n    \
             </ConfigurationSettings>\n    <Endpoints>\n      \
             <InputEndpoint name=\"Heartbeat\" protocol=\"http\" port=\"{}\" localPort=\"3000\" />\n      \
             <InternalEndpoint name=\"Management\" protocol=\"http\" />\n    </Endpoints>\n  \
             </WorkerRole>\n",
            3000 + role
        );
    }
    text + "</ServiceDefinition>\n"
}

fn expansion(criterion: &mut Criterion) {
    let package = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("expand");
    let file = package.join("ServiceDefinition.csdef");
    let text = definition(ROLES);
    std::fs::create_dir_all(&package)
        .and_then(|()| std::fs::write(&file, &text))
        .unwrap_or_default();
    let role = format!("Role{}", ROLES - 1);
    let environment = Environment {
        source: Some(package.join("src/main.rs")),
        manifest_directory: Some(package),
        working_directory: PathBuf::new(),
        binary: None,
        package: None,
        has_version: true,
        files: &RealFs,
    };
    let item = quote! {
        impl WorkerRole for Orders {
            async fn on_start(role: &RoleEnvironment) -> Result<Self, Error> { Ok(Self) }
            async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> { Ok(()) }
        }
    };
    for (name, heartbeat) in [("expand", "Heartbeat"), ("refuse", "Hartbeat")] {
        criterion.bench_function(&format!("{name}, {} lines", text.lines().count()), |bencher| {
            bencher.iter(|| {
                let arguments = quote!(heartbeat = #heartbeat, role = #role, stall_after = "30s");
                expand::expand(arguments, &item, &environment)
            });
        });
    }
}

criterion_group!(benches, expansion);
criterion_main!(benches);
