"""Contexts as resources of the protocol: listed, read, and listened to."""
