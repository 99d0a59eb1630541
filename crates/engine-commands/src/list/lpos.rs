//! LPOS

use crate::args::{at_least, is, negatable};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::{ItemRef, List};

pub(crate) const COMMAND: Command = Command {
    name: "lpos",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::LIST,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::List,
    since: "6.0.6",
    complexity: "O(N), N being the number of elements looked at.",
    summary: "Returns the indices of the elements of a list that equal a value.",
    syntax: "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
    run,
    ..Command::BASE
};

struct Options {
    /// The first match to be returned; negative: from the tail.
    rank: i64,
    /// How many matches as an array, 0 for all; `None` for one by itself.
    count: Option<usize>,
    /// How many elements are looked at, 0 for all.
    maxlen: usize,
}

fn options(args: &[&[u8]]) -> Result<Options, Error> {
    let mut o = Options {
        rank: 1,
        count: None,
        maxlen: 0,
    };
    for pair in args.chunks(2) {
        match *pair {
            [word, value] if is(word, "RANK") => o.rank = rank(value)?,
            [word, value] if is(word, "COUNT") => {
                o.count = Some(at_least(value, 0, "ERR COUNT can't be negative")?);
            }
            [word, value] if is(word, "MAXLEN") => {
                o.maxlen = at_least(value, 0, "ERR MAXLEN can't be negative")?;
            }
            _ => return Err(Error::SYNTAX),
        }
    }
    Ok(o)
}

fn rank(arg: &[u8]) -> Result<i64, Error> {
    match negatable(arg)? {
        0 => Err(Error::new(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
             or use negative to start from the end of the list",
        )),
        rank => Ok(rank),
    }
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let o = options(&args[3..])?;
    let found = match cx.db.read::<List>(args[1])? {
        Some(list) => positions(list, args[2], &o),
        None => Vec::new(),
    };
    match (o.count, found.first()) {
        (Some(_), _) => {
            cx.out.array(found.len());
            found.iter().for_each(|at| cx.out.int(*at as i64));
        }
        (None, Some(at)) => cx.out.int(*at as i64),
        (None, None) => cx.out.null(),
    }
    Ok(())
}

fn positions(list: &List, element: &[u8], o: &Options) -> Vec<usize> {
    let limit = |n: usize| if n == 0 { usize::MAX } else { n };
    let skip = o.rank.unsigned_abs().saturating_sub(1);
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let take = o.count.map_or(1, limit);
    let matches = |(_, item): &(usize, ItemRef<'_>)| *item == *element;
    let looked_at = limit(o.maxlen);
    if o.rank > 0 {
        let elements = list.iter().enumerate().take(looked_at).filter(matches);
        elements.skip(skip).take(take).map(|(at, _)| at).collect()
    } else {
        let last = list.len().saturating_sub(1);
        let elements = list
            .iter()
            .rev()
            .enumerate()
            .take(looked_at)
            .filter(matches);
        elements
            .skip(skip)
            .take(take)
            .map(|(at, _)| last - at)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn ranks_counts_and_lengths() {
        play(
            "> RPUSH l a b c 1 2 3 c c
             < :8
             > LPOS l c
             < :2
             > LPOS l 2
             < :4
             > LPOS l x
             < $-1
             > LPOS l c RANK 2
             < :6
             > LPOS l c RANK -1
             < :7
             > LPOS l c RANK 4
             < $-1
             > LPOS l c COUNT 0
             < *3
             < :2
             < :6
             < :7
             > LPOS l c COUNT 2 RANK -1
             < *2
             < :7
             < :6
             > LPOS l c COUNT 0 MAXLEN 3
             < *1
             < :2
             > LPOS l c COUNT 0 MAXLEN 2
             < *0
             > LPOS l a RANK -1 MAXLEN 7
             < $-1
             > LPOS nothing a
             < $-1
             > LPOS nothing a COUNT 1
             < *0
             3> LPOS nothing a
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> LPOS l a RANK 0
             < -ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list
             > LPOS l a RANK x
             < -ERR value is not an integer or out of range
             > LPOS l a RANK -9223372036854775808
             < -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
             > LPOS l a COUNT -1
             < -ERR COUNT can't be negative
             > LPOS l a MAXLEN -1
             < -ERR MAXLEN can't be negative
             > LPOS l a COUNT
             < -ERR syntax error
             > LPOS l a WHERE 1
             < -ERR syntax error
             > SET s v
             < +OK
             > LPOS s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
