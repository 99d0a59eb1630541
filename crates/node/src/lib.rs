//! Purpose: the node process: I/O threads, event loops, sockets, admin socket.
//! Layer: processes.
//! Must not know: the control plane beyond node-api.
//! Design: docs/design/node.md
