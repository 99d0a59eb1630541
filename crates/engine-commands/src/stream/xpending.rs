//! XPENDING

use super::{shared_group, shared_id};
use crate::args::{int, is};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::StreamId;
use engine_types::stream::{self, Pending};
use proto_resp::Reply;

pub(crate) const COMMAND: Command = Command {
    name: "xpending",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(log(N)+M), M being the number of pending entries looked at; O(C) without a range, C being the number of consumers.",
    summary: "Tells what has been given to the consumers of a group and is not acknowledged.",
    syntax: "key group [[IDLE min-idle-time] start end count [consumer]]",
    run,
    ..Command::BASE
};

/// What of the pending entries is wanted.
struct Wanted<'a> {
    min_idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

fn wanted<'a>(args: &[&'a [u8]]) -> Result<Option<Wanted<'a>>, Error> {
    if args.len() == 3 {
        return Ok(None);
    }
    if !(6..=9).contains(&args.len()) {
        return Err(Error::SYNTAX);
    }
    let (mut min_idle_ms, mut range) = (0, &args[3..]);
    if is(args[3], "IDLE") {
        min_idle_ms = int(args[4])?;
        range = &args[5..];
    }
    let [start, end, count, ref consumer @ ..] = *range else {
        return Err(Error::SYNTAX);
    };
    let count = int(count)?.max(0) as usize;
    Ok(Some(Wanted {
        min_idle_ms,
        start: shared_id::start(start)?,
        end: shared_id::end(end)?,
        count,
        consumer: consumer.first().copied(),
    }))
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let wanted = wanted(args)?;
    let now_ms = cx.now_ms();
    let mut body = Vec::new();
    let mut out = Reply::new(&mut body, cx.out.version());
    let (_, group) = shared_group::find(cx, args[1], args[2])?;
    match wanted {
        None => summary(&mut out, group),
        Some(wanted) => list(&mut out, group, &wanted, now_ms),
    }
    cx.out.raw(&body);
    Ok(())
}

fn summary(out: &mut Reply<'_>, group: &stream::Group) {
    out.array(4);
    out.int(group.pending_len() as i64);
    let Some((first, last)) = group.pending_ends() else {
        out.null();
        out.null();
        out.null_array();
        return;
    };
    shared_id::bulk(out, first);
    shared_id::bulk(out, last);
    let with_some = || group.consumers().filter(|c| c.pending_len() > 0);
    out.array(with_some().count());
    for consumer in with_some() {
        out.array(2);
        out.bulk(consumer.name());
        out.bulk_int(consumer.pending_len() as i64);
    }
}

fn list(out: &mut Reply<'_>, group: &stream::Group, wanted: &Wanted<'_>, now_ms: i64) {
    let of_group: Box<dyn Iterator<Item = &Pending>> = match wanted.consumer {
        None => Box::new(group.pending_from(wanted.start)),
        Some(name) => match group.consumer(name) {
            None => Box::new(std::iter::empty()),
            Some(consumer) => Box::new(
                consumer
                    .pending_from(wanted.start)
                    .filter_map(|id| group.pending(id)),
            ),
        },
    };
    let idle_enough =
        |p: &&Pending| wanted.min_idle_ms == 0 || p.idle_ms(now_ms) >= wanted.min_idle_ms;
    let listed = of_group
        .take_while(|pending| pending.id <= wanted.end)
        .filter(idle_enough)
        .take(wanted.count);
    let mark = out.begin();
    let mut count = 0;
    for pending in listed {
        out.array(4);
        shared_id::bulk(out, pending.id);
        out.bulk(pending.consumer());
        out.int(pending.idle_ms(now_ms).max(0));
        out.int(pending.deliveries as i64);
        count += 1;
    }
    out.end_array(mark, count);
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn a_summary() {
        play(
            "> XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XPENDING s g
             < *4
             < :0
             < $-1
             < $-1
             < *-1
             3> XPENDING s g
             < *4
             < :0
             < _
             < _
             < _
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XADD s 3-0 a 3
             < $3
             < 3-0
             > XREADGROUP GROUP g bob COUNT 1 NOACK STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             > XREADGROUP GROUP g alice STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *2
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
             > XPENDING s g
             < *4
             < :2
             < $3
             < 2-0
             < $3
             < 3-0
             < *1
             < *2
             < $5
             < alice
             < $1
             < 2",
        );
    }

    #[test]
    fn the_entries_with_their_owners() {
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
             > XCLAIM s g bob 0 1-0 FORCE JUSTID RETRYCOUNT 4
             < *1
             < $3
             < 1-0
             + 700
             > XCLAIM s g alice 0 2-0 3-0 FORCE JUSTID
             < *2
             < $3
             < 2-0
             < $3
             < 3-0
             + 50
             > XPENDING s g - + 2
             < *2
             < *4
             < $3
             < 1-0
             < $3
             < bob
             < :750
             < :4
             < *4
             < $3
             < 2-0
             < $5
             < alice
             < :50
             < :1
             > XPENDING s g (2-0 + 10 alice
             < *1
             < *4
             < $3
             < 3-0
             < $5
             < alice
             < :50
             < :1
             > XPENDING s g IDLE 700 - + 10
             < *1
             < *4
             < $3
             < 1-0
             < $3
             < bob
             < :750
             < :4
             > XPENDING s g - + 10 nobody
             < *0
             > XPENDING s g - + 0
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XPENDING s g
             < -NOGROUP No such key 's' or consumer group 'g'
             > XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XPENDING s g - +
             < -ERR syntax error
             > XPENDING s g IDLE 5 - +
             < -ERR syntax error
             > XPENDING s g - + x
             < -ERR value is not an integer or out of range
             > XPENDING s g x + 1
             < -ERR Invalid stream ID specified as stream command argument
             > XPENDING s g - (0-0 1
             < -ERR invalid end ID for the interval
             > XPENDING s g - + 1 c d e f
             < -ERR syntax error
             > XPENDING s nobody
             < -NOGROUP No such key 's' or consumer group 'nobody'
             > SET k v
             < +OK
             > XPENDING k g
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
