//! What a unit did, encoded as it happens, ready for one append.

/// Who reads an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EffectClass {
    /// Replicas and the append-only file.
    #[default]
    All,
    /// Replicas only: PING, REPLCONF GETACK, PUBLISH, `redis.set_repl(REPL_REPLICA)`.
    ReplicaOnly,
    /// The append-only file only: `redis.set_repl(REPL_AOF)`, timestamps. Such bytes do not count
    /// in the replication offset.
    AofOnly,
}

/// One effect inside [`EffectBuf`]'s bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effect {
    pub(super) db: Option<u32>,
    pub(super) class: EffectClass,
    pub(super) end: usize,
}

/// The effects of the unit that runs on this thread. One buffer a thread, cleared by the append.
#[derive(Debug, Default)]
pub struct EffectBuf {
    bytes: Vec<u8>,
    effects: Vec<Effect>,
}

/// Above this capacity the buffer is given back after a unit: one huge SET must not stay with
/// every thread for good.
const CAPACITY_KEPT: usize = 256 * 1024;

impl EffectBuf {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an effect on database `db` for every reader.
    pub fn push(&mut self, db: u32, argv: &[&[u8]]) {
        self.push_class(Some(db), argv, EffectClass::All);
    }

    /// Adds an effect for some readers; `db` is `None` where the command acts on no database
    /// (PUBLISH), so that no SELECT precedes it.
    pub fn push_class(&mut self, db: Option<u32>, argv: &[&[u8]], class: EffectClass) {
        encode_command(&mut self.bytes, argv);
        self.effects.push(Effect {
            db,
            class,
            end: self.bytes.len(),
        });
    }

    /// Number of effects collected.
    pub fn len(&self) -> usize {
        self.effects.len()
    }

    /// Whether the unit has changed nothing so far.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }

    /// Encoded bytes collected, without SELECT and MULTI frame.
    pub fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Drops the effects: a replica's own handlers write none, its primary's bytes stand for them.
    pub fn clear(&mut self) {
        self.effects.clear();
        self.bytes.clear();
        if self.bytes.capacity() > CAPACITY_KEPT {
            self.bytes.shrink_to(CAPACITY_KEPT);
        }
    }

    /// The effects with their encoded bytes, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Effect, &[u8])> {
        self.effects.iter().scan(0, |start, effect| {
            let span = &self.bytes[*start..effect.end];
            *start = effect.end;
            Some((effect, span))
        })
    }
}

/// Appends `argv` as a RESP array of bulk strings, the form every reader of the journal expects.
pub fn encode_command(out: &mut Vec<u8>, argv: &[&[u8]]) {
    let payload: usize = argv.iter().map(|arg| arg.len() + 16).sum();
    out.reserve(payload + 16);
    let mut digits = itoa::Buffer::new();
    out.push(b'*');
    out.extend_from_slice(digits.format(argv.len()).as_bytes());
    out.extend_from_slice(b"\r\n");
    for arg in argv {
        out.push(b'$');
        out.extend_from_slice(digits.format(arg.len()).as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_keep_their_order_and_bytes() {
        let mut buf = EffectBuf::new();
        buf.push(0, &[b"SET", b"k", b""]);
        buf.push_class(None, &[b"PING"], EffectClass::ReplicaOnly);
        let seen: Vec<_> = buf.iter().map(|(e, b)| (e.db, e.class, b)).collect();
        assert_eq!(
            seen,
            [
                (
                    Some(0),
                    EffectClass::All,
                    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n".as_slice()
                ),
                (
                    None,
                    EffectClass::ReplicaOnly,
                    b"*1\r\n$4\r\nPING\r\n".as_slice()
                ),
            ]
        );
        buf.clear();
        assert!(buf.is_empty() && buf.bytes_len() == 0);
    }

    #[test]
    fn a_huge_effect_does_not_stay_in_memory() {
        let mut buf = EffectBuf::new();
        buf.push(0, &[b"SET", b"k", &vec![b'x'; 4 << 20]]);
        buf.clear();
        assert!(buf.bytes.capacity() <= CAPACITY_KEPT * 2);
    }
}
