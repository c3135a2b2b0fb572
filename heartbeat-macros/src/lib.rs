//! The attribute of `heartbeat-runtime`, which re-exports it: depend on that crate alone.
//!
//! [`macro@worker_role`] documents everything.

mod args;
mod definition;
mod diagnostic;
mod expand;
mod fs;
mod include_path;
mod item;
mod main_fn;
mod signature;
#[cfg(test)]
mod tests;
mod value;

use proc_macro::TokenStream;

/// Makes a program of a worker: its lifecycle is driven, and its health is served on an endpoint
/// that the service definition declares. The compiler checks that it does.
///
/// The examples on this page have this `ServiceDefinition.csdef` beside their `Cargo.toml`:
///
/// ```xml
#[doc = include_str!("../ServiceDefinition.csdef")]
/// ```
///
/// # Three shapes
///
/// **An implementation of `WorkerRole`**, the canonical one. Three phases, and a type of your own
/// between them; the compiler checks the signatures, and tests can drive the phases without a
/// process.
///
/// ```no_run
/// use heartbeat_runtime::{Error, RoleEnvironment, WorkerRole, worker_role};
///
/// struct Orders {
///     shipped: u64,
/// }
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// impl WorkerRole for Orders {
///     async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {
///         Ok(Self { shipped: 0 })
///     }
///
///     async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {
///         while !role.is_stopping() {
///             role.beat();
///             self.shipped += 1;
///         }
///         Ok(())
///     }
///
///     // May be left out.
///     async fn on_stop(self, _role: &RoleEnvironment) -> Result<(), Error> {
///         println!("{} orders shipped", self.shipped);
///         Ok(())
///     }
/// }
/// ```
///
/// **A module of free functions.** What `on_start` returns, of whatever type, is lent to `run` and
/// then given to `on_stop`. Both of those may be left out; without `on_start` there is no state,
/// and the others take the role environment alone. The functions stand in the module itself, in
/// the same file, and are visible to its parent.
///
/// ```no_run
/// use heartbeat_runtime::worker_role;
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// mod orders {
///     use heartbeat_runtime::{Error, RoleEnvironment};
///
///     pub async fn on_start(_role: &RoleEnvironment) -> Result<u64, Error> {
///         Ok(0)
///     }
///
///     pub async fn run(shipped: &mut u64, role: &RoleEnvironment) -> Result<(), Error> {
///         while !role.is_stopping() {
///             role.beat();
///             *shipped += 1;
///         }
///         Ok(())
///     }
///
///     pub async fn on_stop(shipped: u64, _role: &RoleEnvironment) -> Result<(), Error> {
///         println!("{shipped} orders shipped");
///         Ok(())
///     }
/// }
/// ```
///
/// **One function**, for a worker of ten lines. It is ready at once, and has stopped when the
/// function has returned.
///
/// ```no_run
/// use heartbeat_runtime::{Error, RoleEnvironment, worker_role};
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// async fn main(role: RoleEnvironment) -> Result<(), Error> {
///     while !role.is_stopping() {
///         role.beat();
///     }
///     Ok(())
/// }
/// ```
///
/// None of the futures has to be `Send`.
///
/// # Arguments
///
/// | argument | says | without it |
/// | --- | --- | --- |
/// | `heartbeat = "Heartbeat"` | the endpoint on which health is served: `http`, `https`, `tcp`, or an internal one of protocol `any` | must be given |
/// | `management = "Management"` | an internal endpoint on which more is told, to those within the service | only the heartbeat is bound |
/// | `role = "Orders"` | which `<WorkerRole>` this is | the only one; else the one named like the type or the module, the binary or the package, ignoring case, `-` and `_` |
/// | `definition = "../Service.csdef"` | the service definition, from the package's folder on | the nearest `ServiceDefinition.csdef` from there up to the workspace's root |
/// | `stall_after = "30s"` | how long `run` may go without a beat, from its start on | `"30s"`, and only once it has beaten |
/// | `stop_within = "25s"` | how long a stop may take in all | `"25s"` |
/// | `drain = "5s"` | how long a stopping worker stays, not ready, before `on_stop` | `"0s"` |
/// | `flavor = "current_thread"` | that the tasks it spawns share the main thread, as in `#[tokio::main]` | `"multi_thread"` |
/// | `worker_threads = 4` | how many threads drive those tasks | one for each core |
/// | `crate = path::to::heartbeat_runtime` | where the runtime is, for a module or a function; an implementation names it by its trait | `::heartbeat_runtime` |
///
/// A duration is a whole number and its unit, `ms`, `s`, `m` or `h`. Values are literals.
///
/// ```no_run
/// use heartbeat_runtime::{self as heart, Error, RoleEnvironment};
///
/// #[heart::worker_role(
///     heartbeat = "Heartbeat",
///     management = "Management",
///     role = "Orders",
///     definition = "ServiceDefinition.csdef",
///     stall_after = "1m",
///     stop_within = "20s",
///     drain = "500ms",
///     flavor = "multi_thread",
///     worker_threads = 2,
///     crate = heart
/// )]
/// async fn main(role: RoleEnvironment) -> Result<(), Error> {
///     role.stopping().await;
///     Ok(())
/// }
/// ```
///
/// # What is added
///
/// The item stays as it is, token for token; what stands in braces is not even parsed. After it
/// comes one function, which reads as the story it tells:
///
/// ```text
/// fn main() -> ::std::process::ExitCode {
///     <Orders as WorkerRole>::host("Orders", ::core::env!("CARGO_PKG_VERSION"))
///         .definition(::core::include_bytes!("../ServiceDefinition.csdef"))
///         .heartbeat("Heartbeat")
///         .start() // binds the endpoint and serves /health on its own thread
///         .run()   // on_start, run, on_stop
///         .stop()  // closes the health server last, says how it ended
/// }
/// ```
///
/// Each argument is one more line before `.start()`. A module is handed over by
/// `::heartbeat_runtime::Host::new(.., orders::on_start, orders::run, orders::on_stop)`, and a
/// function stands within this `main`, as it was. All of it is public: who dislikes macros writes
/// the same by hand, and loses only the checks.
///
/// `cargo expand --bin orders` shows it (`cargo install cargo-expand` first), with the content of
/// the definition in the place of its path.
///
/// No `allow`, `unwrap` or `unsafe` is in it, and no name that could clash but `main`: it is clean
/// under `#![forbid(..)]` of the strictest lints, in the editions 2021 and 2024. An attribute that
/// decides whether the worker is compiled, such as `#[cfg(unix)]`, stands above this one.
///
/// # Mistakes
///
/// What does not fit the definition does not compile. One mistake gives one error, at the token
/// that is wrong, and its last line says what to type:
///
/// ```compile_fail
/// use heartbeat_runtime::{Error, RoleEnvironment, worker_role};
///
/// #[worker_role(heartbeat = "Hartbeat")]
/// async fn main(role: RoleEnvironment) -> Result<(), Error> {
///     role.stopping().await;
///     Ok(())
/// }
/// ```
///
/// ```text
/// error: no endpoint named `Hartbeat` in role `Orders`
///        = note: endpoints declared: `Heartbeat`, `Management`
///        = help: did you mean `heartbeat = "Heartbeat"`? (ServiceDefinition.csdef:6:28)
///  --> src/main.rs:3:27
///   |
/// 3 | #[worker_role(heartbeat = "Hartbeat")]
///   |                           ^^^^^^^^^^
/// ```
///
/// All wrong arguments are told at once:
///
/// ```compile_fail
/// use heartbeat_runtime::{Error, RoleEnvironment, worker_role};
///
/// #[worker_role(heartbeat = "Heartbeat", management = "Heartbeat", stop_within = 25)]
/// async fn main(role: RoleEnvironment) -> Result<(), Error> {
///     role.stopping().await;
///     Ok(())
/// }
/// ```
///
/// ```text
/// error: `stop_within` is a text with a unit
///        = help: write `stop_within = "25s"`
///  --> src/main.rs:3:80
///   |
/// 3 | #[worker_role(heartbeat = "Heartbeat", management = "Heartbeat", stop_within = 25)]
///   |                                                                                ^^
///
/// error: `Heartbeat` is the heartbeat already
///        = help: name another internal endpoint, or remove `management`: on an internal heartbeat the trusted view is shown without it
///  --> src/main.rs:3:53
///   |
/// 3 | #[worker_role(heartbeat = "Heartbeat", management = "Heartbeat", stop_within = 25)]
///   |                                                     ^^^^^^^^^^^
/// ```
///
/// And so is an item that is no worker:
///
/// ```compile_fail
/// use heartbeat_runtime::worker_role;
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// struct Orders;
/// ```
///
/// ```text
/// error: a `struct` is no worker
///        = help: put the attribute on `impl WorkerRole for Orders`
///  --> src/main.rs:4:1
///   |
/// 4 | struct Orders;
///   | ^^^^^^
/// ```
///
/// A definition with flaws that do not concern the worker, such as an attribute that nobody knows,
/// breaks no build.
///
/// # Rebuilds and editors
///
/// The definition is embedded by `include_bytes!`, which also tells cargo to build the worker anew
/// when the file has changed: an endpoint that is taken away is an error of the next build. The
/// path is relative to the source file, so that two checkouts expand, and hash, alike. A nearer
/// `ServiceDefinition.csdef` that is added later is only seen when something else has changed.
///
/// In an editor, completion works within bodies that do not parse yet, and errors stand at the
/// literals. rust-analyzer does not read the definition again when that alone has changed: edit
/// the source file, or restart it.
///
/// # Bazel, vendored and bare builds
///
/// - **Bazel, Buck**: the definition is an input of the target: name it in `compile_data`.
///   `rules_rust` sets `CARGO_MANIFEST_DIR` as cargo does.
/// - **`cargo package` and `cargo vendor`** take what lies in the package's folder: a definition
///   above it, at the workspace's root, stays behind. Put it in the package, or name it there.
/// - **Without cargo**, paths start from the folder of the source file, the search ends where the
///   compiler was started, and the version is `0.0.0`.
#[proc_macro_attribute]
pub fn worker_role(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let environment = fs::Environment::from_compiler(&arguments, &item);
    expand::expand(arguments.into(), &item.into(), &environment).into()
}
