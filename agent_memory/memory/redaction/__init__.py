"""Secrets and personal data are found and replaced before storage."""
