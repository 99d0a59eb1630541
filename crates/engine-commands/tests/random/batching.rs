//! A pipeline means what its commands mean one by one, however its bytes are cut.

use crate::draw::{Draw, PREPARE, is_data, request, setting, shown};
use engine_commands::table;
use engine_dispatch::{Flags, Registered};
use engine_session::transcript::Stage;

/// Pieces of chance, of the clock, or of the order of a table.
const NOT_REPEATABLE: &[&str] = &[
    "spop",
    "srandmember",
    "hrandfield",
    "zrandmember",
    "randomkey",
    "object",
    "wait",
    "waitaof",
];
const ROUNDS: u64 = 15;
const LENGTH: usize = 150;

#[test]
fn batches_and_pieces_change_nothing() {
    let first = setting("ELASTANE_BATCH_SEED", u64::from(std::process::id()));
    eprintln!("ELASTANE_BATCH_SEED={first}");
    let commands: Vec<&Registered> = table()
        .all()
        .filter(|c| {
            is_data(c.command.group)
                && !c.command.flags.contains(Flags::BLOCKING)
                && !NOT_REPEATABLE.contains(&c.full_name.split('|').next().unwrap_or_default())
        })
        .collect();
    for seed in first..first + setting("ELASTANE_BATCH_ROUNDS", ROUNDS) {
        let mut draw = Draw::new(seed);
        let sequence = sequence(&mut draw, &commands);
        let sent: Vec<Vec<u8>> = sequence.iter().map(|words| request(words)).collect();
        let singly = play(sent.iter().map(Vec::as_slice));
        let whole = sent.concat();
        let at_once = play([whole.as_slice()]);
        let in_pieces = play(pieces(&mut draw, &whole));
        for (how, other) in [("at once", &at_once), ("in pieces", &in_pieces)] {
            assert!(
                *other == singly,
                "ELASTANE_BATCH_SEED={seed}: sent {how} it is otherwise than one by one, from byte {:?} of the replies\n{}",
                singly.iter().zip(other.iter()).position(|(a, b)| a != b),
                sequence
                    .iter()
                    .map(|words| shown(words))
                    .collect::<Vec<_>>()
                    .join("\n")
            );
        }
    }
}

/// Commands that touch the same keys often, single reads and writes in runs (which are batched), transactions between.
fn sequence(draw: &mut Draw, commands: &[&Registered]) -> Vec<Vec<Vec<u8>>> {
    let words = |line: &str| proto_resp::inline::split(line.as_bytes()).expect("balanced quotes");
    let mut sequence: Vec<Vec<Vec<u8>>> = PREPARE.iter().map(|line| words(line)).collect();
    while sequence.len() < LENGTH {
        match draw.below(30) {
            0 => sequence.push(draw.large()),
            1 => sequence.push(words(draw.of(&[
                "MULTI", "EXEC", "DISCARD", "WATCH s", "UNWATCH", "SELECT 1", "SELECT 0",
            ]))),
            2..12 => {
                let line = draw.of(&[
                    "GET s",
                    "SET s w",
                    "GET n",
                    "INCR n",
                    "GET none",
                    "SET new 1",
                    "DEL new",
                    "GET l",
                    "EXISTS s n",
                    "MGET s n",
                ]);
                sequence.push(words(line));
            }
            _ => {
                let command = commands[draw.below(commands.len())];
                sequence.push(draw.command(command));
            }
        }
    }
    sequence
}

/// All replies on a new node, and what it holds in the end.
fn play<'a>(sent: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut stage = Stage::new(table());
    stage.worker.now_ms = 1_800_000_000_000;
    let mut out = Vec::new();
    for bytes in sent {
        out.extend(stage.send("a", bytes));
    }
    for key in ["s", "n", "b", "p", "none", "new"] {
        out.extend(stage.send("b", format!("TYPE {key}\r\nGET {key}\r\n").as_bytes()));
    }
    out.extend(stage.send("b", b"LRANGE l 0 -1\r\nLRANGE L 0 -1\r\nZRANGE z 0 -1 WITHSCORES\r\nZRANGE Z 0 -1\r\nSORT t ALPHA\r\nXRANGE x - +\r\n"));
    out
}

fn pieces<'a>(draw: &mut Draw, mut whole: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while !whole.is_empty() {
        let most = *draw.of(&[&1, &7, &60, &500, &4000]);
        let (piece, rest) = whole.split_at((1 + draw.below(most)).min(whole.len()));
        pieces.push(piece);
        whole = rest;
    }
    pieces
}
