//! RANDOMKEY

use engine_dispatch::{Acl, Command, Cx, Flags, Group, Outcome, Plan};
use engine_keyspace::{Busy, SlotId};
use engine_types::Rng;

pub(crate) const COMMAND: Command = Command {
    name: "randomkey",
    arity: 1,
    flags: Flags::READONLY,
    acl: Acl::KEYSPACE,
    plan: Plan::Visits,
    group: Group::Generic,
    since: "1.0.0",
    complexity: "O(S) in the number of slots in use.",
    summary: "Returns one of the keys, each with the same chance.",
    run,
    ..Command::BASE
};

/// Draws of keys whose time has come after which all keys are looked at: there may be many such on a replica.
const DRAWS_MAX: usize = 16;

/// A key and its expiry.
type Drawn = (Vec<u8>, Option<i64>);

fn run(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let mut rng = cx.rng();
    for _ in 0..DRAWS_MAX {
        match draw(cx, &mut rng) {
            Err(busy) => return cx.retry(busy),
            Ok(None) => {
                cx.out.null();
                return Ok(());
            }
            Ok(Some((key, expire_at))) => {
                if expire_at.is_none_or(|at| at > cx.now_ms()) {
                    cx.out.bulk(&key);
                    return Ok(());
                }
                cx.remove_due(&[key.into()]);
            }
        }
    }
    let mut cursor = 0;
    let (mut chosen, mut seen) = (None, 0);
    loop {
        let step = cx.db.scan(cursor, usize::MAX, |entry| {
            seen += 1;
            if rng.below(seen) == 0 {
                chosen = Some(entry.key().to_vec());
            }
        });
        match step {
            Ok(0) => break,
            Ok(next) => cursor = next,
            Err(busy) => return cx.retry(busy),
        }
    }
    cx.out.bulk_or_null(chosen.as_deref());
    Ok(())
}

/// A key of the database and its expiry: the slot is drawn by its share of the keys, then the key within it.
fn draw(cx: &mut Cx<'_>, rng: &mut Rng) -> Result<Option<Drawn>, Busy> {
    let (server, db) = (cx.server, cx.db.db);
    let keys = server.keyspace.db(db).keys.get().max(0) as usize;
    let mut left = rng.below(keys);
    let mut last = None;
    for (id, _) in server.keyspace.slots_of(db) {
        let found = cx.db.visit(id.slot(), |data| {
            let len = data.len();
            let chosen = left < len;
            left -= left.min(len);
            (len > 0, chosen.then(|| pick(data, rng)).flatten())
        })?;
        match found {
            (_, Some(found)) => return Ok(Some(found)),
            (true, None) => last = Some(id),
            (false, None) => {}
        }
    }
    // Keys went while the slots were counted.
    match last.map(SlotId::slot) {
        Some(slot) => cx.db.visit(slot, |data| pick(data, rng)),
        None => Ok(None),
    }
}

fn pick(data: &engine_keyspace::SlotData, rng: &mut Rng) -> Option<Drawn> {
    let entry = data.random(|| rng.next_u64() as u32)?;
    Some((entry.key().to_vec(), entry.expire_at()))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn one_of_the_keys_or_null() {
        play(
            "> RANDOMKEY
             < $-1
             3> RANDOMKEY
             < _
             a> SET k v
             < +OK
             > RANDOMKEY
             < $1
             < k
             > SET k v PX 10
             < +OK
             > RANDOMKEY
             < $1
             < k
             > SET other v
             < +OK
             + 10
             > RANDOMKEY
             < $5
             < other
             > MULTI
             < +OK
             > RANDOMKEY
             < +QUEUED
             > EXEC
             < *1
             < $5
             < other",
        );
    }

    #[test]
    fn a_key_among_many_whose_time_has_come() {
        use engine_session::transcript::Stage;
        let mut stage = Stage::new(crate::table());
        for n in 0..300 {
            stage.send("a", format!("SET {{t}}{n} v PX 10\r\n").as_bytes());
        }
        stage.play(
            "> SET k v
             < +OK
             + 10
             > RANDOMKEY
             < $1
             < k
             > DEL k
             < :1
             > RANDOMKEY
             < $-1",
        );
    }

    #[test]
    fn every_key_has_the_same_chance() {
        use engine_session::transcript::Stage;
        let mut stage = Stage::new(crate::table());
        // Nine keys share a slot, three stand alone.
        for key in (0..9)
            .map(|n| format!("{{t}}{n}"))
            .chain((0..3).map(|n| format!("k{n}")))
        {
            stage.send("a", format!("SET {key} v\r\n").as_bytes());
        }
        let mut drawn = std::collections::HashMap::new();
        for _ in 0..3600 {
            *drawn.entry(stage.send("a", b"RANDOMKEY\r\n")).or_insert(0) += 1;
        }
        assert_eq!(drawn.len(), 12);
        assert!(drawn.values().all(|n| (200..400).contains(n)), "{drawn:?}");
    }
}
