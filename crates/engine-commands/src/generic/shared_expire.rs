//! EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT.

use crate::args::{int, is};
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, Outcome};
use proto_resp::num::{INT_LEN_MAX, format_i64};

/// How a command counts time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    /// The command's name, for its error.
    pub command: &'static str,
    /// Milliseconds of its unit.
    pub unit_ms: i64,
    /// From now, not from 1970.
    pub relative: bool,
}

/// When the old expiry allows the new one.
#[derive(Default)]
pub(crate) struct Conditions {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Conditions {
    /// Reads NX, XX, GT and LT.
    ///
    /// # Errors
    /// Another word, or some that contradict each other.
    pub(crate) fn parse(args: &[&[u8]]) -> Result<Self, Error> {
        let mut all = Self::default();
        for word in args {
            let condition = match *word {
                word if is(word, "NX") => &mut all.nx,
                word if is(word, "XX") => &mut all.xx,
                word if is(word, "GT") => &mut all.gt,
                word if is(word, "LT") => &mut all.lt,
                word => {
                    let word = String::from_utf8_lossy(word);
                    return Err(Error::new(format!("ERR Unsupported option {word}")));
                }
            };
            *condition = true;
        }
        if all.nx && (all.xx || all.gt || all.lt) {
            return Err(Error::new(
                "ERR NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if all.gt && all.lt {
            return Err(Error::new(
                "ERR GT and LT options at the same time are not compatible",
            ));
        }
        Ok(all)
    }

    /// No expiry counts as one that never comes.
    pub(crate) fn allow(&self, old: Option<i64>, new: i64) -> bool {
        match old {
            Some(old) => !(self.nx || (self.gt && new <= old) || (self.lt && new >= old)),
            None => !self.xx && !self.gt,
        }
    }
}

/// Gives a key (argument 1) an expiry (2), or removes it if that lies in the past.
///
/// # Errors
/// An unknown or contradictory option; a time that is none.
pub(crate) fn expire(cx: &mut Cx<'_>, args: &[&[u8]], time: Time) -> Outcome {
    let key = args[1];
    let conditions = Conditions::parse(&args[3..])?;
    let base = if time.relative { cx.now_ms() } else { 0 };
    let at = int(args[2])?
        .checked_mul(time.unit_ms)
        .and_then(|ms| ms.checked_add(base))
        .ok_or_else(|| Error::expire_time(time.command))?;
    let old = cx.db.peek(key).map(|entry| entry.expire_at());
    let done = old.is_some_and(|old| conditions.allow(old, at));
    if done && at <= cx.now_ms() && cx.db.removes_expired() {
        cx.db.remove_overdue(key);
    } else if done {
        let event = Event::new(Class::Generic, "expire");
        cx.db.set_expiry(key, Some(at), event);
        // Absolute, for whoever reads it later; the conditions stay, as in Redis.
        let mut digits = [0; INT_LEN_MAX];
        let mut effect: Vec<&[u8]> = vec![b"PEXPIREAT", key, format_i64(at, &mut digits)];
        effect.extend(&args[3..]);
        cx.db.rewrite(&effect);
    }
    cx.out.int(i64::from(done));
    Ok(())
}
