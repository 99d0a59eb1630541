//! GEODIST

use super::shared_area::distance;
use super::shared_cell::Point;
use super::shared_place::{reply_distance, unit};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "geodist",
    arity: -4,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Geo,
    since: "3.2.0",
    complexity: "O(1)",
    summary: "Returns the distance of two places.",
    syntax: "key member1 member2 [M | KM | FT | MI]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let unit = match args[4..] {
        [] => 1.0,
        [name] => unit(name)?,
        _ => return Err(Error::SYNTAX),
    };
    let places = cx.db.read::<ZSet>(args[1])?.and_then(|zset| {
        let place = |member| zset.score(member).map(Point::of_score);
        Some((place(args[2])?, place(args[3])?))
    });
    match places {
        Some((from, to)) => reply_distance(&mut cx.out, distance(from, to) / unit),
        None => cx.out.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn distances() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEODIST Sicily Palermo Catania
             < $11
             < 166274.1516
             > GEODIST Sicily Palermo Catania km
             < $8
             < 166.2742
             > GEODIST Sicily Palermo Catania mi
             < $8
             < 103.3182
             > GEODIST Sicily Palermo Catania FT
             < $11
             < 545518.8700
             3> GEODIST Sicily Palermo Catania
             < $11
             < 166274.1516
             > GEODIST Sicily Palermo Palermo
             < $6
             < 0.0000
             > GEODIST Sicily Palermo nowhere
             < $-1
             > GEODIST nothing a b
             < $-1
             3> GEODIST nothing a b
             < _",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEODIST k a
             < -ERR wrong number of arguments for 'geodist' command
             > GEODIST k a b yard
             < -ERR unsupported unit provided. please use M, KM, FT, MI
             > GEODIST k a b m x
             < -ERR syntax error
             > SET s v
             < +OK
             > GEODIST s a b
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
