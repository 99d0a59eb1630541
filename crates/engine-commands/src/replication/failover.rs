//! FAILOVER

use crate::args::{int, is};
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "failover",
    arity: -1,
    flags: Flags::ADMIN.union(Flags::NOSCRIPT).union(Flags::STALE),
    group: Group::Server,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Hands the role of primary to a replica.",
    syntax: "[TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]",
    restricted: true,
    run,
    ..Command::BASE
};

fn run(_: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if args.len() == 2 && is(args[1], "ABORT") {
        return Err(Error::new("ERR No failover in progress."));
    }
    let mut at = 1;
    while at < args.len() {
        let left = args.len() - at - 1;
        if is(args[at], "TO") && left >= 2 {
            int(args[at + 2])?;
            at += 3;
        } else if is(args[at], "TIMEOUT") && left >= 1 {
            if int(args[at + 1])? <= 0 {
                return Err(Error::new("ERR FAILOVER timeout must be greater than 0"));
            }
            at += 2;
        } else if is(args[at], "FORCE") {
            at += 1;
        } else {
            return Err(Error::SYNTAX);
        }
    }
    Err(Error::new(
        "ERR FAILOVER is not carried out by this version of Elastane; use REPLICAOF NO ONE on the replica",
    ))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn says_what_it_does_not_do() {
        play(
            "> FAILOVER ABORT
             < -ERR No failover in progress.
             > FAILOVER TO host
             < -ERR syntax error
             > FAILOVER TIMEOUT 0
             < -ERR FAILOVER timeout must be greater than 0
             > FAILOVER
             < -ERR FAILOVER is not carried out by this version of Elastane; use REPLICAOF NO ONE on the replica",
        );
    }
}
