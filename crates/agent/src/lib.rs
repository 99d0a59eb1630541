//! Purpose: runs on each host: starts, stops, adopts node processes, owns endpoint sockets, reports what it sees.
//! Layer: processes.
//! Must not know: the engine.
//! Design: docs/design/agent.md
