"""How web pages are found, asked for politely, and reduced to what they say."""
