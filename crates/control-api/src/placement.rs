//! Availability zones: which exist, and which a request wants for its nodes.

use control_model::Scope;
use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;

/// Checks that the zones exist in the scope's region.
pub(crate) fn check_zones(scope: &Scope, zones: &[String]) -> Result<(), ApiError> {
    let known = scope.zones();
    match zones.iter().find(|zone| !known.contains(zone)) {
        None => Ok(()),
        Some(zone) => Err(Fault::InvalidParameterValue.with(format!(
            "{} is not a valid availability zone. The zones of {} are {}.",
            shown(zone),
            scope.region,
            known.join(", ")
        ))),
    }
}

/// The zones still to be filled when `wanted` lists one zone for every node of a shard
/// and nodes stand in `held` already; none if `held` does not fit into `wanted`.
pub(crate) fn zones_to_add(wanted: &[String], held: &[String]) -> Option<Vec<String>> {
    let mut left = wanted.to_vec();
    for zone in held {
        let at = left.iter().position(|wanted| wanted == zone)?;
        left.remove(at);
    }
    Some(left)
}

/// Whether the zones are at least two different ones, as Multi-AZ needs.
pub(crate) fn spread(zones: &[String]) -> bool {
    zones.iter().any(|zone| *zone != zones[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(letters: &str) -> Vec<String> {
        letters
            .chars()
            .map(|letter| format!("us-east-1{letter}"))
            .collect()
    }

    #[test]
    fn only_the_regions_zones_exist() {
        let scope = Scope::new("123456789012", "us-east-1").expect("a scope");
        assert!(check_zones(&scope, &zones("abc")).is_ok());
        assert_eq!(
            check_zones(&scope, &zones("ad"))
                .expect_err("no zone d")
                .code,
            "InvalidParameterValue"
        );
    }

    #[test]
    fn nodes_in_place_are_taken_off_the_wish() {
        assert_eq!(
            zones_to_add(&zones("abca"), &zones("ab")),
            Some(zones("ca"))
        );
        assert_eq!(zones_to_add(&zones("ab"), &zones("c")), None);
        assert!(spread(&zones("ab")) && !spread(&zones("aa")) && !spread(&[]));
    }
}
