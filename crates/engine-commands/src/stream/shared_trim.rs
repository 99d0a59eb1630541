//! The options that XADD and XTRIM share, and trimming.

use super::shared_id::{self, NewId};
use crate::args::{int, is};
use engine_dispatch::keys::Class;
use engine_dispatch::{Cx, Error, Event};
use engine_types::stream::Trim;
use engine_types::{Stream, StreamId};

const TRIMMED: Event = Event::new(Class::Stream, "xtrim");

/// What XADD and XTRIM are told before the fields.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// XADD's ID and its place among the arguments.
    pub id: Option<(NewId, usize)>,
    /// Only an existing stream is added to.
    pub must_exist: bool,
    pub trim: Option<Trimming>,
}

/// How a stream is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trimming {
    how: Trim,
    /// Whole nodes only.
    roughly: bool,
    /// Most entries to take away; 0 for no limit.
    limit: usize,
    /// Place of the length or ID among the arguments.
    at: usize,
}

impl Options {
    /// Reads what stands behind the key; in XADD up to the ID.
    ///
    /// # Errors
    /// Those of `streamParseAddOrTrimArgsOrReply`.
    pub(crate) fn parse(cx: &Cx<'_>, args: &[&[u8]], adds: bool) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut limit = None;
        let mut at = 2;
        while let Some(word) = args.get(at) {
            let has_more = at + 1 < args.len();
            if adds && *word == b"*" {
                options.id = Some((NewId::Auto, at));
                break;
            } else if (is(word, "MAXLEN") || is(word, "MINID")) && has_more {
                if options.trim.is_some() {
                    return Err(Error::new(
                        "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
                    ));
                }
                let trim = Trimming::parse(args, at, is(word, "MINID"))?;
                at = trim.at;
                options.trim = Some(trim);
            } else if is(word, "LIMIT") && has_more {
                at += 1;
                let most = int(args[at])?;
                if most < 0 {
                    return Err(Error::new("ERR The LIMIT argument must be >= 0."));
                }
                limit = Some(most as usize);
            } else if adds && is(word, "NOMKSTREAM") {
                options.must_exist = true;
            } else if adds {
                options.id = Some((NewId::parse(word)?, at));
                break;
            } else {
                return Err(Error::SYNTAX);
            }
            at += 1;
        }
        options.limited(cx, limit, adds)
    }

    fn limited(mut self, cx: &Cx<'_>, limit: Option<usize>, adds: bool) -> Result<Self, Error> {
        let Some(trim) = &mut self.trim else {
            if limit.unwrap_or(0) > 0 {
                return Err(Error::new(
                    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
                ));
            }
            if !adds {
                return Err(Error::new(
                    "ERR syntax error, XTRIM must be called with a trimming strategy",
                ));
            }
            return Ok(self);
        };
        // What a primary has cut is to be cut here, whatever it takes.
        if !cx.client.is_primary {
            trim.limit = match (limit, trim.roughly) {
                (Some(_), false) => {
                    return Err(Error::new(
                        "ERR syntax error, LIMIT cannot be used without the special ~ option",
                    ));
                }
                (Some(limit), true) => limit,
                (None, false) => 0,
                (None, true) => usual_limit(cx),
            };
        }
        Ok(self)
    }
}

/// Entries that a rough cut takes away at most where nothing else is said: a hundred nodes.
fn usual_limit(cx: &Cx<'_>) -> usize {
    match cx
        .server
        .limits()
        .stream_node_max_entries
        .saturating_mul(100)
    {
        0 => 10_000,
        limit => limit.min(1_000_000),
    }
}

impl Trimming {
    /// Reads MAXLEN or MINID at `at`, with `~` or `=` if they stand there.
    fn parse(args: &[&[u8]], at: usize, by_id: bool) -> Result<Self, Error> {
        let mut value_at = at + 1;
        let mut roughly = false;
        if at + 2 < args.len() && matches!(args[value_at], b"~" | b"=") {
            roughly = args[value_at] == b"~";
            value_at += 1;
        }
        let how = if by_id {
            Trim::Below(shared_id::strict(args[value_at], 0)?)
        } else {
            let len = int(args[value_at])?;
            if len < 0 {
                return Err(Error::new("ERR The MAXLEN argument must be >= 0."));
            }
            Trim::ToLen(len as usize)
        };
        Ok(Self {
            how,
            roughly,
            limit: 0,
            at: value_at,
        })
    }

    /// Cuts a stream; how many entries went.
    ///
    /// # Errors
    /// WRONGTYPE.
    pub(crate) fn apply(&self, cx: &mut Cx<'_>, key: &[u8]) -> Result<usize, Error> {
        let gone = cx.db.edit::<Stream, _>(key, false, |stream, change| {
            let gone = stream.trim(self.how, self.roughly, self.limit);
            change.note_taken(gone, TRIMMED);
            gone
        })?;
        Ok(gone.unwrap_or(0))
    }

    /// What a replica must be told in place of a rough cut: exactly what is left here, and where that stands among
    /// the arguments. `None` if the cut was exact already.
    pub(crate) fn exactly(&self, cx: &Cx<'_>, key: &[u8]) -> Option<(usize, Vec<u8>)> {
        if !self.roughly {
            return None;
        }
        let entries = cx.db.look::<Stream>(key).ok()??.entries();
        let left = match self.how {
            Trim::ToLen(_) => entries.len().to_string(),
            Trim::Below(_) if entries.is_empty() => StreamId::MAX.to_string(),
            Trim::Below(_) => entries.first_id().to_string(),
        };
        Some((self.at, left.into_bytes()))
    }
}
