//! All commands of a node, by name.

use crate::command::Command;
use crate::script::Scripting;
use std::collections::HashMap;

/// A command with its place in the table.
#[derive(Debug)]
pub struct Registered {
    pub command: &'static Command,
    /// Index for statistics and waiters.
    pub id: usize,
    /// `get`, `config|get`.
    pub full_name: String,
    /// Subcommands, if it is a container.
    pub subcommands: HashMap<Vec<u8>, &'static Registered>,
}

/// Why a request names no command.
#[derive(Debug, PartialEq, Eq)]
pub enum Unknown {
    Command,
    Subcommand(String),
}

/// The table, made once at start and never freed.
#[derive(Debug)]
pub struct CommandTable {
    by_name: HashMap<Vec<u8>, &'static Registered>,
    by_id: Vec<&'static Registered>,
    /// Top-level commands in order of name.
    pub commands: Vec<&'static Registered>,
    /// Makes what carries out a node's scripts.
    pub scripting: Option<fn() -> Box<dyn Scripting>>,
}

/// Longest name of a command, bytes.
const NAME_MAX: usize = 32;

impl CommandTable {
    /// Registers `commands` and their subcommands.
    #[must_use]
    pub fn new(commands: &'static [&'static Command]) -> &'static Self {
        Self::with_scripting(commands, None)
    }

    /// As [`Self::new`], with commands that run scripts.
    #[must_use]
    pub fn with_scripting(
        commands: &'static [&'static Command],
        scripting: Option<fn() -> Box<dyn Scripting>>,
    ) -> &'static Self {
        let mut by_id: Vec<&'static Registered> = Vec::new();
        let mut by_name = HashMap::new();
        let mut top = Vec::new();
        for command in commands {
            let mut subcommands = HashMap::new();
            for sub in command.subcommands {
                let registered: &'static Registered = Box::leak(Box::new(Registered {
                    command: sub,
                    id: by_id.len(),
                    full_name: format!("{}|{}", command.name, sub.name),
                    subcommands: HashMap::new(),
                }));
                by_id.push(registered);
                subcommands.insert(sub.name.as_bytes().to_vec(), registered);
            }
            let registered: &'static Registered = Box::leak(Box::new(Registered {
                command,
                id: by_id.len(),
                full_name: command.name.to_string(),
                subcommands,
            }));
            by_id.push(registered);
            by_name.insert(command.name.as_bytes().to_vec(), registered);
            top.push(registered);
        }
        Box::leak(Box::new(Self {
            by_name,
            by_id,
            commands: top,
            scripting,
        }))
    }

    /// The command or subcommand that `args` name.
    ///
    /// # Errors
    /// [`Unknown`], for which [`Self::unknown_text`] has Redis's words.
    #[inline]
    pub fn find(&self, args: &[&[u8]]) -> Result<&'static Registered, Unknown> {
        let mut buffer = [0u8; NAME_MAX];
        let found = lower(args[0], &mut buffer).and_then(|name| self.by_name.get(name));
        let registered = *found.ok_or(Unknown::Command)?;
        if registered.subcommands.is_empty() || args.len() < 2 {
            return Ok(registered);
        }
        let sub = lower(args[1], &mut buffer).and_then(|name| registered.subcommands.get(name));
        sub.copied()
            .ok_or_else(|| Unknown::Subcommand(registered.full_name.clone()))
    }

    /// A command by its full name (`get`, `config|get`), in any case.
    #[must_use]
    pub fn by_full_name(&self, name: &[u8]) -> Option<&'static Registered> {
        let parts: Vec<&[u8]> = name.splitn(2, |b| *b == b'|').collect();
        let found = self.find(&parts).ok()?;
        (parts.len() == 1 || found.full_name.contains('|')).then_some(found)
    }

    /// A command by its index.
    #[must_use]
    pub fn by_id(&self, id: usize) -> &'static Registered {
        self.by_id[id]
    }

    /// How many commands and subcommands there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Commands and subcommands in order of index.
    pub fn all(&self) -> impl Iterator<Item = &'static Registered> + '_ {
        self.by_id.iter().copied()
    }

    /// Redis's answer to an unknown command.
    #[must_use]
    pub fn unknown_text(args: &[&[u8]]) -> String {
        let clip = |bytes: &[u8], max: usize| {
            String::from_utf8_lossy(&bytes[..bytes.len().min(max)]).into_owned()
        };
        let mut rest = String::new();
        for arg in &args[1..] {
            if rest.len() >= 128 {
                break;
            }
            rest.push_str(&format!("'{}' ", clip(arg, 128 - rest.len())));
        }
        format!(
            "ERR unknown command '{}', with args beginning with: {rest}",
            clip(args[0], 128)
        )
    }
}

fn lower<'b>(name: &[u8], buffer: &'b mut [u8; NAME_MAX]) -> Option<&'b [u8]> {
    let out = buffer.get_mut(..name.len())?;
    out.copy_from_slice(name);
    out.make_ascii_lowercase();
    Some(out)
}
