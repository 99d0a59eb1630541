//! Fingerprints of values and data sets, as Redis's DEBUG DIGEST computes them, so that two servers can be compared.
//!
//! What has an order is *mixed* (hash of the digest so far, changed by what comes), what has none is *xored*.

use engine_dispatch::{Server, StringRef};
use engine_keyspace::{EntryRef, Value};
use engine_types::{ItemRef, Object, StreamId};
use proto_resp::num::{INT_LEN_MAX, write_score};
use sha1::{Digest as _, Sha1};

/// A fingerprint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 20]);

impl Fingerprint {
    /// Adds something whose place does not matter.
    pub(super) fn xor(&mut self, bytes: &[u8]) {
        for (byte, hashed) in self.0.iter_mut().zip(Sha1::digest(bytes)) {
            *byte ^= hashed;
        }
    }

    /// Adds something whose place matters.
    pub(super) fn mix(&mut self, bytes: &[u8]) {
        self.xor(bytes);
        self.0 = Sha1::digest(self.0).into();
    }

    fn mix_item(&mut self, item: ItemRef<'_>) {
        let mut buffer = [0; INT_LEN_MAX];
        self.mix(item.as_bytes(&mut buffer));
    }

    fn xor_item(&mut self, item: ItemRef<'_>) {
        let mut buffer = [0; INT_LEN_MAX];
        self.xor(item.as_bytes(&mut buffer));
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// In hexadecimal digits.
    pub(super) fn text(&self) -> String {
        hex::encode(self.0)
    }
}

/// Adds a value and its expiry.
pub(super) fn add_value(server: &Server, entry: EntryRef<'_>, digest: &mut Fingerprint) {
    /// Redis's numbers of the types.
    const STRING: u32 = 0;
    const LIST: u32 = 1;
    const SET: u32 = 2;
    const ZSET: u32 = 3;
    const HASH: u32 = 4;
    const STREAM: u32 = 6;
    let mut begin = |kind: u32| digest.mix(&kind.to_be_bytes());
    match (entry.object(), entry.value()) {
        (None | Some(Object::Str(_)), value) => {
            begin(STRING);
            let text = match value {
                Value::Int(n) => StringRef::Int(n).to_vec(),
                Value::Bytes(bytes) => bytes.to_vec(),
                Value::Object(_) => Vec::new(),
            };
            digest.mix(&text);
        }
        (Some(Object::List(list)), _) => {
            begin(LIST);
            list.iter().for_each(|item| digest.mix_item(item));
        }
        (Some(Object::Set(set)), _) => {
            begin(SET);
            set.iter().for_each(|member| digest.xor_item(member));
        }
        (Some(Object::ZSet(zset)), _) => {
            begin(ZSET);
            let digits = server.dialect.digits;
            for (member, score) in zset.iter() {
                let mut element = Fingerprint::default();
                element.mix_item(member);
                let mut text = Vec::new();
                write_score(&mut text, score, digits);
                element.mix(&text);
                digest.xor(element.bytes());
            }
        }
        (Some(Object::Hash(hash)), _) => {
            begin(HASH);
            for (field, value) in hash.iter() {
                let mut element = Fingerprint::default();
                element.mix_item(field);
                element.mix_item(value);
                digest.xor(element.bytes());
            }
        }
        (Some(Object::Stream(stream)), _) => {
            begin(STREAM);
            for entry in stream.entries().range(StreamId::MIN, StreamId::MAX) {
                let StreamId { ms, seq } = entry.id();
                digest.mix(format!("{ms}.{seq}").as_bytes());
                for (name, value) in entry.fields() {
                    digest.mix_item(name);
                    digest.mix_item(value);
                }
            }
        }
    }
    if entry.expire_at().is_some() {
        digest.xor(b"!!expire!!");
    }
}
