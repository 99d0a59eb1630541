//! Union, intersection and difference of sorted sets and sets, whose members count as scored 1.

use super::shared_reply;
use crate::args::{at_least, int, is};
use engine_dispatch::keys::{Class, Expiry};
use engine_dispatch::{Cx, Error, Event, Keys, Outcome};
use engine_keyspace::{EntryRef, NewValue, Value};
use engine_types::{ItemRef, Limits, Object, Set, ZSet};
use proto_resp::num::{INT_LEN_MAX, parse_f64};
use std::collections::HashMap;

/// How the inputs are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Union,
    Inter,
    Diff,
}

/// What is done with the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Reply,
    Store,
    Count,
}

/// How the scores of a member that is in several inputs become one.
#[derive(Debug, Clone, Copy)]
enum Aggregate {
    Sum,
    Min,
    Max,
}

impl Aggregate {
    fn join(self, target: f64, value: f64) -> f64 {
        match self {
            Self::Sum => number(target + value),
            Self::Min if value < target => value,
            Self::Max if value > target => value,
            _ => target,
        }
    }
}

/// Infinity times 0 and infinity less infinity are 0 here, as in Redis.
fn number(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value }
}

/// One input.
#[derive(Debug, Clone, Copy)]
enum Source<'k> {
    Absent,
    Set(&'k Set),
    ZSet(&'k ZSet),
}

impl<'k> Source<'k> {
    fn read(db: &'k Keys, key: &[u8]) -> Result<Self, Error> {
        match db.get(key).map(EntryRef::value) {
            None => Ok(Self::Absent),
            Some(Value::Object(Object::Set(set))) => Ok(Self::Set(set)),
            Some(Value::Object(Object::ZSet(zset))) => Ok(Self::ZSet(zset)),
            Some(_) => Err(Error::WRONG_TYPE),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Set(set) => set.len(),
            Self::ZSet(zset) => zset.len(),
        }
    }

    fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Absent => None,
            Self::Set(set) => set.contains(member).then_some(1.0),
            Self::ZSet(zset) => zset.score(member),
        }
    }

    fn iter(self) -> Box<dyn Iterator<Item = (ItemRef<'k>, f64)> + 'k> {
        match self {
            Self::Absent => Box::new(std::iter::empty()),
            Self::Set(set) => Box::new(set.iter().map(|member| (member, 1.0))),
            Self::ZSet(zset) => Box::new(zset.iter()),
        }
    }
}

/// The inputs with their weights.
type Sources<'k> = Vec<(Source<'k>, f64)>;

#[derive(Debug, Clone, Copy)]
struct Options {
    aggregate: Aggregate,
    with_scores: bool,
    /// Counting stops there; 0 for never.
    limit: usize,
}

impl Options {
    /// Reads what follows the keys; the weights go to the sources.
    fn parse(
        mut args: &[&[u8]],
        op: Op,
        what: Use,
        sources: &mut Sources<'_>,
    ) -> Result<Self, Error> {
        let mut options = Self {
            aggregate: Aggregate::Sum,
            with_scores: false,
            limit: 0,
        };
        let scored = op != Op::Diff && what != Use::Count;
        while let Some((word, rest)) = args.split_first() {
            args = rest;
            if scored && rest.len() >= sources.len() && is(word, "WEIGHTS") {
                let (weights, rest) = rest.split_at(sources.len());
                for ((_, weight), text) in sources.iter_mut().zip(weights) {
                    *weight =
                        parse_f64(text).ok_or(Error::new("ERR weight value is not a float"))?;
                }
                args = rest;
            } else if let (true, [name, rest @ ..]) = (scored && is(word, "AGGREGATE"), rest) {
                options.aggregate = match () {
                    () if is(name, "SUM") => Aggregate::Sum,
                    () if is(name, "MIN") => Aggregate::Min,
                    () if is(name, "MAX") => Aggregate::Max,
                    () => return Err(Error::SYNTAX),
                };
                args = rest;
            } else if what == Use::Reply && is(word, "WITHSCORES") {
                options.with_scores = true;
            } else if let (true, [limit, rest @ ..]) =
                (what == Use::Count && is(word, "LIMIT"), rest)
            {
                options.limit = at_least(limit, 0, "ERR LIMIT can't be negative")?;
                args = rest;
            } else {
                return Err(Error::SYNTAX);
            }
        }
        Ok(options)
    }
}

/// Members with their scores, in order.
type Members = Vec<(Vec<u8>, f64)>;

/// Reads `numkeys key [key ...] [option ...]`, the inputs and puts them together.
fn combine(
    db: &Keys,
    name: &str,
    args: &[&[u8]],
    op: Op,
    what: Use,
) -> Result<(Members, Options), Error> {
    let numkeys = int(args[0])?;
    if numkeys < 1 {
        return Err(Error::new(format!(
            "ERR at least 1 input key is needed for '{name}' command"
        )));
    }
    let rest = &args[1..];
    let numkeys = usize::try_from(numkeys).unwrap_or(usize::MAX);
    if numkeys > rest.len() {
        return Err(Error::SYNTAX);
    }
    let (keys, rest) = rest.split_at(numkeys);
    let mut sources = keys
        .iter()
        .map(|key| Ok((Source::read(db, key)?, 1.0)))
        .collect::<Result<Sources<'_>, Error>>()?;
    let options = Options::parse(rest, op, what, &mut sources)?;
    if op != Op::Diff {
        // The smallest first; sums of floats depend on it.
        sources.sort_by_key(|(source, _)| source.len());
    }
    let mut members = match op {
        Op::Union => union(&sources, options.aggregate),
        Op::Inter => inter(&sources, options),
        Op::Diff => diff(&sources),
    };
    if what != Use::Count {
        members.sort_by(|(a, x), (b, y)| order(*x, *y).then_with(|| a.cmp(b)));
    }
    Ok((members, options))
}

