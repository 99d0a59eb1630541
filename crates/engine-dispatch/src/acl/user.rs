//! A user: whether it may log in, with which passwords, and what its selectors allow.

use super::rules::RuleError;
use super::selector::{Access, Denied, Selector, channel_is_among};
use crate::command::KeyFlags;
use crate::table::{CommandTable, Registered};
use bitflags::bitflags;
use sha2::{Digest, Sha256};

bitflags! {
    /// A user's marks.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct UserFlags: u8 {
        const ON = 1;
        const NOPASS = 1 << 1;
        const SKIP_SANITIZE = 1 << 2;
        const SANITIZE = 1 << 3;
    }
}

/// SHA-256 of a password.
type Hash = [u8; 32];

/// A user as it stands at one moment: a change makes another with the same id.
#[derive(Debug, Clone)]
pub struct User {
    /// Which user this is: one that is made anew under an old name has another id.
    pub id: u64,
    pub name: Box<[u8]>,
    pub flags: UserFlags,
    passwords: Vec<Hash>,
    /// The root first.
    selectors: Vec<Selector>,
}

/// What rules are read by.
#[derive(Clone, Copy)]
pub struct RuleBook<'a> {
    pub table: &'a CommandTable,
    /// `acl-pubsub-default allchannels`.
    pub all_channels: bool,
    /// New users say `sanitize-payload` of themselves, and rules that change nothing are shown (from 7.2 on).
    pub sanitize: bool,
}

impl User {
    /// A user that may do nothing, not even log in.
    #[must_use]
    pub(super) fn new(book: RuleBook<'_>, id: u64, name: &[u8]) -> Self {
        let flags = if book.sanitize {
            UserFlags::SANITIZE
        } else {
            UserFlags::empty()
        };
        Self {
            id,
            name: name.into(),
            flags,
            passwords: Vec::new(),
            selectors: vec![Selector::new(book.table, book.all_channels, !book.sanitize)],
        }
    }

    /// A user that may do everything, without a password.
    #[must_use]
    pub(super) fn unrestricted(commands: usize, sanitize: bool, id: u64, name: &[u8]) -> Self {
        let mut flags = UserFlags::ON | UserFlags::NOPASS;
        flags.set(UserFlags::SANITIZE, sanitize);
        Self {
            id,
            name: name.into(),
            flags,
            passwords: Vec::new(),
            selectors: vec![Selector::unrestricted(commands, !sanitize)],
        }
    }

