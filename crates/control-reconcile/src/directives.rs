//! What a node type means for a node: the directives of its configuration.

use node_api::directives;

use crate::picture::Wanted;

/// `maxmemory` of each node type in bytes, as ElastiCache has it: family,
/// then (size, bytes).
const MAXMEMORY: &[(&str, &[(&str, u64)])] = &[
    ("t1", &[("micro", 142_606_336)]),
    ("t2", T2),
    ("t3", T3),
    ("t4g", T3),
    ("m3", M3),
    ("m4", M4),
    ("m5", M),
    ("m6g", M),
    ("m7g", M),
    ("m8g", M8),
    ("r3", R3),
    ("r4", R4),
    ("r5", R),
    ("r6g", R),
    ("r6gd", R),
    ("r7g", R),
    ("r8g", R8),
];
const T2: &[(&str, u64)] = &[
    ("micro", 581_959_680),
    ("small", 1_665_138_688),
    ("medium", 3_461_349_376),
];
const T3: &[(&str, u64)] = &[
    ("micro", 536_870_912),
    ("small", 1_471_026_299),
    ("medium", 3_317_862_236),
];
const M3: &[(&str, u64)] = &[
    ("medium", 2_988_441_600),
    ("large", 6_501_171_200),
    ("xlarge", 14_260_633_600),
    ("2xlarge", 29_989_273_600),
];
const M4: &[(&str, u64)] = &[
    ("large", 6_892_593_152),
    ("xlarge", 15_328_501_760),
    ("2xlarge", 31_889_126_359),
    ("4xlarge", 65_257_290_629),
    ("10xlarge", 166_047_614_239),
];
const M: &[(&str, u64)] = &[
    ("large", 6_854_542_746),
    ("xlarge", 13_891_921_715),
    ("2xlarge", 27_966_669_210),
    ("4xlarge", 56_116_178_125),
    ("8xlarge", 111_325_552_312),
    ("12xlarge", 168_715_971_994),
    ("16xlarge", 225_000_375_228),
    ("24xlarge", 337_500_562_842),
];
const M8: &[(&str, u64)] = &[("large", 7_294_178_820), ("16xlarge", 269_800_701_952)];
const R3: &[(&str, u64)] = &[
    ("large", 14_470_348_800),
    ("xlarge", 30_513_561_600),
    ("2xlarge", 62_495_129_600),
    ("4xlarge", 126_458_265_600),
    ("8xlarge", 254_384_537_600),
];
const R4: &[(&str, u64)] = &[
    ("large", 13_201_781_556),
    ("xlarge", 26_898_228_839),
    ("2xlarge", 54_197_537_997),
    ("4xlarge", 108_858_546_586),
    ("8xlarge", 218_255_432_090),
    ("16xlarge", 437_021_573_120),
];
const R: &[(&str, u64)] = &[
    ("large", 14_037_181_030),
    ("xlarge", 28_261_849_702),
    ("2xlarge", 56_711_183_565),
    ("4xlarge", 113_609_865_216),
    ("8xlarge", 225_000_375_228),
    ("12xlarge", 341_206_346_547),
    ("16xlarge", 450_000_750_456),
    ("24xlarge", 682_485_973_811),
];
const R8: &[(&str, u64)] = &[
    ("large", 15_222_495_510),
    ("xlarge", 31_866_224_640),
    ("2xlarge", 65_856_864_256),
    ("4xlarge", 133_838_143_488),
    ("8xlarge", 269_800_701_952),
    ("12xlarge", 405_763_260_416),
    ("16xlarge", 541_725_818_880),
];

/// The directives of a node. Managed nodes write no snapshots by themselves; a
/// type without known size takes what memory the host has.
pub(crate) fn of_node(wanted: &Wanted) -> Vec<(String, String)> {
    let mut directives = vec![
        directive(directives::ENGINE, wanted.engine.as_str()),
        directive(
            directives::ENGINE_VERSION,
            &three_parts(&wanted.engine_version),
        ),
        directive("save", "\"\""),
        // The reconciler brings replicas up in its own order: waiting for more of them gains nothing.
        directive("repl-diskless-sync-delay", "0"),
    ];
    if let Some(bytes) = maxmemory(&wanted.node_type) {
        directives.push(directive("maxmemory", &bytes.to_string()));
    }
    directives
}

fn directive(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Client libraries read `redis_version` as major.minor.patch.
fn three_parts(version: &str) -> String {
    let missing = 2usize.saturating_sub(version.matches('.').count());
    format!("{version}{}", ".0".repeat(missing))
}

/// `cache.<family>.<size>`.
fn maxmemory(node_type: &str) -> Option<u64> {
    let (family, size) = node_type.strip_prefix("cache.")?.split_once('.')?;
    let (_, sizes) = MAXMEMORY.iter().find(|(name, _)| *name == family)?;
    let (_, bytes) = sizes.iter().find(|(name, _)| *name == size)?;
    Some(*bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_three_parts() {
        assert_eq!(three_parts("7.1"), "7.1.0");
        assert_eq!(three_parts("8"), "8.0.0");
        assert_eq!(three_parts("6.2.6"), "6.2.6");
    }

    #[test]
    fn a_node_type_gives_its_memory() {
        assert_eq!(maxmemory("cache.t4g.micro"), Some(536_870_912));
        assert_eq!(maxmemory("cache.r7g.16xlarge"), Some(450_000_750_456));
        assert_eq!(maxmemory("cache.m7g.none"), None);
        assert_eq!(maxmemory("elsewhere"), None);
    }
}
