//! The ways to hand over the three phases: all of them, none but `run`, or one `main`.

use super::{Host, Phases};
use crate::Error;
use crate::environment::RoleEnvironment;

impl<S: 'static> Host<S> {
    /// A worker that plays a role of the service definition in a version: what `start` makes,
    /// `run` works with and `stop` takes apart. None of the futures has to be `Send`: they are
    /// driven on the thread that calls [`Started::run`](super::Started::run).
    pub fn new(
        role: &'static str,
        version: &'static str,
        start: impl AsyncFnOnce(&RoleEnvironment) -> Result<S, Error> + 'static,
        run: impl AsyncFnOnce(&mut S, &RoleEnvironment) -> Result<(), Error> + 'static,
        stop: impl AsyncFnOnce(S, &RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::of(role, version, Phases::new(start, run, stop))
    }

    /// A worker that has nothing to take apart: dropping its state is enough.
    pub fn without_stop(
        role: &'static str,
        version: &'static str,
        start: impl AsyncFnOnce(&RoleEnvironment) -> Result<S, Error> + 'static,
        run: impl AsyncFnOnce(&mut S, &RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::new(role, version, start, run, async |_: S, _: &RoleEnvironment| Ok(()))
    }
}

impl Host<()> {
    /// A worker without a state: ready at once, and `stop` is called when `run` has ended.
    pub fn without_start(
        role: &'static str,
        version: &'static str,
        run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
        stop: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::new(
            role,
            version,
            async |_: &RoleEnvironment| Ok(()),
            async move |(): &mut (), role: &RoleEnvironment| run(role).await,
            async move |(): (), role: &RoleEnvironment| stop(role).await,
        )
    }

    /// A worker that only runs: ready at once, and ended when `run` has.
    pub fn of_run(
        role: &'static str,
        version: &'static str,
        run: impl AsyncFnOnce(&RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::without_start(role, version, run, async |_: &RoleEnvironment| Ok(()))
    }

    /// A worker that is one function: ready at once, and ended when the function has.
    pub fn of_main(
        role: &'static str,
        version: &'static str,
        main: impl AsyncFnOnce(RoleEnvironment) -> Result<(), Error> + 'static,
    ) -> Self {
        Self::of_run(role, version, async move |role: &RoleEnvironment| main(role.clone()).await)
    }
}
