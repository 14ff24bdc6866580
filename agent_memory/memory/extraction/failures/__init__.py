"""Failures of tests, as the programs that run them report them."""
