"""How good answers are: runs of evaluation cases, and the statistics that say whether a difference is real."""
