//! The manifest: which files together are the append-only file, in Redis's format (`aof.c`, "AOF Manifest").
//!
//! One line a file: `file <name> seq <n> type b|h|i`. At most one base comes first, then history (no longer needed,
//! not yet deleted), then increments in rising order.

use std::fmt;

/// Redis's longest line, bytes.
const LINE_MAX: usize = 1024;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The data set as it was at the last rewrite.
    Base,
    /// Superseded, to be deleted.
    History,
    /// What was written since.
    Increment,
}

impl Role {
    fn letter(self) -> char {
        match self {
            Role::Base => 'b',
            Role::History => 'h',
            Role::Increment => 'i',
        }
    }
}

/// One file of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name in the directory of append-only files.
    pub name: String,
    /// Counts bases and increments, each from 1.
    pub seq: u64,
    pub role: Role,
}

/// Why a manifest cannot be used; the texts are Redis's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// Number and text of the line at fault, if it is one line's.
    pub line: Option<(usize, String)>,
    pub reason: &'static str,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((number, text)) = &self.line {
            write!(
                f,
                "Reading the manifest file, at line {number}\n>>> '{text}'\n"
            )?;
        }
        f.write_str(self.reason)
    }
}

impl std::error::Error for ManifestError {}

/// The files of an append-only file, in the order in which they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub base: Option<Part>,
    pub history: Vec<Part>,
    pub increments: Vec<Part>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// As Redis: empty, a line that is too long or malformed, a path in place of a name, two bases, increments out
    /// of order.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        let whole = |reason| ManifestError { line: None, reason };
        if text.is_empty() {
            return Err(whole("Found an empty AOF manifest"));
        }
        let mut manifest = Self::default();
        for (at, raw) in text.split_inclusive(|b| *b == b'\n').enumerate() {
            if raw[0] == b'#' {
                continue;
            }
            if !raw.ends_with(b"\n") || raw.len() > LINE_MAX {
                return Err(whole("The AOF manifest file contains too long line"));
            }
            let line = raw.trim_ascii();
            let fault = |reason| ManifestError {
                line: Some((at + 1, String::from_utf8_lossy(line).into_owned())),
                reason,
            };
            manifest.add(part(line).map_err(fault)?).map_err(fault)?;
        }
        Ok(manifest)
    }

    fn add(&mut self, part: Part) -> Result<(), &'static str> {
        match part.role {
            Role::Base if self.base.is_some() => {
                return Err("Found duplicate base file information");
            }
            Role::Base => self.base = Some(part),
            Role::History => self.history.push(part),
            Role::Increment if part.seq <= self.increment_seq() => {
                return Err("Found a non-monotonic sequence number");
            }
            Role::Increment => self.increments.push(part),
        }
        Ok(())
    }

    /// The manifest as it stands in its file.
    #[must_use]
    pub fn to_text(&self) -> String {
        let parts = self.base.iter().chain(&self.history);
        parts.chain(&self.increments).map(line).collect()
    }

    /// Number of the newest increment; 0 if there is none.
    #[must_use]
    pub fn increment_seq(&self) -> u64 {
        self.increments.last().map_or(0, |part| part.seq)
    }

    /// Whether nothing is to be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base.is_none() && self.increments.is_empty()
    }

    /// The files that hold data, in the order in which they are read.
    pub fn data(&self) -> impl Iterator<Item = &Part> {
        self.base.iter().chain(&self.increments)
    }

    /// Adds the next increment and returns its name. `prefix` is `appendfilename`; `after` is the highest number
    /// used so far, which may have left the manifest since.
    pub fn begin_increment(&mut self, prefix: &str, after: u64) -> String {
        let seq = self.increment_seq().max(after) + 1;
        let name = format!("{prefix}.{seq}.incr.aof");
        self.increments.push(Part {
            name: name.clone(),
            seq,
            role: Role::Increment,
        });
        name
    }

    /// The name of the next base: RDB, or commands.
    #[must_use]
    pub fn next_base(&self, prefix: &str, rdb: bool) -> Part {
        let seq = self.base.as_ref().map_or(0, |part| part.seq) + 1;
        let format = if rdb { "rdb" } else { "aof" };
        Part {
            name: format!("{prefix}.{seq}.base.{format}"),
            seq,
            role: Role::Base,
        }
    }

    /// A new base stands for the old one and for all increments below number `from`: those become history.
    pub fn supersede(&mut self, base: Part, from: u64) {
        let (old, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.increments)
            .into_iter()
            .partition(|part| part.seq < from);
        self.increments = kept;
        let old = self.base.replace(base).into_iter().chain(old);
        self.history.extend(old.map(|part| Part {
            role: Role::History,
            ..part
        }));
    }
}

