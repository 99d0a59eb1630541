//! Purpose: the control-plane process: HTTP server, reconciler loops, agent on this host.
//! Layer: processes.
//! Must not know: the engine.
//! Design: docs/design/control.md
