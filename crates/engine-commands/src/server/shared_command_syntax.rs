//! The argument tree of a command, read from its syntax line.
//!
//! ```text
//! line  = alternative { "|" alternative }
//! item  = "[" line "]"          may be left out
//!       | "<" line ">"          one of these
//!       | word                  in capitals or a sign: to be typed as it stands; else the name of an argument
//! x [x ...]                     as many as one likes
//! ```

/// What kind of argument it is, in the words of COMMAND DOCS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    Token,
    OneOf,
    Block,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::UnixTime => "unix-time",
            Self::Token => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }

    /// The kind of an argument of this name.
    fn of(name: &str) -> Self {
        const INTEGERS: &[&str] = &[
            "bit",
            "client-id",
            "count",
            "cursor",
            "db",
            "decrement",
            "destination-db",
            "end",
            "entries-read",
            "freq",
            "frequency",
            "increment",
            "index1",
            "index2",
            "index",
            "len",
            "limit",
            "min-idle",
            "min-match-len",
            "length",
            "maxage",
            "milliseconds",
            "num-matches",
            "numkeys",
            "numreplicas",
            "offset",
            "port",
            "protover",
            "rank",
            "seconds",
            "start",
            "stop",
            "timeout",
            "replicationid",
            "samples",
            "ttl",
            "version",
        ];
        const DOUBLES: &[&str] = &[
            "score",
            "weight",
            "longitude",
            "latitude",
            "radius",
            "width",
            "height",
        ];
        const KEYS: &[&str] = &[
            "key",
            "key1",
            "key2",
            "source",
            "destination",
            "newkey",
            "sourcekey",
            "destkey",
        ];
        match name {
            "pattern" => Self::Pattern,
            _ if name.starts_with("unix-time") => Self::UnixTime,
            _ if KEYS.contains(&name) => Self::Key,
            _ if INTEGERS.contains(&name) => Self::Integer,
            _ if DOUBLES.contains(&name) => Self::Double,
            _ => Self::String,
        }
    }
}

/// One argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) token: Option<String>,
    pub(super) key_spec: Option<usize>,
    optional: bool,
    multiple: bool,
    multiple_token: bool,
    pub(super) children: Vec<Argument>,
}

impl Argument {
    fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_string(),
            kind,
            token: None,
            key_spec: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            children: Vec::new(),
        }
    }

    fn group(kind: Kind, children: Vec<Argument>) -> Self {
        let names: Vec<&str> = children.iter().map(|c| c.name.as_str()).collect();
        Self {
            children: children.clone(),
            ..Self::new(&names.join("_"), kind)
        }
    }

    fn token(word: &str) -> Self {
        Self {
            token: Some(word.to_string()),
            ..Self::new(&word.to_lowercase(), Kind::Token)
        }
    }

    /// Its marks in COMMAND DOCS.
    pub(super) fn flags(&self) -> Vec<&'static str> {
        let marks = [
            (self.optional, "optional"),
            (self.multiple, "multiple"),
            (self.multiple_token, "multiple_token"),
        ];
        marks.iter().filter(|m| m.0).map(|m| m.1).collect()
    }
}

/// Reads a syntax line. Of its key names as many as `keys` belong to the key specifications, in order.
pub(super) fn parse(syntax: &str, keys: &mut usize) -> Vec<Argument> {
    let spaced: String = syntax
        .chars()
        .flat_map(|c| match c {
            '[' | ']' | '<' | '>' | '|' => vec![' ', c, ' '],
            c => vec![c],
        })
        .collect();
    let words: Vec<&str> = spaced
        .split_whitespace()
        .map(|w| w.trim_matches('"'))
        .collect();
    let mut at = 0;
    let mut arguments = match alternatives(&words, &mut at).as_slice() {
        [only] => only.clone(),
        several => vec![one_of(several)],
    };
    let mut next = 0;
    number_keys(&mut arguments, &mut next, *keys);
    arguments
}

fn number_keys(arguments: &mut [Argument], next: &mut usize, keys: usize) {
    for argument in arguments {
        if argument.kind == Kind::Key && *next < keys {
            argument.key_spec = Some(*next);
            *next += 1;
        }
        number_keys(&mut argument.children, next, keys);
    }
}

/// The alternatives up to a closing bracket, each a row of arguments.
fn alternatives(words: &[&str], at: &mut usize) -> Vec<Vec<Argument>> {
    let mut all = vec![Vec::new()];
    let mut row: Vec<Argument> = Vec::new();
    // What the row is made of, in words, to recognise its repetition.
    let mut starts = Vec::new();
    while let Some(word) = words.get(*at) {
        let start = *at;
        *at += 1;
        match *word {
            "]" | ">" => break,
            "|" => {
                *all.last_mut().unwrap_or(&mut Vec::new()) = with_tokens(std::mem::take(&mut row));
                all.push(Vec::new());
                starts.clear();
            }
            "[" => {
                let end = closing(words, *at);
                if words.get(end.saturating_sub(1)) == Some(&"...")
                    && repeats(words, &starts, *at, end, &mut row)
                {
                    *at = end + 1;
                    continue;
                }
                starts.push(start);
                let inner = alternatives(words, at);
                row.push(bracketed(&inner, true));
            }
            "<" => {
                starts.push(start);
                let inner = alternatives(words, at);
                row.push(bracketed(&inner, false));
            }
            "..." => {
                if let Some(last) = row.last_mut() {
                    last.multiple = true;
                }
            }
            word if is_token(word) => {
                starts.push(start);
                row.push(Argument::token(word));
            }
            word => {
                starts.push(start);
                row.push(Argument::new(word, Kind::of(word)));
            }
        }
    }
    if let Some(last) = all.last_mut() {
        *last = with_tokens(row);
    }
    all
}

