//! Purpose: the resources of the control plane (replication group, cache cluster, node, endpoint, event, tag), their states and legal transitions.
//! Layer: state. No I/O; clock and randomness are given.
//! Must not know: the API wire format, the store, processes.
//! Design: docs/design/control-model.md
