//! The journal's bytes, from a link or a file, cut into units: single commands, and MULTI … EXEC as one.

use proto_resp::request::{Limits, Parser, ProtocolError, Span, Step};

/// One command of a unit.
#[derive(Debug, Clone, Copy)]
pub struct StreamCommand<'a> {
    /// The database it acts on.
    pub db: u32,
    input: &'a [u8],
    spans: &'a [Span],
}

impl<'a> StreamCommand<'a> {
    /// Its arguments, the name first.
    pub fn args(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let input = self.input;
        self.spans
            .iter()
            .map(move |&(start, length)| &input[start as usize..][..length as usize])
    }
}

/// What the primary executed as one, to be applied as one.
#[derive(Debug)]
pub struct StreamUnit<'a> {
    /// Exactly the bytes that stand for it in the stream, to be appended to the replica's journal
    /// under the locks of what it changes.
    pub raw: &'a [u8],
    decoder: &'a StreamDecoder,
}

impl<'a> StreamUnit<'a> {
    /// The commands to execute: without SELECT, MULTI, EXEC, PING and REPLCONF.
    pub fn commands(&self) -> impl Iterator<Item = StreamCommand<'a>> + use<'a> {
        let decoder = self.decoder;
        decoder.commands.iter().map(move |command| StreamCommand {
            db: command.db,
            input: &decoder.input,
            spans: &decoder.spans[command.first..command.end],
        })
    }

    /// Nothing to execute: a SELECT, a PING, an empty transaction.
    pub fn is_empty(&self) -> bool {
        self.decoder.commands.is_empty()
    }

    /// The database in which the unit leaves the stream.
    pub fn db_after(&self) -> u32 {
        self.decoder.db
    }

    /// The primary asks for an acknowledgement, once this unit is applied.
    pub fn wants_ack(&self) -> bool {
        self.decoder.wants_ack
    }
}

#[derive(Debug, Clone, Copy)]
struct Command {
    db: u32,
    first: usize,
    end: usize,
}

/// The stream is not what a primary sends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Not RESP.
    #[error("stream of changes: {0}")]
    Protocol(#[from] ProtocolError),
    /// A command whose place or arguments make no sense.
    #[error("stream of changes: {0}")]
    Sense(&'static str),
}

/// Collects the stream's bytes and gives units as they become complete.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    input: Vec<u8>,
    /// Where the next unit begins; before it all was given out.
    unit: usize,
    /// Where the next command begins.
    at: usize,
    /// The stream's current database.
    db: u32,
    parser: Parser,
    spans: Vec<Span>,
    commands: Vec<Command>,
    in_transaction: bool,
    wants_ack: bool,
    /// The unit that was given out last ends here.
    given: bool,
    /// Lines that begin with '#' say something about the file (`#TS:<seconds>`).
    annotated: bool,
}

const LIMITS: Limits = Limits {
    bulk_max: i64::MAX / 2,
    trusted: true,
};

impl StreamDecoder {
    /// A decoder whose stream is in database `db`.
    pub fn new(db: u32) -> Self {
        Self {
            db,
            ..Self::default()
        }
    }

    /// A decoder of an append-only file: it may hold annotations, and no empty lines.
    pub fn of_file() -> Self {
        Self {
            annotated: true,
            ..Self::default()
        }
    }

    /// Bytes that were fed and belong to no unit given out: at a file's end, what is torn off.
    pub fn pending(&self) -> &[u8] {
        let from = if self.given { self.at } else { self.unit };
        &self.input[from..]
    }

    /// Whether what is pending is a transaction without its end, and not torn in the middle of a command.
    pub fn ends_in_transaction(&self) -> bool {
        self.in_transaction && self.at == self.input.len()
    }

    /// The stream's current database, to be kept for a partial resync.
    pub fn db(&self) -> u32 {
        self.db
    }

