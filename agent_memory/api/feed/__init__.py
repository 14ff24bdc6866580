"""The feed of changes of contexts over WebSockets and server-sent events."""
