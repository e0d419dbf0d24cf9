"""How slow the machine is now, so that a promise in seconds is judged on a machine of any speed."""

import subprocess
import sys
import time

# Something of the same kind as a start, that is not ours: reading and importing large libraries.
REFERENCE = "import django, torch, transformers"
# What it takes where the promised seconds were measured: two cores with nothing else to do.
REFERENCE_SECONDS = 2.1


def slowness() -> float:
    """1.0 on a machine as fast as the one of the promises, or faster; 2.0 on one that takes twice the time."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", REFERENCE], check=True)
    return max(1.0, (time.monotonic() - began) / REFERENCE_SECONDS)
