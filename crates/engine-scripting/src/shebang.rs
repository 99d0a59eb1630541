//! The first line of a script or library, `#!lua name=… flags=…`, and the flags it may set.

use engine_dispatch::Flags;

/// What a script declares of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ScriptFlags {
    pub(crate) no_writes: bool,
    pub(crate) allow_oom: bool,
    pub(crate) allow_stale: bool,
    pub(crate) no_cluster: bool,
    pub(crate) allow_cross_slot: bool,
    /// It has no first line of that kind: what it may do shows as it runs, as before Redis 7.
    pub(crate) undeclared: bool,
}

/// The flags' names, in the order in which FUNCTION LIST prints them.
const NAMES: [&str; 5] = [
    "no-writes",
    "allow-oom",
    "allow-stale",
    "no-cluster",
    "allow-cross-slot-keys",
];

impl ScriptFlags {
    /// Sets the flag of this name; false if there is none.
    pub(crate) fn set(&mut self, name: &[u8]) -> bool {
        let Some(at) = NAMES.iter().position(|n| n.as_bytes() == name) else {
            return false;
        };
        *self.fields()[at] = true;
        true
    }

    fn fields(&mut self) -> [&mut bool; 5] {
        [
            &mut self.no_writes,
            &mut self.allow_oom,
            &mut self.allow_stale,
            &mut self.no_cluster,
            &mut self.allow_cross_slot,
        ]
    }

    /// The names of those that are set.
    pub(crate) fn names(mut self) -> Vec<&'static str> {
        let fields = self.fields();
        let set = NAMES.iter().zip(fields).filter(|(_, set)| **set);
        set.map(|(name, _)| *name).collect()
    }

    /// The flags of the command that runs the script, in the place of its own where the script declares them.
    pub(crate) fn of_command(self, command: Flags) -> Flags {
        if self.undeclared {
            return command;
        }
        let mut flags =
            command.difference(Flags::STALE | Flags::DENYOOM | Flags::WRITE | Flags::MAY_REPLICATE);
        flags.set(Flags::DENYOOM, !self.allow_oom && !self.no_writes);
        flags.set(Flags::WRITE, !self.no_writes);
        flags.set(Flags::STALE, self.allow_stale);
        flags
    }
}

/// The flags of a script and its code: the rest after its first line, with the line's end, so that lines keep their
/// numbers.
///
/// # Errors
/// What is wrong with the line.
pub(crate) fn of_script(body: &[u8]) -> Result<(ScriptFlags, &[u8]), String> {
    let mut flags = ScriptFlags::default();
    if !body.starts_with(b"#!") {
        flags.undeclared = true;
        return Ok((flags, body));
    }
    let end = body.iter().position(|b| *b == b'\n');
    let end = end.ok_or("Invalid script shebang")?;
    let words = words(&body[..end]).ok_or("Invalid engine in script shebang")?;
    let Some((engine, options)) = words.split_first() else {
        return Err("Invalid engine in script shebang".into());
    };
    if engine != b"#!lua" {
        let engine = String::from_utf8_lossy(engine);
        return Err(format!("Unexpected engine in script shebang: {engine}"));
    }
    for option in options {
        let Some(names) = option.strip_prefix(b"flags=") else {
            let option = String::from_utf8_lossy(option);
            return Err(format!("Unknown lua shebang option: {option}"));
        };
        if names.is_empty() {
            continue;
        }
        for name in names.split(|b| *b == b',') {
            if !flags.set(name) {
                let name = String::from_utf8_lossy(name);
                return Err(format!("Unexpected flag in script shebang: {name}"));
            }
        }
    }
    Ok((flags, &body[end..]))
}

/// What a library's first line says: engine and name; and its code.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn of_library(body: &[u8]) -> Result<(String, String, &[u8]), String> {
    if !body.starts_with(b"#!") {
        return Err("Missing library metadata".into());
    }
    let end = body.iter().position(|b| *b == b'\n');
    let end = end.ok_or("Invalid library metadata")?;
    let words = words(&body[..end]).ok_or("Invalid library metadata")?;
    let Some((engine, options)) = words.split_first() else {
        return Err("Invalid library metadata".into());
    };
    let mut name = None;
    for option in options {
        let is_name = option
            .get(..5)
            .is_some_and(|key| key.eq_ignore_ascii_case(b"name="));
        if !is_name {
            let option = String::from_utf8_lossy(option);
            return Err(format!("Invalid metadata value given: {option}"));
        }
        if name.is_some() {
            return Err("Invalid metadata value, name argument was given multiple times".into());
        }
        name = Some(String::from_utf8_lossy(&option[5..]).into_owned());
    }
    let name = name.ok_or("Library name was not given")?;
    let engine = engine.get(2..).unwrap_or_default();
    let engine = String::from_utf8_lossy(engine).into_owned();
    Ok((engine, name, &body[end..]))
}

/// Splits a line into words, as an inline command is; `None` for unbalanced quotes.
fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Some(words);
        }
        let (word, after) = word(rest)?;
        words.push(word);
        rest = after;
    }
}

fn word(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut word, mut at, mut quote) = (Vec::new(), 0, None);
    while let Some(byte) = line.get(at).copied() {
        match (quote, byte) {
            (None, b' ' | b'\t' | b'\r' | 0x0b | 0x0c) => break,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(q), _) if q == byte => {
                // A closing quote ends the word.
                let next = line.get(at + 1);
                if next.is_some_and(|b| !b.is_ascii_whitespace()) {
                    return None;
                }
                return Some((word, &line[at + 1..]));
            }
            (Some(b'"'), b'\\') => {
                at += 1;
                word.push(match line.get(at)? {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
            }
            _ => word.push(byte),
        }
        at += 1;
    }
    quote.is_none().then(|| (word, &line[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_and_the_lines_keep_their_numbers() {
        let (flags, code) = of_script(b"#!lua flags=no-writes,allow-stale\nreturn 1").unwrap();
        assert!(flags.no_writes && flags.allow_stale && !flags.undeclared);
        assert_eq!(flags.names(), ["no-writes", "allow-stale"]);
        assert_eq!(code, b"\nreturn 1");
        assert!(of_script(b"return 1").unwrap().0.undeclared);
        let wrong = |body: &[u8]| of_script(body).unwrap_err();
        assert_eq!(wrong(b"#!lua"), "Invalid script shebang");
        assert_eq!(
            wrong(b"#!not-lua\n"),
            "Unexpected engine in script shebang: #!not-lua"
        );
        assert_eq!(
            wrong(b"#!lua badger=data\n"),
            "Unknown lua shebang option: badger=data"
        );
        assert_eq!(
            wrong(b"#!lua flags=x\n"),
            "Unexpected flag in script shebang: x"
        );
    }

    #[test]
    fn a_library_has_an_engine_and_a_name() {
        let read = of_library(b"#!lua name=mine\ncode").unwrap();
        assert_eq!(read, ("lua".into(), "mine".into(), &b"\ncode"[..]));
        let wrong = |body: &[u8]| of_library(body).unwrap_err();
        assert_eq!(wrong(b"code"), "Missing library metadata");
        assert_eq!(wrong(b"#!lua name=a"), "Invalid library metadata");
        assert_eq!(wrong(b"#!lua\n"), "Library name was not given");
        assert_eq!(wrong(b"#!lua name=a \"b\n"), "Invalid library metadata");
        assert_eq!(
            wrong(b"#!lua foo=a\n"),
            "Invalid metadata value given: foo=a"
        );
    }
}
