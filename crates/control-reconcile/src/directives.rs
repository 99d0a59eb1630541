//! What a node type means for a node: the directives of its configuration.

/// `maxmemory` in bytes of the node types people create first; of any other
/// type a node takes what the host has. The figures are ElastiCache's.
const MAXMEMORY: &[(&str, u64)] = &[
    ("cache.t2.micro", 581_959_680),
    ("cache.t2.small", 1_665_138_688),
    ("cache.t2.medium", 3_461_349_376),
    ("cache.t3.micro", 536_870_912),
    ("cache.t3.small", 1_471_026_299),
    ("cache.t3.medium", 3_317_862_236),
    ("cache.t4g.micro", 536_870_912),
    ("cache.t4g.small", 1_471_026_299),
    ("cache.t4g.medium", 3_317_862_236),
    ("cache.m5.large", 6_854_542_746),
    ("cache.m6g.large", 6_854_542_746),
    ("cache.m7g.large", 6_854_542_746),
    ("cache.r5.large", 14_037_181_030),
    ("cache.r6g.large", 14_037_181_030),
    ("cache.r7g.large", 14_037_181_030),
];

pub(crate) fn for_node_type(node_type: &str) -> Vec<(String, String)> {
    let mut directives = vec![("save".to_owned(), "\"\"".to_owned())];
    let known = MAXMEMORY.iter().find(|(name, _)| *name == node_type);
    if let Some((_, bytes)) = known {
        directives.push(("maxmemory".to_owned(), bytes.to_string()));
    }
    directives
}
