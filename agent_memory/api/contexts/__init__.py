"""Contexts over HTTP: keys in paths, conditions in headers, content in bodies."""
