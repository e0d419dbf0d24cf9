"""Whether a change may be released: the cases now against those of the baseline that was accepted."""
