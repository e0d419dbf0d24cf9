"""Whether what an answer says stands in what it cites. Pure: texts and vectors in, verdicts out.

`claims` cuts an answer into sentences, `support` compares one with passages, `particulars` says which numbers, dates,
names and negations the passages lack, `check` judges a whole answer and repairs its markers, `edit` writes it anew.
"""
