"""Who hears of which changes: subscriptions, resuming, and readers that are too slow."""
