"""What must be the same for an answer to be given again, as hashes. Pure, but for the files read once."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.passage import Passage

# What shapes an answer's text beside prompt, model and settings: a release that changes any of it makes answers anew.
SHAPING_CODE = ("answers/steps", "answers/checking", "answers/context", "answers/reusing", "safety")
SHAPING_FILES = ("answers/private_model.py",)
APP = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is compared with earlier ones. `vector` is float32 bytes of a unit vector by `encoder`."""

    question: str
    question_key: str
    telling: dict[str, Any] = field(hash=False)
    vector: bytes = field(repr=False)
    encoder: str


@dataclass(frozen=True, slots=True)
class ReuseKeys:
    """`models`: the vendors' names of the models that would write it."""

    evidence: str
    made: str
    asked: Asked
    models: tuple[str, ...]


def evidence_key(passages: Iterable[Passage]) -> str:
    """The same for the same chunks of the same versions, as current and as dated as they were."""
    return _hash(sorted(_of(passage) for passage in passages))


def made_key(prompts: Iterable[str], models: Iterable[tuple[str, str]], settings: dict[str, Any], filters: Any) -> str:
    """`prompts` are versions, `models` addresses and names, `filters` what the asker narrowed the search to."""
    return _hash([sorted(prompts), [list(each) for each in models], settings, filters, code_hash()])


def question_key(words: str) -> str:
    return _hash(words)


@cache
def code_hash() -> str:
    """Of the source of all that shapes an answer."""
    return _hash([[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in shaping_files()])


def shaping_files() -> list[Path]:
    """In a fixed order."""
    inside = sorted(path for folder in SHAPING_CODE for path in (APP / folder).glob("*.py"))
    return [*inside, *(APP / name for name in SHAPING_FILES)]


def _of(passage: Passage) -> list[Any]:
    # The title and the dates stand in the prompt and in notices beside the text.
    dates = [str(passage.updated_at), str(passage.valid_until)]
    return [passage.chunk_id, passage.version_id, passage.is_stale, passage.title, passage.start, passage.end, *dates]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
