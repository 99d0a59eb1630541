//! Purpose: the API actions, one file each: validation, handler, tests.
//! Layer: verbs. Only processes depend on it.
//! Must not know: HTTP servers, processes.
//! Design: docs/design/control-api.md