    /// Whether nothing is refused to the user.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.selectors.iter().any(Selector::allows_all)
    }

    /// Carries out one rule of ACL SETUSER.
    ///
    /// # Errors
    /// What is wrong with it; the user may then be half changed.
    pub fn apply(&mut self, book: RuleBook<'_>, rule: &[u8]) -> Result<(), RuleError> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        match rule {
            [] => {}
            _ if is("on") => self.flags |= UserFlags::ON,
            _ if is("off") => self.flags -= UserFlags::ON,
            _ if is("skip-sanitize-payload") => {
                self.flags -= UserFlags::SANITIZE;
                self.flags |= UserFlags::SKIP_SANITIZE;
            }
            _ if is("sanitize-payload") => {
                self.flags -= UserFlags::SKIP_SANITIZE;
                self.flags |= UserFlags::SANITIZE;
            }
            _ if is("nopass") => {
                self.flags |= UserFlags::NOPASS;
                self.passwords.clear();
            }
            _ if is("resetpass") => {
                self.flags -= UserFlags::NOPASS;
                self.passwords.clear();
            }
            _ if is("clearselectors") => self.selectors.truncate(1),
            _ if is("reset") => self.reset(book),
            [b'>', password @ ..] => self.add_password(hash(password)),
            [b'#', hex @ ..] => self.add_password(parse_hash(hex)?),
            [b'<', password @ ..] => self.remove_password(&hash(password))?,
            [b'!', hex @ ..] => self.remove_password(&parse_hash(hex)?)?,
            [b'(', rules @ .., b')'] => {
                let mut selector = Selector::new(book.table, false, !book.sanitize);
                for rule in proto_resp::inline::split(rules).unwrap_or_default() {
                    selector.apply(book.table, &rule)?;
                }
                self.selectors.push(selector);
            }
            _ => match self.selectors.first_mut() {
                Some(root) => root.apply(book.table, rule)?,
                None => return Err(RuleError::Syntax),
            },
        }
        Ok(())
    }

    fn reset(&mut self, book: RuleBook<'_>) {
        self.flags = UserFlags::SANITIZE;
        self.passwords.clear();
        self.selectors = vec![Selector::new(book.table, book.all_channels, !book.sanitize)];
    }

    fn add_password(&mut self, hash: Hash) {
        if !self.passwords.contains(&hash) {
            self.passwords.push(hash);
        }
        self.flags -= UserFlags::NOPASS;
    }

    fn remove_password(&mut self, hash: &Hash) -> Result<(), RuleError> {
        let at = self.passwords.iter().position(|p| p == hash);
        self.passwords.remove(at.ok_or(RuleError::NoSuchPassword)?);
        Ok(())
    }

    /// Whether the user may log in with this password. Takes as long for a wrong one as for a right one.
    #[must_use]
    pub fn accepts(&self, password: &[u8]) -> bool {
        if !self.flags.contains(UserFlags::ON) {
            return false;
        }
        if self.flags.contains(UserFlags::NOPASS) {
            return true;
        }
        let given = hash(password);
        let mut found = false;
        for known in &self.passwords {
            found |= is_same(&given, known);
        }
        found
    }

    /// Whether a connection is logged in as this user without a password (the default user's).
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.flags.contains(UserFlags::ON | UserFlags::NOPASS)
    }

    /// Checks a command. Of what several selectors refuse, the last argument is told.
    ///
    /// # Errors
    /// What is refused.
    pub fn check(&self, command: &Registered, args: &[&[u8]]) -> Result<(), Denied> {
        let mut keys = None;
        let mut worst = Denied::Command;
        for selector in &self.selectors {
            match selector.check(command, args, &mut keys) {
                Ok(()) => return Ok(()),
                Err(denied) => worst = worst.max(denied),
            }
        }
        Err(worst)
    }

    /// Whether a key may be used in this way.
    #[must_use]
    pub fn allows_key(&self, key: &[u8], flags: KeyFlags) -> bool {
        self.selectors.iter().any(|s| s.allows_key(key, flags))
    }

    /// Whether a command may run and may, besides, use every key in this way (SORT BY, SORT GET).
    #[must_use]
    pub fn allows_with_every_key(
        &self,
        command: &Registered,
        args: &[&[u8]],
        flags: KeyFlags,
    ) -> bool {
        let mut keys = None;
        self.selectors.iter().any(|s| {
            s.check(command, args, &mut keys).is_ok() && s.allows_every_key(Access::needed(flags))
        })
    }

    /// Whether a channel may be used; a pattern only as it stands in a rule.
    #[must_use]
    pub fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.selectors
            .iter()
            .any(|s| s.allows_channel(channel, is_pattern))
    }

    /// The channels left to those who were subscribed under `old`, if any are taken away from them.
    #[must_use]
    pub(super) fn channels_left(&self, old: &User) -> Option<ChannelsLeft> {
        let mut left: Vec<Box<[u8]>> = Vec::new();
        for selector in &self.selectors {
            left.extend(selector.channels()?.iter().cloned());
        }
        let all_kept = old.selectors.iter().all(|s| {
            s.channels()
                .is_some_and(|channels| channels.iter().all(|c| left.contains(c)))
        });
        (!all_kept).then_some(ChannelsLeft(left))
    }

    /// The marks in Redis's order.
    #[must_use]
    pub fn marks(&self) -> Vec<&'static str> {
        let has = |flag| self.flags.contains(flag);
        let mut marks = vec![if has(UserFlags::ON) { "on" } else { "off" }];
        for (flag, name) in [
            (UserFlags::NOPASS, "nopass"),
            (UserFlags::SKIP_SANITIZE, "skip-sanitize-payload"),
            (UserFlags::SANITIZE, "sanitize-payload"),
        ] {
            marks.extend(has(flag).then_some(name));
        }
        marks
    }

    /// The passwords' hashes in hexadecimal.
    #[must_use]
    pub fn hashes(&self) -> Vec<String> {
        self.passwords.iter().map(hex::encode).collect()
    }

    /// The root selector and those beside it.
    #[must_use]
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// The user's line in ACL LIST and in files: `user name …`.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        let mut line = [b"user ", &self.name[..], b" "].concat();
        for mark in self.marks() {
            line.extend(format!("{mark} ").bytes());
        }
        for hash in self.hashes() {
            line.extend(format!("#{hash} ").bytes());
        }
        for (n, selector) in self.selectors.iter().enumerate() {
            let rules = selector.describe();
            if n == 0 {
                line.extend(rules);
            } else {
                line.extend_from_slice(b" (");
                line.extend(rules);
                line.push(b')');
            }
        }
        line
    }
}

/// The channels that a user may still use after a change that took some away.
#[derive(Debug, Clone)]
pub struct ChannelsLeft(Vec<Box<[u8]>>);

impl ChannelsLeft {
    /// Whether a subscription may stay.
    #[must_use]
    pub fn allows(&self, channel: &[u8], is_pattern: bool) -> bool {
        channel_is_among(&self.0, channel, is_pattern)
    }
}

fn hash(password: &[u8]) -> Hash {
    Sha256::digest(password).into()
}

fn parse_hash(text: &[u8]) -> Result<Hash, RuleError> {
    let lower = text
        .iter()
        .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b));
    let mut hash = [0; 32];
    if !lower || hex::decode_to_slice(text, &mut hash).is_err() {
        return Err(RuleError::Hash);
    }
    Ok(hash)
}

/// Compares in a time that tells nothing of where two hashes differ.
fn is_same(a: &Hash, b: &Hash) -> bool {
    let differences = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differences) == 0
}
