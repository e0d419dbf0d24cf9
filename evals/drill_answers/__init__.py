"""The answer drill: every fault is injected into the running product, real questions are asked, readers are served."""
