"""Transcripts and exports that people have already, a file for each program."""
