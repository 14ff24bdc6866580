"""What ranking learns from feedback."""
