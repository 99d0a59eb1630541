//! A selector: which commands, keys and channels a set of rules allows. A user has a root selector and any number
//! beside it; what one of them allows is allowed.

use super::rules::RuleError;
use crate::command::{Acl, KeyFlags};
use crate::key_access::{self, KeyUse};
use crate::table::{CommandTable, Registered};
use bitflags::bitflags;
use engine_types::glob;
use std::collections::HashMap;

bitflags! {
    /// What a key pattern allows.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Access: u8 {
        const READ = 1;
        const WRITE = 1 << 1;
    }
}

impl Access {
    /// What a use of a key needs: to see its content is reading, to change, add or remove it is writing. Looking
    /// only whether it is there, or how long, needs neither.
    #[must_use]
    pub fn needed(flags: KeyFlags) -> Self {
        let mut needed = Self::empty();
        if flags.contains(KeyFlags::ACCESS) {
            needed |= Self::READ;
        }
        if flags.intersects(KeyFlags::INSERT | KeyFlags::DELETE | KeyFlags::UPDATE) {
            needed |= Self::WRITE;
        }
        needed
    }
}

/// A pattern of keys with what it allows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyPattern {
    access: Access,
    pattern: Box<[u8]>,
}

/// Why a selector refuses a command: argument 0 for the command itself, else that of the key or channel. In order of
/// what is told where several selectors refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Denied {
    Command,
    Key(usize),
    Channel(usize),
}

/// The commands that are allowed, by index in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CommandSet(Box<[u64]>);

impl CommandSet {
    fn new(commands: usize, value: bool) -> Self {
        let word = if value { u64::MAX } else { 0 };
        Self(vec![word; commands.div_ceil(64)].into())
    }

    fn has(&self, id: usize) -> bool {
        self.0.get(id / 64).is_some_and(|w| w >> (id % 64) & 1 == 1)
    }

    fn put(&mut self, id: usize, value: bool) {
        if let Some(word) = self.0.get_mut(id / 64) {
            let bit = 1 << (id % 64);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }
}

/// A set of rules.
#[derive(Debug, Clone)]
pub struct Selector {
    commands: CommandSet,
    /// Every command, those to come included, and none taken out since.
    all_commands: bool,
    /// The rules began with `+@all`.
    future_commands: bool,
    /// Rules for commands in the order they were given, each `+get`, `-@write`, `+config|get`.
    rules: Vec<String>,
    /// Rules that change nothing are not kept (before 7.2).
    terse: bool,
    /// First arguments by which a command is allowed that otherwise is not (`+select|0`), in lower case.
    first_args: HashMap<usize, Vec<Box<[u8]>>>,
    all_keys: bool,
    keys: Vec<KeyPattern>,
    all_channels: bool,
    channels: Vec<Box<[u8]>>,
}

impl Selector {
    /// One that allows nothing, or all channels where `acl-pubsub-default` says so.
    #[must_use]
    pub(super) fn new(table: &CommandTable, all_channels: bool, terse: bool) -> Self {
        Self {
            commands: CommandSet::new(table.len(), false),
            all_commands: false,
            future_commands: false,
            rules: Vec::new(),
            terse,
            first_args: HashMap::new(),
            all_keys: false,
            keys: Vec::new(),
            all_channels,
            channels: Vec::new(),
        }
    }

    /// One that allows everything.
    #[must_use]
    pub(super) fn unrestricted(commands: usize, terse: bool) -> Self {
        Self {
            commands: CommandSet::new(commands, true),
            all_commands: true,
            future_commands: true,
            rules: Vec::new(),
            terse,
            first_args: HashMap::new(),
            all_keys: true,
            keys: Vec::new(),
            all_channels: true,
            channels: Vec::new(),
        }
    }

    /// Whether nothing is refused.
    #[must_use]
    pub fn allows_all(&self) -> bool {
        self.all_commands && self.all_keys && self.all_channels
    }