/// Whether a word is typed as it stands: it has no small letter.
fn is_token(word: &str) -> bool {
    !word.chars().any(|c| c.is_ascii_lowercase())
}

/// Where the bracket ends whose inside begins at `from`.
fn closing(words: &[&str], from: usize) -> usize {
    let mut depth = 0;
    for (n, word) in words.iter().enumerate().skip(from) {
        match *word {
            "[" | "<" => depth += 1,
            "]" | ">" if depth == 0 => return n,
            "]" | ">" => depth -= 1,
            _ => {}
        }
    }
    words.len()
}

/// `x [x ...]`: marks the arguments that the bracket repeats, if it repeats the last ones.
fn repeats(
    words: &[&str],
    starts: &[usize],
    from: usize,
    end: usize,
    row: &mut Vec<Argument>,
) -> bool {
    let inside = &words[from..end.saturating_sub(1)];
    let before = from - 1;
    let found = starts
        .iter()
        .rposition(|start| words[*start..before] == *inside);
    let Some(first) = found.filter(|first| *first < row.len()) else {
        return false;
    };
    let mut repeated = row.split_off(first);
    if repeated.len() == 1 {
        repeated[0].multiple = true;
        row.append(&mut repeated);
        return true;
    }
    let token_first = repeated[0].kind == Kind::Token;
    let mut inner = with_tokens(repeated);
    let mut block = if inner.len() == 1 {
        inner.remove(0)
    } else {
        Argument::group(Kind::Block, inner)
    };
    block.multiple = true;
    block.multiple_token = token_first;
    row.push(block);
    true
}

/// Gives tokens the arguments that follow them.
fn with_tokens(row: Vec<Argument>) -> Vec<Argument> {
    let mut out: Vec<Argument> = Vec::new();
    let mut row = row.into_iter().peekable();
    while let Some(item) = row.next() {
        if item.kind != Kind::Token || item.optional {
            out.push(item);
            continue;
        }
        let mut owned = Vec::new();
        while row
            .peek()
            .is_some_and(|next| next.token.is_none() && !next.optional)
        {
            owned.extend(row.next());
        }
        out.push(match owned.len() {
            0 => item,
            1 => Argument {
                token: item.token,
                ..owned.remove(0)
            },
            _ => Argument {
                name: item.name,
                token: item.token,
                ..Argument::group(Kind::Block, owned)
            },
        });
    }
    out
}

fn one_of(rows: &[Vec<Argument>]) -> Argument {
    let choices = rows.iter().map(|row| as_one(row)).collect();
    Argument::group(Kind::OneOf, choices)
}

fn as_one(row: &[Argument]) -> Argument {
    match row {
        [only] => only.clone(),
        several => Argument::group(Kind::Block, several.to_vec()),
    }
}

fn bracketed(rows: &[Vec<Argument>], optional: bool) -> Argument {
    let mut argument = match rows {
        [row] => as_one(row),
        several => one_of(several),
    };
    argument.optional |= optional;
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(arguments: &[Argument]) -> String {
        let one = |a: &Argument| {
            let mut text = format!("{}:{}", a.name, a.kind.name());
            if let Some(token) = &a.token {
                text = format!("{text}={token}");
            }
            if let Some(index) = a.key_spec {
                text = format!("{text}#{index}");
            }
            for flag in a.flags() {
                text = format!("{text}!{flag}");
            }
            if !a.children.is_empty() {
                text = format!("{text}({})", show(&a.children));
            }
            text
        };
        arguments.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    fn tree(syntax: &str) -> String {
        show(&parse(syntax, &mut 1))
    }

    #[test]
    fn plain_arguments() {
        assert_eq!(tree(""), "");
        assert_eq!(tree("key value"), "key:key#0 value:string");
        assert_eq!(tree("key [count]"), "key:key#0 count:integer!optional");
    }

    #[test]
    fn repetitions() {
        assert_eq!(tree("key [key ...]"), "key:key#0!multiple");
        assert_eq!(
            tree("key field value [field value ...]"),
            "key:key#0 field_value:block!multiple(field:string value:string)"
        );
        assert_eq!(
            tree("[PREFIX prefix [PREFIX prefix ...]] [BCAST]"),
            "prefix:string=PREFIX!optional!multiple!multiple_token bcast:pure-token=BCAST!optional"
        );
        assert_eq!(
            tree("numkeys key [key ...] [WEIGHTS weight [weight ...]]"),
            "numkeys:integer key:key#0!multiple weight:double=WEIGHTS!optional!multiple"
        );
    }

    #[test]
    fn alternatives_and_tokens() {
        assert_eq!(
            tree("key value [NX | XX] [GET] [EX seconds | KEEPTTL]"),
            "key:key#0 value:string nx_xx:oneof!optional(nx:pure-token=NX xx:pure-token=XX) \
             get:pure-token=GET!optional seconds_keepttl:oneof!optional(seconds:integer=EX keepttl:pure-token=KEEPTTL)"
        );
        assert_eq!(
            tree("<host port | NO ONE>"),
            "host_port_no_one:oneof(host_port:block(host:string port:integer) \
             no_one:block(no:pure-token=NO one:pure-token=ONE))"
        );
        assert_eq!(
            tree("key [LIMIT offset count]"),
            "key:key#0 limit:block=LIMIT!optional(offset:integer count:integer)"
        );
    }
}
