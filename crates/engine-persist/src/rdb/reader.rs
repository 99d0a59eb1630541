//! Reads a whole RDB stream, item by item, from a byte source.

use super::crc64::crc64;
use super::error::RdbError;
use super::kind::{VALKEY_VERSIONS, VERSION_READ_MAX, opcodes};
use super::load::{Loaded, load_value};
use super::read::Source;
use super::writer::KeyMeta;
use engine_types::Limits;
use std::io::Read;

/// What a stream consists of.
#[derive(Debug)]
pub enum Item {
    /// A named fact about the stream.
    Aux {
        /// `redis-ver`, `repl-id` …
        name: Vec<u8>,
        /// Its text.
        value: Vec<u8>,
    },
    /// The source of a function library.
    Function(Vec<u8>),
    /// The keys that follow belong to this database.
    SelectDb(u32),
    /// How many keys follow in this database.
    ResizeDb {
        /// All keys.
        keys: u64,
        /// Those with an expiry.
        expiring: u64,
    },
    /// A key whose collection is empty: it is left out, as Redis does.
    EmptyKey(Vec<u8>),
    /// A key.
    Key {
        /// Its name.
        key: Vec<u8>,
        /// Expiry and access data.
        meta: KeyMeta,
        /// Its value.
        value: Loaded,
    },
}

/// Reads items until the end mark, then checks the checksum. Reads no byte beyond the stream's end
/// from its point of view: what it buffered is given back by [`RdbReader::into_rest`].
pub struct RdbReader<R> {
    source: Source<R>,
    limits: Limits,
    version: u32,
    verify: bool,
    ended: bool,
    /// Keys left out because their collection was empty, as Redis does.
    empty_keys: u64,
}

impl<R: Read> RdbReader<R> {
    /// Reads the header. `limits` decide which collections stay packed.
    pub fn new(input: R, limits: Limits) -> Result<Self, RdbError> {
        let mut source = Source::new(input);
        let header: [u8; 9] = source.array()?;
        let version = header_version(&header)?;
        Ok(Self {
            source,
            limits,
            version,
            verify: true,
            ended: false,
            empty_keys: 0,
        })
    }

    /// Sets `rdbchecksum`: whether a checksum other than 0 must match.
    pub fn set_verify(&mut self, verify: bool) {
        self.verify = verify;
    }

    /// The stream's RDB version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Bytes consumed so far.
    pub fn position(&self) -> u64 {
        self.source.position()
    }

    /// Keys left out because they held an empty collection.
    pub fn empty_keys(&self) -> u64 {
        self.empty_keys
    }

    /// The source, and bytes read from it that lie behind the stream.
    pub fn into_rest(self) -> (R, Vec<u8>) {
        self.source.into_rest()
    }

    /// The next item; `None` once, after the end mark and the checksum were read.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator would have to be Result<Item>"
    )]
    pub fn next(&mut self) -> Result<Option<Item>, RdbError> {
        let mut meta = KeyMeta::default();
        while !self.ended {
            let code = self.source.byte()?;
            let item = match code {
                opcodes::EXPIRE_MS => {
                    meta.expire_at_ms = Some(i64::from_le_bytes(self.source.array()?));
                    continue;
                }
                opcodes::EXPIRE_S => {
                    let at = i32::from_le_bytes(self.source.array()?);
                    meta.expire_at_ms = Some(i64::from(at) * 1000);
                    continue;
                }
                opcodes::IDLE => {
                    meta.idle_s = Some(self.source.length()?);
                    continue;
                }
                opcodes::FREQ => {
                    meta.freq = Some(self.source.byte()?);
                    continue;
                }
                opcodes::SLOT_INFO => {
                    for _slot_keys_expiring in 0..3 {
                        self.source.length()?;
                    }
                    continue;
                }
                opcodes::EOF => {
                    self.end()?;
                    continue;
                }
                opcodes::AUX => Item::Aux {
                    name: self.source.string()?,
                    value: self.source.string()?,
                },
                opcodes::FUNCTION2 => Item::Function(self.source.string()?),
                opcodes::SELECT_DB => Item::SelectDb(self.database()?),
                opcodes::RESIZE_DB => Item::ResizeDb {
                    keys: self.source.length()?,
                    expiring: self.source.length()?,
                },
                opcodes::MODULE_AUX => {
                    let id = self.source.length()?;
                    return Err(RdbError::Module(module_name(id)));
                }
                kind => {
                    let key = self.source.string()?;
                    let Some(value) = load_value(&mut self.source, kind, &self.limits)? else {
                        self.empty_keys += 1;
                        return Ok(Some(Item::EmptyKey(key)));
                    };
                    Item::Key { key, meta, value }
                }
            };
            return Ok(Some(item));
        }
        Ok(None)
    }

    fn database(&mut self) -> Result<u32, RdbError> {
        let db = self.source.length()?;
        u32::try_from(db).map_err(|_| self.source.corrupt("a database number beyond 32 bits"))
    }

    fn end(&mut self) -> Result<(), RdbError> {
        self.ended = true;
        // Versions before 5 have no checksum.
        if self.version < 5 {
            return Ok(());
        }
        let computed = self.source.checksum();
        let stated = u64::from_le_bytes(self.source.array()?);
        if self.verify && stated != 0 && stated != computed {
            return Err(RdbError::Checksum { stated, computed });
        }
        Ok(())
    }
}

