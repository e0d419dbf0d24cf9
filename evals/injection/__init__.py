"""Training and measuring what keeps instructions of others out of answers."""
