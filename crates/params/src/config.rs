//! The configuration of one node: a value for each parameter of the table.
//!
//! Numbers, words and bits are one relaxed atomic load; strings are behind a lock that is held
//! for the copy of a pointer. Writers are serialised, so a change of several parameters is all
//! or nothing among writers; a reader may see a part of it while it is stored.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use parking_lot::{Mutex, RwLock};
use proto_resp::num;

use crate::choices::Named;
use crate::format;
use crate::kind::{Flags, Kind, Param};
use crate::parse::{self, parse};
use crate::table::{ENABLE_PROTECTED_CONFIGS, Id, TABLE, lookup};
use crate::value::{BufferLimit, ClientClass, SavePoint, Value};
use crate::{BIND, LATENCY_TRACKING_INFO_PERCENTILES, OOM_SCORE_ADJ_VALUES, REPLICAOF, SAVE};

/// The parameters' values. Share it behind an `Arc`.
#[derive(Debug)]
pub struct Config {
    numbers: Box<[AtomicI64]>,
    /// A parameter's text; empty for those that are numbers.
    texts: RwLock<Box<[Arc<[u8]>]>>,
    /// `client-output-buffer-limit`: hard bytes, soft bytes, soft seconds of each class.
    limits: [[AtomicU64; 3]; 3],
    writing: Mutex<()>,
}

/// Where a change comes from, and so what it may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The node is starting: immutable and protected parameters may be set.
    pub startup: bool,
    /// The dataset is being loaded: some parameters may not be set.
    pub loading: bool,
    /// The client is on this host, which some protected parameters ask for.
    pub local: bool,
}

/// Why CONFIG SET changed nothing. The text is the reply without its code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// No such parameter.
    #[error("Unknown option or number of arguments for CONFIG SET - '{0}'")]
    Unknown(String),
    /// A value that is refused, or a parameter that may not be set.
    #[error("CONFIG SET failed (possibly related to argument '{name}') - {reason}")]
    Failed {
        /// The parameter at fault, as the client spelled it or as Redis does.
        name: String,
        /// Redis's words.
        reason: String,
    },
    /// The parameter may not be set while the dataset is loaded.
    #[error("Redis is loading the dataset in memory")]
    Loading,
}

impl SetError {
    /// The error code in front of the text.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) | Self::Failed { .. } => "ERR",
            Self::Loading => "LOADING",
        }
    }
}

/// A parameter, the name it goes by (its own or its alias), and the value asked for.
type Request<'a> = (Id, &'static str, &'a [u8]);

/// What is to be stored, with what it replaces.
struct Staged {
    id: Id,
    name: &'static str,
    old: Value,
    new: Value,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// Every parameter at its default.
    #[must_use]
    pub fn new() -> Self {
        let config = Self {
            numbers: TABLE.iter().map(|_| AtomicI64::new(0)).collect(),
            texts: RwLock::new(TABLE.iter().map(|_| Arc::from([])).collect()),
            limits: Default::default(),
            writing: Mutex::new(()),
        };
        for id in Id::all() {
            config.store(id, &default_value(id.param()));
        }
        config
    }

    /// A number, a flag, a word's number or a set of bits.
    #[must_use]
    pub fn int(&self, id: Id) -> i64 {
        self.numbers[usize::from(id.0)].load(Relaxed)
    }

    /// An amount of memory, bytes.
    #[must_use]
    pub fn memory(&self, id: Id) -> u64 {
        debug_assert!(
            matches!(id.param().kind, Kind::Memory { .. }),
            "{}",
            id.name()
        );
        self.int(id).cast_unsigned()
    }

    /// A yes or no.
    #[must_use]
    pub fn flag(&self, id: Id) -> bool {
        debug_assert!(
            matches!(id.param().kind, Kind::Bool { .. }),
            "{}",
            id.name()
        );
        self.int(id) != 0
    }

