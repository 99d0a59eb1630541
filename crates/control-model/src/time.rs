//! Wall-clock time in records: milliseconds since 1970 UTC. Only ever given
//! to the model, never read by it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// ISO 8601 with milliseconds, as ElastiCache writes times:
    /// `2026-11-25T09:44:46.123Z`.
    pub fn to_iso8601(self) -> String {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        match jiff::Timestamp::from_millisecond(millis) {
            Ok(t) => t.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            Err(_) => "9999-12-31T23:59:59.999Z".to_owned(),
        }
    }

    /// Reads ISO 8601 with or without fraction and offset; a bare date-time is UTC.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let parsed = text
            .parse::<jiff::Timestamp>()
            .or_else(|_| format!("{text}Z").parse::<jiff::Timestamp>())
            .ok()?;
        u64::try_from(parsed.as_millisecond()).ok().map(Self)
    }

    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(t: SystemTime) -> Self {
        Self(millis(t.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso8601_goes_both_ways() {
        let t = Timestamp(1_422_901_102_202);
        assert_eq!(t.to_iso8601(), "2015-02-02T18:18:22.202Z");
        assert_eq!(
            Timestamp::parse_iso8601("2015-02-02T18:18:22.202Z"),
            Some(t)
        );
        assert_eq!(
            Timestamp::parse_iso8601("2015-02-02T18:18:22"),
            Some(Timestamp(1_422_901_102_000))
        );
        assert_eq!(Timestamp::parse_iso8601("yesterday"), None);
    }
}
