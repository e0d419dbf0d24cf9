"""The acts of data protection: export and erase one person's data, and let what is old enough go."""
