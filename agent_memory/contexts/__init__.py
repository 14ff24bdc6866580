"""Contexts: named, versioned documents that the agents of a workspace share."""
