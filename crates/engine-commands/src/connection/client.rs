//! CLIENT and its subcommands.

use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, Outcome};

/// What all subcommands share.
const SUB: Command = Command {
    flags: Flags::NOSCRIPT.union(Flags::LOADING).union(Flags::STALE),
    acl: Acl::CONNECTION,
    group: Group::Connection,
    ..Command::BASE
};

pub(crate) const COMMAND: Command = Command {
    name: "client",
    arity: -2,
    flags: Flags::CONTAINER,
    group: Group::Connection,
    since: "2.4.0",
    complexity: "Depends on subcommand.",
    summary: "A container for client connection commands.",
    subcommands: &[
        Command {
            name: "getname",
            arity: 2,
            since: "2.6.9",
            summary: "Returns the name of the connection.",
            run: get_name,
            ..SUB
        },
    ],
    ..Command::BASE
};

fn get_name(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    let name = cx.client.info.text.lock().name.clone();
    if name.is_empty() { cx.out.null() } else { cx.out.bulk(&name) }
    Ok(())
}

/// Names the client (CLIENT SETNAME, HELLO SETNAME); an empty name takes it away.
///
/// # Errors
/// The name holds what would break the lines of CLIENT LIST.
pub(crate) fn set_name(cx: &mut Cx<'_>, name: &[u8]) -> Result<(), Error> {
    if !name.iter().all(|b| (b'!'..=b'~').contains(b)) {
        return Err(Error::new("ERR Client names cannot contain spaces, newlines or special characters."));
    }
    cx.client.info.text.lock().name = name.to_vec();
    Ok(())
}
