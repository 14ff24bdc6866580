"""Answers as they are documented; they are made by the translators."""
