//! GEORADIUSBYMEMBER

use super::shared_search::{Form, search};
use engine_dispatch::command::{Begin, Find, KeyFlags};
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "georadiusbymember",
    arity: -5,
    flags: Flags::WRITE
        .union(Flags::DENYOOM)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::GEO,
    keys: &[
        KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS)),
        KeySpec {
            flags: KeyFlags::OW.union(KeyFlags::UPDATE),
            begin: Begin::Keyword("STORE", 5),
            find: Find::Range {
                last: 0,
                step: 1,
                limit: 0,
            },
        },
        KeySpec {
            flags: KeyFlags::OW.union(KeyFlags::UPDATE),
            begin: Begin::Keyword("STOREDIST", 5),
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
    summary: "Returns or stores the places within a circle around another one.",
    syntax: "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    search(cx, args, Form::ByMember(true))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places_in_a_circle() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEORADIUSBYMEMBER Sicily Palermo 200 km ASC
             < *3
             < $7
             < Palermo
             < $5
             < edge1
             < $7
             < Catania
             > GEORADIUSBYMEMBER Sicily Palermo 200 km ASC WITHDIST WITHCOORD WITHHASH
             < *3
             < *4
             < $7
             < Palermo
             < $6
             < 0.0000
             < :3479099956230698
             < *2
             < $20
             < 13.36138933897018433
             < $20
             < 38.11555639549629859
             < *4
             < $5
             < edge1
             < $7
             < 91.4007
             < :3479273021651468
             < *2
             < $19
             < 12.7584877610206604
             < $20
             < 38.78813451624225195
             < *4
             < $7
             < Catania
             < $8
             < 166.2742
             < :3479447370796909
             < *2
             < $20
             < 15.08726745843887329
             < $20
             < 37.50266842333162032
             3> GEORADIUSBYMEMBER Sicily Palermo 200 km COUNT 1 WITHDIST
             < *1
             < *2
             < $7
             < Palermo
             < $6
             < 0.0000
             > GEORADIUSBYMEMBER Sicily Palermo 200 km DESC COUNT 2
             < *2
             < $7
             < Catania
             < $5
             < edge1
             > GEORADIUSBYMEMBER Sicily Palermo 200 km COUNT 1 ANY
             < *1
             < $7
             < Palermo
             > GEORADIUSBYMEMBER nothing Palermo 200 km
             < *0",
        );
    }

    #[test]
    fn stores_the_result() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEORADIUSBYMEMBER Sicily Palermo 200 km ASC COUNT 2 STORE d
             < :2
             > ZRANGE d 0 -1
             < *2
             < $7
             < Palermo
             < $5
             < edge1
             > GEORADIUSBYMEMBER Sicily Palermo 200 km STOREDIST d
             < :3
             > ZRANGE d 0 -1
             < *3
             < $7
             < Palermo
             < $5
             < edge1
             < $7
             < Catania
             > GEORADIUSBYMEMBER nothing Palermo 200 km STORE d
             < :0
             > EXISTS d
             < :0
             > GEORADIUSBYMEMBER Sicily Palermo 200 km STORE d WITHDIST
             < -ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options
             > EXISTS d
             < :0
             > GEORADIUSBYMEMBER Sicily Palermo 200 km STORE a STORE b
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
             > GEORADIUSBYMEMBER Sicily Palermo 200
             < -ERR wrong number of arguments for 'georadiusbymember' command
             > GEORADIUSBYMEMBER Sicily Palermo x km
             < -ERR need numeric radius
             > GEORADIUSBYMEMBER Sicily Palermo -1 km
             < -ERR radius cannot be negative
             > GEORADIUSBYMEMBER Sicily Palermo 1 yd
             < -ERR unsupported unit provided. please use M, KM, FT, MI
             > GEORADIUSBYMEMBER Sicily Palermo 1 km ANY
             < -ERR the ANY argument requires COUNT argument
             > GEORADIUSBYMEMBER Sicily Palermo 1 km COUNT 0
             < -ERR COUNT must be > 0
             > GEORADIUSBYMEMBER Sicily Palermo 1 km STORE
             < -ERR syntax error
             > GEORADIUSBYMEMBER Sicily Palermo 1 km FROMMEMBER a
             < -ERR syntax error
             > GEORADIUSBYMEMBER Sicily nowhere 1 km
             < -ERR could not decode requested zset member
             > GEORADIUSBYMEMBER nothing a x km
             < *0
             > SET s v
             < +OK
             > GEORADIUSBYMEMBER s Palermo 1 km
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
