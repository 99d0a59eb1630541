//! Requests read in one piece and in many pieces are the same commands and the same error, and nothing panics.
//!
//! The first byte chooses the length of a piece, the rest is what a client sent.

#![no_main]

use libfuzzer_sys::fuzz_target;
use proto_resp::{Limits, Parser, ProtocolError, Step};

const LIMITS: Limits = Limits { bulk_max: 1 << 20, trusted: true };

#[derive(Debug, Default, PartialEq)]
struct Read {
    commands: Vec<Vec<Vec<u8>>>,
    error: Option<ProtocolError>,
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, sent)) = data.split_first() else { return };
    assert_eq!(read(sent, usize::from(*piece) + 1), read(sent, sent.len().max(1)));
});

fn read(sent: &[u8], piece: usize) -> Read {
    let mut found = Read::default();
    let mut parser = Parser::default();
    let (mut from, mut arrived) = (0, 0);
    while arrived < sent.len() {
        arrived = (arrived + piece).min(sent.len());
        let input = &sent[..arrived];
        loop {
            let mut spans = Vec::new();
            match parser.next(input, from, LIMITS, &mut spans) {
                Ok(Step::Partial) => break,
                Ok(Step::Empty { next }) => from = next,
                Ok(Step::Inline { next }) => {
                    found.commands.push(parser.words.clone());
                    from = next;
                }
                Ok(Step::Command { next }) => {
                    let argument = |&(start, len): &(u32, u32)| input[start as usize..][..len as usize].to_vec();
                    found.commands.push(spans.iter().map(argument).collect());
                    from = next;
                }
                Err(error) => {
                    found.error = Some(error);
                    return found;
                }
            }
        }
    }
    found
}
