//! Setting a configuration from the text of a configuration file.

use proto_resp::inline;

use crate::conf_file::{ConfError, Line, lines};
use crate::config::Config;
use crate::kind::Flags;
use crate::parse::WRONG_NUMBER;
use crate::table::{CLUSTER_ENABLED, DATABASES, SAVE, lookup};

/// How deep files may include each other. Redis sets no limit and runs out of stack.
const INCLUDE_DEPTH_MAX: usize = 32;

/// Directives of Redis's past that are read and forgotten, each with one value.
const FORGOTTEN: [&[u8]; 3] = [
    b"list-max-ziplist-entries",
    b"list-max-ziplist-value",
    b"lua-replicate-commands",
];

/// A directive that is no parameter, for the caller to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// The caller answers with the text of the files that match, one after the other; none is
    /// an error unless the pattern has a wildcard.
    Include(Vec<u8>),
    /// A command gets another name, or none if it is empty.
    RenameCommand {
        /// The name so far.
        from: Vec<u8>,
        /// The name from now on.
        to: Vec<u8>,
    },
    /// An ACL user: name and rules.
    User(Vec<Vec<u8>>),
    /// A module: path and arguments.
    LoadModule(Vec<Vec<u8>>),
    /// A module's parameter (`module.name`) and its value.
    ModuleConfig {
        /// With the dot.
        name: Vec<u8>,
        /// All words, joined by spaces.
        value: Vec<u8>,
    },
}

/// Why a configuration was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A line is wrong; print [`ConfError::fatal`].
    #[error(transparent)]
    Conf(#[from] ConfError),
    /// An included file could not be read: the caller's reason.
    #[error("{0}")]
    Include(String),
}

/// Sets `config` from `text`, line by line, with all that may only be set at start. Directives
/// that are no parameters go to `carry_out`, which answers an include with the text to read in
/// its place and refuses with a reason. Lines before the one at fault stay set.
///
/// # Errors
/// The first line at fault, or an include that cannot be read.
pub fn load(
    config: &Config,
    text: &[u8],
    carry_out: &mut dyn FnMut(Directive) -> Result<Option<Vec<u8>>, String>,
) -> Result<(), LoadError> {
    let mut loader = Loader {
        config,
        carry_out,
        save_seen: false,
    };
    loader.text(text, 0)?;
    if config.flag(CLUSTER_ENABLED) {
        if config.replica_of().is_some() {
            let reason = "replicaof directive not allowed in cluster mode".to_owned();
            return Err(ConfError { line: None, reason }.into());
        }
        // As Redis, which only logs that a cluster has one database.
        if config.int(DATABASES) > 1 {
            let one = config.set_words(DATABASES, &[b"1"]);
            one.map_err(|reason| ConfError {
                line: None,
                reason: reason.into_owned(),
            })?;
        }
    }
    Ok(())
}

struct Loader<'a> {
    config: &'a Config,
    carry_out: &'a mut dyn FnMut(Directive) -> Result<Option<Vec<u8>>, String>,
    /// The first `save` replaces the default, further ones add to it.
    save_seen: bool,
}

impl Loader<'_> {
    fn text(&mut self, text: &[u8], depth: usize) -> Result<(), LoadError> {
        for line in lines(text) {
            let line = line?;
            if !self.parameter(&line)? {
                self.directive(&line, depth)?;
            }
        }
        Ok(())
    }

    /// Whether the line names a parameter, which then is set.
    fn parameter(&mut self, line: &Line) -> Result<bool, ConfError> {
        let words: Vec<&[u8]> = line.words[1..].iter().map(Vec::as_slice).collect();
        let Some((id, _)) = lookup(&line.words[0]) else {
            return Ok(words.len() == 1 && FORGOTTEN.contains(&line.words[0].as_slice()));
        };
        let split_again;
        let mut words = words;
        if !id.param().flags.contains(Flags::MULTI) {
            if words.len() != 1 {
                return Err(ConfError::at(line, WRONG_NUMBER));
            }
        } else if let [word] = words[..]
            && !word.is_empty()
        {
            // `save "900 1"` is `save 900 1`; quotes that do not close give no words, as in Redis.
            split_again = inline::split(word).unwrap_or_default();
            words = split_again.iter().map(Vec::as_slice).collect();
        }
        let saved = self.config.bytes(SAVE);
        if id == SAVE {
            let adds = self.save_seen && !saved.is_empty() && words != [b""];
            self.save_seen = true;
            if adds {
                words.splice(0..0, saved.split(|b| *b == b' '));
            }
        }
        let set = self.config.set_words(id, &words);
        set.map(|()| true)
            .map_err(|reason| ConfError::at(line, reason))
    }

    fn directive(&mut self, line: &Line, depth: usize) -> Result<(), LoadError> {
        let words = &line.words[1..];
        let directive = match (line.words[0].as_slice(), words) {
            (b"include", [path]) => return self.include(line, path, depth),
            (b"rename-command", [from, to]) => Directive::RenameCommand {
                from: from.clone(),
                to: to.clone(),
            },
            (b"user", [_, ..]) => Directive::User(words.to_vec()),
            (b"loadmodule", [_, ..]) => Directive::LoadModule(words.to_vec()),
            (name, _) if name.contains(&b'.') => {
                if words.is_empty() {
                    return Err(ConfError::at(line, "Module config specified without value").into());
                }
                Directive::ModuleConfig {
                    name: name.to_vec(),
                    value: words.join(&b' '),
                }
            }
            (b"sentinel", _) => {
                let reason = "sentinel directive while not in sentinel mode";
                return Err(ConfError::at(line, reason).into());
            }
            _ => {
                let reason = "Bad directive or wrong number of arguments";
                return Err(ConfError::at(line, reason).into());
            }
        };
        match (self.carry_out)(directive) {
            Ok(_) => Ok(()),
            Err(reason) => Err(ConfError::at(line, reason).into()),
        }
    }

    fn include(&mut self, line: &Line, path: &[u8], depth: usize) -> Result<(), LoadError> {
        if depth == INCLUDE_DEPTH_MAX {
            return Err(ConfError::at(line, "files include each other without end").into());
        }
        let text = (self.carry_out)(Directive::Include(path.to_vec()));
        let text = text.map_err(LoadError::Include)?.unwrap_or_default();
        self.text(&text, depth + 1)
    }
}