    /// Carries out one rule.
    pub(super) fn apply(&mut self, table: &CommandTable, rule: &[u8]) -> Result<(), RuleError> {
        let before = self.terse.then(|| self.clone());
        self.carry_out(table, rule)?;
        if let Some(before) = before
            && before.commands == self.commands
            && before.first_args == self.first_args
            && before.future_commands == self.future_commands
        {
            self.rules = before.rules;
        }
        Ok(())
    }

    fn carry_out(&mut self, table: &CommandTable, rule: &[u8]) -> Result<(), RuleError> {
        let is = |word: &str| rule.eq_ignore_ascii_case(word.as_bytes());
        match rule {
            _ if is("allkeys") || rule == b"~*" => self.set_keys(true),
            _ if is("resetkeys") => self.set_keys(false),
            _ if is("allchannels") || rule == b"&*" => self.set_channels(true),
            _ if is("resetchannels") => self.set_channels(false),
            _ if is("allcommands") || is("+@all") => self.set_commands(table, true),
            _ if is("nocommands") || is("-@all") => self.set_commands(table, false),
            [b'~', pattern @ ..] => self.add_keys(Access::all(), pattern)?,
            [b'%', rest @ ..] => {
                if self.all_keys {
                    return Err(RuleError::KeysAfterAll);
                }
                let (access, pattern) = split_access(rest)?;
                self.add_keys(access, pattern)?;
            }
            [b'&', pattern @ ..] => self.add_channel(pattern)?,
            [sign @ (b'+' | b'-'), b'@', category @ ..] => {
                self.set_category(table, category, *sign == b'+')?;
            }
            [b'+', name @ ..] => match name.iter().rposition(|b| *b == b'|') {
                None => self.set_command(table, name, true)?,
                Some(at) => self.add_part(table, name, at)?,
            },
            [b'-', name @ ..] => self.set_command(table, name, false)?,
            _ => return Err(RuleError::Syntax),
        }
        Ok(())
    }

    fn set_keys(&mut self, all: bool) {
        self.all_keys = all;
        self.keys.clear();
    }

    fn set_channels(&mut self, all: bool) {
        self.all_channels = all;
        self.channels.clear();
    }

    fn set_commands(&mut self, table: &CommandTable, all: bool) {
        self.commands = CommandSet::new(table.len(), all);
        self.all_commands = all;
        self.future_commands = all;
        self.rules.clear();
        self.first_args.clear();
    }

    fn add_keys(&mut self, access: Access, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_keys {
            return Err(RuleError::KeysAfterAll);
        }
        check_word(pattern)?;
        match self.keys.iter_mut().find(|k| *k.pattern == *pattern) {
            Some(known) => known.access |= access,
            None => self.keys.push(KeyPattern {
                access,
                pattern: pattern.into(),
            }),
        }
        Ok(())
    }

    fn add_channel(&mut self, pattern: &[u8]) -> Result<(), RuleError> {
        if self.all_channels {
            return Err(RuleError::ChannelsAfterAll);
        }
        check_word(pattern)?;
        if !self.channels.iter().any(|c| **c == *pattern) {
            self.channels.push(pattern.into());
        }
        Ok(())
    }

    fn set_category(
        &mut self,
        table: &CommandTable,
        name: &[u8],
        allow: bool,
    ) -> Result<(), RuleError> {
        let found = Acl::NAMES
            .iter()
            .find(|(_, n)| name.eq_ignore_ascii_case(n.as_bytes()));
        let (category, name) = *found.ok_or(RuleError::Unknown)?;
        self.note(format!("@{name}"), allow);
        let has = |c: &Registered| c.command.categories().contains(category);
        // A container comes with all that is in it, then its parts by themselves.
        for command in table.commands.iter().filter(|c| has(c)) {
            self.set_whole(command, allow);
        }
        for part in table.all().filter(|c| has(c)) {
            self.set_one(part.id, allow);
        }
        Ok(())
    }

