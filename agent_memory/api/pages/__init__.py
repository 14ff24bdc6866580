"""Pages for people: rendered on the server, with files of our own and no script."""
