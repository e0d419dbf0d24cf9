"""The one error of this package, and the sentences that say what to do about a server that will not start."""

from pathlib import Path


class EmbeddedServiceError(Exception):
    """An embedded server cannot run here; the message says why and what to do about it."""

    permanent = True


ELSEWHERE = "set ATTEST_DATA_DIR to"
FULL = f"free at least 300 MB there, or {ELSEWHERE} a folder on another disk."
NOT_OURS = f"give it to the user who runs Attest, or {ELSEWHERE} another folder."
# What a server or the operating system says, and the sentence for the person who reads it.
ADVICE = {
    "No space left on device": f"The disk that holds {{folder}} is full; {FULL}",
    "Disk quota exceeded": f"Your quota on the disk of {{folder}} is used up; {FULL}",
    "Read-only file system": f"The disk that holds {{folder}} is read-only; {ELSEWHERE} another folder.",
    "Permission denied": f"{{folder}} may not be written by the user who runs Attest; {NOT_OURS}",
    "Operation not permitted": f"{{folder}} may not be changed by the user who runs Attest; {NOT_OURS}",
    "could not create shared memory segment": "The system has too little shared memory for PostgreSQL; close "
    "other programs, or set DATABASE_URL to a PostgreSQL server of your own.",
    "Cannot allocate memory": "The machine has too little free memory; close other programs and start again.",
}


def explain(service: str, output: str, folder: Path, log: Path) -> EmbeddedServiceError:
    """Turn what a server said before it gave up into an error with advice."""
    for symptom, advice in ADVICE.items():
        if symptom in output:
            return EmbeddedServiceError(advice.format(folder=folder))
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = f' Its last words: "{lines[-1]}".' if lines else ""
    return EmbeddedServiceError(f"{service} did not start on {folder}.{last} The whole story is in {log}.")


def explain_os_error(error: OSError, folder: Path) -> EmbeddedServiceError:
    """Turn an operating system's refusal into the same sentences."""
    reason = error.strerror or str(error)
    advice = ADVICE.get(reason, "{folder} cannot be used: {reason}. Set ATTEST_DATA_DIR to another folder.")
    return EmbeddedServiceError(advice.format(folder=folder, reason=reason))
