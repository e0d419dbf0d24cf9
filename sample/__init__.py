"""Fennmark Pumps, a fictional company: its documents, who may read them, and questions with known answers."""
