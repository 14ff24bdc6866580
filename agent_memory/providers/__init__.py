"""Upstream model servers and embedding providers: the one place that calls them."""
