"""What the detectors return."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class InstructionKind(StrEnum):
    """What an instruction addressed to a model asks for, or how it pretends to be one."""

    OVERRIDE = "override"
    ROLE = "role"
    ADDRESS = "address"
    FRAME = "frame"
    REPLY = "reply"
    DISCLOSE = "disclose"
    CONCEAL = "conceal"
    ENCODED = "encoded"


@dataclass(frozen=True, slots=True)
class Finding:
    """A place `text[start:end]`, what it is, and how sure that is, from 0 to 1."""

    start: int
    end: int
    kind: InstructionKind
    score: float
