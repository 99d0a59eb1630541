//! When a value leaves its packed encoding: the thresholds of Redis's parameters.

/// Passed to whatever can grow a value. The defaults are Redis 7.2's.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `hash-max-listpack-entries`
    pub hash_max_listpack_entries: usize,
    /// `hash-max-listpack-value`, bytes
    pub hash_max_listpack_value: usize,
    /// `set-max-intset-entries`
    pub set_max_intset_entries: usize,
    /// `set-max-listpack-entries`
    pub set_max_listpack_entries: usize,
    /// `set-max-listpack-value`, bytes
    pub set_max_listpack_value: usize,
    /// `zset-max-listpack-entries`
    pub zset_max_listpack_entries: usize,
    /// `zset-max-listpack-value`, bytes
    pub zset_max_listpack_value: usize,
    /// `list-max-listpack-size`: an entry count, or -1 to -5 for 4 to 64 KB
    pub list_max_listpack_size: i32,
    /// `stream-node-max-bytes`, 0 for no limit
    pub stream_node_max_bytes: usize,
    /// `stream-node-max-entries`, 0 for no limit
    pub stream_node_max_entries: usize,
    /// Seed of the element hashes of large values; random for each process, so that nobody
    /// can prepare colliding elements.
    pub hash_seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            hash_max_listpack_entries: 512,
            hash_max_listpack_value: 64,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            list_max_listpack_size: -2,
            stream_node_max_bytes: 4096,
            stream_node_max_entries: 100,
            hash_seed: 0x5EED_E1A5_7A9E_0001,
        }
    }
}

impl Limits {
    /// What one packed piece of a list may hold.
    pub(crate) fn list_piece(&self) -> PieceLimit {
        match self.list_max_listpack_size {
            size if size >= 0 => PieceLimit {
                bytes: 8192,
                // Redis takes 0 for 1.
                count: (size as usize).max(1),
            },
            size => {
                let level = size.unsigned_abs().clamp(1, 5);
                PieceLimit {
                    bytes: 4096 << (level - 1),
                    count: usize::MAX,
                }
            }
        }
    }
}

/// Bytes and entries one listpack of a list may have; a single larger entry is let be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PieceLimit {
    pub(crate) bytes: usize,
    pub(crate) count: usize,
}

impl PieceLimit {
    pub(crate) fn allows(&self, bytes: usize, count: usize) -> bool {
        bytes <= self.bytes && count <= self.count
    }
}
