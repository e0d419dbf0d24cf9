"""Detectors over text: values in, findings out. Nothing here reads settings, files of the user or the database."""
