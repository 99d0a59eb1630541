//! Engines, their versions and their default parameter groups.

use control_model::Engine;
use proto_awsquery::{ApiError, Fault};

use crate::identifiers::shown;
use crate::not_carried_out;

/// A version a request may ask for.
struct Version {
    engine: Engine,
    /// As requests give it.
    asked: &'static str,
    /// As answers give it: with its patch level.
    reported: &'static str,
    family: &'static str,
}

const fn redis(asked: &'static str, reported: &'static str, family: &'static str) -> Version {
    Version {
        engine: Engine::Redis,
        asked,
        reported,
        family,
    }
}

const fn valkey(asked: &'static str, reported: &'static str, family: &'static str) -> Version {
    Version {
        engine: Engine::Valkey,
        asked,
        reported,
        family,
    }
}

/// Oldest first.
static VERSIONS: &[Version] = &[
    redis("4.0.10", "4.0.10", "redis4.0"),
    redis("5.0.0", "5.0.0", "redis5.0"),
    redis("5.0.3", "5.0.3", "redis5.0"),
    redis("5.0.4", "5.0.4", "redis5.0"),
    redis("5.0.5", "5.0.5", "redis5.0"),
    redis("5.0.6", "5.0.6", "redis5.0"),
    redis("6.0", "6.0.5", "redis6.x"),
    redis("6.2", "6.2.6", "redis6.x"),
    redis("7.0", "7.0.7", "redis7"),
    redis("7.1", "7.1.0", "redis7"),
    valkey("7.2", "7.2.6", "valkey7"),
    valkey("8.0", "8.0.1", "valkey8"),
    valkey("8.1", "8.1.0", "valkey8"),
    valkey("8.2", "8.2.0", "valkey8"),
    valkey("9.0", "9.0.0", "valkey9"),
    valkey("9.1", "9.1.0", "valkey9"),
];

/// The engine and version of a create request; without an engine it is Redis, without
/// a version ElastiCache's default.
pub(crate) fn chosen(
    engine: Option<&str>,
    version: Option<&str>,
) -> Result<(Engine, String), ApiError> {
    let engine = match engine {
        None => Engine::Redis,
        Some(name) => Engine::parse(name).ok_or_else(|| unknown_engine(name))?,
    };
    let wanted = match (engine, version) {
        (Engine::Redis, None) => "7.1",
        (Engine::Valkey, None) => "8.0",
        (Engine::Redis, Some("6.x")) => "6.2",
        (_, Some(version)) => version,
    };
    match find(engine, wanted) {
        Some(found) => Ok((engine, found.asked.to_owned())),
        None => Err(Fault::InvalidParameterValue.with(format!(
            "Cannot find version {} for {}",
            shown(wanted),
            engine.as_str()
        ))),
    }
}

fn unknown_engine(name: &str) -> ApiError {
    Fault::InvalidParameterValue.with(format!(
        "Invalid cache engine: {}. The engine must be redis or valkey.",
        shown(name)
    ))
}

/// The version as answers give it.
pub(crate) fn reported_version(engine: Engine, version: &str) -> String {
    find(engine, version)
        .map_or(version, |found| found.reported)
        .to_owned()
}

/// The parameter group of a cache: the default one of its family, unless it chose one.
pub(crate) fn parameter_group(engine: Engine, version: &str, chosen: Option<&str>) -> String {
    match (chosen, find(engine, version)) {
        (Some(name), _) => name.to_owned(),
        (None, Some(found)) => format!("default.{}", found.family),
        (None, None) => format!("default.{}{version}", engine.as_str()),
    }
}

/// Checks the parameter group a request names. Only the default groups exist.
pub(crate) fn check_parameter_group(
    engine: Engine,
    version: &str,
    name: Option<&str>,
) -> Result<(), ApiError> {
    let Some(name) = name else { return Ok(()) };
    let wanted = find(engine, version).map_or("", |found| found.family);
    let Some(family) = name.strip_prefix("default.") else {
        return Err(unknown_group(name));
    };
    if let Some(family) = family.strip_suffix(".cluster.on") {
        let known = VERSIONS.iter().any(|known| known.family == family);
        return Err(if known {
            not_carried_out::fault("Cluster mode")
        } else {
            unknown_group(name)
        });
    }
    if !VERSIONS.iter().any(|known| known.family == family) {
        return Err(unknown_group(name));
    }
    if family != wanted {
        return Err(Fault::InvalidParameterCombination.with(format!(
            "Expected a parameter group of family {wanted} but found one of family {family}"
        )));
    }
    Ok(())
}

fn unknown_group(name: &str) -> ApiError {
    Fault::CacheParameterGroupNotFound
        .with(format!("CacheParameterGroup not found: {}", shown(name)))
}

fn find(engine: Engine, version: &str) -> Option<&'static Version> {
    VERSIONS.iter().find(|known| {
        known.engine == engine && (known.asked == version || known.reported == version)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_service() {
        let pick = |engine, version| {
            chosen(engine, version).map(|(engine, version)| (engine.as_str(), version))
        };
        assert_eq!(pick(None, None), Ok(("redis", "7.1".into())));
        assert_eq!(
            pick(Some("Valkey"), Some("9.1")),
            Ok(("valkey", "9.1".into()))
        );
        assert_eq!(
            pick(Some("redis"), Some("6.x")),
            Ok(("redis", "6.2".into()))
        );
        assert_eq!(
            pick(Some("redis"), Some("7.1.0")),
            Ok(("redis", "7.1".into()))
        );
        for (engine, version) in [
            ("redis", "8.0"),
            ("valkey", "7.1"),
            ("memcached", "1.6.22"),
            ("", "7.1"),
        ] {
            assert_eq!(
                pick(Some(engine), Some(version)).expect_err(engine).code,
                "InvalidParameterValue"
            );
        }
    }

    #[test]
    fn a_parameter_group_must_be_of_the_family() {
        let check = |name| check_parameter_group(Engine::Redis, "7.1", Some(name));
        assert!(check("default.redis7").is_ok());
        let other = check("default.redis6.x").expect_err("another family");
        assert_eq!(
            other.message,
            "Expected a parameter group of family redis7 but found one of family redis6.x"
        );
        assert_eq!(
            check("mine").expect_err("unknown").code,
            "CacheParameterGroupNotFound"
        );
        assert!(
            check("default.redis7.cluster.on")
                .expect_err("cluster mode")
                .message
                .contains("not carried out")
        );
    }
}
