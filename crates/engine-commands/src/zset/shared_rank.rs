//! ZRANK and ZREVRANK.

use crate::args::is;
use engine_dispatch::{Cx, Error, Outcome};
use engine_types::ZSet;

/// `key member [WITHSCORE]`
pub(crate) fn rank(cx: &mut Cx<'_>, args: &[&[u8]], reverse: bool) -> Outcome {
    let with_score = match args[3..] {
        [] => false,
        [word] if is(word, "WITHSCORE") => true,
        [_] => return Err(Error::SYNTAX),
        _ => return Err(Error::arity(cx.command.command.name)),
    };
    let found = cx.db.read::<ZSet>(args[1])?.and_then(|zset| {
        let (rank, score) = zset.rank(args[2])?;
        Some((if reverse { zset.len() - 1 - rank } else { rank }, score))
    });
    match found {
        None if with_score => cx.out.null_array(),
        None => cx.out.null(),
        Some((rank, _)) if !with_score => cx.out.int(rank as i64),
        Some((rank, score)) => {
            cx.out.array(2);
            cx.out.int(rank as i64);
            cx.out.double(score);
        }
    }
    Ok(())
}
