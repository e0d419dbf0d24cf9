"""The living set: answers of this installation that people graded, asked again of its own index for each release.

Who asked, and what was asked and answered, stays in the database: a run keeps ids and figures.
"""
