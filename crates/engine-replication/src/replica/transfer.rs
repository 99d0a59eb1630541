//! How a snapshot is framed on the wire.

/// Told by the line before the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// `$<length>`: so many bytes.
    Length(u64),
    /// `$EOF:<40 characters>`: until those characters come.
    Mark([u8; 40]),
}

impl Framing {
    /// Reads the line, without its end; `None` if it is none of these.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"$")?;
        match rest.strip_prefix(b"EOF:") {
            Some(mark) => mark.try_into().ok().map(Framing::Mark),
            None => std::str::from_utf8(rest)
                .ok()?
                .parse()
                .ok()
                .map(Framing::Length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_framings() {
        assert_eq!(Framing::parse(b"$175"), Some(Framing::Length(175)));
        let line = [&b"$EOF:"[..], &[b'a'; 40]].concat();
        assert_eq!(Framing::parse(&line), Some(Framing::Mark([b'a'; 40])));
        for wrong in [&b"$"[..], b"$-1", b"$EOF:short", b"-ERR no", b""] {
            assert_eq!(Framing::parse(wrong), None);
        }
    }
}