    /// The word of an enumerated parameter, as Redis prints it.
    #[must_use]
    pub fn choice(&self, id: Id) -> &'static str {
        match id.param().kind {
            Kind::Choice(choices) => format::word(choices, self.int(id)).unwrap_or("unknown"),
            _ => panic!("{} is not enumerated", id.name()),
        }
    }

    /// The word of an enumerated parameter as its Rust type, which must be the table's.
    #[must_use]
    pub fn pick<T: Named>(&self, id: Id) -> T {
        debug_assert!(
            matches!(id.param().kind, Kind::Choice(c) if c == T::CHOICES),
            "{} is of another type",
            id.name()
        );
        T::ALL[self.int(id) as usize]
    }

    /// A string parameter.
    #[must_use]
    pub fn bytes(&self, id: Id) -> Arc<[u8]> {
        Arc::clone(&self.texts.read()[usize::from(id.0)])
    }

    /// A string parameter as text; bytes that are no UTF-8 are replaced.
    #[must_use]
    pub fn text(&self, id: Id) -> String {
        String::from_utf8_lossy(&self.bytes(id)).into_owned()
    }

    /// The output limits of a class of clients.
    #[must_use]
    pub fn buffer_limit(&self, class: ClientClass) -> BufferLimit {
        let [hard, soft, seconds] = &self.limits[class as usize];
        BufferLimit {
            hard_bytes: hard.load(Relaxed),
            soft_bytes: soft.load(Relaxed),
            soft_seconds: seconds.load(Relaxed).cast_signed(),
        }
    }

    /// `save`.
    #[must_use]
    pub fn save_points(&self) -> Vec<SavePoint> {
        let text = self.bytes(SAVE);
        parse::save(&split_spaces(&text)).unwrap_or_default()
    }

    /// `bind`: the addresses, those that may be missing with their minus sign.
    #[must_use]
    pub fn bind(&self) -> Vec<String> {
        self.text(BIND)
            .split(' ')
            .filter(|a| !a.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// `replicaof`: host and port of the primary, if there is one.
    #[must_use]
    pub fn replica_of(&self) -> Option<(String, u16)> {
        let text = self.text(REPLICAOF);
        let (host, port) = text.rsplit_once(' ')?;
        Some((host.to_owned(), port.parse().ok()?))
    }

    /// `latency-tracking-info-percentiles`.
    #[must_use]
    pub fn percentiles(&self) -> Vec<f64> {
        let text = self.bytes(LATENCY_TRACKING_INFO_PERCENTILES);
        split_spaces(&text)
            .into_iter()
            .filter_map(num::parse_f64)
            .collect()
    }

    /// `oom-score-adj-values`: primary, replica, background child.
    #[must_use]
    pub fn oom_score_adj_values(&self) -> [i64; 3] {
        let text = self.bytes(OOM_SCORE_ADJ_VALUES);
        let mut values = [0; 3];
        for (value, word) in values.iter_mut().zip(split_spaces(&text)) {
            *value = num::parse_i64(word).unwrap_or(0);
        }
        values
    }

    /// What CONFIG GET prints for a parameter, secret or not.
    #[must_use]
    pub fn show(&self, id: Id) -> Vec<u8> {
        format::get(&id.param().kind, &self.load(id))
    }

    /// CONFIG GET: names and values that match any of `patterns`. A pattern without `*`, `?` and
    /// `[` is a name and is given back as the client spelled it. `glob` gets the pattern in
    /// lower case and a name; names have no upper case, so the match ignores case.
    #[must_use]
    pub fn get(
        &self,
        patterns: &[&[u8]],
        glob: fn(&[u8], &[u8]) -> bool,
    ) -> Vec<(String, Vec<u8>)> {
        let mut found: Vec<(String, Vec<u8>)> = Vec::new();
        for pattern in patterns {
            if !pattern.iter().any(|b| b"[*?".contains(b)) {
                let shown = |id: &Id| !id.param().flags.contains(Flags::SECRET);
                if let Some(id) = lookup(pattern).map(|(id, _)| id).filter(shown) {
                    self.add_match(&mut found, id, &String::from_utf8_lossy(pattern));
                }
                continue;
            }
            let pattern = pattern.to_ascii_lowercase();
            for id in Id::all() {
                let entry = id.param();
                if entry.flags.intersects(Flags::HIDDEN | Flags::SECRET) {
                    continue;
                }
                for name in std::iter::once(entry.name).chain(entry.alias) {
                    if glob(&pattern, name.as_bytes()) {
                        self.add_match(&mut found, id, name);
                    }
                }
            }
        }
        found
    }

    fn add_match(&self, found: &mut Vec<(String, Vec<u8>)>, id: Id, name: &str) {
        if !found
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
        {
            found.push((name.to_owned(), self.show(id)));
        }
    }

    /// CONFIG SET of `pairs`, all or nothing; answers which parameters now have another value.
    /// With `at_startup` immutable and protected parameters are set, too. For a change that has
    /// to be carried out (a port, a file) use [`Config::set_and_apply`].
    ///
    /// # Errors
    /// [`SetError`], whose text is Redis's; nothing was changed.
    pub fn set(&self, pairs: &[(&[u8], &[u8])], at_startup: bool) -> Result<Vec<Id>, SetError> {
        let origin = Origin {
            startup: at_startup,
            ..Origin::default()
        };
        self.set_and_apply(pairs, origin, &mut |_| Ok(()))
    }

    /// As [`Config::set`], and calls `apply` for each parameter whose value changed, after all
    /// are stored. If `apply` refuses one with a reason, all are restored and those already
    /// applied are applied again.
    ///
    /// # Errors
    /// [`SetError`], whose text is Redis's; nothing was changed.
    pub fn set_and_apply(
        &self,
        pairs: &[(&[u8], &[u8])],
        origin: Origin,
        apply: &mut dyn FnMut(Id) -> Result<(), String>,
    ) -> Result<Vec<Id>, SetError> {
        let named = self.resolve(pairs, origin)?;
        let _writing = self.writing.lock();
        let staged = self.stage(&named)?;
        for change in &staged {
            self.store(change.id, &change.new);
        }
        let changed: Vec<Id> = changed_ids(&staged);
        for (done, id) in changed.iter().enumerate() {
            let Err(reason) = apply(*id) else { continue };
            for change in staged.iter().rev() {
                self.store(change.id, &change.old);
            }
            for applied in &changed[..done] {
                // The old value worked before; if it doesn't now, there is none better.
                let _ = apply(*applied);
            }
            let at_fault = staged.iter().find(|change| change.id == *id);
            let name = at_fault.map_or(id.name(), |change| change.name);
            return Err(SetError::Failed {
                name: name.to_owned(),
                reason,
            });
        }
        Ok(changed)
    }

    /// Which parameters `pairs` name, and whether they may be set; the first fault counts.
    fn resolve<'a>(
        &self,
        pairs: &[(&[u8], &'a [u8])],
        origin: Origin,
    ) -> Result<Vec<Request<'a>>, SetError> {
        let mut named: Vec<Request<'a>> = Vec::with_capacity(pairs.len());
        for (spelled, value) in pairs {
            let spelled_text = || one_line(spelled);
            let (id, name) = lookup(spelled).ok_or_else(|| SetError::Unknown(spelled_text()))?;
            let failed = |reason: &str| SetError::Failed {
                name: spelled_text(),
                reason: reason.to_owned(),
            };
            let flags = id.param().flags;
            if !origin.startup && flags.contains(Flags::IMMUTABLE) {
                return Err(failed("can't set immutable config"));
            }
            if flags.contains(Flags::PROTECTED) && !self.protected_allowed(origin) {
                return Err(failed("can't set protected config"));
            }
            if origin.loading && flags.contains(Flags::DENY_LOADING) {
                return Err(SetError::Loading);
            }
            if named.iter().any(|(_, before, _)| *before == name) {
                return Err(failed("duplicate parameter"));
            }
            named.push((id, name, value));
        }
        Ok(named)
    }

    fn protected_allowed(&self, origin: Origin) -> bool {
        match self.choice(ENABLE_PROTECTED_CONFIGS) {
            "yes" => true,
            "local" => origin.startup || origin.local,
            _ => origin.startup,
        }
    }

    fn stage(&self, named: &[Request<'_>]) -> Result<Vec<Staged>, SetError> {
        let mut staged: Vec<Staged> = Vec::with_capacity(named.len());
        for &(id, name, value) in named {
            let entry = id.param();
            // A name and its alias in one command change the same value one after the other.
            let before = staged.iter().rev().find(|change| change.id == id);
            let old = before.map_or_else(|| self.load(id), |change| change.new.clone());
            let words = match value {
                _ if !entry.flags.contains(Flags::MULTI) => vec![value],
                b"" => Vec::new(),
                _ => split_spaces(value),
            };
            let new = parse(&entry.kind, &words, &old).map_err(|reason| SetError::Failed {
                name: name.to_owned(),
                reason: reason.into_owned(),
            })?;
            staged.push(Staged { id, name, old, new });
        }
        Ok(staged)
    }

    /// Sets a parameter the way a configuration file does, with the directive's words.
    pub(crate) fn set_words(&self, id: Id, words: &[&[u8]]) -> Result<(), parse::Reason> {
        let _writing = self.writing.lock();
        let value = parse(&id.param().kind, words, &self.load(id))?;
        self.store(id, &value);
        Ok(())
    }

    /// Records what the node itself decided (the working directory as an absolute path, the
    /// primary after REPLICAOF), immutable or not. `words` as in a configuration file.
    ///
    /// # Errors
    /// [`SetError::Failed`] if the value is not one of the parameter's.
    pub fn put(&self, id: Id, words: &[&[u8]]) -> Result<(), SetError> {
        self.set_words(id, words)
            .map_err(|reason| SetError::Failed {
                name: id.name().to_owned(),
                reason: reason.into_owned(),
            })
    }

    pub(crate) fn load(&self, id: Id) -> Value {
        match id.param().kind {
            Kind::OutputBufferLimits => {
                Value::Limits(ClientClass::ALL.map(|class| self.buffer_limit(class)))
            }
            kind if is_text(&kind) => Value::Text(self.bytes(id)),
            _ => Value::Number(self.int(id)),
        }
    }

    fn store(&self, id: Id, value: &Value) {
        match value {
            Value::Number(number) => self.numbers[usize::from(id.0)].store(*number, Relaxed),
            Value::Text(text) => self.texts.write()[usize::from(id.0)] = Arc::clone(text),
            Value::Limits(limits) => {
                for (cells, limit) in self.limits.iter().zip(limits) {
                    cells[0].store(limit.hard_bytes, Relaxed);
                    cells[1].store(limit.soft_bytes, Relaxed);
                    cells[2].store(limit.soft_seconds.cast_unsigned(), Relaxed);
                }
            }
        }
    }
}

fn is_text(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Text(_)
            | Kind::Save
            | Kind::OomScoreAdjValues
            | Kind::Bind
            | Kind::ReplicaOf
            | Kind::Percentiles
    )
}

/// The table's default, parsed. The tests parse every one.
pub(crate) fn default_value(entry: &Param) -> Value {
    let text = entry.default.as_bytes();
    let words = match entry.kind {
        _ if !entry.flags.contains(Flags::MULTI) => vec![text],
        _ => split_spaces(text),
    };
    match parse(&entry.kind, &words, &Value::Number(0)) {
        Ok(value) => value,
        Err(reason) => panic!("default of {}: {reason}", entry.name),
    }
}

fn split_spaces(text: &[u8]) -> Vec<&[u8]> {
    text.split(|b| *b == b' ').collect()
}

/// A client's spelling inside an error reply, which is one line.
fn one_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).replace(['\r', '\n'], " ")
}

fn changed_ids(staged: &[Staged]) -> Vec<Id> {
    let mut ids = Vec::new();
    for change in staged {
        let volatile = change.id.param().flags.contains(Flags::VOLATILE);
        if (volatile || change.old != change.new) && !ids.contains(&change.id) {
            ids.push(change.id);
        }
    }
    ids
}
