"""Runs cases through the product as it stands and says how each of them ended."""
