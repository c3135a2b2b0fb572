//! The prices of a shop: a file, and its content in memory.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use tokio::sync::watch;

/// The prices as last loaded from a file with one `product,price` per line.
#[derive(Debug)]
pub(crate) struct Prices {
    path: PathBuf,
    list: watch::Sender<Arc<PriceList>>,
}

/// The content of the file.
#[derive(Debug)]
pub(crate) struct PriceList {
    pub(crate) csv: Bytes,
    pub(crate) prices: HashMap<String, String>,
}

/// The error of prices that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PricesError {
    #[error("cannot read prices from {path:?}: {cause}")]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot read prices from {path:?}: line {line} is not `product,price`")]
    Line { path: PathBuf, line: usize },
}

// === impl Prices ===

impl Prices {
    /// Loads the prices for the first time.
    pub(crate) async fn load(path: impl Into<PathBuf>) -> Result<Self, PricesError> {
        let path = path.into();
        let list = watch::Sender::new(Arc::new(read(&path).await?));
        Ok(Self { path, list })
    }

    /// Loads the prices again. After an error they stay as they are.
    pub(crate) async fn reload(&self) -> Result<(), PricesError> {
        self.list.send_replace(Arc::new(read(&self.path).await?));
        Ok(())
    }

    /// Returns the prices as last loaded.
    pub(crate) fn list(&self) -> Arc<PriceList> {
        Arc::clone(&self.list.borrow())
    }
}

async fn read(path: &Path) -> Result<PriceList, PricesError> {
    let text = tokio::fs::read_to_string(path).await;
    let text = text.map_err(|cause| PricesError::Read { path: path.to_owned(), cause })?;
    let lines = text.lines().enumerate().map(|(index, line)| {
        let (product, price) = line.split_once(',').ok_or(index + 1)?;
        Ok((product.to_owned(), price.to_owned()))
    });
    let prices = lines.collect::<Result<_, usize>>();
    let prices = prices.map_err(|line| PricesError::Line { path: path.to_owned(), line })?;
    Ok(PriceList { csv: text.into(), prices })
}
