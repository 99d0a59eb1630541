//! DEBUG PROTOCOL: one reply of each type, for the tests of client libraries.

use engine_dispatch::{Cx, Error, Outcome};

pub(super) fn protocol(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let out = &mut cx.out;
    match args[2].to_ascii_lowercase().as_slice() {
        b"string" => out.bulk(b"Hello World"),
        b"integer" => out.int(12345),
        // The value that the suites expect; not meant to be pi.
        b"double" => out.double(3141.0 / 1000.0),
        b"null" => out.null(),
        b"array" => {
            out.array(3);
            (0..3).for_each(|n| out.int(n));
        }
        b"set" => {
            out.set(3);
            (0..3).for_each(|n| out.int(n));
        }
        b"map" => {
            out.map(3);
            for n in 0..3 {
                out.int(n);
                out.bool(n == 1);
            }
        }
        b"attrib" => {
            if out.resp3() {
                out.attribute(1);
                out.bulk(b"key-popularity");
                out.array(2);
                out.bulk(b"key:123");
                out.int(90);
            }
            // Attributes come before a reply, never alone.
            out.bulk(b"Some real reply following the attribute");
        }
        b"push" => {
            if !out.resp3() {
                return Err(Error::new("ERR RESP2 is not supported by this command"));
            }
            out.push(2);
            out.bulk(b"server-cpu-usage");
            out.int(42);
            // Pushes come before a reply, never alone.
            out.bulk(b"Some real reply following the push reply");
        }
        b"true" => out.bool(true),
        b"false" => out.bool(false),
        b"verbatim" => out.verbatim("txt", b"This is a verbatim\nstring"),
        b"bignum" => out.big_number("1234567999999999999999999999999999999"),
        _ => {
            return Err(Error::new(
                "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use engine_session::transcript::Stage;

    #[test]
    fn every_type() {
        let mut stage = Stage::new(crate::table());
        let put = stage
            .server
            .config
            .put(params::ENABLE_DEBUG_COMMAND, &[b"local"]);
        put.expect("a word of the parameter");
        stage.play(
            "> DEBUG PROTOCOL string
             < $11
             < Hello World
             > DEBUG PROTOCOL double
             < $5
             < 3.141
             3> DEBUG PROTOCOL double
             < ,3.141
             > DEBUG PROTOCOL bignum
             < $37
             < 1234567999999999999999999999999999999
             3> DEBUG PROTOCOL map
             < %3
             < :0
             < #f
             < :1
             < #t
             < :2
             < #f
             > DEBUG PROTOCOL attrib
             < $39
             < Some real reply following the attribute
             3> DEBUG PROTOCOL attrib
             < |1
             < $14
             < key-popularity
             < *2
             < $7
             < key:123
             < :90
             < $39
             < Some real reply following the attribute
             > DEBUG PROTOCOL push
             < -ERR RESP2 is not supported by this command
             3> DEBUG PROTOCOL push
             < >2
             < $16
             < server-cpu-usage
             < :42
             < $40
             < Some real reply following the push reply
             > DEBUG PROTOCOL foo
             < -ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
        );
    }
}
