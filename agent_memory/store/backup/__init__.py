"""Backups of the database: one file, made while the server serves, and read into an empty place."""
