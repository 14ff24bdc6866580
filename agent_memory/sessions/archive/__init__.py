"""A session as a file: a tar archive of a manifest and the KV blocks of its tokens."""
