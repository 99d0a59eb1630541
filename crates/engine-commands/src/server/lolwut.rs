//! LOLWUT

use crate::args::{int, is};
use engine_dispatch::dialect::is_valkey;
use engine_dispatch::{Command, Cx, Error, Flags, Group, Outcome};

pub(crate) const COMMAND: Command = Command {
    name: "lolwut",
    arity: -1,
    flags: Flags::READONLY.union(Flags::FAST),
    group: Group::Server,
    since: "5.0.0",
    summary: "Draws something and tells the version.",
    complexity: "",
    syntax: "[VERSION version]",
    run,
    ..Command::BASE
};

/// An elastic band, stretched as wide as `width` columns.
fn band(width: usize) -> String {
    let inner = width.saturating_sub(4);
    let edge = "~".repeat(inner);
    let space = " ".repeat(inner);
    format!(" .{edge}. \n( {space} )\n '{edge}' \n")
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    /// Widest drawing, columns.
    const WIDEST: i64 = 100;
    let mut width = 24;
    if args.get(1).is_some_and(|word| is(word, "VERSION")) {
        int(args.get(2).ok_or(Error::SYNTAX)?)?;
        if let Some(given) = args.get(3) {
            width = int(given)?.clamp(4, WIDEST);
        }
    }
    let name = if is_valkey(cx.server) {
        "Valkey"
    } else {
        "Redis"
    };
    let version = cx.server.config.text(params::ENGINE_VERSION);
    let text = format!("{}{name} ver. {version}\n", band(width as usize));
    cx.out.verbatim("txt", text.as_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn draws() {
        play(
            "> LOLWUT VERSION 5 8
             < $44
             <  .~~~~. \\n(      )\\n '~~~~' \\nRedis ver. 7.2.4\\n
             > LOLWUT VERSION x
             < -ERR value is not an integer or out of range",
        );
    }
}
