//! What a command answers when it cannot be carried out: Redis's own texts, each written once.

use std::borrow::Cow;

/// An error reply: its first word is the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(Cow<'static, str>);

/// What a handler returns: its reply has been written, or an error is to be written in its place.
pub type Outcome = Result<(), Error>;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        impl Error {
            $($(#[$doc])* pub const $name: Error = Error(Cow::Borrowed($text));)*
        }
    };
}

texts! {
    /// The key holds another type than the command is for.
    WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";
    SYNTAX = "ERR syntax error";
    NOT_INT = "ERR value is not an integer or out of range";
    NOT_FLOAT = "ERR value is not a valid float";
    NO_KEY = "ERR no such key";
    OUT_OF_RANGE = "ERR index out of range";
    OFFSET_OUT_OF_RANGE = "ERR offset is out of range";
    POSITIVE = "ERR value is out of range, must be positive";
    OVERFLOW = "ERR increment or decrement would overflow";
    NAN = "ERR increment would produce NaN or Infinity";
    TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    SAME_OBJECT = "ERR source and destination objects are the same";
    TIMEOUT_NOT_FLOAT = "ERR timeout is not a float or out of range";
    TIMEOUT_NEGATIVE = "ERR timeout is negative";
    TIMEOUT_RANGE = "ERR timeout is out of range";
    CURSOR = "ERR invalid cursor";
    WRONG_PASS = "WRONGPASS invalid username-password pair or user is disabled.";
    NO_AUTH = "NOAUTH Authentication required.";
    READ_ONLY = "READONLY You can't write against a read only replica.";
    MASTER_DOWN = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    LOADING = "LOADING Redis is loading the dataset in memory";
    OOM = "OOM command not allowed when used memory > 'maxmemory'.";
    NO_REPLICAS = "NOREPLICAS Not enough good replicas to write.";
    EXEC_ABORT = "EXECABORT Transaction discarded because of previous errors.";
    NESTED_MULTI = "ERR MULTI calls can not be nested";
    EXEC_WITHOUT_MULTI = "ERR EXEC without MULTI";
    DISCARD_WITHOUT_MULTI = "ERR DISCARD without MULTI";
    WATCH_IN_MULTI = "ERR WATCH inside MULTI is not allowed";
    NO_MULTI = "ERR Command not allowed inside a transaction";
    UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    UNBLOCKED_ROLE = "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    BUSY_EVAL = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    BUSY_FUNCTION = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
    DB_INDEX = "ERR DB index is out of range";
    DB_INDEX_INVALID = "ERR invalid DB index";
}

impl Error {
    /// An error with a text of its own; the first word is the code.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    /// As [`Self::new`], for constants.
    #[must_use]
    pub const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// Wrong number of arguments for a command (`get`, `config|get`).
    #[must_use]
    pub fn arity(command: &str) -> Self {
        Self::new(format!(
            "ERR wrong number of arguments for '{command}' command"
        ))
    }

    /// No such subcommand.
    #[must_use]
    pub fn subcommand(container: &str, sub: &[u8]) -> Self {
        let sub = String::from_utf8_lossy(&sub[..sub.len().min(128)]);
        let container = container.to_uppercase();
        Self::new(format!(
            "ERR unknown subcommand '{sub}'. Try {container} HELP."
        ))
    }

    /// An EXEC was refused before it ran.
    #[must_use]
    pub fn exec_refused(why: &Error) -> Self {
        Self::new(format!("EXECABORT Transaction discarded because of: {why}"))
    }

    /// The expiry time given to this command is no time.
    #[must_use]
    pub fn expire_time(command: &str) -> Self {
        Self::new(format!("ERR invalid expire time in '{command}' command"))
    }

    /// The whole text, code first.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The code, for statistics (`errorstat_ERR`).
    #[must_use]
    pub fn code(&self) -> &str {
        self.0.split(' ').next().unwrap_or("ERR")
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
