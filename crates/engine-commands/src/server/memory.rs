//! MEMORY and its subcommands.

use super::shared_memory::{Figures, ratio};
use crate::args::is;
use crate::help::HELP;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use proto_resp::num::parse_i64;

const SUB: Command = Command {
    group: Group::Server,
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "memory",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Server,
    since: "4.0.0",
    complexity: "Depends on subcommand.",
    summary: "A container for memory diagnostics commands.",
    subcommands: &[
        Command {
            name: "doctor",
            arity: 2,
            since: "4.0.0",
            summary: "Says what is wrong with the memory, if anything is.",
            run: doctor,
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::Server,
            since: "4.0.0",
            ..HELP
        },
        Command {
            name: "malloc-stats",
            arity: 2,
            since: "4.0.0",
            complexity: "Depends on how much memory is allocated, could be slow",
            summary: "Returns what the allocator says of itself.",
            run: malloc_stats,
            ..SUB
        },
        Command {
            name: "purge",
            arity: 2,
            since: "4.0.0",
            complexity: "Depends on how much memory is allocated, could be slow",
            summary: "Gives memory that is kept free back to the system.",
            run: purge,
            ..SUB
        },
        Command {
            name: "stats",
            arity: 2,
            since: "4.0.0",
            summary: "Returns where the memory is.",
            run: stats,
            ..SUB
        },
        Command {
            name: "usage",
            arity: -3,
            flags: Flags::READONLY,
            keys: &[KeySpec::at(2, KeyFlags::RO)],
            since: "4.0.0",
            complexity: "O(N) where N is the number of samples.",
            summary: "Returns how many bytes a key and its value take.",
            syntax: "key [SAMPLES count]",
            run: usage,
            ..SUB
        },
    ],
    ..Command::BASE
};

/// Bytes of the slot's table that point to a key.
const WORD_BYTES: usize = 8;

fn usage(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    // Sizes are known without looking at samples, so their number is only read.
    for pair in args[3..].chunks(2) {
        let [word, count] = pair else {
            return Err(Error::SYNTAX);
        };
        if !is(word, "SAMPLES") {
            return Err(Error::SYNTAX);
        }
        if parse_i64(count).ok_or(Error::NOT_INT)? < 0 {
            return Err(Error::SYNTAX);
        }
    }
    match cx.db.peek(args[2]).map(|entry| entry.memory_bytes()) {
        Some(bytes) => cx.out.int((bytes + WORD_BYTES) as i64),
        None => cx.out.null(),
    }
    Ok(())
}

fn purge(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    if let Some(process) = cx.server.process() {
        process.purge_memory();
    }
    cx.out.ok();
    Ok(())
}

fn malloc_stats(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let usage = Figures::take(cx).usage;
    let text = format!(
        "allocated: {}\nactive: {}\nresident: {}\n",
        usage.allocator_allocated, usage.allocator_active, usage.allocator_resident
    );
    cx.out.verbatim("txt", text.as_bytes());
    Ok(())
}

fn doctor(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    /// Below this there is too little to judge, bytes.
    const LITTLE: u64 = 5 << 20;
    let f = Figures::take(cx);
    let mut faults = Vec::new();
    if f.used > LITTLE {
        if ratio(f.peak, f.used) > 1.5 {
            faults.push(
                "Peak memory: more than half as much again was in use before, so that the allocator may hold much free memory. MEMORY PURGE gives it back.",
            );
        }
        if ratio(f.usage.resident, f.used) > 1.4 {
            faults.push("Fragmentation: the system counts over 40 percent more than is in use.");
        }
        if ratio(f.clients, f.used) > 0.5 {
            faults.push(
                "Clients: their unsent replies take over half of the memory; see CLIENT LIST and client-output-buffer-limit.",
            );
        }
    }
    let text = match faults.as_slice() {
        [] if f.used <= LITTLE => {
            "This node is empty or uses very little memory: nothing can be said yet.\n".to_string()
        }
        [] => "No fault was found in how this node uses memory.\n".to_string(),
        faults => format!(" * {}\n", faults.join("\n * ")),
    };
    cx.out.verbatim("txt", text.as_bytes());
    Ok(())
}

