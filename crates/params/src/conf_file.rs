//! The lines of a configuration file, and the words of the error that stops a start.

use std::fmt;

use proto_resp::inline;

/// A line that says something: neither blank nor a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// Without white space at either end.
    pub text: Vec<u8>,
    /// The words without their quotes, the first in lower case. Never empty.
    pub words: Vec<Vec<u8>>,
}

/// A configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfError {
    /// Number and text of the line at fault, if it is one line's fault.
    pub line: Option<(usize, Vec<u8>)>,
    /// Redis's words.
    pub reason: String,
}

impl ConfError {
    /// What is wrong with `line`.
    #[must_use]
    pub fn at(line: &Line, reason: impl Into<String>) -> Self {
        Self {
            line: Some((line.number, line.text.clone())),
            reason: reason.into(),
        }
    }

    /// What Redis of `version` prints to standard error before it exits with status 1.
    #[must_use]
    pub fn fatal(&self, version: &str) -> String {
        let place = self.line.as_ref().map_or(String::new(), |(number, text)| {
            let text = String::from_utf8_lossy(text);
            format!("Reading the configuration file, at line {number}\n>>> '{text}'\n")
        });
        let reason = &self.reason;
        format!("\n*** FATAL CONFIG FILE ERROR (Redis {version}) ***\n{place}{reason}\n")
    }
}

impl fmt::Display for ConfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.line {
            Some((number, text)) => {
                let text = String::from_utf8_lossy(text);
                write!(f, "configuration line {number} '{text}': {}", self.reason)
            }
            None => write!(f, "configuration: {}", self.reason),
        }
    }
}

impl std::error::Error for ConfError {}

/// The lines of `text` that say something, in order. An error does not end the lines.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Result<Line, ConfError>> {
    // A zero byte ends the text, as it does for Redis.
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    text[..end]
        .split(|b| *b == b'\n')
        .enumerate()
        .filter_map(|(index, raw)| {
            let text = raw.trim_ascii();
            if text.is_empty() || text.starts_with(b"#") {
                return None;
            }
            let mut line = Line {
                number: index + 1,
                text: text.to_vec(),
                words: Vec::new(),
            };
            match inline::split(text) {
                Ok(words) => line.words = words,
                Err(inline::Unbalanced) => {
                    return Some(Err(ConfError::at(
                        &line,
                        "Unbalanced quotes in configuration line",
                    )));
                }
            }
            line.words.first_mut()?.make_ascii_lowercase();
            Some(Ok(line))
        })
}

/// The words of every line. `include` is returned like any other directive.
///
/// # Errors
/// The first line whose quotes do not close.
pub fn parse(text: impl AsRef<[u8]>) -> Result<Vec<Line>, ConfError> {
    lines(text.as_ref()).collect()
}
