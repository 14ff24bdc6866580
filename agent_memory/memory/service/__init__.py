"""The questions and orders of memory, each one class over the ports."""
