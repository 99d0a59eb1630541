//! SORT_RO

use super::shared_sort::sort;
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, Plan};

pub(crate) const COMMAND: Command = Command {
    name: "sort_ro",
    arity: -2,
    flags: Flags::READONLY.union(Flags::MOVABLE_KEYS),
    acl: Acl::SET
        .union(Acl::SORTEDSET)
        .union(Acl::LIST)
        .union(Acl::DANGEROUS),
    keys: &[
        KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec {
            flags: KeyFlags::RO.union(KeyFlags::ACCESS),
            begin: Begin::Unknown,
            find: Find::Unknown,
        },
    ],
    plan: Plan::Wide,
    group: Group::Generic,
    since: "7.0.0",
    complexity: "O(N+M*log(M)) where N is the number of elements and M the number of those returned; O(N) if they are not sorted.",
    summary: "Sorts the elements of a list, set or sorted set and returns them; never stores.",
    syntax: "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    sort(cx, args, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn sorts_and_never_stores() {
        play(
            "> RPUSH l 2 1
             < :2
             > SORT_RO l
             < *2
             < $1
             < 1
             < $1
             < 2
             > SORT_RO l STORE out
             < -ERR syntax error",
        );
    }
}
