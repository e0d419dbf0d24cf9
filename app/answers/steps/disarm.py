"""Takes orders to a language model out of the evidence, so that neither a model nor a quotation can pass them on.

Every place in a passage stays where it was. What was left out is noted in the draft; the document itself is unchanged.
"""

from dataclasses import replace

from app.answers.draft import Draft
from app.safety.disarm import disarmed
from app.safety.injection import find_instructions
from app.telemetry.metrics import DISARMED_PASSAGES
from retrieval.neighbours import Neighbour
from retrieval.passage import Passage

LEFT_OUT = "(left out: it reads like an order to an AI)"
INDIRECT = "instructions_in_document"


def disarm(draft: Draft) -> None:
    draft.passages = [_noted(draft, passage) for passage in draft.passages]


def disarmed_neighbours(near: list[Neighbour]) -> list[Neighbour]:
    return [replace(each, text=disarmed(each.text), heading_path=_named(each.heading_path)) for each in near]


def _noted(draft: Draft, passage: Passage) -> Passage:
    title, path = _named((passage.title,))[0], _named(passage.heading_path)
    changed = replace(passage, text=disarmed(passage.text), title=title, heading_path=path)
    if changed == passage:
        return passage
    DISARMED_PASSAGES.inc()
    draft.flags.append({"kind": INDIRECT, "chunk_id": passage.chunk_id, "document_id": passage.document_id})
    return changed


def _named(titles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(LEFT_OUT if find_instructions(title) else title for title in titles)
