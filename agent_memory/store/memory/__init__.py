"""Memory in PostgreSQL: items with their postings, keys and vectors, and what is known of them."""
