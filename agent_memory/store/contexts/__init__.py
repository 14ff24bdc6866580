"""Contexts in PostgreSQL."""
