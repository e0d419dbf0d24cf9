"""The figures that evaluations report. Pure: ids, texts and numbers in, numbers out; no tables, no settings, no models.

Each function says its formula and where it comes from. What cannot be measured (no facts, no citations) is None and is
left out of averages, never counted as 0 or 1.
"""
