"""What can be said about a text that goes in: its language, what repeats, what resembles it, what looks suspicious."""
