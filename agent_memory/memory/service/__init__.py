"""What can be asked of memory: each question or order is one class over the ports."""
