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

/// Turns a worker into a program with a bounded lifecycle and a health endpoint, and checks at
/// compile time that the service definition declares the endpoint.
///
/// The examples on this page assume this `ServiceDefinition.csdef` beside their `Cargo.toml`:
///
/// ```xml
#[doc = include_str!("../ServiceDefinition.csdef")]
/// ```
///
/// # Three shapes
///
/// **An implementation of `WorkerRole`**, the canonical shape: three phases that share a type of
/// your own. The compiler checks the signatures, and tests can drive the phases without a process.
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
///     // Optional.
///     async fn on_stop(self, _role: &RoleEnvironment) -> Result<(), Error> {
///         println!("{} orders shipped", self.shipped);
///         Ok(())
///     }
/// }
/// ```
///
/// **A module of free functions.** `on_start` returns a state of any type, which `run` borrows and
/// `on_stop` takes by value. `on_start` and `on_stop` are optional; without `on_start` there is no
/// state, and the other functions take only the role environment. The functions are written in the
/// module itself, in the same file, and are visible to its parent.
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
/// **One function**, for a worker of ten lines. The worker is ready at once and stops when the
/// function returns.
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
/// The futures need not be `Send`.
///
/// # Arguments
///
/// | argument | meaning | default |
/// | --- | --- | --- |
/// | `heartbeat = "Heartbeat"` | the endpoint that serves health: `http`, `https`, `tcp`, or an internal one of protocol `any` | required |
/// | `management = "Management"` | an internal endpoint that shows the details | none |
/// | `role = "Orders"` | the name of this `<WorkerRole>` | the only one; else the one named like the type or the module, the binary or the package, ignoring case, `-` and `_` |
/// | `definition = "../Service.csdef"` | the service definition, relative to the package's folder | the nearest `ServiceDefinition.csdef` from there up to the workspace's root |
/// | `init = crate::telemetry` | a function that runs first of all, before the first log line | none |
/// | `stall_after = "30s"` | the longest time that `run` may go without a beat, counted from its start | `"30s"`, counted from its first beat |
/// | `stop_within = "25s"` | the time limit for stopping | `"25s"` |
/// | `drain = "5s"` | the shortest time that a stopping worker stays up, not ready, before `on_stop` | `"0s"` |
/// | `recycle_after = "60s"` | the time after which a worker whose live fails without a break recycles itself: a graceful stop, and exit code 75 | never |
/// | `flavor = "current_thread"` | the flavor of the tokio runtime, as in `#[tokio::main]`: here, spawned tasks share the main thread | `"multi_thread"` |
/// | `worker_threads = 4` | the number of threads that drive spawned tasks | `TOKIO_WORKER_THREADS`, else one per core |
/// | `crate = path::to::heartbeat_runtime` | the path of the runtime, for a module or a function; an `impl` names it by its trait | `::heartbeat_runtime` |
///
/// A duration is a whole number followed by its unit: `ms`, `s`, `m` or `h`. `init` and `crate` take a
/// path; all other values are literals.
///
/// ```no_run
/// use heartbeat_runtime::{self as heart, Error, RoleEnvironment};
///
/// #[heart::worker_role(
///     heartbeat = "Heartbeat",
///     management = "Management",
///     role = "Orders",
///     definition = "ServiceDefinition.csdef",
///     init = telemetry,
///     stall_after = "1m",
///     stop_within = "20s",
///     drain = "500ms",
///     recycle_after = "5m",
///     flavor = "multi_thread",
///     worker_threads = 2,
///     crate = heart
/// )]
/// async fn main(role: RoleEnvironment) -> Result<(), Error> {
///     role.stopping().await;
///     Ok(())
/// }
///
/// fn telemetry() -> Result<(), Error> {
///     // … installs a subscriber of `tracing`.
///     Ok(())
/// }
/// ```
///
/// `init` is a function without parameters that returns `()` or a `Result<(), E>`, such as
/// `fn telemetry() -> Result<(), Error>`. It runs on the main thread, before the worker reads a variable
/// and before it has a second thread: a subscriber of `tracing`, a panic hook or a `.env` file belongs
/// there. An error of it ends the process with one line and exit code 78, a panic with 70. The
/// arguments that a worker answers without starting, such as `--heartbeat-probe=live`, do not run it.
///
/// # Expansion
///
/// The item stays unchanged, token for token; bodies are not even parsed. One function follows it:
///
/// ```text
/// fn main() -> ::std::process::ExitCode {
///     <Orders as WorkerRole>::host("Orders", ::core::env!("CARGO_PKG_VERSION"))
///         .definition(::core::include_bytes!("../ServiceDefinition.csdef"))
///         .heartbeat("Heartbeat")
///         .start() // binds the endpoint and serves /health on its own thread
///         .run()   // on_start, run, on_stop
///         .stop()  // closes the health server last, returns the exit code
/// }
/// ```
///
/// `init` adds `.init(telemetry)` after the first line, and each other argument one line before
/// `.start()`. A module is passed as
/// `::heartbeat_runtime::Host::new(.., orders::on_start, orders::run, orders::on_stop)`, and a
/// function `main` is nested in the generated one, unchanged. All of this is public API: without
/// the macro, write it yourself; you lose only the checks.
///
/// `cargo expand --bin orders` shows the expansion (`cargo install cargo-expand` first), with the
/// content of the definition in place of its path.
///
/// The expansion contains no `allow`, `unwrap` or `unsafe`, and adds no name but `main`. It passes
/// the strictest lints at level `forbid`, in editions 2021 and 2024. Put a conditional attribute,
/// such as `#[cfg(unix)]`, above this one.
///
/// # Errors
///
/// A worker that does not match the definition does not compile. Each mistake gives one error, at
/// the token at fault, and the last line of the message says what to type:
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
/// All invalid arguments are reported at once:
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
/// error: `stop_within` must be a string with a unit
///        = help: write `stop_within = "25s"`
///  --> src/main.rs:3:80
///   |
/// 3 | #[worker_role(heartbeat = "Heartbeat", management = "Heartbeat", stop_within = 25)]
///   |                                                                                ^^
///
/// error: `Heartbeat` is already the heartbeat endpoint
///        = help: name another internal endpoint, or remove `management`: an internal heartbeat endpoint already shows the details
///  --> src/main.rs:3:53
///   |
/// 3 | #[worker_role(heartbeat = "Heartbeat", management = "Heartbeat", stop_within = 25)]
///   |                                                     ^^^^^^^^^^^
/// ```
///
/// An item that cannot be a worker is rejected:
///
/// ```compile_fail
/// use heartbeat_runtime::worker_role;
///
/// #[worker_role(heartbeat = "Heartbeat")]
/// struct Orders;
/// ```
///
/// ```text
/// error: `#[worker_role]` cannot be applied to a struct
///        = help: apply it to `impl WorkerRole for Orders`
///  --> src/main.rs:4:1
///   |
/// 4 | struct Orders;
///   | ^^^^^^
/// ```
///
/// Flaws in the definition that do not concern the worker, such as an unknown attribute, do not
/// break the build.
///
/// # Rebuilds and editors
///
/// `include_bytes!` embeds the definition and makes cargo rebuild the worker when the file changes:
/// removing an endpoint is an error in the next build. The path is relative to the source file, so
/// two checkouts expand, and hash, alike. Cargo does not notice a nearer `ServiceDefinition.csdef`
/// that is added later; it is used from the next rebuild on.
///
/// In an editor, completion works in bodies that do not parse yet, and errors appear at the
/// literals. rust-analyzer does not reload the definition when only that file changes: edit the
/// source file or restart rust-analyzer.
///
/// # Bazel, vendored and bare builds
///
/// - **Bazel, Buck**: the definition is an input of the target, so list it in `compile_data`.
///   `rules_rust` sets `CARGO_MANIFEST_DIR` as cargo does.
/// - **`cargo package` and `cargo vendor`** include only the package's folder and omit a definition
///   above it, such as one at the workspace's root. Keep the definition in the package.
/// - **Without cargo**, paths are relative to the folder of the source file, the search ends at the
///   compiler's working directory, and the version is `0.0.0`.
#[proc_macro_attribute]
pub fn worker_role(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let environment = fs::Environment::from_compiler(&arguments, &item);
    expand::expand(arguments.into(), &item.into(), &environment).into()
}
