//! Maintenance and snapshot windows: their form, and which ones are given by default.

use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;

/// Checks the windows of a create request. One not given is chosen by the name of the
/// resource: the same every time, different from resource to resource, and apart from
/// the other window.
pub(crate) fn choose(
    maintenance: Option<&str>,
    snapshot: Option<&str>,
    name: &str,
) -> Result<(String, String), ApiError> {
    let seed = name.bytes().fold(7u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    let maintenance = match maintenance {
        Some(given) => checked_maintenance(given)?,
        None => {
            let (day, hour) = (DAYS[(seed % 7) as usize], 3 + seed / 7 % 4);
            format!("{day}:{hour:02}:00-{day}:{:02}:00", hour + 1)
        }
    };
    let snapshot = match snapshot {
        Some(given) => checked_snapshot(given)?,
        None => {
            let hour = 8 + seed / 28 % 4;
            format!("{hour:02}:00-{:02}:00", hour + 1)
        }
    };
    Ok((maintenance, snapshot))
}

/// `ddd:hh24:mi-ddd:hh24:mi`, an hour at least, in small letters.
pub(crate) fn checked_maintenance(given: &str) -> Result<String, ApiError> {
    let text = given.to_ascii_lowercase();
    let parsed = text
        .split_once('-')
        .and_then(|(from, to)| Some((weekly_minute(from)?, weekly_minute(to)?)));
    match parsed {
        None => Err(invalid(given, "maintenance", "ddd:hh24:mi-ddd:hh24:mi")),
        Some((from, to)) if (to + WEEK - from) % WEEK < 60 => Err(too_short("maintenance")),
        Some(_) => Ok(text),
    }
}

/// `hh24:mi-hh24:mi`, an hour at least.
pub(crate) fn checked_snapshot(given: &str) -> Result<String, ApiError> {
    let parsed = given
        .split_once('-')
        .and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
    match parsed {
        None => Err(invalid(given, "snapshot", "hh24:mi-hh24:mi")),
        Some((from, to)) if (to + DAY - from) % DAY < 60 => Err(too_short("snapshot")),
        Some(_) => Ok(given.to_owned()),
    }
}

fn weekly_minute(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = DAYS.iter().position(|known| *known == day)?;
    Some(u32::try_from(day).ok()? * DAY + minute(time)?)
}

fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, max: u32| {
        let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u32>()
            .ok()
            .filter(|number| plain && *number <= max)
    };
    Some(number(hour, 23)? * 60 + number(minute, 59)?)
}

fn invalid(given: &str, kind: &str, form: &str) -> ApiError {
    Fault::InvalidParameterValue.with(format!(
        "Invalid {kind} window format: {}. Should be specified as a range {form}.",
        shown(given)
    ))
}

fn too_short(kind: &str) -> ApiError {
    Fault::InvalidParameterValue.with(format!("The {kind} window must be at least 60 minutes."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_have_a_form_and_a_least_length() {
        assert_eq!(
            checked_maintenance("Sun:23:30-mon:00:30").expect("good"),
            "sun:23:30-mon:00:30"
        );
        assert_eq!(
            checked_maintenance("sat:23:30-sun:00:30").expect("over the week's end"),
            "sat:23:30-sun:00:30"
        );
        for bad in [
            "",
            "sun:1:00-sun:03:00",
            "sun:24:00-mon:01:00",
            "day:01:00-day:02:00",
            "sun:01:00-sun:01:59",
        ] {
            assert_eq!(
                checked_maintenance(bad).expect_err(bad).code,
                "InvalidParameterValue"
            );
        }
        assert!(checked_snapshot("23:30-00:30").is_ok());
        for bad in ["", "01:00", "01:00-01:30", "01:00-01:00", "+1:00-03:00"] {
            assert!(checked_snapshot(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn default_windows_are_valid_and_differ() {
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..50 {
            let (maintenance, snapshot) =
                choose(None, None, &format!("demo-{n}")).expect("defaults");
            assert_eq!(
                checked_maintenance(&maintenance).as_deref(),
                Ok(&*maintenance)
            );
            assert_eq!(checked_snapshot(&snapshot).as_deref(), Ok(&*snapshot));
            seen.insert(maintenance);
        }
        assert!(seen.len() > 5, "{seen:?}");
    }
}
