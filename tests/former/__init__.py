"""What released versions have written, for later ones to read: a folder for each version."""