/// The order of scores: they are never NaN, and -0 equals 0.
fn order(left: f64, right: f64) -> std::cmp::Ordering {
    left.partial_cmp(&right)
        .unwrap_or(std::cmp::Ordering::Equal)
}

fn union(sources: &Sources<'_>, aggregate: Aggregate) -> Members {
    let mut all: HashMap<Vec<u8>, f64> = HashMap::new();
    let mut text = [0; INT_LEN_MAX];
    for (source, weight) in sources {
        for (member, score) in source.iter() {
            let score = number(weight * score);
            let member = member.as_bytes(&mut text);
            match all.get_mut(member) {
                Some(target) => *target = aggregate.join(*target, score),
                None => {
                    all.insert(member.to_vec(), score);
                }
            }
        }
    }
    all.into_iter().collect()
}

fn inter(sources: &Sources<'_>, options: Options) -> Members {
    let mut all = Members::new();
    let Some(((first, weight), others)) = sources.split_first() else {
        return all;
    };
    let mut text = [0; INT_LEN_MAX];
    'members: for (member, score) in first.iter() {
        let member = member.as_bytes(&mut text);
        let mut joined = number(weight * score);
        for (source, weight) in others {
            let Some(score) = source.score(member) else {
                continue 'members;
            };
            joined = options.aggregate.join(joined, weight * score);
        }
        all.push((member.to_vec(), joined));
        if all.len() == options.limit {
            break;
        }
    }
    all
}

fn diff(sources: &Sources<'_>) -> Members {
    let mut all = Members::new();
    let Some(((first, _), others)) = sources.split_first() else {
        return all;
    };
    // The largest is the most likely to have a member.
    let mut others: Vec<Source<'_>> = others.iter().map(|(source, _)| *source).collect();
    others.retain(|source| source.len() > 0);
    others.sort_by_key(|source| std::cmp::Reverse(source.len()));
    let mut text = [0; INT_LEN_MAX];
    for (member, score) in first.iter() {
        let member = member.as_bytes(&mut text);
        if others.iter().all(|source| source.score(member).is_none()) {
            all.push((member.to_vec(), score));
        }
    }
    all
}

/// ZUNION, ZINTER, ZDIFF: `numkeys key [key ...] [option ...]`.
pub(crate) fn reply(cx: &mut Cx<'_>, args: &[&[u8]], op: Op) -> Outcome {
    let name = cx.command.command.name;
    let (members, options) = combine(&cx.db, name, &args[1..], op, Use::Reply)?;
    let members = members
        .iter()
        .map(|(member, score)| (ItemRef::Bytes(member), *score));
    shared_reply::members(&mut cx.out, options.with_scores, members);
    Ok(())
}

/// ZINTERCARD: `numkeys key [key ...] [LIMIT limit]`.
pub(crate) fn count(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let name = cx.command.command.name;
    let (members, _) = combine(&cx.db, name, &args[1..], Op::Inter, Use::Count)?;
    cx.out.int(members.len() as i64);
    Ok(())
}

/// ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE: `destination numkeys key [key ...] [option ...]`.
pub(crate) fn store(cx: &mut Cx<'_>, args: &[&[u8]], op: Op) -> Outcome {
    let name = cx.command.command.name;
    let (members, _) = combine(&cx.db, name, &args[2..], op, Use::Store)?;
    let zset = build(&members, cx.server.limits());
    put_or_remove(cx, args[1], zset, name);
    Ok(())
}

/// A sorted set of these members. What will be large is never packed: a packed -0 is no longer told from 0.
fn build(members: &Members, mut limits: Limits) -> ZSet {
    let longest = members.iter().map(|(member, _)| member.len()).max();
    if members.len() > limits.zset_max_listpack_entries
        || longest > Some(limits.zset_max_listpack_value)
    {
        limits.zset_max_listpack_entries = 0;
    }
    let mut zset = ZSet::new();
    for (member, score) in members {
        zset.insert(member, *score, &limits);
    }
    zset
}

/// Puts a result in the place of whatever the destination held, or removes that if the result is empty; replies how
/// many members it has.
pub(crate) fn put_or_remove(cx: &mut Cx<'_>, destination: &[u8], zset: ZSet, event: &'static str) {
    cx.out.int(zset.len() as i64);
    if zset.is_empty() {
        cx.db.remove(destination, Event::DEL);
    } else {
        let value = NewValue::Object(Object::ZSet(zset));
        let event = Event::new(Class::ZSet, event);
        cx.db.put(destination, value, Expiry::Never, event);
    }
}
