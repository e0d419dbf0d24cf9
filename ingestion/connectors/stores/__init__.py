"""One file for each protocol over which files are read; only `opening.py` knows them all."""
