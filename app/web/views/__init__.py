"""The pages, one module per thing people look at."""