/// One line, its name in quotes where it needs them (`aofInfoFormat`).
fn line(part: &Part) -> String {
    let mut name = part.name.clone();
    if needs_quotes(&name) {
        let mut quoted = Vec::new();
        proto_resp::inline::quote(&mut quoted, name.as_bytes());
        name = String::from_utf8_lossy(&quoted).into_owned();
    }
    format!("file {name} seq {} type {}\n", part.seq, part.role.letter())
}

fn needs_quotes(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'"' | b'\'');
    name.is_empty() || !name.bytes().all(plain)
}

fn part(line: &[u8]) -> Result<Part, &'static str> {
    const FORMAT: &str = "Invalid AOF manifest file format";
    let words = proto_resp::inline::split(line).map_err(|_| FORMAT)?;
    if words.len() < 6 || words.len() % 2 != 0 {
        return Err(FORMAT);
    }
    let (mut name, mut seq, mut kind) = (None, 0, None);
    for pair in words.chunks_exact(2) {
        let value = &pair[1];
        match pair[0].to_ascii_lowercase().as_slice() {
            b"file" if value.contains(&b'/') => {
                return Err("File can't be a path, just a filename");
            }
            b"file" => {
                name = String::from_utf8(value.clone())
                    .ok()
                    .filter(|n| !n.is_empty())
            }
            b"seq" => seq = proto_resp::num::parse_i64(value).map_or(0, |n| n.max(0) as u64),
            b"type" => kind = value.first().copied(),
            // Keys of later versions.
            _ => {}
        }
    }
    let (Some(name), Some(kind), 1..) = (name, kind, seq) else {
        return Err(FORMAT);
    };
    let role = match kind {
        b'b' => Role::Base,
        b'h' => Role::History,
        b'i' => Role::Increment,
        _ => return Err("Unknown AOF file type"),
    };
    Ok(Part { name, seq, role })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> &'static str {
        Manifest::parse(text.as_bytes())
            .expect_err("refused")
            .reason
    }

    #[test]
    fn a_manifest_of_redis_is_read_and_written_alike() {
        let text = "file appendonly.aof.2.base.rdb seq 2 type b\n\
                    file appendonly.aof.1.incr.aof seq 1 type h\n\
                    file appendonly.aof.4.incr.aof seq 4 type i\n\
                    file \"append only.aof.5.incr.aof\" seq 5 type i\n";
        let manifest = Manifest::parse(text.as_bytes()).expect("valid");
        assert_eq!(manifest.increment_seq(), 5);
        assert_eq!(manifest.data().count(), 3);
        assert_eq!(manifest.to_text(), text);
    }

    #[test]
    fn comments_order_of_keys_and_unknown_keys_do_not_matter() {
        let text = "# made by hand\nTYPE i Seq 3 file a.aof later 1\n";
        let manifest = Manifest::parse(text.as_bytes()).expect("valid");
        assert_eq!(manifest.to_text(), "file a.aof seq 3 type i\n");
    }

    #[test]
    fn faults_are_named_as_redis_names_them() {
        const FORMAT: &str = "Invalid AOF manifest file format";
        assert_eq!(reason(""), "Found an empty AOF manifest");
        assert_eq!(reason("\n"), FORMAT);
        assert_eq!(reason("file a seq 1\n"), FORMAT);
        assert_eq!(reason("file a seq 0 type b\n"), FORMAT);
        assert_eq!(reason("file a seq x type b\n"), FORMAT);
        assert_eq!(reason("file \"a seq 1 type b\n"), FORMAT);
        assert_eq!(reason("file a seq 1 type x\n"), "Unknown AOF file type");
        assert_eq!(
            reason("file d/a seq 1 type b\n"),
            "File can't be a path, just a filename"
        );
        let two = "file a seq 1 type b\nfile b seq 2 type b\n";
        assert_eq!(reason(two), "Found duplicate base file information");
        let back = "file a seq 2 type i\nfile b seq 1 type i\n";
        assert_eq!(reason(back), "Found a non-monotonic sequence number");
        let long = format!("file {} seq 1 type i\n", "a".repeat(LINE_MAX));
        assert_eq!(
            reason(&long),
            "The AOF manifest file contains too long line"
        );
        let error = Manifest::parse(back.as_bytes()).expect_err("refused");
        assert_eq!(error.line, Some((2, "file b seq 1 type i".to_string())));
    }

    #[test]
    fn a_rewrite_keeps_what_came_after_its_cut() {
        let mut manifest = Manifest::default();
        manifest.base = Some(manifest.next_base("a", true));
        manifest.begin_increment("a", 0);
        manifest.begin_increment("a", 0);
        let base = manifest.next_base("a", false);
        manifest.supersede(base, 2);
        assert_eq!(
            manifest.to_text(),
            "file a.2.base.aof seq 2 type b\n\
             file a.1.base.rdb seq 1 type h\n\
             file a.1.incr.aof seq 1 type h\n\
             file a.2.incr.aof seq 2 type i\n"
        );
        assert_eq!(manifest.begin_increment("a", 7), "a.8.incr.aof");
    }
}
