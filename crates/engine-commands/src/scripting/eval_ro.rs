//! EVAL_RO

use crate::scripting::shared_script::SCRIPT_FLAGS;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome, Plan};
use engine_scripting::Scripts;

pub(crate) const COMMAND: Command = Command {
    name: "eval_ro",
    arity: -3,
    flags: SCRIPT_FLAGS.union(Flags::READONLY),
    acl: Acl::SCRIPTING,
    keys: &[KeySpec::counted(2, KeyFlags::RO.union(KeyFlags::ACCESS))],
    plan: Plan::Wide,
    group: Group::Scripting,
    since: "7.0.0",
    complexity: "Depends on the script that is executed.",
    summary: "Runs a Lua script that only reads.",
    syntax: "script numkeys [key [key ...]] [arg [arg ...]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    Scripts::of(cx.server)?.eval(cx, args, false, true)
}
