"""Given and family names of many languages, made by `make.py`; read by `name_lists.py`."""
