"""Checks each sentence of a model's answer against what it cites, and writes the answer anew from those that hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from app.answers.checking.check import FAILED, Judged, Verdict, judge, with_opinions
from app.answers.checking.claims import Claim, claims_of
from app.answers.checking.edit import Edited, Placed, edited
from app.answers.checking.names import capitalised_words
from app.answers.checking.source import Source
from app.answers.context.citing import cite
from app.answers.context.sections import Section, alone
from app.answers.draft import CheckedSentence, Cited, Draft
from app.answers.steps.second_reader import second_opinions
from app.answers.steps.span import best_span
from app.telemetry.metrics import REPAIRED_MARKERS, SENTENCES
from app.telemetry.threads import in_thread
from retrieval.passage import Passage
from retrieval.sentence_nearness import nearness

UNSUPPORTED_MARK = " (not found in the sources)"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the answer may rest on: the sections that the model read and the other passages that search found."""

    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    cited: dict[int, int]


async def check_sentences(draft: Draft) -> tuple[int, int]:
    """How many sentences of the draft failed, and how many hold. The draft's text is changed accordingly.

    Nothing of the draft is changed where no sentence holds: the caller then answers in another way.
    """
    evidence = evidence_of(draft)
    claims = claims_of(draft.text)
    judged = await in_thread(_judged, draft, claims, evidence)
    opinions = await second_opinions(draft, judged, evidence.sources)
    judged = with_opinions(judged, opinions)
    failed = sum(each.verdict in FAILED for each in judged)
    holding = sum(each.verdict in (Verdict.SUPPORTED, Verdict.WEAK) for each in judged)
    for each in judged:
        SENTENCES.labels(each.verdict.value).inc()
        REPAIRED_MARKERS.inc(each.repaired and each.verdict not in FAILED)
    if holding:
        _apply(draft, judged, evidence)
    return failed, holding


def evidence_of(draft: Draft) -> Evidence:
    sections = list(draft.sections)
    read = {member.chunk_id for section in sections for member in section.members}
    sections += [alone(passage) for passage in draft.passages if passage.chunk_id not in read]
    places = {_place(section.passage): at for at, section in reversed(list(enumerate(sections)))}
    cited = {}
    for each in draft.citations:
        if _place(each.passage) not in places:
            places[_place(each.passage)] = len(sections)
            sections.append(alone(each.passage))
        cited[each.marker] = places[_place(each.passage)]
    return Evidence(tuple(sections), tuple(source_of(section.passage) for section in sections), cited)


def source_of(passage: Passage) -> Source:
    """The passage as it is compared: with its title and headings, as those are part of what it says."""
    year = passage.updated_at.year if passage.updated_at else 0
    return Source.of(passage.text, "\n".join((passage.title, *passage.heading_path)), year)


def _place(passage: Passage) -> tuple[int, int, int]:
    return passage.version_id, passage.start, passage.end


def _judged(draft: Draft, claims: Sequence[Claim], evidence: Evidence) -> list[Judged]:
    asserting = [at for at, claim in enumerate(claims) if claim.claims]
    chunks = {member.chunk_id for section in evidence.sections for member in section.members}
    # Where search could not look for meaning, the encoder is not asked, and waited for, again.
    near = {} if draft.by_words_alone else nearness([claims[at].whole for at in asserting], chunks)
    row_of = {at: row for row, at in enumerate(asserting)}
    table = [[_nearest(section, near, row_of.get(at)) for section in evidence.sections] for at in range(len(claims))]
    asked = capitalised_words(f"{draft.question}\n{draft.standalone}")
    return judge(claims, evidence.cited, evidence.sources, table, asked)


def _nearest(section: Section, near: dict[int, list[float]], row: int | None) -> float | None:
    if row is None:
        return None
    known = [near[member.chunk_id][row] for member in section.members if member.chunk_id in near]
    return max(known, default=None)


def _apply(draft: Draft, judged: Sequence[Judged], evidence: Evidence) -> None:
    remove = settings.ATTEST_UNSUPPORTED == "remove"
    made = edited(draft.text, judged, evidence.cited, remove=remove, mark=UNSUPPORTED_MARK)
    draft.text = made.text
    draft.citations = _citations(draft, made, evidence)
    draft.sentences = [_checked(each) for each in made.sentences]


def _citations(draft: Draft, made: Edited, evidence: Evidence) -> list[Cited]:
    """One for each marker: its quote is what the sentences that now have the marker rest on."""
    citations = []
    for marker, place in enumerate(made.order, start=1):
        section = evidence.sections[place]
        said = " ".join(each.judged.claim.text for each in made.sentences if marker in each.markers)
        start, end = best_span(section.passage.text, said)
        citations.append(cite(draft, section, marker, start, end))
    return citations


def _checked(placed: Placed) -> CheckedSentence:
    judged = placed.judged
    return CheckedSentence(
        start=placed.start, end=placed.end, verdict=judged.verdict.value, support=judged.support,
        markers=placed.markers, problems=judged.problems, repaired=judged.repaired,
    )  # fmt: skip
