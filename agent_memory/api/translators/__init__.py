"""From a protocol's request to a turn, and from a turn's events to the protocol's response."""
