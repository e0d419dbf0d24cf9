"""Finds personal data in texts and hides it: values in, values out. What admins configured is passed in.

`detect.py` is the door for finding, `placeholders.py` for hiding and putting back, `policy.py` says what happens where.
"""
