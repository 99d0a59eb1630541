//! Adding members and changing scores: ZADD, ZINCRBY, GEOADD.

use crate::args::{float, is};
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event, Outcome};
use engine_types::{Limits, ZSet};

/// Which members are added or changed, and what the reply is.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Rules {
    /// Only new members.
    pub nx: bool,
    /// Only members that are there.
    pub xx: bool,
    /// Of those that are there, only where the score grows.
    pub gt: bool,
    /// Of those that are there, only where the score falls.
    pub lt: bool,
    /// The score is added to the present one.
    pub incr: bool,
    /// The reply counts changed members too.
    pub ch: bool,
}

/// What became of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Added,
    Updated,
    /// It has the score that was asked for already.
    Same,
    /// The rules did not let it be added or changed.
    Skipped,
}

impl Rules {
    /// Takes an option; false if it is none.
    fn take(&mut self, word: &[u8]) -> bool {
        let rules = [
            ("NX", &mut self.nx),
            ("XX", &mut self.xx),
            ("GT", &mut self.gt),
            ("LT", &mut self.lt),
            ("INCR", &mut self.incr),
            ("CH", &mut self.ch),
        ];
        let found = rules.into_iter().find(|(name, _)| is(word, name));
        found.map(|(_, rule)| *rule = true).is_some()
    }

    fn check(self, members: usize) -> Outcome {
        let text = if self.nx && self.xx {
            "ERR XX and NX options at the same time are not compatible"
        } else if [self.gt, self.lt, self.nx].iter().filter(|given| **given).count() > 1 {
            "ERR GT, LT, and/or NX options at the same time are not compatible"
        } else if self.incr && members > 1 {
            "ERR INCR option supports a single increment-element pair"
        } else {
            return Ok(());
        };
        Err(Error::new(text))
    }

    /// Adds or changes one member; its fate and the score it has then.
    fn apply(
        self,
        zset: &mut ZSet,
        member: &[u8],
        score: f64,
        limits: &Limits,
    ) -> Result<(Fate, f64), Error> {
        let fate_of = |old: Option<f64>, score: f64| match old {
            None => Fate::Added,
            Some(old) if old != score => Fate::Updated,
            Some(_) => Fate::Same,
        };
        if !(self.nx || self.xx || self.gt || self.lt || self.incr) {
            return Ok((fate_of(zset.insert(member, score, limits), score), score));
        }
        let old = zset.score(member);
        let Some(present) = old else {
            if self.xx {
                return Ok((Fate::Skipped, score));
            }
            zset.insert(member, score, limits);
            return Ok((Fate::Added, score));
        };
        if self.nx {
            return Ok((Fate::Skipped, present));
        }
        let score = if self.incr { score + present } else { score };
        if score.is_nan() {
            return Err(Error::new("ERR resulting score is not a number (NaN)"));
        }
        if (self.lt && score >= present) || (self.gt && score <= present) {
            return Ok((Fate::Skipped, present));
        }
        if score != present {
            zset.insert(member, score, limits);
        }
        Ok((fate_of(old, score), score))
    }
}

/// ZADD, and ZINCRBY as a ZADD with INCR: options, then scores and members in turn.
pub(crate) fn zadd(cx: &mut Cx<'_>, args: &[&[u8]], mut rules: Rules) -> Outcome {
    let mut at = 2;
    while args.get(at).is_some_and(|word| rules.take(word)) {
        at += 1;
    }
    let pairs = args.get(at..).unwrap_or_default();
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(Error::SYNTAX);
    }
    rules.check(pairs.len() / 2)?;
    let pairs = pairs
        .chunks_exact(2)
        .map(|pair| Ok((float(pair[0])?, pair[1])))
        .collect::<Result<Vec<_>, Error>>()?;
    add(cx, args[1], &pairs, rules)
}

/// Adds scores and members by the rules, and replies.
pub(crate) fn add(cx: &mut Cx<'_>, key: &[u8], pairs: &[(f64, &[u8])], rules: Rules) -> Outcome {
    let limits = cx.server.limits();
    let name = if rules.incr { "zincr" } else { "zadd" };
    let edited = cx.db.edit::<ZSet, _>(key, !rules.xx, |zset, change| {
        let (mut added, mut updated, mut last) = (0, 0, None);
        for (score, member) in pairs {
            let (fate, score) = rules.apply(zset, member, *score, &limits)?;
            added += usize::from(fate == Fate::Added);
            updated += usize::from(fate == Fate::Updated);
            last = (fate != Fate::Skipped).then_some(score);
        }
        change.note(added + updated, Event::new(Class::ZSet, name));
        Ok((added, updated, last))
    })?;
    let (added, updated, last) = edited.transpose()?.unwrap_or_default();
    match last {
        Some(score) if rules.incr => cx.out.double(score),
        None if rules.incr => cx.out.null(),
        _ if rules.ch => cx.out.int((added + updated) as i64),
        _ => cx.out.int(added as i64),
    }
    Ok(())
}
