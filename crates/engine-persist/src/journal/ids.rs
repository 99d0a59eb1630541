//! Names of histories: which byte streams are the same up to which offset.

use std::fmt;
use std::str::FromStr;

/// The name of one history of writes: 40 lowercase hex digits on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplId([u8; 40]);

/// Text that is no replication id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a replication id is 40 characters")]
pub struct ReplIdError;

impl ReplId {
    /// Makes an id of 20 random bytes.
    pub fn from_random(random: [u8; 20]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut id = [0; 40];
        for (pair, byte) in id.chunks_exact_mut(2).zip(random) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        Self(id)
    }

    /// Takes an id as it came over the wire. Redis checks only the length; so do we.
    pub fn parse(text: &[u8]) -> Result<Self, ReplIdError> {
        let id: [u8; 40] = text.try_into().map_err(|_| ReplIdError)?;
        if id.iter().all(u8::is_ascii_graphic) {
            Ok(Self(id))
        } else {
            Err(ReplIdError)
        }
    }

    /// The 40 characters.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The 40 characters as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl fmt::Display for ReplId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ReplId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReplId {
    type Err = ReplIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes())
    }
}

/// An earlier name of the current history, valid up to an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerId {
    /// The id this history had.
    pub id: ReplId,
    /// Bytes before this offset are the same under both names.
    pub end: u64,
}

/// How many former names are kept. Redis keeps one (`replid2`); chained failovers A → B → C among
/// our own nodes resync partially with more.
pub const FORMER_IDS_MAX: usize = 4;

/// The current id and the former ones, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplIds {
    /// `master_replid`.
    pub current: ReplId,
    /// `former[0]` is `master_replid2` with `second_repl_offset = end + 1`.
    pub former: Vec<FormerId>,
}

impl ReplIds {
    /// A history that has no past.
    pub fn new(current: ReplId) -> Self {
        Self {
            current,
            former: Vec::new(),
        }
    }

    /// From offset `end` on the history goes by the name `new`.
    pub fn rename(&mut self, new: ReplId, end: u64) {
        let old = std::mem::replace(&mut self.current, new);
        self.former.insert(0, FormerId { id: old, end });
        self.former.truncate(FORMER_IDS_MAX);
    }

    /// Whether someone who holds the first `position` bytes of history `id` holds a prefix of ours.
    pub fn shares_prefix(&self, id: &ReplId, position: u64) -> bool {
        self.current == *id
            || self
                .former
                .iter()
                .any(|former| former.id == *id && position <= former.end)
    }

    /// `master_replid2` and `second_repl_offset` as INFO prints them.
    pub fn second(&self) -> (String, i64) {
        self.former.first().map_or_else(
            || ("0".repeat(40), -1),
            |former| (former.id.to_string(), former.end as i64 + 1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(byte: u8) -> ReplId {
        ReplId::from_random([byte; 20])
    }

    #[test]
    fn ids_are_forty_hex_digits() {
        assert_eq!(id(0xa5).as_str(), "a5".repeat(20));
        assert_eq!(ReplId::parse(id(7).as_bytes()), Ok(id(7)));
        assert_eq!(ReplId::parse(b"?"), Err(ReplIdError));
        assert_eq!(ReplId::parse(&[0xff; 40]), Err(ReplIdError));
    }

    #[test]
    fn former_names_hold_up_to_their_end() {
        let mut ids = ReplIds::new(id(1));
        assert_eq!(ids.second(), ("0".repeat(40), -1));
        ids.rename(id(2), 100);
        ids.rename(id(3), 150);
        assert!(ids.shares_prefix(&id(3), 1_000));
        assert!(ids.shares_prefix(&id(2), 150) && !ids.shares_prefix(&id(2), 151));
        assert!(ids.shares_prefix(&id(1), 100) && !ids.shares_prefix(&id(1), 101));
        assert!(!ids.shares_prefix(&id(9), 0));
        assert_eq!(ids.second(), (id(2).to_string(), 151));
    }

    #[test]
    fn the_history_of_names_is_short() {
        let mut ids = ReplIds::new(id(0));
        for n in 1..10 {
            ids.rename(id(n), u64::from(n));
        }
        assert_eq!(ids.former.len(), FORMER_IDS_MAX);
        assert!(ids.shares_prefix(&id(5), 6) && !ids.shares_prefix(&id(4), 0));
    }
}
