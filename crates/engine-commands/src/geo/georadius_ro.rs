//! GEORADIUS_RO

use super::shared_search::{Form, search};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "georadius_ro",
    arity: -6,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Geo,
    since: "3.2.10",
    complexity: "O(N+log(M)), N being the number of places in the cells around the area, M the number of those in the area.",
    summary: "Returns the places within a circle around a place.",
    syntax: "key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    search(cx, args, Form::Radius(false))
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn places_in_a_circle() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEORADIUS_RO Sicily 15 37 200 km ASC
             < *2
             < $7
             < Catania
             < $7
             < Palermo
             > GEORADIUS_RO Sicily 15 37 200 km ASC WITHDIST WITHCOORD WITHHASH
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
             3> GEORADIUS_RO Sicily 15 37 200 km COUNT 1 WITHDIST
             < *1
             < *2
             < $7
             < Catania
             < $7
             < 56.4413
             > GEORADIUS_RO Sicily 15 37 200 km DESC COUNT 2
             < *2
             < $7
             < Palermo
             < $7
             < Catania
             > GEORADIUS_RO Sicily 15 37 200 km COUNT 1 ANY
             < *1
             < $7
             < Palermo
             > GEORADIUS_RO nothing 15 37 200 km
             < *0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEORADIUS_RO Sicily 15 37 200
             < -ERR wrong number of arguments for 'georadius_ro' command
             > GEORADIUS_RO Sicily 15 37 x km
             < -ERR need numeric radius
             > GEORADIUS_RO Sicily 15 37 -1 km
             < -ERR radius cannot be negative
             > GEORADIUS_RO Sicily 15 37 1 yd
             < -ERR unsupported unit provided. please use M, KM, FT, MI
             > GEORADIUS_RO Sicily 15 37 1 km ANY
             < -ERR the ANY argument requires COUNT argument
             > GEORADIUS_RO Sicily 15 37 1 km COUNT 0
             < -ERR COUNT must be > 0
             > GEORADIUS_RO Sicily 15 37 1 km STORE
             < -ERR syntax error
             > GEORADIUS_RO Sicily 15 37 1 km FROMMEMBER a
             < -ERR syntax error
             > GEORADIUS_RO Sicily 15 37 1 km STORE d
             < -ERR syntax error
             > GEORADIUS_RO Sicily 15 37 1 km STOREDIST d
             < -ERR syntax error
             > GEORADIUS_RO Sicily 181 1 1 km
             < -ERR invalid longitude,latitude pair 181.000000,1.000000
             > GEORADIUS_RO Sicily x 1 1 km
             < -ERR value is not a valid float
             > SET s v
             < +OK
             > GEORADIUS_RO s 15 37 1 km
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
