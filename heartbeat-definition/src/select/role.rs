//! Selection of the worker role.

use super::{Declaration, SelectError};
use crate::{Role, RoleKind, ServiceDefinition, suggest};

impl ServiceDefinition {
    /// Selects the worker role of that name.
    ///
    /// # Errors
    ///
    /// No worker role has exactly that name.
    pub fn worker_role(&self, name: &str) -> Result<&Role, SelectError> {
        let found = self.worker_roles().find(|role| role.name == name);
        found.ok_or_else(|| {
            let web_role = self.role(name).filter(|role| role.kind == RoleKind::Web);
            let names = self.worker_roles().map(|role| role.name.as_str());
            let suggestion = suggest(name, names).and_then(|near| self.role(near));
            SelectError::UnknownRole {
                name: name.to_owned(),
                web_role: web_role.map(|role| role.position),
                declared: self.worker_role_names(),
                suggestion: suggestion.map(|role| Declaration::new(&role.name, role.position)),
            }
        })
    }

    /// Selects the only worker role, else the one whose name equals a candidate, ignoring case, `-`
    /// and `_`. Earlier candidates win.
    ///
    /// # Errors
    ///
    /// There is no worker role, or there are several and none has such a name.
    pub fn worker_role_like(&self, candidates: &[&str]) -> Result<&Role, SelectError> {
        let mut roles = self.worker_roles();
        let first = match (roles.next(), roles.next()) {
            (Some(only), None) => return Ok(only),
            (None, _) => {
                let candidate = candidates.first().copied().unwrap_or("Worker").to_owned();
                return Err(SelectError::NoRole { candidate });
            }
            (Some(first), Some(_)) => first,
        };
        let equal =
            |wanted: &&str| self.worker_roles().find(|role| fold(&role.name) == fold(wanted));
        candidates.iter().find_map(equal).ok_or_else(|| {
            let closest = self.closest_worker_role(candidates).unwrap_or(first);
            SelectError::AmbiguousRole {
                declared: self.worker_role_names(),
                closest: closest.name.clone(),
            }
        })
    }

    /// Returns the worker role that a candidate resembles, without `Role`, `Worker` and the like:
    /// an equal name before a contained one before a misspelt one.
    fn closest_worker_role(&self, candidates: &[&str]) -> Option<&Role> {
        let names: Vec<_> = candidates.iter().map(|name| stem(name)).collect();
        let roles: Vec<_> = self.worker_roles().map(|role| (stem(&role.name), role)).collect();
        let find = |resembles: fn(&str, &str) -> bool| {
            let role = |name: &String| roles.iter().find(|(role, _)| resembles(name, role));
            names.iter().find_map(role).map(|&(_, role)| role)
        };
        find(|name, role| name == role && !name.is_empty())
            .or_else(|| {
                find(|name, role| {
                    name.len().min(role.len()) > 2 && (name.contains(role) || role.contains(name))
                })
            })
            .or_else(|| find(|name, role| suggest(name, [role]).is_some()))
    }

    fn worker_role_names(&self) -> Vec<String> {
        self.worker_roles().map(|role| role.name.clone()).collect()
    }
}

/// Returns a name without the differences that are ignored.
fn fold(name: &str) -> String {
    name.replace(['-', '_'], "").to_lowercase()
}

/// Returns a folded name without the affixes that many roles share; empty if it has nothing else.
fn stem(name: &str) -> String {
    const AFFIXES: [&str; 4] = ["role", "worker", "service", "main"];
    let folded = fold(name);
    let mut stem = &*folded;
    while let Some(rest) =
        AFFIXES.iter().find_map(|affix| stem.strip_suffix(affix).or(stem.strip_prefix(affix)))
    {
        stem = rest;
    }
    stem.to_owned()
}
