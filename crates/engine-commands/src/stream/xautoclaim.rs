//! XAUTOCLAIM

use super::shared_claim::{Claim, Claimed};
use super::shared_effects::Effects;
use super::shared_group_read::CREATED_CONSUMER;
use super::{shared_group, shared_id};
use crate::args::{at_least, is};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::{Stream, StreamId};

pub(crate) const COMMAND: Command = Command {
    name: "xautoclaim",
    arity: -6,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::DELETE))],
    group: Group::Stream,
    since: "6.2.0",
    complexity: "O(1) if COUNT is small.",
    summary: "Gives entries to a consumer that have been pending for some time, as many as are asked for.",
    syntax: "key group consumer min-idle-time start [COUNT count] [JUSTID]",
    run,
    ..Command::BASE
};

/// Pending entries looked at for each that is asked for.
const LOOKS_PER_ENTRY: usize = 10;
const COUNT_MAX: usize = i64::MAX as usize / 16;
const COUNT_ERROR: &str = "ERR COUNT must be > 0";

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name, consumer, now_ms) = (args[1], args[2], args[3], cx.now_ms());
    let min_idle_ms = proto_resp::num::parse_i64(args[4])
        .ok_or(Error::new(
            "ERR Invalid min-idle-time argument for XAUTOCLAIM",
        ))?
        .max(0);
    let start = shared_id::start(args[5])?;
    let (count, just_id) = options(&args[6..])?;
    shared_group::find(cx, key, name)?;
    let mut effects = Effects::new(cx, key, name);
    let mut body = Vec::new();
    let version = cx.out.version();
    let done = cx.db.edit::<Stream, _>(key, false, |stream, change| {
        stream.edit_group(name, |entries, group| {
            let created = group.create_consumer(consumer, now_ms);
            group.note_seen(consumer, now_ms);
            let mut out = proto_resp::Reply::new(&mut body, version);
            let mut claim = Claim {
                consumer,
                now_ms,
                min_idle_ms,
                delivered_ms: now_ms,
                deliveries: None,
                force: false,
                just_id,
                out: &mut out,
                effects: &mut effects,
            };
            let mut walk = Walk::new(start);
            for _ in 0..count.saturating_mul(LOOKS_PER_ENTRY) {
                if walk.claimed + walk.deleted.len() == count {
                    break;
                }
                let Some(id) = walk.take_next(group) else {
                    break;
                };
                match claim.entry(entries, group, id) {
                    Claimed::Yes => walk.claimed += 1,
                    Claimed::Deleted => walk.deleted.push(id),
                    Claimed::No => {}
                }
            }
            if created && walk.claimed == 0 {
                effects.create_consumer(consumer);
            }
            let dirty = walk.claimed + walk.deleted.len() + usize::from(created);
            change.note_beside(dirty, created.then_some(CREATED_CONSUMER));
            let next = walk.take_next(group);
            (next, walk)
        })
    })?;
    effects.write(cx);
    let (next, walk) = done.flatten().unwrap_or((None, Walk::new(start)));
    cx.out.array(3);
    shared_id::bulk(&mut cx.out, next.unwrap_or(StreamId::MIN));
    cx.out.array(walk.claimed);
    cx.out.raw(&body);
    cx.out.array(walk.deleted.len());
    for id in walk.deleted {
        shared_id::bulk(&mut cx.out, id);
    }
    Ok(())
}

fn options(args: &[&[u8]]) -> Result<(usize, bool), Error> {
    let (mut count, mut just_id) = (100, false);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if is(word, "COUNT")
            && let Some(n) = words.next()
        {
            count = at_least(n, 1, COUNT_ERROR)?;
            if count > COUNT_MAX {
                return Err(Error::new(COUNT_ERROR));
            }
        } else if is(word, "JUSTID") {
            just_id = true;
        } else {
            return Err(Error::SYNTAX);
        }
    }
    Ok((count, just_id))
}

/// A walk over what is pending, which changes meanwhile.
struct Walk {
    /// Where to go on; `None` behind the greatest ID.
    next: Option<StreamId>,
    claimed: usize,
    deleted: Vec<StreamId>,
}

impl Walk {
    fn new(start: StreamId) -> Self {
        Self {
            next: Some(start),
            claimed: 0,
            deleted: Vec::new(),
        }
    }

    fn take_next(&mut self, group: &engine_types::stream::Group) -> Option<StreamId> {
        let id = group.pending_from(self.next?).next()?.id;
        self.next = id.next();
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn goes_on_where_it_ended() {
        play(
            "> XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XADD s 3-0 a 3
             < $3
             < 3-0
             > XADD s 4-0 a 4
             < $3
             < 4-0
             > XREADGROUP GROUP g bob STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *4
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             < *2
             < $3
             < 2-0
             < *2
             < $1
             < a
             < $1
             < 2
             < *2
             < $3
             < 3-0
             < *2
             < $1
             < a
             < $1
             < 3
             < *2
             < $3
             < 4-0
             < *2
             < $1
             < a
             < $1
             < 4
             > XDEL s 2-0
             < :1
             > XAUTOCLAIM s g alice 0 - COUNT 2
             < *3
             < $3
             < 3-0
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             < *1
             < $3
             < 2-0
             3> XAUTOCLAIM s g alice 0 3-0 COUNT 1 JUSTID
             < *3
             < $3
             < 4-0
             < *1
             < $3
             < 3-0
             < *0
             > XAUTOCLAIM s g alice 100000 0
             < *3
             < $3
             < 0-0
             < *0
             < *0
             > XAUTOCLAIM s g alice 0 (3-0
             < *3
             < $3
             < 0-0
             < *1
             < *2
             < $3
             < 4-0
             < *2
             < $1
             < a
             < $1
             < 4
             < *0
             > XAUTOCLAIM s g alice 0 9
             < *3
             < $3
             < 0-0
             < *0
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XAUTOCLAIM s g alice x 0
             < -ERR Invalid min-idle-time argument for XAUTOCLAIM
             > XAUTOCLAIM s g alice 0 x
             < -ERR Invalid stream ID specified as stream command argument
             > XAUTOCLAIM s g alice 0 0 COUNT 0
             < -ERR COUNT must be > 0
             > XAUTOCLAIM s g alice 0 0 COUNT 9223372036854775807
             < -ERR COUNT must be > 0
             > XAUTOCLAIM s g alice 0 0 COUNT
             < -ERR syntax error
             > XAUTOCLAIM s g alice 0 0 WHAT
             < -ERR syntax error
             > XAUTOCLAIM s nobody alice 0 0
             < -NOGROUP No such key 's' or consumer group 'nobody'
             > SET k v
             < +OK
             > XAUTOCLAIM k g alice 0 0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