    fn set_command(
        &mut self,
        table: &CommandTable,
        name: &[u8],
        allow: bool,
    ) -> Result<(), RuleError> {
        let command = table.by_full_name(name).ok_or(RuleError::Unknown)?;
        self.set_whole(command, allow);
        self.note(command.full_name.clone(), allow);
        Ok(())
    }

    /// `+container|subcommand`, or `+command|first-argument` of a command that is no container.
    fn add_part(&mut self, table: &CommandTable, name: &[u8], bar: usize) -> Result<(), RuleError> {
        let (whole, part) = (&name[..bar], &name[bar + 1..]);
        let command = table.by_full_name(whole).ok_or(RuleError::Unknown)?;
        if command.full_name.contains('|') {
            return Err(RuleError::FirstArgOfPart);
        }
        if part.is_empty() {
            return Err(RuleError::Syntax);
        }
        if command.subcommands.is_empty() {
            let known = self.first_args.entry(command.id).or_default();
            let part = part.to_ascii_lowercase();
            if !known.iter().any(|p| **p == *part) {
                known.push(part.into());
            }
        } else {
            let part = table.by_full_name(name).ok_or(RuleError::Unknown)?;
            self.set_whole(part, true);
        }
        self.note(
            String::from_utf8_lossy(&name.to_ascii_lowercase()).into_owned(),
            true,
        );
        Ok(())
    }

    fn set_whole(&mut self, command: &Registered, allow: bool) {
        self.set_one(command.id, allow);
        self.first_args.remove(&command.id);
        for part in command.subcommands.values() {
            self.set_one(part.id, allow);
        }
    }

    fn set_one(&mut self, id: usize, allow: bool) {
        self.commands.put(id, allow);
        self.all_commands &= allow;
    }

    /// Keeps a rule, in the place of those that it makes void: the same, and those for its parts.
    fn note(&mut self, name: String, allow: bool) {
        self.rules.retain(|rule| {
            let rest = rule[1..].strip_prefix(name.as_str());
            !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('|'))
        });
        self.rules
            .push(format!("{}{name}", if allow { '+' } else { '-' }));
    }

    /// Whether a command may run: by name, or by its first argument.
    fn allows_command(&self, command: &Registered, args: &[&[u8]]) -> bool {
        use crate::command::Flags;
        if self.all_commands
            || command.command.flags.contains(Flags::NO_AUTH)
            || self.commands.has(command.id)
        {
            return true;
        }
        let first = self.first_args.get(&command.id).zip(args.get(1));
        first.is_some_and(|(known, arg)| known.iter().any(|k| k.eq_ignore_ascii_case(arg)))
    }

    /// Whether a key may be used in this way.
    #[must_use]
    pub fn allows_key(&self, key: &[u8], flags: KeyFlags) -> bool {
        let needed = Access::needed(flags);
        self.all_keys
            || self
                .keys
                .iter()
                .any(|k| k.access.contains(needed) && glob::matches(&k.pattern, key, false))
    }

    /// Whether every key may be used in this way.
    pub(super) fn allows_every_key(&self, needed: Access) -> bool {
        self.all_keys
            || self
                .keys
                .iter()
                .any(|k| k.access.contains(needed) && *k.pattern == *b"*")
    }

    /// Whether a channel may be used; a pattern only as it stands in a rule.
    #[must_use]
    pub fn allows_channel(&self, channel: &[u8], is_pattern: bool) -> bool {
        self.all_channels || channel_is_among(&self.channels, channel, is_pattern)
    }

    /// The channels' patterns; `None` for all.
    pub(super) fn channels(&self) -> Option<&[Box<[u8]>]> {
        (!self.all_channels).then_some(&self.channels[..])
    }

