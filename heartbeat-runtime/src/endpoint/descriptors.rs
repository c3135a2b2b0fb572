//! The limit of open files, which connections count against.

/// Returns the maximum number of descriptors of this process; `usize::MAX` where there is no limit.
#[cfg(unix)]
pub(crate) fn descriptor_limit() -> usize {
    use nix::sys::resource::{Resource, getrlimit};
    let limit = getrlimit(Resource::RLIMIT_NOFILE);
    limit.ok().and_then(|(soft, _)| soft.try_into().ok()).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
pub(crate) fn descriptor_limit() -> usize {
    usize::MAX
}
