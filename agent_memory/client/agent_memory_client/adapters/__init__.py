"""Memory for frameworks; each needs its own package."""