fn stats(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let f = Figures::take(cx);
    let u = f.usage;
    let keyspace = &cx.server.keyspace;
    let databases: Vec<(u32, u64, u64)> = (0..keyspace.databases())
        .map(|n| (n, keyspace.db(n)))
        .map(|(n, db)| {
            (
                n,
                db.keys.get().max(0) as u64,
                db.expires.get().max(0) as u64,
            )
        })
        .filter(|(_, keys, _)| *keys > 0)
        .collect();
    let out = &mut cx.out;
    let mark = out.begin();
    let int = |out: &mut proto_resp::Reply<'_>, name: &str, n: i64| {
        out.bulk(name.as_bytes());
        out.int(n);
    };
    let first: &[(&str, u64)] = &[
        ("peak.allocated", f.peak),
        ("total.allocated", f.used),
        ("startup.allocated", u.at_start),
        ("replication.backlog", f.backlog),
        ("clients.slaves", 0),
        ("clients.normal", f.clients),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("lua.caches", 0),
        ("functions.caches", 0),
    ];
    first.iter().for_each(|(name, n)| int(out, name, *n as i64));
    for (n, keys, _) in &databases {
        out.bulk(format!("db.{n}").as_bytes());
        out.map(2);
        int(
            out,
            "overhead.hashtable.main",
            (keys * WORD_BYTES as u64) as i64,
        );
        // The time is part of the entry.
        int(out, "overhead.hashtable.expires", 0);
    }
    let net = f.used.saturating_sub(u.at_start);
    let second: &[(&str, i64)] = &[
        ("overhead.total", f.overhead as i64),
        ("keys.count", f.keys as i64),
        (
            "keys.bytes-per-key",
            net.checked_div(f.keys).unwrap_or(0) as i64,
        ),
        ("dataset.bytes", f.dataset as i64),
    ];
    second.iter().for_each(|(name, n)| int(out, name, *n));
    out.bulk(b"dataset.percentage");
    out.double(f.dataset_percent());
    out.bulk(b"peak.percentage");
    out.double(100.0 * ratio(f.used, f.peak));
    let third: &[(&str, u64)] = &[
        ("allocator.allocated", u.allocator_allocated),
        ("allocator.active", u.allocator_active),
        ("allocator.resident", u.allocator_resident),
    ];
    third.iter().for_each(|(name, n)| int(out, name, *n as i64));
    let pairs: &[(&str, &str, u64, u64)] = &[
        (
            "allocator-fragmentation.ratio",
            "allocator-fragmentation.bytes",
            u.allocator_active,
            u.allocator_allocated,
        ),
        (
            "allocator-rss.ratio",
            "allocator-rss.bytes",
            u.allocator_resident,
            u.allocator_active,
        ),
        (
            "rss-overhead.ratio",
            "rss-overhead.bytes",
            u.resident,
            u.allocator_resident,
        ),
        ("fragmentation", "fragmentation.bytes", u.resident, f.used),
    ];
    for (of_ratio, of_bytes, a, b) in pairs {
        out.bulk(of_ratio.as_bytes());
        out.double(ratio(*a, *b));
        int(out, of_bytes, *a as i64 - *b as i64);
    }
    let fields = first.len() + databases.len() + second.len() + 2 + third.len() + 2 * pairs.len();
    out.end_map(mark, fields);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;
    use engine_session::transcript::Stage;

    #[test]
    fn bytes_of_a_key() {
        play(
            "> MEMORY USAGE nokey
             < $-1
             > SET k v
             < +OK
             > MEMORY USAGE k
             < :24
             > MEMORY USAGE k SAMPLES 5
             < :24
             > MEMORY USAGE k SAMPLES -1
             < -ERR syntax error
             > MEMORY USAGE k SAMPLES
             < -ERR syntax error
             > MEMORY USAGE k SAMPLES x
             < -ERR value is not an integer or out of range
             > MEMORY USAGE k foo 1
             < -ERR syntax error
             > MEMORY USAGE
             < -ERR wrong number of arguments for 'memory|usage' command
             > MEMORY foo
             < -ERR unknown subcommand 'foo'. Try MEMORY HELP.
             > MEMORY PURGE
             < +OK",
        );
    }

    #[test]
    fn figures() {
        let mut stage = Stage::new(crate::table());
        stage.send("a", b"SET k v\r\n");
        let text = String::from_utf8(stage.send("a", b"MEMORY STATS\r\n")).unwrap();
        assert!(
            text.starts_with("*56\r\n$14\r\npeak.allocated\r\n"),
            "{text}"
        );
        assert!(text.contains("$4\r\ndb.0\r\n*4\r\n"));
        assert!(text.contains("$10\r\nkeys.count\r\n:1\r\n"));
    }
}
