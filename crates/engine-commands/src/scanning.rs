//! What SCAN, SSCAN, HSCAN and ZSCAN share: their options and the frame of their reply.

use crate::args::{int, is};
use engine_dispatch::Error;
use engine_types::{ItemRef, glob};
use proto_resp::Reply;
use proto_resp::num::{INT_LEN_MAX, format_u64, parse_u64};

/// Which of the commands reads the options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Keys,
    Set,
    Hash,
    ZSet,
}

/// The options that follow the cursor.
#[derive(Debug)]
pub(crate) struct Options<'a> {
    /// About how many elements are looked at.
    pub count: usize,
    /// Only what matches; `None` for everything.
    pub pattern: Option<&'a [u8]>,
    /// TYPE (SCAN).
    pub kind: Option<&'a [u8]>,
    /// NOVALUES (HSCAN), NOSCORES (ZSCAN).
    pub bare: bool,
}

impl<'a> Options<'a> {
    /// Reads the options in `args`, which begin behind the cursor.
    ///
    /// # Errors
    /// An unknown option, or one of another command.
    pub(crate) fn parse(args: &[&'a [u8]], of: Of) -> Result<Self, Error> {
        let mut options = Options {
            count: 10,
            pattern: None,
            kind: None,
            bare: false,
        };
        let mut at = 0;
        while let Some(&word) = args.get(at) {
            let value = args.get(at + 1).copied();
            at += 2;
            match value {
                Some(value) if is(word, "COUNT") => {
                    let count = int(value)?;
                    if count < 1 {
                        return Err(Error::SYNTAX);
                    }
                    options.count = count as usize;
                }
                Some(value) if is(word, "MATCH") => {
                    options.pattern = Some(value).filter(|p| *p != b"*");
                }
                Some(value) if is(word, "TYPE") && of == Of::Keys => options.kind = Some(value),
                _ if is(word, "NOVALUES") => {
                    options.bare = only(of == Of::Hash, "NOVALUES", "HSCAN")?;
                    at -= 1;
                }
                _ if is(word, "NOSCORES") => {
                    options.bare = only(of == Of::ZSet, "NOSCORES", "ZSCAN")?;
                    at -= 1;
                }
                _ => return Err(Error::SYNTAX),
            }
        }
        Ok(options)
    }

    /// Whether an element's name is asked for.
    pub(crate) fn wants(&self, name: ItemRef<'_>) -> bool {
        let mut text = [0; INT_LEN_MAX];
        self.pattern
            .is_none_or(|pattern| glob::matches(pattern, name.as_bytes(&mut text), false))
    }
}

fn only(allowed: bool, option: &str, command: &str) -> Result<bool, Error> {
    if allowed {
        Ok(true)
    } else {
        Err(Error::new(format!(
            "ERR {option} option can only be used in {command}"
        )))
    }
}

/// The cursor argument.
///
/// # Errors
/// "invalid cursor".
pub(crate) fn cursor(arg: &[u8]) -> Result<u64, Error> {
    parse_u64(arg).ok_or(Error::CURSOR)
}

/// The reply where there is no such key: at the end, nothing found.
pub(crate) fn reply_nothing(out: &mut Reply<'_>) {
    reply(out, 0, |_| 0);
}

/// The reply: the next cursor, then the elements that `elements` writes, which says how many that was.
pub(crate) fn reply(
    out: &mut Reply<'_>,
    next: u64,
    elements: impl FnOnce(&mut Reply<'_>) -> usize,
) {
    out.array(2);
    let mut text = [0; INT_LEN_MAX];
    out.bulk(format_u64(next, &mut text));
    let mark = out.begin();
    let count = elements(out);
    out.end_array(mark, count);
}

/// As [`reply`], with elements found before the cursor was known.
pub(crate) fn reply_found(out: &mut Reply<'_>, next: u64, found: &[Vec<u8>]) {
    reply(out, next, |out| {
        found.iter().for_each(|element| out.bulk(element));
        found.len()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str, of: Of) -> Result<(usize, bool), String> {
        let args: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
        Options::parse(&args, of)
            .map(|o| (o.count, o.bare))
            .map_err(|e| e.text().to_string())
    }

    #[test]
    fn each_command_has_its_options() {
        assert_eq!(parse("", Of::Set), Ok((10, false)));
        assert_eq!(parse("match a* count 7", Of::Set), Ok((7, false)));
        assert_eq!(parse("NoValues COUNT 7", Of::Hash), Ok((7, true)));
        assert_eq!(parse("TYPE list", Of::Keys), Ok((10, false)));
        assert_eq!(parse("noscores", Of::ZSet), Ok((10, true)));
        for (line, of, text) in [
            ("TYPE list", Of::Set, "ERR syntax error"),
            ("MATCH", Of::Set, "ERR syntax error"),
            ("COUNT 0", Of::Set, "ERR syntax error"),
            (
                "COUNT x",
                Of::Set,
                "ERR value is not an integer or out of range",
            ),
            (
                "NOVALUES",
                Of::Set,
                "ERR NOVALUES option can only be used in HSCAN",
            ),
            (
                "NOSCORES",
                Of::Hash,
                "ERR NOSCORES option can only be used in ZSCAN",
            ),
        ] {
            assert_eq!(parse(line, of), Err(text.to_string()));
        }
    }
}
