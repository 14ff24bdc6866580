"""Shared parts of benchmarks: servers to measure, a streaming client, and results on disk."""
