//! Records as JSON over the byte-valued store.

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{Revision, Store, StoreError, Txn};

/// JSON reads for every store.
#[async_trait]
pub trait StoreExt: Store {
    /// The record under `key` and the revision to compare it by.
    async fn get_json<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<(T, Revision)>, StoreError> {
        match self.get(key).await? {
            Some(e) => Ok(Some((decode(&e.key, &e.value)?, e.mod_revision))),
            None => Ok(None),
        }
    }

    /// All records under `prefix`, sorted by key.
    async fn list_json<T: DeserializeOwned + Send>(
        &self,
        prefix: &str,
    ) -> Result<Vec<(T, Revision)>, StoreError> {
        self.list(prefix)
            .await?
            .entries
            .iter()
            .map(|e| Ok((decode(&e.key, &e.value)?, e.mod_revision)))
            .collect()
    }
}

impl<S: Store + ?Sized> StoreExt for S {}

/// JSON writes in a transaction.
pub trait TxnExt: Sized {
    #[must_use]
    fn put_json<T: Serialize>(self, key: impl Into<String>, record: &T) -> Self;
}

impl TxnExt for Txn {
    fn put_json<T: Serialize>(self, key: impl Into<String>, record: &T) -> Self {
        // Records are plain structs with string keys: encoding them cannot fail.
        let value = serde_json::to_vec(record).expect("records encode as JSON");
        self.put(key, value)
    }
}

fn decode<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(value).map_err(|e| StoreError::BadRecord {
        key: key.to_owned(),
        reason: e.to_string(),
    })
}
