//! Users as text: the ACL file, and `user` lines of redis.conf.

use super::rules::{RuleError, join_selectors};
use super::user::{RuleBook, User};
use super::{DEFAULT, DEFAULT_ID, Users, has_spaces};
use crate::server::Server;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The users of an ACL file, all or none.
///
/// # Errors
/// All that is wrong with it, in one line of Redis's words. `file` is its name.
pub fn parse(book: RuleBook<'_>, file: &str, text: &[u8]) -> Result<Vec<User>, String> {
    let mut users = BTreeMap::new();
    let mut errors = String::new();
    for (n, line) in text.split(|b| *b == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        // Writing into a string cannot fail.
        let _ = parse_line(book, file, n + 1, line, &mut users, &mut errors);
    }
    if errors.is_empty() {
        return Ok(users.into_values().collect());
    }
    errors.push_str(
        "WARNING: ACL errors detected, no change to the previously active ACL rules was performed",
    );
    Err(errors.replace(['\r', '\n'], " "))
}

fn parse_line(
    book: RuleBook<'_>,
    file: &str,
    number: usize,
    line: &[u8],
    users: &mut BTreeMap<Vec<u8>, User>,
    errors: &mut String,
) -> std::fmt::Result {
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
    let [b"user", name, rules @ ..] = &words[..] else {
        return write!(
            errors,
            "{file}:{number} should start with user keyword followed by the username. "
        );
    };
    let shown = String::from_utf8_lossy(name);
    if has_spaces(name) {
        return write!(
            errors,
            "'{file}:{number}: username '{shown}' contains invalid characters. "
        );
    }
    if users.contains_key(*name) {
        return write!(
            errors,
            "WARNING: Duplicate user '{shown}' found on line {number}. "
        );
    }
    // Ids are given when the users take their places.
    let mut user = User::new(book, DEFAULT_ID, name);
    let Ok(rules) = join_selectors(rules) else {
        return write!(
            errors,
            "{file}:{number}: Unmatched parenthesis in selector definition."
        );
    };
    let mut told = false;
    for rule in rules {
        let rule = rule.trim_ascii();
        match user.apply(book, rule) {
            Ok(()) => {}
            // The name of a command is no secret.
            Err(error @ RuleError::Unknown) => {
                let rule = String::from_utf8_lossy(rule);
                write!(
                    errors,
                    "{file}:{number}: Error in applying operation '{rule}': {error}. "
                )?;
            }
            // Only the first, which what follows may come from.
            Err(error) if !told => {
                told = true;
                write!(errors, "{file}:{number}: {error}. ")?;
            }
            Err(_) => {}
        }
    }
    users.insert(name.to_vec(), user);
    Ok(())
}

impl Users {
    /// The users as an ACL file.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        let lines = self.all();
        lines
            .iter()
            .flat_map(|user| [user.line(), b"\n".to_vec()].concat())
            .collect()
    }

    /// ACL LOAD, and the ACL file at start. `asking` is the client that asks.
    ///
    /// # Errors
    /// Redis's words; nothing was changed.
    pub fn load_file(
        &self,
        server: &'static Server,
        asking: Option<&mut crate::Client>,
    ) -> Result<(), String> {
        let file = server.config.text(params::ACLFILE);
        let process = server.process().ok_or("there is no process")?;
        let text = process
            .read_file(&file)
            .map_err(|error| format!("Error loading ACLs, opening file '{file}': {error}"))?;
        let book = Self::book(server.table, &server.config);
        let users = parse(book, &file, &text)?;
        self.replace_all(server, users, asking);
        Ok(())
    }

    /// The `user` lines of redis.conf (name and rules of each), then the ACL file, at start. What is worth a line of
    /// the log comes back.
    ///
    /// # Errors
    /// Why the node cannot start.
    pub fn load_at_start(
        &self,
        server: &'static Server,
        lines: &[Vec<Vec<u8>>],
    ) -> Result<Vec<String>, String> {
        let has_file = !server.config.bytes(params::ACLFILE).is_empty();
        if has_file && !lines.is_empty() {
            return Err("Configuring Elastane with users defined in redis.conf and at the same setting an ACL file path is invalid. This setup is very likely to lead to configuration errors and security holes, please define either an ACL file or declare users directly in your redis.conf, but not both.".into());
        }
        let mut notices = Vec::new();
        for line in lines {
            let Some((name, rules)) = line.split_first() else {
                continue;
            };
            let shown = String::from_utf8_lossy(name).into_owned();
            if has_spaces(name) {
                return Err("Spaces not allowed in ACL usernames".into());
            }
            if **name == *DEFAULT {
                self.set_user(server, name, &["reset"])?;
            }
            self.set_user(server, name, rules).map_err(|error| {
                format!(
                    "Critical error while loading ACLs. Exiting. The user named '{shown}': {error}"
                )
            })?;
            if self
                .get(name)
                .is_some_and(|user| !user.flags.contains(super::user::UserFlags::ON))
            {
                notices.push(format!("The user '{shown}' is disabled (there is no 'on' modifier in the user description). Make sure this is not a configuration error."));
            }
        }
        if has_file {
            self.load_file(server, None).map_err(|error| {
                format!("Aborting Elastane startup because of ACL errors: {error}")
            })?;
        }
        Ok(notices)
    }
}
