"""Contexts put together over ports, one question or order a class."""
