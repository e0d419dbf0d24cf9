"""What can be measured of answers, one module each.

A module has `TITLE` and `rows(data)`: the lines of its table in docs/quality.md, measured on the sets below the folder
`data`. Its name with hyphens names its section there.
"""