    /// Adds bytes as they came.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.begin_unit();
        if self.unit > 0 {
            // Spans of an unfinished transaction are positions in the input: they move too.
            self.input.drain(..self.unit);
            self.at -= self.unit;
            let moved = self.unit as u32;
            for span in &mut self.spans {
                span.0 -= moved;
            }
            self.unit = 0;
        }
        self.input.extend_from_slice(bytes);
    }

    /// The next complete unit, or `None` until more bytes come.
    pub fn next_unit(&mut self) -> Result<Option<StreamUnit<'_>>, StreamError> {
        self.begin_unit();
        loop {
            if self.annotated && !self.skip_annotations() {
                return Ok(None);
            }
            let first = self.spans.len();
            match self
                .parser
                .next(&self.input, self.at, LIMITS, &mut self.spans)?
            {
                Step::Partial => return Ok(None),
                Step::Inline { .. } => return Err(StreamError::Sense("an inline command")),
                Step::Empty { .. } if self.annotated => {
                    return Err(StreamError::Sense("an empty line"));
                }
                // A newline: the primary keeps the link alive.
                Step::Empty { next } => self.at = next,
                Step::Command { next } => {
                    self.at = next;
                    self.take_command(first)?;
                }
            }
            if !self.in_transaction {
                break;
            }
        }
        let raw = &self.input[self.unit..self.at];
        self.given = true;
        Ok(Some(StreamUnit { raw, decoder: self }))
    }

    /// Passes over lines of annotations; false if one has no end yet.
    fn skip_annotations(&mut self) -> bool {
        while self.input.get(self.at) == Some(&b'#') {
            let Some(end) = self.input[self.at..].iter().position(|b| *b == b'\n') else {
                return false;
            };
            self.at += end + 1;
        }
        true
    }

    /// Forgets the unit given out last.
    fn begin_unit(&mut self) {
        if std::mem::take(&mut self.given) {
            self.unit = self.at;
            self.spans.clear();
            self.commands.clear();
            self.wants_ack = false;
        }
    }

    fn take_command(&mut self, first: usize) -> Result<(), StreamError> {
        let input = &self.input;
        // The parser passes over these two bytes. Where a file's tail was lost they are the first to be wrong.
        let ends =
            |&(start, length): &Span| input[(start + length) as usize..].starts_with(b"\r\n");
        if !self.spans[first..].iter().all(ends) {
            return Err(StreamError::Sense("a string without its end"));
        }
        let arg = |n: usize| {
            self.spans
                .get(first + n)
                .map(|&(start, length)| &input[start as usize..][..length as usize])
        };
        let is = |n, word: &str| arg(n).is_some_and(|a| a.eq_ignore_ascii_case(word.as_bytes()));
        if is(0, "SELECT") {
            let db = arg(1).and_then(|db| std::str::from_utf8(db).ok()?.parse().ok());
            self.db = db.ok_or(StreamError::Sense("SELECT of no database"))?;
        } else if is(0, "MULTI") {
            if std::mem::replace(&mut self.in_transaction, true) {
                return Err(StreamError::Sense("MULTI inside MULTI"));
            }
        } else if is(0, "EXEC") {
            if !std::mem::replace(&mut self.in_transaction, false) {
                return Err(StreamError::Sense("EXEC without MULTI"));
            }
        } else if is(0, "REPLCONF") {
            self.wants_ack |= is(1, "GETACK");
        } else if !is(0, "PING") {
            self.commands.push(Command {
                db: self.db,
                first,
                end: self.spans.len(),
            });
            return Ok(());
        }
        self.spans.truncate(first);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::encode_command;

    fn stream(commands: &[&str]) -> Vec<u8> {
        let mut out = Vec::new();
        for command in commands {
            let argv: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            encode_command(&mut out, &argv);
        }
        out
    }

    /// All units as text, and the concatenation of their raw bytes.
    fn decode(bytes: &[u8], piece: usize) -> Result<(Vec<String>, Vec<u8>), StreamError> {
        let (mut decoder, mut units, mut raw) = (StreamDecoder::new(0), Vec::new(), Vec::new());
        for part in bytes.chunks(piece) {
            decoder.feed(part);
            while let Some(unit) = decoder.next_unit()? {
                let mut text: Vec<String> = unit
                    .commands()
                    .map(|c| {
                        let args: Vec<_> = c.args().map(String::from_utf8_lossy).collect();
                        format!("{}:{}", c.db, args.join(" "))
                    })
                    .collect();
                if unit.wants_ack() {
                    text.push("ack!".into());
                }
                units.push(text.join(", "));
                raw.extend_from_slice(unit.raw);
            }
        }
        Ok((units, raw))
    }

    #[test]
    fn units_whatever_the_pieces() {
        let mut bytes = stream(&[
            "SELECT 3", "SET a 1", "PING", "MULTI", "DEL a", "SELECT 4", "DEL b", "EXEC",
        ]);
        bytes.extend_from_slice(b"\n");
        bytes.extend_from_slice(&stream(&["REPLCONF GETACK *", "INCR c"]));
        let expected = [
            "",
            "3:SET a 1",
            "",
            "3:DEL a, 4:DEL b",
            "",
            "ack!",
            "4:INCR c",
        ];
        for piece in [1, 2, 7, 30, bytes.len()] {
            let (units, raw) = decode(&bytes, piece).expect("well formed");
            assert_eq!(units, expected, "pieces of {piece}");
            assert_eq!(raw, bytes, "pieces of {piece}");
        }
    }

    #[test]
    fn annotations_stand_in_files_only() {
        let mut bytes = b"#TS:1\r\n".to_vec();
        bytes.extend_from_slice(&stream(&["MULTI", "SET a 1"]));
        bytes.extend_from_slice(b"#TS:2\r\n");
        bytes.extend_from_slice(&stream(&["EXEC"]));
        for piece in [1, 5, bytes.len()] {
            let (mut decoder, mut given) = (StreamDecoder::of_file(), 0);
            for part in bytes.chunks(piece) {
                decoder.feed(part);
                while let Some(unit) = decoder.next_unit().expect("well formed") {
                    assert_eq!(unit.commands().count(), 1);
                    given += unit.raw.len();
                }
            }
            assert_eq!(given, bytes.len());
            assert!(decoder.pending().is_empty());
        }
        assert!(decode(&bytes, bytes.len()).is_err());
        let mut decoder = StreamDecoder::of_file();
        decoder.feed(b"\r\n");
        assert!(decoder.next_unit().is_err());
    }

    #[test]
    fn what_is_torn_off_is_pending() {
        let whole = stream(&["SET a 1"]);
        let torn = stream(&["MULTI", "SET b 2"]);
        let bytes = [whole, torn.clone()].concat();
        let mut decoder = StreamDecoder::of_file();
        decoder.feed(&bytes);
        assert!(decoder.next_unit().expect("well formed").is_some());
        assert_eq!(decoder.pending(), torn);
        assert!(decoder.next_unit().expect("well formed").is_none());
        assert_eq!(decoder.pending(), torn);
        assert!(decoder.ends_in_transaction());
        decoder.feed(b"*1\r\n$4\r\nEX");
        assert!(decoder.next_unit().expect("well formed").is_none());
        assert!(!decoder.ends_in_transaction());
    }

    #[test]
    fn nonsense_is_an_error() {
        for commands in [&["EXEC"][..], &["MULTI", "MULTI"], &["SELECT x"]] {
            let bytes = stream(commands);
            assert!(
                matches!(decode(&bytes, bytes.len()), Err(StreamError::Sense(_))),
                "{commands:?}"
            );
        }
        assert!(matches!(
            decode(b"*1\r\n$1\r\na\0\0", 9),
            Err(StreamError::Sense(_))
        ));
        assert!(matches!(
            decode(b"*1\r\n:1\r\n", 8),
            Err(StreamError::Protocol(_))
        ));
        assert!(matches!(
            decode(b"SET a 1\r\n", 9),
            Err(StreamError::Sense(_))
        ));
    }
}
