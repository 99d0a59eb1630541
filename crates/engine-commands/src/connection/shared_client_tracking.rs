//! CLIENT TRACKING, CACHING, TRACKINGINFO, GETREDIR: what they answer while no client is tracked.

use crate::args::is;
use engine_dispatch::{Cx, Error, Outcome};

pub(super) fn tracking(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    if is(args[2], "OFF") && args.len() == 3 {
        cx.out.ok();
        return Ok(());
    }
    if !is(args[2], "ON") && !is(args[2], "OFF") {
        return Err(Error::SYNTAX);
    }
    Err(Error::new(
        "ERR CLIENT TRACKING is not carried out by this version of Elastane",
    ))
}

pub(super) fn caching(_: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    Err(Error::new(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    ))
}

pub(super) fn get_redir(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.int(-1);
    Ok(())
}

pub(super) fn tracking_info(cx: &mut Cx<'_>, _: &[&[u8]]) -> Outcome {
    cx.out.map(3);
    cx.out.bulk(b"flags");
    cx.out.set(1);
    cx.out.bulk(b"off");
    cx.out.bulk(b"redirect");
    cx.out.int(-1);
    cx.out.bulk(b"prefixes");
    cx.out.array(0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn nobody_is_tracked() {
        play(
            "> CLIENT TRACKING off
             < +OK
             > CLIENT TRACKING maybe
             < -ERR syntax error
             > CLIENT TRACKING on
             < -ERR CLIENT TRACKING is not carried out by this version of Elastane
             > CLIENT GETREDIR
             < :-1
             3> CLIENT TRACKINGINFO
             < %3
             < $5
             < flags
             < ~1
             < $3
             < off
             < $8
             < redirect
             < :-1
             < $8
             < prefixes
             < *0",
        );
    }
}
