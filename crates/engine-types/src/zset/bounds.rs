//! The ends of ranges of sorted sets.

use std::cmp::Ordering;

/// One end of a range of scores: `5`, `(5`, `-inf`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreBound {
    pub value: f64,
    pub exclusive: bool,
}

impl ScoreBound {
    pub fn inclusive(value: f64) -> ScoreBound {
        ScoreBound {
            value,
            exclusive: false,
        }
    }

    pub fn exclusive(value: f64) -> ScoreBound {
        ScoreBound {
            value,
            exclusive: true,
        }
    }

    /// As a lower end: whether `score` falls below the range.
    pub(crate) fn is_above(self, score: f64) -> bool {
        score < self.value || (self.exclusive && score == self.value)
    }

    /// As an upper end: whether `score` falls beyond the range.
    pub(crate) fn is_below(self, score: f64) -> bool {
        score > self.value || (self.exclusive && score == self.value)
    }
}

/// One end of a range of members in order of bytes: `-`, `+`, `[m`, `(m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexBound<'a> {
    Min,
    Max,
    Inclusive(&'a [u8]),
    Exclusive(&'a [u8]),
}

impl LexBound<'_> {
    /// As a lower end: whether `member` falls below the range.
    pub(crate) fn is_above(self, member: &[u8]) -> bool {
        match self {
            LexBound::Min => false,
            LexBound::Max => true,
            LexBound::Inclusive(bound) => member < bound,
            LexBound::Exclusive(bound) => member <= bound,
        }
    }

    /// As an upper end: whether `member` falls beyond the range.
    pub(crate) fn is_below(self, member: &[u8]) -> bool {
        match self {
            LexBound::Min => true,
            LexBound::Max => false,
            LexBound::Inclusive(bound) => member > bound,
            LexBound::Exclusive(bound) => member >= bound,
        }
    }
}

/// The order of sorted sets: by score, then by bytes.
pub(crate) fn order(left: (f64, &[u8]), right: (f64, &[u8])) -> Ordering {
    let by_score = left.0.partial_cmp(&right.0).unwrap_or(Ordering::Equal);
    by_score.then_with(|| left.1.cmp(right.1))
}
