//! LCS

use crate::args::{int, is};
use engine_dispatch::command::KeyFlags;
use engine_dispatch::{Acl, Command, Cx, Error, Flags, Group, KeySpec, Outcome, StringRef};

pub(crate) const COMMAND: Command = Command {
    name: "lcs",
    arity: -3,
    flags: Flags::READONLY,
    acl: Acl::STRING,
    keys: &[KeySpec::range(
        1,
        1,
        1,
        KeyFlags::RO.union(KeyFlags::ACCESS),
    )],
    group: Group::String,
    since: "7.0.0",
    complexity: "O(N*M) where N and M are the lengths of the strings.",
    summary: "Finds the longest common subsequence of two strings.",
    syntax: "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
    run,
    ..Command::BASE
};

#[derive(Default)]
struct Options {
    len: bool,
    idx: bool,
    with_match_len: bool,
    min_match_len: i64,
}

fn options(args: &[&[u8]]) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        if is(word, "IDX") {
            options.idx = true;
        } else if is(word, "LEN") {
            options.len = true;
        } else if is(word, "WITHMATCHLEN") {
            options.with_match_len = true;
        } else if is(word, "MINMATCHLEN") {
            options.min_match_len = int(words.next().ok_or(Error::SYNTAX)?)?.max(0);
        } else {
            return Err(Error::SYNTAX);
        }
    }
    if options.len && options.idx {
        return Err(Error::new(
            "ERR If you want both the length and indexes, please just use IDX.",
        ));
    }
    Ok(options)
}

fn run(cx: &mut Cx<'_>, args: &[&[u8]]) -> Outcome {
    let text = |key| match cx.db.string(key) {
        Ok(string) => Ok(string.as_ref().map_or_else(Vec::new, StringRef::to_vec)),
        Err(_) => Err(Error::new(
            "ERR The specified keys must contain string values",
        )),
    };
    let (a, b) = (text(args[1])?, text(args[2])?);
    let options = options(&args[3..])?;
    let cells = (a.len() as u64 + 1).checked_mul(b.len() as u64 + 1);
    let bytes = cells.and_then(|cells| cells.checked_mul(4));
    let limit = cx.server.config.memory(params::PROTO_MAX_BULK_LEN);
    if bytes.is_none_or(|bytes| bytes > limit) {
        return Err(Error::new(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ));
    }
    let table = Table::new(&a, &b);
    let len = i64::from(table.at(a.len(), b.len()));
    if options.len {
        cx.out.int(len);
    } else if options.idx {
        reply_matches(cx, &table.matches(&a, &b).1, &options, len);
    } else {
        cx.out.bulk(&table.matches(&a, &b).0);
    }
    Ok(())
}

/// Lengths of the longest common subsequences of all pairs of prefixes.
struct Table {
    lengths: Vec<u32>,
    width: usize,
}

/// A run of equal bytes: where it begins in either string, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Match {
    a: usize,
    b: usize,
    len: usize,
}

impl Table {
    fn new(a: &[u8], b: &[u8]) -> Self {
        let width = b.len() + 1;
        let mut lengths = vec![0u32; (a.len() + 1) * width];
        for (i, x) in a.iter().enumerate() {
            let (before, row) = lengths.split_at_mut((i + 1) * width);
            let above = &before[i * width..];
            for (j, y) in b.iter().enumerate() {
                row[j + 1] = if x == y {
                    above[j] + 1
                } else {
                    above[j + 1].max(row[j])
                };
            }
        }
        Self { lengths, width }
    }

    /// For the first `i` bytes of one string and the first `j` of the other.
    fn at(&self, i: usize, j: usize) -> u32 {
        self.lengths[i * self.width + j]
    }

    /// The subsequence, and the runs it is made of, the last one first: walks back from the strings' ends.
    fn matches(&self, a: &[u8], b: &[u8]) -> (Vec<u8>, Vec<Match>) {
        let (mut i, mut j) = (a.len(), b.len());
        let (mut text, mut runs) = (Vec::new(), Vec::<Match>::new());
        while i > 0 && j > 0 {
            if a[i - 1] == b[j - 1] {
                text.push(a[i - 1]);
                match runs.last_mut() {
                    Some(run) if (run.a, run.b) == (i, j) => {
                        (run.a, run.b, run.len) = (i - 1, j - 1, run.len + 1);
                    }
                    _ => runs.push(Match {
                        a: i - 1,
                        b: j - 1,
                        len: 1,
                    }),
                }
                i -= 1;
                j -= 1;
            } else if self.at(i - 1, j) > self.at(i, j - 1) {
                i -= 1;
            } else {
                j -= 1;
            }
        }
        text.reverse();
        (text, runs)
    }
}

fn reply_matches(cx: &mut Cx<'_>, runs: &[Match], options: &Options, len: i64) {
    let out = &mut cx.out;
    out.map(2);
    out.bulk(b"matches");
    let long = |run: &&Match| run.len as i64 >= options.min_match_len;
    out.array(runs.iter().filter(long).count());
    for run in runs.iter().filter(long) {
        out.array(if options.with_match_len { 3 } else { 2 });
        for from in [run.a, run.b] {
            out.array(2);
            out.int(from as i64);
            out.int((from + run.len - 1) as i64);
        }
        if options.with_match_len {
            out.int(run.len as i64);
        }
    }
    out.bulk(b"len");
    out.int(len);
}

#[cfg(test)]
mod tests {
    use crate::testing::play;

    #[test]
    fn text_length_and_matches() {
        play(
            "> MSET a ohmytext b mynewtext
             < +OK
             > LCS a b
             < $6
             < mytext
             > LCS a b LEN
             < :6
             > LCS a b IDX
             < *4
             < $7
             < matches
             < *2
             < *2
             < *2
             < :4
             < :7
             < *2
             < :5
             < :8
             < *2
             < *2
             < :2
             < :3
             < *2
             < :0
             < :1
             < $3
             < len
             < :6
             > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
             < *4
             < $7
             < matches
             < *1
             < *3
             < *2
             < :4
             < :7
             < *2
             < :5
             < :8
             < :4
             < $3
             < len
             < :6
             3> LCS a none IDX
             < %2
             < $7
             < matches
             < *0
             < $3
             < len
             < :0
             a> LCS none a
             < $0\\r\\n",
        );
    }

    #[test]
    fn what_is_refused() {
        play(
            "> RPUSH l x
             < :1
             > LCS l a
             < -ERR The specified keys must contain string values
             > LCS a b LEN IDX
             < -ERR If you want both the length and indexes, please just use IDX.
             > LCS a b MINMATCHLEN
             < -ERR syntax error
             > LCS a b NONSENSE
             < -ERR syntax error
             > LCS a
             < -ERR wrong number of arguments for 'lcs' command",
        );
    }
}
