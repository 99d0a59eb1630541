//! Strings too long to stand in their entry: shared, growable bytes.

use std::ops::Deref;
use std::sync::Arc;

/// A reference-counted string. Cloning is O(1); the first change after a clone copies it
/// once (so a large string under SETBIT is copied once a snapshot).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StrObj {
    bytes: Arc<Vec<u8>>,
}

impl StrObj {
    pub fn new(bytes: Vec<u8>) -> StrObj {
        StrObj {
            bytes: Arc::new(bytes),
        }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes to change, copied first if a clone holds them.
    pub fn make_mut(&mut self) -> &mut Vec<u8> {
        Arc::make_mut(&mut self.bytes)
    }

    /// The bytes, copied only if a clone holds them.
    pub fn into_vec(self) -> Vec<u8> {
        Arc::unwrap_or_clone(self.bytes)
    }

    /// Whether a clone holds the same bytes.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.bytes) > 1
    }

    /// Bytes allocated, beyond the struct itself.
    pub fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + size_of::<Vec<u8>>() + 2 * size_of::<usize>()
    }
}

impl Deref for StrObj {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<&[u8]> for StrObj {
    fn from(bytes: &[u8]) -> Self {
        StrObj::new(bytes.to_vec())
    }
}

impl std::fmt::Debug for StrObj {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\"", self.bytes.escape_ascii())
    }
}
