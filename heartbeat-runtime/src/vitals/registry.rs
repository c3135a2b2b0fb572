//! Records by name, in the order of their registration. Adding, finding and removing one costs the same
//! for any number of others, since threads of the worker and the monitor wait for each other there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A record that no other of the same registry shares its name with.
pub(super) trait Named {
    fn name(&self) -> &str;
}

/// Named records.
pub(super) struct Registry<T> {
    records: BTreeMap<u64, Arc<T>>,
    numbers: HashMap<String, u64>,
    next: u64,
}

impl<T: Named> Registry<T> {
    pub(super) fn get(&self, name: &str) -> Option<&Arc<T>> {
        self.records.get(self.numbers.get(name)?)
    }

    /// Adds a record. Returns the one of its name that it replaces.
    pub(super) fn insert(&mut self, record: &Arc<T>) -> Option<Arc<T>> {
        let number = self.next;
        self.next += 1;
        self.records.insert(number, Arc::clone(record));
        let replaced = self.numbers.insert(record.name().to_owned(), number)?;
        self.records.remove(&replaced)
    }

    /// Replaces a record by one of its name, in its place.
    pub(super) fn replace(&mut self, old: &Arc<T>, new: &Arc<T>) {
        if let Some(number) = self.number_of(old) {
            self.records.insert(number, Arc::clone(new));
        }
    }

    /// Removes this record, but not another one of its name.
    pub(super) fn remove(&mut self, record: &Arc<T>) {
        if let Some(number) = self.number_of(record) {
            self.numbers.remove(record.name());
            self.records.remove(&number);
        }
    }

    pub(super) fn to_vec(&self) -> Vec<Arc<T>> {
        self.records.values().map(Arc::clone).collect()
    }

    fn number_of(&self, record: &Arc<T>) -> Option<u64> {
        let number = *self.numbers.get(record.name())?;
        self.records.get(&number).filter(|other| Arc::ptr_eq(other, record)).map(|_| number)
    }
}

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self { records: BTreeMap::new(), numbers: HashMap::new(), next: 0 }
    }
}
