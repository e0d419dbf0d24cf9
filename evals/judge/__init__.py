"""A model that grades answers by a written rubric, and how far it agrees with people. Optional; never trusted unseen.

The rubric is the prompt "grade" (`app/prompts/texts/grade/`). `manage.py calibrate_judge` shows the agreement.
"""
