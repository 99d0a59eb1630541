//! Commands parsed ahead, so that the memory they will touch can be fetched while the first of them runs.

use engine_dispatch::execute::Prepared;
use engine_dispatch::{Client, Server};
use engine_keyspace::unit::{prefetch_entry, prefetch_slot, prefetch_word};
use proto_resp::request::Span;
use proto_resp::{Limits, Parser, ProtocolError, Step};
use smallvec::SmallVec;

/// Commands parsed ahead.
const AHEAD: usize = 16;

/// The arguments of one command.
pub(crate) type Args<'a> = SmallVec<[&'a [u8]; 8]>;

/// A command within the input.
#[derive(Debug)]
pub(crate) struct Parsed {
    spans: std::ops::Range<usize>,
    /// Where it begins and where the next one does.
    pub(crate) start: usize,
    pub(crate) next: usize,
    pub(crate) prepared: Prepared,
    /// The database it was prepared for.
    pub(crate) db: u32,
}

/// What stands at the end of a batch.
#[derive(Debug)]
pub(crate) enum End {
    /// The batch is full: there may be more in the input.
    More,
    /// The rest is no whole command.
    Partial,
    /// An inline command follows; its words are the parser's.
    Inline { start: usize, next: usize },
    /// The peer broke the protocol.
    Broken(ProtocolError),
}

/// Buffers that are used again for each batch.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    spans: Vec<Span>,
    pub(crate) commands: Vec<Parsed>,
}

impl Batch {
    /// Parses from `input[from]` on and fetches memory; returns where the unparsed rest begins and why it ended.
    pub(crate) fn parse(
        &mut self,
        server: &Server,
        client: &Client,
        parser: &mut Parser,
        input: &[u8],
        from: usize,
    ) -> (usize, End) {
        self.spans.clear();
        self.commands.clear();
        let limits = Limits {
            bulk_max: server.config.int(params::PROTO_MAX_BULK_LEN),
            trusted: client.authenticated,
        };
        // Until a peer has logged in, what follows may be held to other limits.
        let most = if client.authenticated { AHEAD } else { 1 };
        let mut at = from;
        let end = loop {
            if self.commands.len() == most {
                break End::More;
            }
            let before = self.spans.len();
            match parser.next(input, at, limits, &mut self.spans) {
                Ok(Step::Command { next }) => {
                    let spans = before..self.spans.len();
                    let prepared =
                        Prepared::new(server, client.db, &args(&self.spans[spans.clone()], input));
                    if let Some((id, _)) = prepared.key {
                        prefetch_slot(server.keyspace.slot(id));
                    }
                    self.commands.push(Parsed {
                        spans,
                        start: at,
                        next,
                        prepared,
                        db: client.db,
                    });
                    at = next;
                }
                Ok(Step::Empty { next }) => at = next,
                Ok(Step::Partial) => break End::Partial,
                Ok(Step::Inline { next }) => {
                    break End::Inline {
                        start: std::mem::replace(&mut at, next),
                        next,
                    };
                }
                Err(error) => break End::Broken(error),
            }
        };
        if self.commands.len() > 1 {
            self.fetch(server);
        }
        (at, end)
    }

    fn fetch(&self, server: &Server) {
        let keys = || self.commands.iter().filter_map(|c| c.prepared.key);
        keys().for_each(|(id, hash)| prefetch_word(server.keyspace.slot(id), hash));
        keys().for_each(|(id, hash)| prefetch_entry(server.keyspace.slot(id), hash));
    }

    /// The arguments of command `n`.
    pub(crate) fn args<'a>(&self, n: usize, input: &'a [u8]) -> Args<'a> {
        args(&self.spans[self.commands[n].spans.clone()], input)
    }
}

fn args<'a>(spans: &[Span], input: &'a [u8]) -> Args<'a> {
    spans
        .iter()
        .map(|(start, len)| &input[*start as usize..(*start + *len) as usize])
        .collect()
}
