//! OBJECT and its subcommands.

use engine_dispatch::access;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::dialect::encoding_name;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_keyspace::{EntryRef, Value};

/// What the subcommands that look at a key share.
const SUB: Command = Command {
    arity: 3,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    keys: &[KeySpec::at(2, KeyFlags::RO)],
    group: Group::Generic,
    since: "2.2.3",
    syntax: "key",
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "object",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Generic,
    since: "2.2.3",
    complexity: "Depends on subcommand.",
    summary: "A container for what is known of a value's inside.",
    subcommands: &[
        Command {
            name: "encoding",
            summary: "Tells in which form a value is kept.",
            run: encoding,
            ..SUB
        },
        Command {
            name: "freq",
            since: "4.0.0",
            summary: "Tells how often a key is used, on a logarithmic scale.",
            run: freq,
            ..SUB
        },
        Command {
            name: "help",
            arity: 2,
            flags: Flags::LOADING.union(Flags::STALE),
            keys: &[],
            since: "6.2.0",
            summary: "Tells what the subcommands do.",
            syntax: "",
            run: help,
            ..SUB
        },
        Command {
            name: "idletime",
            summary: "Tells for how many seconds a key has not been used.",
            run: idle_time,
            ..SUB
        },
        Command {
            name: "refcount",
            summary: "Tells how many hold a value; always one, but for the small numbers that Redis shares.",
            run: ref_count,
            ..SUB
        },
    ],
    ..Command::BASE
};

/// Redis keeps one copy of each number from 0 below this, and says that everybody holds it.
const SHARED_NUMBERS: i64 = 10_000;

/// Replies what `of` says of the entry, or null without one.
fn look(
    cx: &mut Cx<'_>,
    key: &[u8],
    of: impl FnOnce(&Cx<'_>, EntryRef<'_>) -> Result<i64, Error>,
) -> Outcome {
    let answer = cx
        .db
        .inspect_untold(key)
        .map(|entry| of(cx, entry))
        .transpose()?;
    match answer {
        Some(n) => cx.out.int(n),
        None => cx.out.null(),
    }
    Ok(())
}

fn encoding(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let found = cx
        .db
        .inspect_untold(args[2])
        .map(|e| (e.kind(), e.encoding()));
    let name = found.map(|(kind, encoding)| encoding_name(cx.server, kind, encoding));
    cx.out.bulk_or_null(name.map(str::as_bytes));
    Ok(())
}

fn counts_use(cx: &Cx<'_>) -> bool {
    access::counts_use(cx.server.config.pick(params::MAXMEMORY_POLICY))
}

fn freq(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    look(cx, args[2], |cx, entry| {
        if counts_use(cx) {
            let decay = cx.server.config.int(params::LFU_DECAY_TIME);
            let now = access::minutes(cx.now_ms());
            Ok(i64::from(access::decayed(entry.clock(), now, decay)))
        } else {
            Err(Error::new(
                "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when \
                 switching between policies at runtime LRU and LFU data will take some time to adjust.",
            ))
        }
    })
}

fn idle_time(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    look(cx, args[2], |cx, entry| {
        if counts_use(cx) {
            return Err(Error::new(
                "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching \
                 between policies at runtime LRU and LFU data will take some time to adjust.",
            ));
        }
        Ok(i64::from(access::idle_s(entry.clock(), cx.now_ms())))
    })
}

fn ref_count(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    // With such a policy each key needs a clock of its own, so Redis shares none.
    let policy = cx.server.config.choice(params::MAXMEMORY_POLICY);
    let clocks = policy.ends_with("lru") || policy.ends_with("lfu");
    let shares = !clocks || cx.server.config.memory(params::MAXMEMORY) == 0;
    look(cx, args[2], |_, entry| {
        Ok(match entry.value() {
            Value::Int(n) if shares && (0..SHARED_NUMBERS).contains(&n) => i64::from(i32::MAX),
            _ => 1,
        })
    })
}

fn help(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    const LINES: &[&str] = &[
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Tell in which form the value of <key> is kept.",
        "FREQ <key>",
        "    Tell how often <key> is used, on a logarithmic scale (LFU policies).",
        "IDLETIME <key>",
        "    Tell for how many seconds <key> has not been used.",
        "REFCOUNT <key>",
        "    Tell how many hold the value of <key>.",
        "HELP",
        "    Print this help.",
    ];
    cx.out.array(LINES.len());
    LINES.iter().for_each(|line| cx.out.simple(line));
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn encodings_have_the_names_of_redis() {
        play(
            "> SET n 12
             < +OK
             > OBJECT ENCODING n
             < $3
             < int
             > SET s short
             < +OK
             > OBJECT encoding s
             < $6
             < embstr
             > SET s 123456789012345678901234567890123456789012345
             < +OK
             > OBJECT ENCODING s
             < $3
             < raw
             > RPUSH l x
             < :1
             > OBJECT ENCODING l
             < $8
             < listpack
             > OBJECT ENCODING none
             < $-1
             3> OBJECT ENCODING none
             < _",
        );
    }

    #[test]
    fn idle_time_and_references() {
        play(
            "> MSET k v n 12
             < +OK
             + 7000
             > OBJECT IDLETIME k
             < :7
             > TTL k
             < :-1
             > OBJECT IDLETIME k
             < :7
             > GET k
             < $1
             < v
             > OBJECT IDLETIME k
             < :0
             > OBJECT REFCOUNT k
             < :1
             > OBJECT REFCOUNT n
             < :2147483647
             > OBJECT FREQ none
             < $-1
             > OBJECT FREQ k
             < -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> OBJECT NONSENSE k
             < -ERR unknown subcommand 'NONSENSE'. Try OBJECT HELP.
             > OBJECT ENCODING
             < -ERR wrong number of arguments for 'object|encoding' command
             > OBJECT
             < -ERR wrong number of arguments for 'object' command",
        );
    }
}
