//! The first access key: made at the first start, kept in the store, and written
//! to a file that a shell can source.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use control_model::keys::{self, Keyed};
use control_model::{AccessKey, Timestamp};
use control_store::{Store, StoreExt, Txn, TxnExt};

use crate::error::ServeError;

const ID_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The key to show, and whether it was made just now.
pub(crate) struct FirstKey {
    pub(crate) key: AccessKey,
    pub(crate) is_new: bool,
    pub(crate) file: PathBuf,
}

/// Makes the first key if the store has none; (re)writes its file.
pub(crate) async fn first_key(
    store: &dyn Store,
    data_dir: &Path,
    account: &str,
    now: Timestamp,
) -> Result<FirstKey, ServeError> {
    let held = store.list_json::<AccessKey>(keys::ALL_CREDENTIALS).await?;
    let oldest = held
        .into_iter()
        .map(|(k, _)| k)
        .min_by_key(|k| k.created_at);
    let is_new = oldest.is_none();
    let key = oldest.unwrap_or_else(|| AccessKey {
        id: format!("AKIA{}", random(ID_LETTERS, 16)),
        secret: random(SECRET_LETTERS, 40),
        account: account.to_owned(),
        created_at: now,
    });
    if is_new {
        let txn = Txn::new().put_json(key.key(), &key);
        store.txn(txn).await?;
    }
    let file = data_dir.join("credentials");
    if is_new || !file.exists() {
        write_private(&file, &exports(&key))?;
    }
    Ok(FirstKey { key, is_new, file })
}

/// Lines for a shell.
pub(crate) fn exports(key: &AccessKey) -> String {
    format!(
        "export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n",
        key.id, key.secret
    )
}

/// As a whole, readable by its owner only from the first byte on.
fn write_private(path: &Path, text: &str) -> Result<(), ServeError> {
    let fresh = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.create(true).write(true).truncate(true).mode(0o600);
    let written = options
        .open(&fresh)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(ServeError::file("writing", &fresh))?;
    fs::rename(&fresh, path).map_err(ServeError::file("replacing", path))
}

fn random(letters: &[u8], count: usize) -> String {
    // Both alphabets have a power of two letters, so that the remainder is even.
    let letter = |_| char::from(letters[rand::random::<u32>() as usize % letters.len()]);
    (0..count).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use control_store::EmbeddedStore;
    use std::os::unix::fs::PermissionsExt;

    #[tokio::test]
    async fn the_first_start_makes_one_key_and_later_ones_find_it() {
        let dir = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(&dir.path().join("s.redb"))
            .await
            .unwrap();
        let first = first_key(&store, dir.path(), "123456789012", Timestamp(1));
        let first = first.await.unwrap();
        assert!(first.is_new);
        let mode = fs::metadata(&first.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_to_string(&first.file).unwrap(),
            exports(&first.key)
        );
        fs::remove_file(&first.file).unwrap();
        let again = first_key(&store, dir.path(), "123456789012", Timestamp(2));
        let again = again.await.unwrap();
        assert!(!again.is_new);
        assert_eq!(again.key, first.key);
        assert_eq!(
            fs::read_to_string(&first.file).unwrap(),
            exports(&first.key)
        );
    }
}
