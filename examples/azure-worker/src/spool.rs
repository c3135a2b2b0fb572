//! The folder of invoices.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Returns the invoices that are not billed yet.
pub(crate) fn invoices(spool: &Path) -> io::Result<Vec<PathBuf>> {
    let files = fs::read_dir(spool)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = files.collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "invoice"));
    files.sort();
    Ok(files)
}

/// Bills an invoice: renames it.
pub(crate) fn bill(invoice: &Path) -> io::Result<()> {
    fs::rename(invoice, invoice.with_extension("billed"))
}
