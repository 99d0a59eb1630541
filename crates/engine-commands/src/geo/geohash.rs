//! GEOHASH

use super::shared_cell::{Cell, Point, STEP_MAX, Span};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};
use engine_types::ZSet;

pub(crate) const COMMAND: Command = Command {
    name: "geohash",
    arity: -2,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Geo,
    since: "3.2.0",
    complexity: "O(N), N being the number of members asked for.",
    summary: "Returns places as standard geohash strings.",
    syntax: "key [member [member ...]]",
    run,
    ..Command::BASE
};

/// The digits of geohash strings.
const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let zset = cx.db.read::<ZSet>(args[1])?;
    cx.out.array(args.len() - 2);
    for member in &args[2..] {
        match zset.and_then(|zset| zset.score(member)) {
            Some(score) => cx.out.bulk(&text_of(Point::of_score(score))),
            None => cx.out.null(),
        }
    }
    Ok(())
}

/// A place as 11 digits of five bits, counted from pole to pole. The last one has two bits, which Redis leaves 0.
fn text_of(point: Point) -> [u8; 11] {
    let bits = Cell::within(point, STEP_MAX, Span::TO_THE_POLES).bits;
    std::array::from_fn(|at| {
        let shift = (2 * STEP_MAX as usize).checked_sub((at + 1) * 5);
        let digit = shift.map_or(0, |shift| bits >> shift & 31);
        DIGITS[digit as usize]
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn strings() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEOHASH Sicily Palermo nowhere Catania
             < *3
             < $11
             < sqc8b49rny0
             < $-1
             < $11
             < sqdtr74hyu0
             3> GEOHASH Sicily Palermo nowhere
             < *2
             < $11
             < sqc8b49rny0
             < _
             > GEOHASH Sicily
             < *0
             > GEOHASH nothing a
             < *1
             < $-1
             > GEOHASH
             < -ERR wrong number of arguments for 'geohash' command
             > SET s v
             < +OK
             > GEOHASH s a
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
