"""What the Git connector is made of: its clone, trees, patterns and protocol."""
