"""Ray Serve applications, one file per HTTP surface."""
