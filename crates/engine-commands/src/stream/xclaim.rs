//! XCLAIM

use super::shared_claim::{Claim, Claimed};
use super::shared_effects::Effects;
use super::shared_group_read::CREATED_CONSUMER;
use super::{shared_group, shared_id};
use crate::args::is;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::{Stream, StreamId};

pub(crate) const COMMAND: Command = Command {
    name: "xclaim",
    arity: -6,
    flags: Flags::WRITE.union(Flags::FAST),
    acl: Acl::STREAM,
    keys: &[KeySpec::at(1, KeyFlags::RW.union(KeyFlags::UPDATE))],
    group: Group::Stream,
    since: "5.0.0",
    complexity: "O(log(N)) for each ID, N being the number of pending entries of the group.",
    summary: "Gives pending entries to a consumer as if they had been delivered to it.",
    syntax: "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
    run,
    ..Command::BASE
};

#[derive(Debug, Default)]
struct Options {
    delivered_ms: Option<i64>,
    deliveries: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: StreamId,
}

fn number(arg: &[u8], option: &str) -> Result<i64, Error> {
    proto_resp::num::parse_i64(arg)
        .ok_or_else(|| Error::new(format!("ERR Invalid {option} argument for XCLAIM")))
}

fn options(args: &[&[u8]], now_ms: i64) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        let takes_value = ["IDLE", "TIME", "RETRYCOUNT", "LASTID"]
            .into_iter()
            .find(|option| is(word, option) && words.len() > 0);
        if is(word, "FORCE") {
            options.force = true;
        } else if is(word, "JUSTID") {
            options.just_id = true;
        } else if let Some(option) = takes_value
            && let Some(value) = words.next()
        {
            match option {
                "IDLE" => {
                    let idle_ms = number(value, "IDLE option")?;
                    options.delivered_ms = Some(now_ms.wrapping_sub(idle_ms));
                }
                "TIME" => options.delivered_ms = Some(number(value, "TIME option")?),
                "RETRYCOUNT" => {
                    options.deliveries = u64::try_from(number(value, "RETRYCOUNT option")?).ok();
                }
                _ => options.last_id = shared_id::strict(value, 0)?,
            }
        } else {
            let word = String::from_utf8_lossy(word);
            return Err(Error::new(format!(
                "ERR Unrecognized XCLAIM option '{word}'"
            )));
        }
    }
    Ok(options)
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let (key, name, consumer, now_ms) = (args[1], args[2], args[3], cx.now_ms());
    shared_group::find(cx, key, name)?;
    let min_idle_ms = number(args[4], "min-idle-time")?.max(0);
    // The IDs end where something else begins.
    let ids = args[5..]
        .iter()
        .map_while(|id| shared_id::strict(id, 0).ok());
    let ids: Vec<StreamId> = ids.collect();
    let options = options(&args[5 + ids.len()..], now_ms)?;
    // A time that is none, or has not come yet, is let pass: clients compute it by clocks of their own.
    let delivered_ms = options
        .delivered_ms
        .filter(|ms| (0..=now_ms).contains(ms))
        .unwrap_or(now_ms);
    let mut effects = Effects::new(cx, key, name);
    let mark = cx.out.begin();
    let out = &mut cx.out;
    let claimed = cx.db.edit::<Stream, _>(key, false, |stream, change| {
        stream.edit_group(name, |entries, group| {
            let raised = group.raise_last_id(options.last_id);
            let created = group.create_consumer(consumer, now_ms);
            group.note_seen(consumer, now_ms);
            let mut claim = Claim {
                consumer,
                now_ms,
                min_idle_ms,
                delivered_ms,
                deliveries: options.deliveries,
                force: options.force,
                just_id: options.just_id,
                out,
                effects: &mut effects,
            };
            let (mut claimed, mut changed) = (0, 0);
            for id in &ids {
                match claim.entry(entries, group, *id) {
                    Claimed::Yes => claimed += 1,
                    Claimed::Deleted => changed += 1,
                    Claimed::No => {}
                }
            }
            changed += claimed;
            if raised && changed == 0 {
                effects.position(group);
            }
            if created && claimed == 0 {
                effects.create_consumer(consumer);
            }
            let dirty = changed + usize::from(created) + usize::from(raised && changed == 0);
            change.note_beside(dirty, created.then_some(CREATED_CONSUMER));
            claimed
        })
    })?;
    cx.out.end_array(mark, claimed.flatten().unwrap_or(0));
    effects.write(cx);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn entries_change_hands() {
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
             > XREADGROUP GROUP g bob COUNT 2 STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *2
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
             > XCLAIM s g alice 0 1-0 7-0
             < *1
             < *2
             < $3
             < 1-0
             < *2
             < $1
             < a
             < $1
             < 1
             > XCLAIM s g alice 100000 2-0
             < *0
             > XCLAIM s g alice 0 2-0 JUSTID
             < *1
             < $3
             < 2-0
             > XCLAIM s g alice 0 3-0
             < *0
             > XCLAIM s g alice 0 3-0 FORCE
             < *1
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
             < :3
             < $3
             < 1-0
             < $3
             < 3-0
             < *1
             < *2
             < $5
             < alice
             < $1
             < 3",
        );
    }

    #[test]
    fn what_is_gone_is_pending_no_more() {
        play(
            "> XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XADD s 1-0 a 1
             < $3
             < 1-0
             > XADD s 2-0 a 2
             < $3
             < 2-0
             > XREADGROUP GROUP g bob STREAMS s >
             < *1
             < *2
             < $1
             < s
             < *2
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
             > XDEL s 1-0
             < :1
             > XCLAIM s g alice 0 1-0 2-0 JUSTID
             < *1
             < $3
             < 2-0
             > XPENDING s g
             < *4
             < :1
             < $3
             < 2-0
             < $3
             < 2-0
             < *1
             < *2
             < $5
             < alice
             < $1
             < 1
             > XCLAIM s g bob 0 2-0 LASTID 9-0 TIME 1 RETRYCOUNT 7 JUSTID
             < *1
             < $3
             < 2-0
             > XINFO GROUPS s
             < *1
             < *12
             < $4
             < name
             < $1
             < g
             < $9
             < consumers
             < :2
             < $7
             < pending
             < :1
             < $17
             < last-delivered-id
             < $3
             < 9-0
             < $12
             < entries-read
             < :2
             < $3
             < lag
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> XCLAIM s g c 0 1-0
             < -NOGROUP No such key 's' or consumer group 'g'
             > XGROUP CREATE s g 0 MKSTREAM
             < +OK
             > XCLAIM s g bob x 1-0
             < -ERR Invalid min-idle-time argument for XCLAIM
             > XCLAIM s g bob 0 1-0 WHAT
             < -ERR Unrecognized XCLAIM option 'WHAT'
             > XCLAIM s g bob 0 1-0 IDLE
             < -ERR Unrecognized XCLAIM option 'IDLE'
             > XCLAIM s g bob 0 1-0 IDLE x
             < -ERR Invalid IDLE option argument for XCLAIM
             > XCLAIM s g bob 0 1-0 TIME x
             < -ERR Invalid TIME option argument for XCLAIM
             > XCLAIM s g bob 0 1-0 RETRYCOUNT x
             < -ERR Invalid RETRYCOUNT option argument for XCLAIM
             > XCLAIM s g bob 0 1-0 LASTID x
             < -ERR Invalid stream ID specified as stream command argument
             > SET k v
             < +OK
             > XCLAIM k g bob 0 1-0
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
