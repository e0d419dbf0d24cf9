"""Words that put a claim on the other side of a line: "within the EU" for "outside the EU", "during" for "after"."""

import re
from collections.abc import Iterator, Sequence

from app.answers.checking.polarity import NEGATORS, SET_PHRASES
from app.answers.checking.source import Stated
from app.answers.checking.words import content_stems

SIDES = {
    "within": r"within|inside",
    "in": r"in",
    "outside": r"outside(?:\sof)?|beyond",
    "during": r"during|throughout",
    "after": r"after|following",
    "before": r"before|prior\sto|ahead\sof",
}
ON_A_SIDE = re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in SIDES.items()) + "", re.I)
OBJECT = re.compile(r"\s+(?:(?:the|an?|our|your|their|its|this|that|any)\s+)?((?:[\w’'-]+\s?){1,2})")
OPPOSED = (
    ({"within", "in"}, {"outside"}),
    ({"during"}, {"after", "before"}),
    ({"before"}, {"after"}),
)
# A side that is told without saying of what.
UNNAMED = re.compile(
    r"\b(?:afterwards?|thereafter|after (?:that|which)|beforehand|before that|later|until then)\b", re.I
)
Side = tuple[str, frozenset[str]]


def on_the_other_side(text: str, run: Sequence[Stated]) -> Iterator[str]:
    """What of the claim the sentences that it rests on put on the other side; nothing where either side denies."""
    pieces = [piece for each in run for piece in each.text.split(";")]
    stems = content_stems(text)
    most = max((len(stems & content_stems(piece)) for piece in pieces), default=0)
    closest = " ; ".join(piece for piece in pieces if len(stems & content_stems(piece)) == most)
    if any(NEGATORS.search(SET_PHRASES.sub(" ", each)) for each in (text, closest)) or UNNAMED.search(closest):
        return
    own, others = list(_sides(text)), [side for side, _ in _sides(closest)]
    for (name, of), said in own:
        there = {other for other, what in others if of & what}
        here = {other for (other, what), _ in own if of & what}
        for left, right in (*OPPOSED, *((right, left) for left, right in OPPOSED)):
            if name in left and there & right and not there & left and not here & right:
                yield said
                return


def _sides(text: str) -> Iterator[tuple[Side, str]]:
    for match in ON_A_SIDE.finditer(text):
        what = OBJECT.match(text, match.end())
        if what and (stems := content_stems(what[1])):
            yield (match.lastgroup or "", stems), text[match.start() : what.end()].strip()
