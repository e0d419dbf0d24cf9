"""A folder in which somebody works: files come, change, move and go, and the truth is known at every moment."""

import os
import random
from collections import Counter
from pathlib import Path

SUBJECTS = ("hotels", "trains", "budgets", "holidays", "laptops", "visitors", "contracts", "invoices")
BROKEN = b"%PDF-1.7\nnothing more"


class ChangingFolder:
    """`truth` maps each file's path, relative to the folder, to its bytes. `counts` says what was done."""

    def __init__(self, root: Path, chance: random.Random, *, fewest: int = 60, most: int = 140) -> None:
        self.root = root
        self.truth: dict[str, bytes] = {}
        self.counts = dict.fromkeys(("added", "edited", "moved", "removed"), 0)
        self._chance = chance
        self._fewest, self._most = fewest, most
        self._made = 0
        while len(self.truth) < fewest:
            self._add()

    def change(self) -> None:
        """One change, of a kind drawn by chance; the number of files stays within its bounds."""
        acts = [self._edit] * 3 + [self._move] * 2
        acts += [self._add] * 3 if len(self.truth) < self._most else []
        acts += [self._remove] * 2 if len(self.truth) > self._fewest // 2 else []
        self._chance.choice(acts)()

    def _add(self) -> None:
        self._made += 1
        self.counts["added"] += 1
        if self._chance.random() < 0.05:
            self._write(f"broken-{self._made}.pdf", BROKEN + str(self._made).encode())
        elif self._chance.random() < 0.1 and self.truth:
            # The very same content at another place.
            self._write(self._name(), self.truth[self._some()])
        else:
            self._write(self._name(), self._text())

    def _edit(self) -> None:
        name = self._some()
        if name.endswith(".md"):
            self.counts["edited"] += 1
            self._write(name, self._text())

    def _move(self) -> None:
        name = self._some()
        new = self._name() if name.endswith(".md") else f"moved-{self._made}-{len(self.truth)}.pdf"
        if new not in self.truth:
            self._put_at(name, new)

    def move_some(self, count: int) -> dict[str, str]:
        """Move so many files whose content no other file here has; the old name of each new one."""
        copies = Counter(self.truth.values())
        names = [name for name in sorted(self.truth) if name.endswith(".md") and copies[self.truth[name]] == 1]
        moved = {self._name(): name for name in self._chance.sample(names, min(count, len(names)))}
        for new, name in moved.items():
            self._put_at(name, new)
        return moved

    def _put_at(self, name: str, new: str) -> None:
        self.counts["moved"] += 1
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.root / name, self.root / new)
        self.truth[new] = self.truth.pop(name)

    def _remove(self) -> None:
        name = self._some()
        self.counts["removed"] += 1
        (self.root / name).unlink()
        del self.truth[name]

    def _some(self) -> str:
        return self._chance.choice(sorted(self.truth))

    def _name(self) -> str:
        self._made += 1
        return f"{self._chance.choice(SUBJECTS)}/rule-{self._made}.md"

    def _text(self) -> bytes:
        """Some sections of sentences; a number makes each text unlike all others."""
        self._made += 1
        subject = self._chance.choice(SUBJECTS)
        sentence = f"Rule {self._made} on {subject} asks for form {self._chance.randrange(10_000)} within {{}} days. "
        sections = [
            f"## Section {section}\n\n" + sentence.format(section) * 6
            for section in range(1, self._chance.randrange(2, 7))
        ]
        return (f"# Rule {self._made}\n\n" + "\n\n".join(sections)).encode()

    def _write(self, name: str, data: bytes) -> None:
        """Written beside its place and moved there, so that nobody reads half a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(data)
        os.replace(draft, path)
        self.truth[name] = data
