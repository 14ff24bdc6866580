"""What benchmarks share: the servers they measure, a streaming client, and results on disk."""
