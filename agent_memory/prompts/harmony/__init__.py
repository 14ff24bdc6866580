"""Harmony: the form in which gpt-oss reads and writes conversations, message by message."""
