//! GEOPOS

use super::shared_cell::Point;
use super::shared_place::reply_point;
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "geopos",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Geo,
    since: "3.2.0",
    complexity: "O(N), N being the number of members asked for.",
    summary: "Returns the longitudes and latitudes of places.",
    syntax: "key [member [member ...]]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let zset = cx.db.read::<ZSet>(args[1])?;
    cx.out.array(args.len() - 2);
    for member in &args[2..] {
        match zset.and_then(|zset| zset.score(member)) {
            Some(score) => reply_point(&mut cx.out, Point::of_score(score)),
            None => cx.out.null_array(),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEOADD Sicily 0 0 origin -180 -85.05112878 corner
             < :2
             > GEOPOS Sicily Palermo nowhere Catania
             < *3
             < *2
             < $20
             < 13.36138933897018433
             < $20
             < 38.11555639549629859
             < *-1
             < *2
             < $20
             < 15.08726745843887329
             < $20
             < 37.50266842333162032
             3> GEOPOS Sicily Palermo nowhere
             < *2
             < *2
             < ,13.36138933897018433
             < ,38.11555639549629859
             < _
             > GEOPOS Sicily origin corner
             < *2
             < *2
             < $19
             < 0.00000268220901489
             < $19
             < 0.00000126736058093
             < *2
             < $22
             < -179.99999731779098511
             < $21
             < -85.05112751263942528
             > GEOPOS Sicily
             < *0
             > GEOPOS nothing a
             < *1
             < *-1
             > GEOPOS
             < -ERR wrong number of arguments for 'geopos' command
             > SET s v
             < +OK
             > GEOPOS s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
