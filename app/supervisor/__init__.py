"""One process that runs the others: starts web, worker and beat, restarts the dead, stops what it started."""
