//! GEORADIUSBYMEMBER_RO

use super::shared_search::{Form, search};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "georadiusbymember_ro",
    arity: -5,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Geo,
    since: "3.2.10",
    complexity: "O(N+log(M)), N being the number of places in the cells around the area, M the number of those in the area.",
    summary: "Returns the places within a circle around another one.",
    syntax: "key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    search(cx, args, Form::ByMember(false))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places_in_a_circle() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEORADIUSBYMEMBER_RO Sicily Palermo 200 km ASC
             < *3
             < $7
             < Palermo
             < $5
             < edge1
             < $7
             < Catania
             > GEORADIUSBYMEMBER_RO Sicily Palermo 200 km ASC WITHDIST WITHCOORD WITHHASH
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
             3> GEORADIUSBYMEMBER_RO Sicily Palermo 200 km COUNT 1 WITHDIST
             < *1
             < *2
             < $7
             < Palermo
             < $6
             < 0.0000
             > GEORADIUSBYMEMBER_RO Sicily Palermo 200 km DESC COUNT 2
             < *2
             < $7
             < Catania
             < $5
             < edge1
             > GEORADIUSBYMEMBER_RO Sicily Palermo 200 km COUNT 1 ANY
             < *1
             < $7
             < Palermo
             > GEORADIUSBYMEMBER_RO nothing Palermo 200 km
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEORADIUSBYMEMBER_RO Sicily Palermo 200
             < -ERR wrong number of arguments for 'georadiusbymember_ro' command
             > GEORADIUSBYMEMBER_RO Sicily Palermo x km
             < -ERR need numeric radius
             > GEORADIUSBYMEMBER_RO Sicily Palermo -1 km
             < -ERR radius cannot be negative
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 yd
             < -ERR unsupported unit provided. please use M, KM, FT, MI
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 km ANY
             < -ERR the ANY argument requires COUNT argument
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 km COUNT 0
             < -ERR COUNT must be > 0
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 km STORE
             < -ERR syntax error
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 km FROMMEMBER a
             < -ERR syntax error
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 km STORE d
             < -ERR syntax error
             > GEORADIUSBYMEMBER_RO Sicily Palermo 1 km STOREDIST d
             < -ERR syntax error
             > GEORADIUSBYMEMBER_RO Sicily nowhere 1 km
             < -ERR could not decode requested zset member
             > GEORADIUSBYMEMBER_RO nothing a x km
             < *0
             > SET s v
             < +OK
             > GEORADIUSBYMEMBER_RO s Palermo 1 km
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
