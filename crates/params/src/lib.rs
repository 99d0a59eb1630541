//! Purpose: every configuration parameter once: engine directive and ElastiCache metadata.
//! Layer: vocabulary. Pure.
//! Must not know: who reads or sets a parameter.
//! Design: docs/design/params.md
