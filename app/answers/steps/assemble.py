"""Orders the evidence, and puts together what the model is told: as much of it as the model can read.

What is past its review date comes after what is not. Where no model is configured there is nothing to put together.
"""

from dataclasses import replace

from app.answers.context.history import History, fitted_history
from app.answers.context.room import Room, answering_room
from app.answers.draft import Draft
from app.answers.steps.compose import compose
from app.answers.steps.disarm import disarm, disarmed_neighbours
from app.prompts.active import load_active_prompts
from app.telemetry.threads import in_thread
from retrieval.neighbours import neighbours
from retrieval.passage import Passage

# In units of the search score, where 1 is a perfect match: enough to put a current passage before a
# stale one of about the same relevance, too little to put an irrelevant one there.
STALE_DEMOTION = 0.15


async def assemble(draft: Draft) -> None:
    disarm(draft)
    ordered = sorted(draft.passages, key=lambda passage: -usefulness(passage))
    draft.passages = [replace(passage, rank=rank) for rank, passage in enumerate(ordered, start=1)]
    room = answering_room()
    if room is None or not draft.passages:
        return
    history = await fitted_history(draft, room)
    await in_thread(prepare, draft, room, history)


def prepare(draft: Draft, room: Room, history: History) -> None:
    """Looks around the passages and composes the prompt; asks the database."""
    load_active_prompts()
    compose(draft, room, history, disarmed_neighbours(neighbours(draft.passages, draft.reader)))


def usefulness(passage: Passage) -> float:
    return passage.score - (STALE_DEMOTION if passage.is_stale else 0.0)
