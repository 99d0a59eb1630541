//! REPLCONF

use super::shared_link::permit;
use crate::args::{int, is};
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "replconf",
    arity: -1,
    flags: Flags::ADMIN
        .union(Flags::NOSCRIPT)
        .union(Flags::LOADING)
        .union(Flags::STALE)
        .union(Flags::ALLOW_BUSY),
    group: Group::Server,
    since: "3.0.0",
    complexity: "O(1)",
    summary: "What a replica says of itself before it asks for the data set.",
    run,
    ..Command::BASE
};

/// Bytes of an address that a replica gives of itself, at most.
const ADDRESS_MAX: usize = 255;

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    permit(cx)?;
    if args.len().is_multiple_of(2) {
        return Err(Error::SYNTAX);
    }
    for pair in args[1..].chunks_exact(2) {
        let (option, value) = (pair[0], pair[1]);
        if is(option, "ACK") || is(option, "GETACK") {
            // Said on a link, which answers by itself; elsewhere neither means anything, and neither has a reply.
            return Ok(());
        }
        set(cx, option, value)?;
    }
    cx.out.ok();
    Ok(())
}

fn set(cx: &mut Cx<'_>, option: &[u8], value: &[u8]) -> Result<(), Error> {
    let told = &mut cx.client.replconf;
    if is(option, "listening-port") {
        told.listening_port = u16::try_from(int(value)?).map_err(|_| Error::NOT_INT)?;
    } else if is(option, "ip-address") {
        if value.len() > ADDRESS_MAX {
            return Err(Error::new(format!(
                "ERR REPLCONF ip-address provided by replica instance is too long: {} bytes",
                value.len()
            )));
        }
        told.ip_address = value.to_vec();
    } else if is(option, "capa") {
        // Abilities that are not known are passed over, so that newer replicas can follow.
        told.eof |= is(value, "eof");
        told.psync2 |= is(value, "psync2");
    } else if is(option, "version") {
        told.version = value.to_vec();
    } else if is(option, "rdb-only") {
        told.rdb_only = int(value)? != 0;
    } else if is(option, "rdb-filter-only") {
        if !value.is_empty() {
            return Err(Error::new(
                "ERR REPLCONF rdb-filter-only is not carried out by this version of Elastane",
            ));
        }
    } else {
        let option = String::from_utf8_lossy(option);
        return Err(Error::new(format!(
            "ERR Unrecognized REPLCONF option: {option}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn options() {
        play(
            "> REPLCONF
             < +OK
             > REPLCONF a
             < -ERR syntax error
             > REPLCONF foo bar
             < -ERR Unrecognized REPLCONF option: foo
             > REPLCONF listening-port x
             < -ERR value is not an integer or out of range
             > REPLCONF ip-address 10.0.0.1 capa eof capa other version 7.2.4
             < +OK
             > REPLCONF rdb-only 1
             < +OK
             > REPLCONF ACK 5
             <
             > REPLCONF GETACK *
             <",
        );
    }
}
