//! GEORADIUS

use super::shared_search::{Form, search};
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "georadius",
    arity: -6,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::GEO,
    keys: &[
        KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec {
            flags: KeyFlags::OW.union(KeyFlags::UPDATE),
            begin: Begin::Keyword("STORE", 6),
            find: Find::Range {
                last: 0,
                step: 1,
                limit: 0,
            },
        },
        KeySpec {
            flags: KeyFlags::OW.union(KeyFlags::UPDATE),
            begin: Begin::Keyword("STOREDIST", 6),
            find: Find::Range {
                last: 0,
                step: 1,
                limit: 0,
            },
        },
    ],
    group: Group::Geo,
    since: "3.2.0",
    complexity: "O(N+log(M)), N being the number of places in the cells around the area, M the number of those in the area.",
    summary: "Returns or stores the places within a circle around a place.",
    syntax: "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    search(cx, args, Form::Radius(true))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places_in_a_circle() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEORADIUS Sicily 15 37 200 km ASC
             < *2
             < $7
             < Catania
             < $7
             < Palermo
             > GEORADIUS Sicily 15 37 200 km ASC WITHDIST WITHCOORD WITHHASH
             < *2
             < *4
             < $7
             < Catania
             < $7
             < 56.4413
             < :3479447370796909
             < *2
             < $20
             < 15.08726745843887329
             < $20
             < 37.50266842333162032
             < *4
             < $7
             < Palermo
             < $8
             < 190.4424
             < :3479099956230698
             < *2
             < $20
             < 13.36138933897018433
             < $20
             < 38.11555639549629859
             3> GEORADIUS Sicily 15 37 200 km COUNT 1 WITHDIST
             < *1
             < *2
             < $7
             < Catania
             < $7
             < 56.4413
             > GEORADIUS Sicily 15 37 200 km DESC COUNT 2
             < *2
             < $7
             < Palermo
             < $7
             < Catania
             > GEORADIUS Sicily 15 37 200 km COUNT 1 ANY
             < *1
             < $7
             < Palermo
             > GEORADIUS nothing 15 37 200 km
             < *0",
        );
    }

    #[test]
    fn stores_the_result() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEORADIUS Sicily 15 37 200 km ASC COUNT 2 STORE d
             < :2
             > ZRANGE d 0 -1
             < *2
             < $7
             < Palermo
             < $7
             < Catania
             > GEORADIUS Sicily 15 37 200 km STOREDIST d
             < :2
             > ZRANGE d 0 -1
             < *2
             < $7
             < Catania
             < $7
             < Palermo
             > GEORADIUS nothing 15 37 200 km STORE d
             < :0
             > EXISTS d
             < :0
             > GEORADIUS Sicily 15 37 200 km STORE d WITHDIST
             < -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
             > EXISTS d
             < :0
             > GEORADIUS Sicily 15 37 200 km STORE a STORE b
             < -ERR syntax error
             > EXISTS a b
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEORADIUS Sicily 15 37 200
             < -ERR wrong number of arguments for 'georadius' command
             > GEORADIUS Sicily 15 37 x km
             < -ERR need numeric radius
             > GEORADIUS Sicily 15 37 -1 km
             < -ERR radius cannot be negative
             > GEORADIUS Sicily 15 37 1 yd
             < -ERR unsupported unit provided. please use M, KM, FT, MI
             > GEORADIUS Sicily 15 37 1 km ANY
             < -ERR the ANY argument requires COUNT argument
             > GEORADIUS Sicily 15 37 1 km COUNT 0
             < -ERR COUNT must be > 0
             > GEORADIUS Sicily 15 37 1 km STORE
             < -ERR syntax error
             > GEORADIUS Sicily 15 37 1 km FROMMEMBER a
             < -ERR syntax error
             > GEORADIUS Sicily 181 1 1 km
             < -ERR invalid longitude,latitude pair 181.000000,1.000000
             > GEORADIUS Sicily x 1 1 km
             < -ERR value is not a valid float
             > SET s v
             < +OK
             > GEORADIUS s 15 37 1 km
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
