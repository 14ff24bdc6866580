"""Work that happens by itself around a session of Claude Code or Codex."""
