//! BITFIELD_RO

use super::shared_fields::run_steps;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "bitfield_ro",
    arity: -2,
    flags: Flags::READONLY.union(Flags::FAST),
    acl: Acl::BITMAP,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Bitmap,
    since: "6.0.0",
    complexity: "O(1) for each step.",
    summary: "Reads numbers of any width within a string.",
    syntax: "key [GET encoding offset [GET encoding offset ...]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    run_steps(cx, args, false)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn numbers_are_read_only() {
        play(
            "> SET k abc
             < +OK
             > BITFIELD_RO k GET u8 8 GET i4 #0
             < *2
             < :98
             < :6
             > BITFIELD_RO k SET u8 0 1
             < -ERR BITFIELD_RO only supports the GET subcommand",
        );
    }
}
