//! PUBSUB and its subcommands.

use crate::help::HELP;
use engine_dispatch::pubsub::Scope;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};
use engine_types::glob;

const SUB: Command = Command {
    flags: Flags::PUBSUB.union(Flags::LOADING).union(Flags::STALE),
    group: Group::PubSub,
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "pubsub",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::PubSub,
    since: "2.8.0",
    complexity: "Depends on subcommand.",
    summary: "A container for Pub/Sub commands.",
    subcommands: &[
        Command {
            name: "channels",
            arity: -2,
            since: "2.8.0",
            complexity: "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
            summary: "Returns the channels that somebody listens to.",
            syntax: "[pattern]",
            run: |cx, args| channels(cx, args, Scope::Global),
            ..SUB
        },
        Command {
            flags: Flags::LOADING.union(Flags::STALE),
            group: Group::PubSub,
            since: "6.2.0",
            ..HELP
        },
        Command {
            name: "numpat",
            arity: 2,
            since: "2.8.0",
            summary: "Returns how many patterns somebody listens by.",
            run: numpat,
            ..SUB
        },
        Command {
            name: "numsub",
            arity: -2,
            since: "2.8.0",
            complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
            summary: "Returns how many listen to the channels.",
            syntax: "[channel [channel ...]]",
            run: |cx, args| listeners(cx, args, Scope::Global),
            ..SUB
        },
        Command {
            name: "shardchannels",
            arity: -2,
            since: "7.0.0",
            complexity: "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
            summary: "Returns the shard channels that somebody listens to.",
            syntax: "[pattern]",
            run: |cx, args| channels(cx, args, Scope::Shard),
            ..SUB
        },
        Command {
            name: "shardnumsub",
            arity: -2,
            since: "7.0.0",
            complexity: "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
            summary: "Returns how many listen to the shard channels.",
            syntax: "[shardchannel [shardchannel ...]]",
            run: |cx, args| listeners(cx, args, Scope::Shard),
            ..SUB
        },
    ],
    ..Command::BASE
};

fn channels(cx: &mut Cx<'_>, args: &[&[u8]], scope: Scope) -> Outcome {
    if args.len() > 3 {
        return Err(Error::new(format!(
            "ERR unknown subcommand or wrong number of arguments for '{}'. Try PUBSUB HELP.",
            String::from_utf8_lossy(args[1])
        )));
    }
    let pattern = args.get(2);
    let names = cx.server.pubsub.channels(scope, |name| {
        pattern.is_none_or(|pattern| glob::matches(pattern, name, false))
    });
    cx.out.array(names.len());
    names.iter().for_each(|name| cx.out.bulk(name));
    Ok(())
}

fn listeners(cx: &mut Cx<'_>, args: &[&[u8]], scope: Scope) -> Outcome {
    cx.out.array(2 * (args.len() - 2));
    for channel in &args[2..] {
        cx.out.bulk(channel);
        cx.out
            .int(cx.server.pubsub.listeners(scope, channel) as i64);
    }
    Ok(())
}

fn numpat(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(cx.server.pubsub.pattern_count() as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn who_listens_to_what() {
        play(
            "> SUBSCRIBE foo bar
             > PSUBSCRIBE f* g*
             b> SUBSCRIBE foo
             c> PSUBSCRIBE f*
             d> PUBSUB CHANNELS
             < *2\\r\\n$3\\r\\nbar\\r\\n$3\\r\\nfoo
             d> PUBSUB CHANNELS f*
             < *1\\r\\n$3\\r\\nfoo
             d> PUBSUB NUMSUB foo bar nobody
             < *6\\r\\n$3\\r\\nfoo\\r\\n:2\\r\\n$3\\r\\nbar\\r\\n:1\\r\\n$6\\r\\nnobody\\r\\n:0
             d> PUBSUB NUMSUB
             < *0
             d> PUBSUB NUMPAT
             < :2
             a> QUIT
             < +OK
             d> PUBSUB NUMPAT
             < :1
             d> PUBSUB CHANNELS
             < *1\\r\\n$3\\r\\nfoo
             d> PUBSUB CHANNELS a b
             < -ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.
             d> PUBSUB NOSUCH
             < -ERR unknown subcommand 'NOSUCH'. Try PUBSUB HELP.",
        );
    }
}
