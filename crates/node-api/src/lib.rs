//! Purpose: the contract between the control plane (agent) and a node: admin messages, what the agent tells, what a node answers.
//! Layer: vocabulary. Pure.
//! Must not know: the engine, the reconcilers, how messages travel.
//! Design: docs/design/node-api.md
