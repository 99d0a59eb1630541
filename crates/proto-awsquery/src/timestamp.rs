//! Points in time as the API writes them.

use std::fmt;

/// A point in time: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads ISO 8601 (`2015-02-02T18:22:18.202Z`, an offset, a bare date, or no zone,
    /// which means UTC) or seconds since the epoch, as SDKs send them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(Self(time.as_millisecond()));
        }
        if let Ok(time) = text.parse::<jiff::civil::DateTime>() {
            let time = jiff::tz::Offset::UTC.to_timestamp(time).ok()?;
            return Some(Self(time.as_millisecond()));
        }
        let seconds: f64 = text.parse().ok()?;
        let milliseconds = (seconds * 1000.0).round();
        // Years 1 to 9999 in either direction; all of it fits an i64 exactly enough.
        (milliseconds.abs() < 2.6e14).then_some(Self(milliseconds as i64))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ")),
            // Out of the calendar's range: still a number a reader can act on.
            Err(_) => write!(f, "{}", self.0 / 1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn reads_what_clients_send() {
        for (text, milliseconds) in [
            ("2015-02-02T18:22:18.202Z", 1_422_901_338_202),
            ("2015-02-02T18:22:18Z", 1_422_901_338_000),
            ("2015-02-02T19:22:18+01:00", 1_422_901_338_000),
            ("2015-02-02T18:22:18", 1_422_901_338_000),
            ("2015-02-02", 1_422_835_200_000),
            ("1422901338", 1_422_901_338_000),
            ("1422901338.202", 1_422_901_338_202),
        ] {
            assert_eq!(
                Timestamp::parse(text),
                Some(Timestamp(milliseconds)),
                "{text}"
            );
        }
        for text in [
            "",
            "yesterday",
            "2015-13-02T00:00:00Z",
            "1e300",
            "NaN",
            "inf",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn writes_milliseconds_in_utc() {
        assert_eq!(
            Timestamp(1_422_901_338_202).to_string(),
            "2015-02-02T18:22:18.202Z"
        );
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            Timestamp::parse(&Timestamp(5).to_string()),
            Some(Timestamp(5))
        );
    }
}
