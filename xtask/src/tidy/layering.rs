//! Arrows between our crates only point down, and each is on this list.
//!
//! A new arrow is a decision: it is added here in the commit that needs it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::workspace::{cargo, output};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Layer {
    Formats,
    Vocabulary,
    State,
    Mechanisms,
    Verbs,
    Processes,
}
use Layer::{Formats, Mechanisms, Processes, State, Verbs, Vocabulary};

/// Each crate with its layer and the crates of ours that it may name.
const LIST: &[(&str, Layer, &[&str])] = &[
    ("proto-resp", Formats, &[]),
    ("proto-awsquery", Formats, &[]),
    ("params", Vocabulary, &["proto-resp"]),
    ("node-api", Vocabulary, &[]),
    ("engine-types", State, &["proto-resp"]),
    ("engine-keyspace", State, &["engine-types", "proto-resp"]),
    ("control-model", State, &["node-api"]),
    (
        "engine-persist",
        Mechanisms,
        &["engine-keyspace", "engine-types", "proto-resp"],
    ),
    (
        "engine-dispatch",
        Mechanisms,
        &[
            "engine-keyspace",
            "engine-persist",
            "engine-types",
            "params",
            "proto-resp",
        ],
    ),
    (
        "engine-scripting",
        Mechanisms,
        &["engine-dispatch", "engine-persist", "params", "proto-resp"],
    ),
    (
        "engine-session",
        Mechanisms,
        &["engine-dispatch", "engine-keyspace", "params", "proto-resp"],
    ),
    (
        "engine-storage",
        Mechanisms,
        &[
            "engine-dispatch",
            "engine-keyspace",
            "engine-persist",
            "engine-types",
            "params",
        ],
    ),
    (
        "engine-replication",
        Mechanisms,
        &[
            "engine-dispatch",
            "engine-keyspace",
            "engine-persist",
            "engine-storage",
            "engine-types",
            "params",
            "proto-resp",
        ],
    ),
    ("control-store", Mechanisms, &[]),
    (
        "control-reconcile",
        Mechanisms,
        &["control-model", "control-store", "node-api"],
    ),
    (
        "engine-commands",
        Verbs,
        &[
            "engine-dispatch",
            "engine-keyspace",
            "engine-persist",
            "engine-scripting",
            "engine-types",
            "params",
            "proto-resp",
        ],
    ),
    (
        "control-api",
        Verbs,
        &["control-model", "control-store", "proto-awsquery"],
    ),
    (
        "node",
        Processes,
        &[
            "engine-commands",
            "engine-dispatch",
            "engine-keyspace",
            "engine-persist",
            "engine-replication",
            "engine-session",
            "engine-storage",
            "engine-types",
            "node-api",
            "params",
            "proto-resp",
        ],
    ),
    (
        "agent",
        Processes,
        &["control-model", "control-store", "node-api"],
    ),
    (
        "control",
        Processes,
        &[
            "agent",
            "control-api",
            "control-model",
            "control-reconcile",
            "control-store",
            "proto-awsquery",
        ],
    ),
    ("elastane", Processes, &["control", "node"]),
];

/// One dependency of a crate of ours on another.
pub(crate) struct Arrow {
    from: String,
    to: String,
    /// Dependencies of tests may go beyond the list, not across the planes.
    test_only: bool,
}

/// All crates below `crates/` and the arrows between them, as cargo reads them. A crate without arrows has one to itself.
pub(crate) fn arrows() -> Result<Vec<Arrow>> {
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let ours: BTreeSet<&str> = packages
        .iter()
        .filter(|p| {
            p["manifest_path"]
                .as_str()
                .unwrap_or("")
                .contains("/crates/")
        })
        .filter_map(|p| p["name"].as_str())
        .collect();
    let mut arrows = Vec::new();
    for package in packages {
        let Some(from) = package["name"].as_str().filter(|name| ours.contains(name)) else {
            continue;
        };
        arrows.push(Arrow {
            from: from.to_owned(),
            to: from.to_owned(),
            test_only: false,
        });
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if let Some(to) = dependency["name"]
                .as_str()
                .filter(|name| ours.contains(name) && *name != from)
            {
                arrows.push(Arrow {
                    from: from.to_owned(),
                    to: to.to_owned(),
                    test_only: dependency["kind"] == "dev",
                });
            }
        }
    }
    Ok(arrows)
}

pub(crate) fn check(arrows: &[Arrow]) -> Vec<String> {
    let list: BTreeMap<&str, &[&str]> = LIST.iter().map(|(name, _, may)| (*name, *may)).collect();
    let mut findings = Vec::new();
    for Arrow {
        from,
        to,
        test_only,
    } in arrows
    {
        let Some(may) = list.get(from.as_str()) else {
            findings.push(format!(
                "crate {from} is not on the list in xtask/src/tidy/layering.rs"
            ));
            continue;
        };
        if crosses_planes(from, to) {
            findings.push(format!("{from} names {to}: engine-* and control-* meet only in node-api, params, metrics and proto-*"));
        } else if from != to && !test_only && !may.contains(&to.as_str()) {
            findings.push(format!("{from} depends on {to}: an arrow that is not on the list in xtask/src/tidy/layering.rs"));
        }
    }
    findings
}

fn crosses_planes(from: &str, to: &str) -> bool {
    let engine = |name: &str| name.starts_with("engine-") || name == "node";
    let control = |name: &str| name.starts_with("control") || name == "agent";
    (engine(from) && control(to)) || (control(from) && engine(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrow(from: &str, to: &str, test_only: bool) -> Arrow {
        Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
            test_only,
        }
    }

    #[test]
    fn the_list_points_down() {
        let layers: BTreeMap<&str, Layer> = LIST
            .iter()
            .map(|(name, layer, _)| (*name, *layer))
            .collect();
        for (from, layer, may) in LIST {
            for to in *may {
                assert!(layers[to] <= *layer, "{from} -> {to} points up");
                assert!(
                    !crosses_planes(from, to),
                    "{from} -> {to} crosses the planes"
                );
                assert!(
                    layers[to] != Verbs || *layer == Processes,
                    "{from} -> {to}: only processes depend on verbs"
                );
            }
        }
    }

    #[test]
    fn listed_arrows_pass() {
        assert!(
            check(&[
                arrow("node", "engine-session", false),
                arrow("params", "params", false)
            ])
            .is_empty()
        );
    }

    #[test]
    fn new_arrows_and_crates_are_found() {
        assert_eq!(
            check(&[arrow("engine-types", "engine-keyspace", false)]).len(),
            1
        );
        assert_eq!(
            check(&[arrow("engine-novel", "engine-novel", false)]).len(),
            1
        );
    }

    #[test]
    fn tests_may_look_further_but_not_across() {
        assert!(check(&[arrow("engine-dispatch", "engine-commands", true)]).is_empty());
        assert_eq!(
            check(&[arrow("engine-dispatch", "control-model", true)]).len(),
            1
        );
    }
}
