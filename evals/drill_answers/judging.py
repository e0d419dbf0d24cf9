"""What is wrong with what a reader saw and with what was recorded: nothing, in a product that bears its faults."""

import html
import re

from evals.drill_answers.asking import Seen
from evals.drill_answers.faults import REFUSED, TOLD, Fault
from evals.drill_answers.library import wrong_claims
from evals.drill_answers.stage import Row, Stage

TRACE = re.compile(r'Traceback \(most recent|File "[^"]+", line \d+|OperationalError|django\.db|exception_value')
MARKER = re.compile(r"\[(\d+)\]")


def wrongs(fault: Fault, seen: Seen, row: Row | None, page: str, page_status: int) -> list[str]:
    """Sentences that say what is wrong; none where all is well."""
    found = [*_of_the_stream(fault, seen), *_of_the_page(fault, seen, page, page_status)]
    if fault.ends != REFUSED:
        found += _of_the_row(fault, seen, row)
    if seen.ended == "answer":
        cited = {each["marker"]: each["document"]["external_id"] for each in seen.body["citations"]}
        text = str(seen.body["text"])
        found += [f"a wrong claim: {claim}" for claim in wrong_claims(text, cited)]
        found += [f"[{number}] points at nothing" for number in MARKER.findall(text) if int(number) not in cited]
    return found


def _of_the_stream(fault: Fault, seen: Seen) -> list[str]:
    found = [f"took {seen.end_s:.1f} s, more than {fault.limit_s:.0f} s"] if seen.end_s > fault.limit_s else []
    if TRACE.search(seen.raw):
        found.append("a stack trace was sent")
    if seen.status >= 500 and seen.status != 503:
        found.append(f"status {seen.status}")
    if fault.ends == REFUSED:
        is_right = seen.status == 503 and bool(seen.said)
    elif fault.ends == TOLD:
        is_right = seen.ended == "error" and bool(seen.body.get("status") == 503)
    elif fault.leaves:
        is_right = seen.ended == "left"
    else:
        is_right = seen.ended == "answer" and seen.outcome in fault.ends
    if not is_right:
        found.append(f"ended with {seen.ended or 'nothing'}, status {seen.status}, outcome {seen.outcome or 'none'}")
    if fault.words and fault.words not in seen.said:
        found.append(f'what was said lacks "{fault.words}": "{seen.said}"')
    return found


def _of_the_row(fault: Fault, seen: Seen, row: Row | None) -> list[str]:
    if row is None:
        return ["the Answer row was lost: it has no outcome"]
    if seen.ended == "answer" and row.outcome != seen.outcome:
        return [f"recorded as {row.outcome}, shown as {seen.outcome}"]
    if fault.leaves and row.outcome not in fault.ends:
        return [f"recorded as {row.outcome}"]
    return []


def _of_the_page(fault: Fault, seen: Seen, page: str, status: int) -> list[str]:
    """During the fault where the question is refused, else the conversation as it is afterwards."""
    found = ["a stack trace on the page"] if TRACE.search(page) else []
    if status != (503 if fault.ends == REFUSED else 200):
        found.append(f"the page has status {status}")
    said = seen.said if seen.ended == "answer" else fault.words if fault.ends == REFUSED else ""
    if said and " ".join(said.split())[:60] not in " ".join(html.unescape(page).split()):
        found.append("the page does not say the same")
    return found


def page_of(stage: Stage, row: Row | None) -> tuple[str, int]:
    path = f"/conversations/{row.conversation_id}/" if row else "/"
    reply = stage.pages.get(path)
    return reply.text, reply.status_code
