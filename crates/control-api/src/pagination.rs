//! Pages of Describe actions: `MaxRecords` and `Marker`.

use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;

const RECORDS_MIN: i32 = 20;
const RECORDS_MAX: i32 = 100;

/// One page of `items`, which are in order of their keys, and the marker of the next
/// page if there is one. A marker is the key of the last item told, in hexadecimal, so
/// that pages stay right while items come and go.
pub(crate) fn page<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    records_max: Option<i32>,
    marker: Option<&str>,
) -> Result<(Vec<T>, Option<String>), ApiError> {
    let size = match records_max {
        None => RECORDS_MAX,
        Some(size) if (RECORDS_MIN..=RECORDS_MAX).contains(&size) => size,
        Some(size) => {
            return Err(Fault::InvalidParameterValue.with(format!(
                "Invalid value {size} for MaxRecords. Must be between {RECORDS_MIN} and {RECORDS_MAX}"
            )));
        }
    };
    let after = match marker.filter(|marker| !marker.is_empty()) {
        None => None,
        Some(marker) => Some(decode(marker).ok_or_else(|| {
            Fault::InvalidParameterValue.with(format!("The marker {} is not valid.", shown(marker)))
        })?),
    };
    let mut rest = items
        .into_iter()
        .filter(|item| after.as_ref().is_none_or(|after| key(item) > *after));
    let told: Vec<T> = rest
        .by_ref()
        .take(usize::try_from(size).unwrap_or_default())
        .collect();
    let more = rest.next().is_some();
    let marker = told.last().filter(|_| more).map(|last| encode(&key(last)));
    Ok((told, marker))
}

fn encode(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(marker: &str) -> Option<String> {
    if !marker.is_ascii() || marker.len() % 2 == 1 {
        return None;
    }
    let bytes: Option<Vec<u8>> = (0..marker.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&marker[at..at + 2], 16).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(item: &u32) -> String {
        format!("{item:04}")
    }

    #[test]
    fn pages_cover_everything_once() {
        let (first, marker) = page((0..45).collect(), key, Some(20), None).expect("a page");
        assert_eq!(first, (0..20).collect::<Vec<_>>());
        let (second, marker) =
            page((0..45).collect(), key, Some(20), marker.as_deref()).expect("a page");
        assert_eq!(second, (20..40).collect::<Vec<_>>());
        // The item the marker names may be gone by now.
        let left = (0..45).filter(|n| *n != 39).collect();
        let (third, marker) = page(left, key, Some(20), marker.as_deref()).expect("a page");
        assert_eq!((third, marker), ((40..45).collect(), None));
    }

    #[test]
    fn a_full_last_page_has_no_marker() {
        let (told, marker) = page((0..20).collect(), key, Some(20), None).expect("a page");
        assert_eq!((told.len(), marker), (20, None));
    }

    #[test]
    fn sizes_and_markers_are_checked() {
        for size in [-1, 0, 19, 101] {
            let error = page(vec![1], key, Some(size), None).expect_err("a bad size");
            assert_eq!(
                error.message,
                format!("Invalid value {size} for MaxRecords. Must be between 20 and 100")
            );
        }
        for marker in ["x", "zz", "é1", "ff"] {
            assert_eq!(
                page(vec![1], key, None, Some(marker))
                    .expect_err(marker)
                    .code,
                "InvalidParameterValue"
            );
        }
    }
}