    /// Checks a command. `keys` keeps what was found of its keys for the next selector.
    pub(super) fn check(
        &self,
        command: &Registered,
        args: &[&[u8]],
        keys: &mut Option<Vec<KeyUse>>,
    ) -> Result<(), Denied> {
        if !self.allows_command(command, args) {
            return Err(Denied::Command);
        }
        if !self.all_keys {
            let keys =
                keys.get_or_insert_with(|| key_access::keys_of(command, args).unwrap_or_default());
            for (at, flags) in keys {
                if !args
                    .get(*at)
                    .is_some_and(|key| self.allows_key(key, *flags))
                {
                    return Err(Denied::Key(*at));
                }
            }
        }
        if !self.all_channels {
            let (channels, is_pattern) = key_access::channels_of(command, args.len());
            for at in channels {
                if !args
                    .get(at)
                    .is_some_and(|c| channel_is_among(&self.channels, c, is_pattern))
                {
                    return Err(Denied::Channel(at));
                }
            }
        }
        Ok(())
    }

    /// The rules for commands, as ACL GETUSER prints them.
    #[must_use]
    pub fn describe_commands(&self) -> String {
        let mut text = String::from(if self.future_commands {
            "+@all"
        } else {
            "-@all"
        });
        for rule in &self.rules {
            text.push(' ');
            text.push_str(rule);
        }
        text
    }

    /// The rules for keys.
    #[must_use]
    pub fn describe_keys(&self) -> Vec<u8> {
        if self.all_keys {
            return b"~*".to_vec();
        }
        let each = self.keys.iter().map(|k| {
            let sign: &[u8] = if k.access == Access::all() {
                b"~"
            } else if k.access == Access::READ {
                b"%R~"
            } else {
                b"%W~"
            };
            [sign, &k.pattern].concat()
        });
        each.collect::<Vec<_>>().join(&b' ')
    }

    /// The rules for channels.
    #[must_use]
    pub fn describe_channels(&self) -> Vec<u8> {
        if self.all_channels {
            return b"&*".to_vec();
        }
        let each = self.channels.iter().map(|c| [b"&", &c[..]].concat());
        each.collect::<Vec<_>>().join(&b' ')
    }

    /// All rules, as ACL LIST prints them.
    #[must_use]
    pub fn describe(&self) -> Vec<u8> {
        let mut text = self.describe_keys();
        if !text.is_empty() {
            text.push(b' ');
        }
        if !self.all_channels {
            text.extend(b"resetchannels ");
        }
        let channels = self.describe_channels();
        text.extend(&channels);
        if !channels.is_empty() {
            text.push(b' ');
        }
        text.extend(self.describe_commands().bytes());
        text
    }
}

/// Whether a channel fits one of the patterns; a pattern only if it is one of them.
pub(super) fn channel_is_among(patterns: &[Box<[u8]>], channel: &[u8], is_pattern: bool) -> bool {
    patterns.iter().any(|p| {
        if is_pattern {
            **p == *channel
        } else {
            glob::matches(p, channel, false)
        }
    })
}

/// The letters before the `~` of `%RW~pattern`, and the pattern.
fn split_access(rest: &[u8]) -> Result<(Access, &[u8]), RuleError> {
    let mut access = Access::empty();
    for (at, byte) in rest.iter().enumerate() {
        match byte.to_ascii_uppercase() {
            b'R' if !access.contains(Access::READ) => access |= Access::READ,
            b'W' if !access.contains(Access::WRITE) => access |= Access::WRITE,
            b'~' if !access.is_empty() => return Ok((access, &rest[at + 1..])),
            _ => return Err(RuleError::Syntax),
        }
    }
    // `%RW` without a pattern fits the empty key alone, as in Redis.
    if access.is_empty() {
        return Err(RuleError::Syntax);
    }
    Ok((access, b""))
}

/// Patterns and names hold neither spaces nor null characters.
fn check_word(word: &[u8]) -> Result<(), RuleError> {
    if super::has_spaces(word) {
        Err(RuleError::Syntax)
    } else {
        Ok(())
    }
}
