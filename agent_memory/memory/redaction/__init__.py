"""What must not be kept: secrets and personal data are found and replaced before storage."""
