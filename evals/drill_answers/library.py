"""What the drill's questions are answered from: so small that a claim can be looked up in it word by word."""

import re

DOCUMENTS = {
    "travel.md": """# Travel policy

## Hotels

Employees may book a hotel for up to 140 euros a night. Anything above needs the approval of a manager.

## Trains

Trains are booked in second class. Journeys of more than four hours may be booked in first class.

## Meals

On a business trip 42 euros a day are paid for meals. Receipts are handed in within 30 days.
""",
    "leave.md": """# Leave

## Days

Full-time employees have 28 days of leave each year. Up to 5 days may be carried over until the end of March.

## Illness

Who is ill tells the team lead before 9 in the morning. A doctor's note is needed from the third day on.
""",
    "garden.md": """# Garden club

The garden club meets on Thursdays behind the assembly hall. Bring gloves and a watering can.
""",
}
HOTELS = "How much may a hotel cost a night?"
TRAINS = "When may a train be booked in first class?"
MEALS = "How much is paid for meals on a business trip?"
DAY_OF_A_TRIP = "How many euros a day are paid for meals on a business trip?"
CARRIED_OVER = "How many days of leave may be carried over until the end of March?"
FIRST_CLASS = "Which journeys may be booked in first class?"
ILLNESS = "When is a doctor's note needed?"
GARDEN = "When does the garden club meet?"

MARKERS = re.compile(r"\s*((?:\[\d+\])+)")
MARKER = re.compile(r"\[(\d+)\]")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def wrong_claims(text: str, cited: dict[int, str]) -> list[str]:
    """The sentences of an answer that their documents do not say word for word; `cited` names each marker's document.

    Markers stand before or behind a full stop. A sentence without a marker is allowed where some document says it.
    """
    return [
        sentence.strip()
        for paragraph in text.split("\n")
        for sentence in SENTENCE_END.split(MARKERS.sub(_before_the_stop, paragraph))
        if plain(sentence) and not _is_said(sentence, cited)
    ]


def plain(text: str) -> str:
    """Letters and digits alone, each word once parted by a blank."""
    return " ".join(re.findall(r"[\w']+", MARKERS.sub(" ", text).lower()))


def _before_the_stop(found: re.Match[str]) -> str:
    return f" {found[1]}"


def _is_said(sentence: str, cited: dict[int, str]) -> bool:
    markers = [int(number) for number in MARKER.findall(sentence)]
    names = [cited.get(marker, "") for marker in markers] if markers else list(DOCUMENTS)
    told = [name for name in names if plain(sentence) in plain(DOCUMENTS.get(name, ""))]
    return bool(told) and (not markers or len(told) == len(names))
