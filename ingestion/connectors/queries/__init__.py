"""What the database connector knows of databases (`dialects.py`) and makes of rows (`rows.py`)."""
