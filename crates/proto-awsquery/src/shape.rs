//! The shape table: what the codec knows about every structure, list and string.
//!
//! The table itself is generated from the service model by `build.rs`.

/// A structure: a request, a result or a part of one.
#[derive(Debug)]
pub struct StructureShape {
    /// Its name in the model.
    pub name: &'static str,
    /// Its members in the model's order, which is the order on the wire.
    pub members: &'static [Member],
}

/// One member of a structure.
#[derive(Debug)]
pub struct Member {
    /// Its name in the model and on the wire.
    pub name: &'static str,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What it holds.
    pub kind: Kind,
}

/// What a member or a list element holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text, perhaps constrained.
    String(&'static StringShape),
    /// `true` or `false`.
    Boolean,
    /// A 32-bit integer.
    Integer,
    /// A floating-point number.
    Double,
    /// A point in time.
    Timestamp,
    /// A list.
    List(&'static ListShape),
    /// A nested structure.
    Structure(&'static StructureShape),
}

/// A string and its constraints.
#[derive(Debug)]
pub struct StringShape {
    /// Its name in the model.
    pub name: &'static str,
    /// The values allowed; none listed means any.
    pub values: &'static [&'static str],
    /// The pattern the whole text must match.
    pub pattern: Option<Pattern>,
    /// The least length in characters.
    pub min: Option<u64>,
    /// The greatest length in characters.
    pub max: Option<u64>,
}

/// A list and its constraints.
#[derive(Debug)]
pub struct ListShape {
    /// Its name in the model.
    pub name: &'static str,
    /// The name of one element on the wire: `member`, or a name of its own.
    pub element: &'static str,
    /// What an element holds.
    pub kind: Kind,
    /// A second name under which some SDKs look for the list in an answer. The model
    /// puts it on the list's shape, which botocore honours and the other SDKs do not,
    /// so an answer carries the list twice.
    pub also_named: Option<&'static str>,
    /// The least number of elements.
    pub min: Option<u64>,
    /// The greatest number of elements.
    pub max: Option<u64>,
}

/// The patterns that occur in the model. `build.rs` fails when a model brings a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// `.*\S.*`
    NotBlank,
    /// `\d+`
    Digits,
    /// `[a-zA-Z]*`
    Letters,
    /// `[a-zA-Z][a-zA-Z0-9\-]*`
    Identifier,
}

impl Pattern {
    /// The regular expression as the model spells it, for error texts.
    pub fn regex(self) -> &'static str {
        match self {
            Self::NotBlank => r".*\S.*",
            Self::Digits => r"\d+",
            Self::Letters => "[a-zA-Z]*",
            Self::Identifier => r"[a-zA-Z][a-zA-Z0-9\-]*",
        }
    }

    /// Whether the whole text matches.
    pub fn matches(self, text: &str) -> bool {
        match self {
            // `.` stops at line ends, so a text of several lines never matches as a whole.
            Self::NotBlank => {
                !text.contains(['\n', '\r']) && text.chars().any(|c| !c.is_whitespace())
            }
            Self::Digits => !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()),
            Self::Letters => text.bytes().all(|b| b.is_ascii_alphabetic()),
            Self::Identifier => {
                text.starts_with(|c: char| c.is_ascii_alphabetic())
                    && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            }
        }
    }
}

pub(crate) mod table {
    //! The generated table.
    use super::{Kind, ListShape, Member, Pattern, StringShape, StructureShape};
    include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, good, bad) in [
            (Pattern::NotBlank, " a ", "  "),
            (Pattern::Digits, "0001", "1a"),
            (Pattern::Letters, "", "redis7"),
            (Pattern::Identifier, "a-1", "1a"),
        ] {
            assert!(pattern.matches(good), "{pattern:?} {good:?}");
            assert!(!pattern.matches(bad), "{pattern:?} {bad:?}");
        }
        assert!(!Pattern::Digits.matches(""));
    }
}
