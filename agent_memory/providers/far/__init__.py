"""Models of other servers: two protocols, one pool of connections a provider."""