fn header_version(header: &[u8; 9]) -> Result<u32, RdbError> {
    let number = |digits: &[u8]| {
        digits
            .iter()
            .try_fold(0, |n, d| {
                d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
            })
            .ok_or(RdbError::Magic)
    };
    let (version, known) = if let Some(digits) = header.strip_prefix(b"REDIS") {
        let version = number(digits)?;
        (version, (1..=VERSION_READ_MAX).contains(&version))
    } else if let Some(digits) = header.strip_prefix(b"VALKEY") {
        let version = number(digits)?;
        (version, VALKEY_VERSIONS.contains(&version))
    } else {
        return Err(RdbError::Magic);
    };
    if known {
        Ok(version)
    } else {
        Err(RdbError::Version(version))
    }
}

/// A module's id is its name in nine characters of six bits, and ten bits of version.
fn module_name(id: u64) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..9)
        .map(|k| char::from(ALPHABET[(id >> (58 - 6 * k)) as usize & 63]))
        .collect()
}

/// Reads a DUMP payload. [`RestoreError::Version`] and [`RestoreError::Checksum`] are the same to a
/// client ("DUMP payload version or checksum are wrong"); all else is "Bad data format".
pub fn restore_payload(payload: &[u8], limits: &Limits) -> Result<Loaded, RestoreError> {
    restore_payload_checked(payload, limits, true)
}

/// The same; without `verify` any checksum is taken (DEBUG SET-SKIP-CHECKSUM-VALIDATION).
pub fn restore_payload_checked(
    payload: &[u8],
    limits: &Limits,
    verify: bool,
) -> Result<Loaded, RestoreError> {
    let (body, footer) = payload
        .split_last_chunk::<10>()
        .ok_or(RestoreError::Version)?;
    let version = u32::from(u16::from_le_bytes([footer[0], footer[1]]));
    if version > VERSION_READ_MAX && !VALKEY_VERSIONS.contains(&version) {
        return Err(RestoreError::Version);
    }
    let (summed, stated) = payload.split_at(payload.len() - 8);
    let stated = u64::from_le_bytes(*stated.first_chunk().ok_or(RestoreError::Version)?);
    if verify && stated != crc64(0, summed) {
        return Err(RestoreError::Checksum);
    }
    let mut source = Source::new(body);
    let kind = source.byte()?;
    let value = load_value(&mut source, kind, limits)?.ok_or(RestoreError::Empty)?;
    if source.position() != body.len() as u64 {
        return Err(RestoreError::Trailing);
    }
    Ok(value)
}

/// Why a DUMP payload is refused.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Too short, or made by a newer version.
    #[error("DUMP payload version is wrong")]
    Version,
    /// The checksum does not match.
    #[error("DUMP payload checksum is wrong")]
    Checksum,
    /// The value is an empty collection.
    #[error("DUMP payload holds an empty collection")]
    Empty,
    /// Bytes follow the value.
    #[error("DUMP payload is longer than its value")]
    Trailing,
    /// The value cannot be read.
    #[error(transparent)]
    Value(#[from] RdbError),
}
