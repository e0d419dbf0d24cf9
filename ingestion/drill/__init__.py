"""The fault drill: everything is killed again and again while documents change, and nothing may be lost or invented."""
