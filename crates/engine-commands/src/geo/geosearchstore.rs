//! GEOSEARCHSTORE

use super::shared_search::{Form, search};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "geosearchstore",
    arity: -8,
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::GEO,
    keys: &[
        KeySpec::at(1, KeyFlags::OW.union(KeyFlags::UPDATE)),
        KeySpec::at(2, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    group: Group::Geo,
    since: "6.2.0",
    complexity: "O(N+log(M)), N being the number of places in the cells around the area, M the number of those in the area.",
    summary: "Stores the places within a circle or a box.",
    syntax: "destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    search(cx, args, Form::SearchStore)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn stores_places_or_distances() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYRADIUS 200 km
             < :2
             > ZRANGE d 0 -1 WITHSCORES
             < *4
             < $7
             < Palermo
             < $16
             < 3479099956230698
             < $7
             < Catania
             < $16
             < 3479447370796909
             > GEOSEARCHSTORE d Sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1 STOREDIST
             < :1
             > ZRANGE d 0 -1
             < *1
             < $7
             < Catania
             > ZCOUNT d 56.4412 56.4413
             < :1
             > GEOSEARCHSTORE d Sicily FROMLONLAT 100 0 BYRADIUS 1 km
             < :0
             > EXISTS d
             < :0
             > SET d v EX 100
             < +OK
             > GEOSEARCHSTORE d Sicily FROMMEMBER Palermo BYRADIUS 1 km
             < :1
             > TTL d
             < :-1
             > GEOSEARCHSTORE d nothing FROMMEMBER a BYRADIUS 1 km
             < :0
             > EXISTS d
             < :0",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEOSEARCHSTORE d Sicily FROMMEMBER Palermo BYRADIUS 1
             < -ERR wrong number of arguments for 'geosearchstore' command
             > GEOSEARCHSTORE d Sicily FROMMEMBER Palermo BYRADIUS 1 km WITHDIST
             < -ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
             > GEOSEARCHSTORE d Sicily FROMMEMBER Palermo BYRADIUS 1 km STORE k
             < -ERR syntax error
             > GEOSEARCHSTORE d Sicily BYRADIUS 1 km ASC COUNT 1
             < -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCHSTORE
             > SET s v
             < +OK
             > GEOSEARCHSTORE d s FROMMEMBER a BYRADIUS 1 km
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
