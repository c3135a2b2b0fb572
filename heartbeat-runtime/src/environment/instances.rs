//! The instances of the service's roles.

use std::sync::atomic::Ordering;

use heartbeat_definition::suggest;

use super::RoleEnvironment;
use crate::config::RoleInstance;
use crate::log::lifecycle;

impl RoleEnvironment {
    /// Returns the instances of a role of this service, each with its internal endpoints, in the natural
    /// order of their ids: `Pool_IN_10` is behind `Pool_IN_9`.
    ///
    /// ```
    /// # use heartbeat_runtime::{Error, RoleEnvironment};
    /// # async fn order(role: &RoleEnvironment) -> Result<(), Error> {
    /// for instance in role.instances("Pool") {
    ///     let Some(work) = instance.endpoint("Work") else { continue };
    ///     let stream = tokio::net::TcpStream::connect(work.address()).await?;
    /// #   drop(stream);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// They come from variables, which are read once, at the start; anything that starts workers can set
    /// them. There is one for each internal endpoint of each role, `HEARTBEAT_INSTANCES_<ROLE>_<ENDPOINT>`,
    /// where `<ROLE>` and `<ENDPOINT>` are the declared names in upper case, with `_` for each character
    /// that is not alphanumeric. The value is a list with commas, in which an entry is one of
    ///
    /// | entry | names |
    /// | --- | --- |
    /// | `ID=host:port` | an instance, by its id and the address of its endpoint; the host is a name, an IPv4 address, or an IPv6 address in brackets |
    /// | `ID=unix:/path` | an instance that listens on a unix socket |
    /// | `host:port` | all instances behind a host, which is then the id: a headless Service of Kubernetes, a service of Compose |
    ///
    /// ```text
    /// HEARTBEAT_INSTANCES_POOL_WORK=Pool_IN_0=10.0.0.4:8081,Pool_IN_1=10.0.0.5:8081
    /// HEARTBEAT_INSTANCES_POOL_WORK=pool-work:8081
    /// ```
    ///
    /// The instances of this worker's own role include itself, by its
    /// [`instance_id`](Self::instance_id). Where the variables do not give the address of one of its
    /// endpoints, it is that of [`endpoint`](Self::endpoint), with `localhost` for all interfaces; its
    /// port is 0 until this process listens there, if the definition leaves it open. A malformed variable
    /// ends the process with exit code 78 at the start, as does one that two endpoints share by their
    /// names.
    ///
    /// There are no instances of a role that the service definition does not declare; the first call with
    /// such a name logs a warning.
    #[must_use]
    pub fn instances(&self, role: &str) -> Vec<RoleInstance> {
        let config = &self.instance.config;
        if !config.instances.roles().iter().any(|declared| declared == role) {
            self.warn_of_unknown_role(role);
        }
        let own = (role == self.name()).then_some((&*config.id, &*config.endpoints));
        config.instances.of(role, own)
    }

    /// Logs a warning, once for the process: workers may ask for instances a thousand times a second.
    fn warn_of_unknown_role(&self, role: &str) {
        if self.instance.warned_of_role.swap(true, Ordering::Relaxed) {
            return;
        }
        let declared = self.instance.config.instances.roles();
        let help = match suggest(role, declared.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declared are `{}`", declared.join("`, `")),
        };
        let line = format!("the service definition has no role `{role}`, so no instances of it");
        let fields = self.instance.vitals.verdict().fields();
        lifecycle!(warn, fields, "{line}: {help}");
    }
}
