"""Ranking learns from feedback."""
