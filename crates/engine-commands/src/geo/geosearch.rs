//! GEOSEARCH

use super::shared_search::{Form, search};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Flags, Group, KeySpec, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "geosearch",
    arity: -7,
    flags: Flags::READONLY,
    acl: Acl::GEO,
    keys: &[KeySpec::at(1, KeyFlags::RO.union(KeyFlags::ACCESS))],
    group: Group::Geo,
    since: "6.2.0",
    complexity: "O(N+log(M)), N being the number of places in the cells around the area, M the number of those in the area.",
    summary: "Returns the places within a circle or a box.",
    syntax: "key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
    run,
    ..Command::BASE
};

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    search(cx, args, Form::Search)
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn circles_and_boxes() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.241510 38.788135 edge2
             < :4
             > GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 200 km ASC
             < *2
             < $7
             < Catania
             < $7
             < Palermo
             > GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST
             < *4
             < *3
             < $7
             < Catania
             < $7
             < 56.4413
             < *2
             < $20
             < 15.08726745843887329
             < $20
             < 37.50266842333162032
             < *3
             < $7
             < Palermo
             < $8
             < 190.4424
             < *2
             < $20
             < 13.36138933897018433
             < $20
             < 38.11555639549629859
             < *3
             < $5
             < edge2
             < $8
             < 279.7403
             < *2
             < $20
             < 17.24151045083999634
             < $20
             < 38.78813451624225195
             < *3
             < $5
             < edge1
             < $8
             < 279.7405
             < *2
             < $19
             < 12.7584877610206604
             < $20
             < 38.78813451624225195
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 100 mi DESC WITHDIST WITHHASH
             < *2
             < *3
             < $5
             < edge1
             < $7
             < 56.7939
             < :3479273021651468
             < *3
             < $7
             < Palermo
             < $6
             < 0.0000
             < :3479099956230698
             3> GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 m WITHDIST WITHHASH WITHCOORD
             < *1
             < *4
             < $7
             < Palermo
             < $6
             < 0.0000
             < :3479099956230698
             < *2
             < ,13.36138933897018433
             < ,38.11555639549629859
             > GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 2
             < *2
             < $7
             < Catania
             < $7
             < Palermo
             > GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 2 DESC
             < *2
             < $5
             < edge1
             < $5
             < edge2
             > GEOSEARCH Sicily FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1 ANY
             < *1
             < $7
             < Palermo
             > GEOSEARCH Sicily FROMLONLAT 100 0 BYRADIUS 1 km
             < *0
             > GEOSEARCH Sicily FROMLONLAT 15 37 BYRADIUS 20000 km ASC
             < *4
             < $7
             < Catania
             < $7
             < Palermo
             < $5
             < edge2
             < $5
             < edge1
             > GEOSEARCH nothing FROMMEMBER a BYRADIUS 1 km
             < *0
             > GEOSEARCH nothing FROMLONLAT 15 37 BYBOX 1 1 km WITHDIST
             < *0",
        );
    }

    #[test]
    fn around_the_date_line() {
        play(
            "> GEOADD g 179.5 0.5 a -179.5 0.5 b 179.5 -9.5 c -179.5 -9.5 d 180 85 e -180 -85 f
             < :6
             > GEOSEARCH g FROMLONLAT 180 0 BYRADIUS 1220 km ASC
             < *2
             < $1
             < a
             < $1
             < c
             > GEOSEARCH g FROMLONLAT 180 0.1 BYRADIUS 1220 km DESC
             < *2
             < $1
             < c
             < $1
             < a
             > GEOSEARCH g FROMLONLAT -180 0 BYRADIUS 1220 km ASC
             < *4
             < $1
             < b
             < $1
             < a
             < $1
             < d
             < $1
             < c
             > GEOSEARCH g FROMLONLAT 180 85.05112878 BYRADIUS 300 km
             < *1
             < $1
             < e
             > GEOSEARCH g FROMLONLAT 0 0 BYBOX 40000 20000 km ASC
             < *5
             < $1
             < f
             < $1
             < c
             < $1
             < d
             < $1
             < a
             < $1
             < b
             > GEOSEARCH g FROMLONLAT 180 0 BYRADIUS 20000 km ASC
             < *3
             < $1
             < a
             < $1
             < c
             < $1
             < e",
        );
    }

    #[test]
    fn wrong_uses() {
        play(
            "> GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
             < :2
             > GEOSEARCH Sicily FROMMEMBER a BYRADIUS 1
             < -ERR wrong number of arguments for 'geosearch' command
             > GEOSEARCH Sicily FROMMEMBER nowhere BYRADIUS 1 km
             < -ERR could not decode requested zset member
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS x km
             < -ERR need numeric radius
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS -1 km
             < -ERR radius cannot be negative
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 yd
             < -ERR unsupported unit provided. please use M, KM, FT, MI
             > GEOSEARCH Sicily FROMMEMBER Palermo BYBOX x 1 km
             < -ERR need numeric width
             > GEOSEARCH Sicily FROMMEMBER Palermo BYBOX 1 x km
             < -ERR need numeric height
             > GEOSEARCH Sicily FROMMEMBER Palermo BYBOX 1 -1 km
             < -ERR height or width cannot be negative
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km BYBOX 1 1 km
             < -ERR syntax error
             > GEOSEARCH Sicily FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km
             < -ERR syntax error
             > GEOSEARCH Sicily FROMLONLAT 181 1 BYRADIUS 1 km
             < -ERR invalid longitude,latitude pair 181.000000,1.000000
             > geosearch Sicily BYRADIUS 1 km ASC WITHDIST
             < -ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch
             > GEOSEARCH Sicily FROMMEMBER Palermo ASC WITHDIST WITHHASH
             < -ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km COUNT 0
             < -ERR COUNT must be > 0
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km COUNT x
             < -ERR value is not an integer or out of range
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km ANY
             < -ERR the ANY argument requires COUNT argument
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km STORE k
             < -ERR syntax error
             > GEOSEARCH Sicily FROMMEMBER Palermo BYRADIUS 1 km STOREDIST
             < -ERR syntax error
             > SET s v
             < +OK
             > GEOSEARCH s WHAT EVER IS HERE AT ALL
             < -WRONGTYPE Operation against a key holding the wrong kind of value",
        );
    }
}
