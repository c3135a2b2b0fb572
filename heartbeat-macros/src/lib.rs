//! The attribute of `heartbeat-runtime`, which re-exports it: depend on that crate alone.

mod arguments;
mod definition;
mod environment;
mod expand;
mod item;

use proc_macro::TokenStream;

/// Turns the implementation of `WorkerRole` under it into a program whose health is served on an
/// endpoint of the service definition.
///
/// ```no_run
/// use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
///
/// struct Orders;
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// impl WorkerRole for Orders {
///     async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
///         Ok(Self)
///     }
///
///     async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
///         role.stopping().await;
///         Ok(())
///     }
/// }
/// ```
///
/// | argument | says |
/// | --- | --- |
/// | `heartbeat = "Heartbeat"` | the endpoint on which health is served: `http`, `https`, `tcp` or internal `any` |
/// | `role = "Orders"` | which `<WorkerRole>` this is; else the only one, else the one that is named like the type, the binary or the package, ignoring case, `-` and `_` |
/// | `definition = "../Service.csdef"` | the service definition, relative to the package's folder; else the nearest `ServiceDefinition.csdef` from there up to the workspace's root |
///
/// The implementation stays as it is, token for token. What is added is one function:
///
/// ```text
/// fn main() -> ::std::process::ExitCode {
///     <Orders as WorkerRole>::host("Orders", ::core::env!("CARGO_PKG_VERSION"))
///         .definition(::core::include_bytes!("../ServiceDefinition.csdef"))
///         .heartbeat("Heartbeat")
///         .start()
///         .run()
///         .stop()
/// }
/// ```
///
/// # Errors
///
/// What does not fit the service definition does not compile:
///
/// ```text
/// error: no endpoint named `Hartbeat` in role `Orders`
///        = note: endpoints declared: `Heartbeat`
///        = help: did you mean `heartbeat = "Heartbeat"`? (ServiceDefinition.csdef:5:28)
///  --> src/main.rs:8:27
///   |
/// 8 | #[worker_role(heartbeat = "Hartbeat")]
///   |                           ^^^^^^^^^^
/// ```
#[proc_macro_attribute]
pub fn worker_role(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let environment = environment::Environment::of_compiler();
    expand::expand(arguments.into(), &item.into(), &environment).into()
}
