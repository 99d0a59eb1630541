//! SPOP

use crate::args::positive;
use crate::items;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::keys::Class;
use engine_dispatch::{Acl, Command, Cx, Error, Event, Flags, Group, KeySpec, Outcome};
use engine_types::Set;

pub(crate) const COMMAND: Command = Command {
    name: "spop",
    arity: -2,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::SET,
    keys: &[KeySpec::at(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    group: Group::Set,
    since: "1.0.0",
    complexity: "O(1), or O(N), N being the count.",
    summary: "Takes members chosen at random out of a set and returns them.",
    syntax: "key [count]",
    run,
    ..Command::BASE
};

/// Members named in one effect at most.
const BATCH: usize = 1024;
const EVENT: Event = Event::new(Class::Set, "spop");

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    match args[2..] {
        [] => one(cx, args[1]),
        [count] => {
            let count = positive(count)?;
            many(cx, args[1], count)
        }
        _ => Err(Error::SYNTAX),
    }
}

fn one(cx: &mut Cx<'_>, key: &[u8]) -> Outcome {
    let mut rng = cx.rng();
    let member = cx.db.edit::<Set, _>(key, false, |set, change| {
        let member = set.pop(&mut rng);
        change.note(usize::from(member.is_some()), EVENT);
        member
    })?;
    let member = member.flatten();
    if let Some(member) = &member {
        cx.db.rewrite(&[b"SREM", key, member]);
    }
    cx.out.bulk_or_null(member.as_deref());
    Ok(())
}

fn many(cx: &mut Cx<'_>, key: &[u8], count: usize) -> Outcome {
    let Some(set) = cx.db.look::<Set>(key)? else {
        cx.out.set(0);
        return Ok(());
    };
    if count >= set.len() {
        return all(cx, key);
    }
    let mut rng = cx.rng();
    let popped = cx.db.edit::<Set, _>(key, false, |set, change| {
        let popped: Vec<Vec<u8>> = (0..count).map_while(|_| set.pop(&mut rng)).collect();
        change.note(popped.len(), EVENT);
        popped
    })?;
    let popped = popped.unwrap_or_default();
    cx.out.set(popped.len());
    popped.iter().for_each(|member| cx.out.bulk(member));
    for batch in popped.chunks(BATCH) {
        let mut effect: Vec<&[u8]> = vec![b"SREM", key];
        effect.extend(batch.iter().map(Vec::as_slice));
        cx.db.rewrite(&effect);
    }
    Ok(())
}

/// The whole set is popped: the key goes as it is.
fn all(cx: &mut Cx<'_>, key: &[u8]) -> Outcome {
    let out = &mut cx.out;
    cx.db.edit::<Set, _>(key, false, |set, change| {
        out.set(set.len());
        set.iter().for_each(|member| items::bulk(out, member));
        change.note(set.len(), EVENT);
    })?;
    cx.db.remove(key, Event::DEL);
    let lazy = cx.server.config.flag(params::LAZYFREE_LAZY_SERVER_DEL);
    cx.db.rewrite(&[if lazy { b"UNLINK" } else { b"DEL" }, key]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_and_many() {
        play(
            "> SADD s 1 2
             < :2
             > SPOP s 9
             < *2
             < $1
             < 1
             < $1
             < 2
             > SCARD s
             < :0
             > SADD s a
             < :1
             > SPOP s
             < $1
             < a
             > SPOP s
             < $-1
             > SPOP s 3
             < *0
             3> SPOP s 3
             < ~0
             3> SPOP s
             < _
             > SADD s 1 2 3
             < :3
             > SPOP s 0
             < *0
             > SCARD s
             < :3",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> SPOP s 1 2
             < -ERR syntax error
             > SPOP s -1
             < -ERR value is out of range, must be positive
             > SPOP s x
             < -ERR value is out of range, must be positive
             > SET k v
             < +OK
             > SPOP k
             < -WRONGTYPE Operation against a key holding the wrong kind of value
             > SPOP k 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }

    #[test]
    fn the_journal_names_the_members() {
        use crate::testing::journal;
        assert_eq!(
            journal("> SADD s a\n> SPOP s"),
            ["SELECT 0", "SADD s a", "SREM s a"]
        );
        assert_eq!(
            journal("> SADD s a b\n> SPOP s 2"),
            ["SELECT 0", "SADD s a b", "DEL s"]
        );
        let half = journal("> SADD s a b\n> SPOP s 1");
        assert!(half[2] == "SREM s a" || half[2] == "SREM s b", "{half:?}");
        assert_eq!(journal("> SADD s a b\n> SPOP s 0").len(), 2);
    }
}
