//! HPERSIST

use super::shared_expiry::{HPERSIST, journal_persist, names};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::dialect::FieldsOf;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::Hash;

pub(crate) const COMMAND: Command = Command {
    name: "hpersist",
    arity: -5,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::HASH,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Hash,
    since: "7.4.0",
    complexity: "O(N), N being the number of fields.",
    summary: "Takes the expiry of fields of a hash away.",
    syntax: "key FIELDS numfields field [field ...]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let names = names(cx, FieldsOf::Persist, args)?;
    let key = args[1];
    cx.db.purge_fields(key, names.iter().copied());
    let limits = cx.server.limits();
    let results = cx.db.edit::<Hash, _>(key, false, |hash, change| {
        let one = |name: &&[u8]| {
            if !hash.contains(name) {
                return -2;
            }
            if hash.field_expiry(name).is_none() {
                return -1;
            }
            hash.set_field_expiry(name, None, &limits);
            1
        };
        let results: Vec<i64> = names.iter().map(one).collect();
        change.note(results.iter().filter(|r| **r == 1).count(), HPERSIST);
        results
    })?;
    let results = results.unwrap_or_else(|| vec![-2; names.len()]);
    let changed = names.iter().zip(&results).filter(|(_, r)| **r == 1);
    let changed: Vec<&[u8]> = changed.map(|(name, _)| *name).collect();
    if !changed.is_empty() {
        journal_persist(cx, key, &changed);
    }
    cx.out.array(results.len());
    results.iter().for_each(|result| cx.out.int(*result));
    Ok(())
}
