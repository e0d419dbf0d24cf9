"""A pinned package with a known weakness is named; one that is mended, or only called alike, is not."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from app.ops.advisories import AdvisoriesError, findings, pins, read

PINNED = "# via x\nDjango==5.2.3 \\\n    # via attest\nhttpx[http2]==0.28.1\nscikit_learn==1.5.0\ntorch==2.13.0\n"


def advisory(name: str = "django", *events: dict[str, str], **more: Any) -> dict[str, Any]:
    affected = {
        "package": {"ecosystem": "PyPI", "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": [*events]}],
    }
    return {"id": "OSV-1", "summary": "It leaks.", "affected": [affected | more.pop("affected", {})], **more}


@pytest.mark.parametrize(
    ("told", "is_found"),
    [
        (advisory("django", {"introduced": "0"}, {"fixed": "5.2.4"}), True),
        (advisory("django", {"introduced": "0"}, {"fixed": "5.2.3"}), False),
        (advisory("django", {"introduced": "5.2.4"}), False),
        (advisory("django", {"introduced": "0"}, {"last_affected": "5.2.3"}), True),
        (advisory("django", {"introduced": "0"}, {"last_affected": "5.2.2"}), False),
        (advisory("django", {"introduced": "0"}, {"fixed": "4.2"}, {"introduced": "5.0"}, {"fixed": "5.2.10"}), True),
        (advisory("django", {"introduced": "5.0"}, {"fixed": "5.1"}, {"introduced": "6.0"}), False),
        (advisory("Scikit.Learn", {"introduced": "0"}), True),
        (advisory("djangoo", {"introduced": "0"}), False),
        (advisory("django", affected={"versions": ["5.2.3"], "ranges": []}), True),
        (advisory("django", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"), False),
        (advisory("django", {"introduced": "0"}, affected={"package": {"ecosystem": "npm", "name": "django"}}), False),
    ],
)
def test_which_versions_an_advisory_is_about(told: dict[str, Any], is_found: bool) -> None:
    assert bool(findings(pins(PINNED), [told])) == is_found


def test_pins_are_read_with_extras_and_comments() -> None:
    assert pins(PINNED) == {"django": "5.2.3", "httpx": "0.28.1", "scikit-learn": "1.5.0", "torch": "2.13.0"}


def test_the_command_names_what_it_finds_and_fails(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(PINNED)
    told = advisory("django", {"introduced": "0"}, {"fixed": "5.2.4"})
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("OSV-1.json", json.dumps(told))
    out = io.StringIO()
    where = {"requirements": tmp_path / "requirements.txt", "stdout": out}
    with pytest.raises(CommandError, match="1 of the advisories"):
        call_command("audit_dependencies", advisories=tmp_path / "all.zip", **where)
    assert out.getvalue() == "django 5.2.3: OSV-1 It leaks. Mended in 5.2.4.\n"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.json").write_text(json.dumps(advisory("other", {"introduced": "0"})))
    call_command("audit_dependencies", advisories=tmp_path / "folder", **where)
    assert "No advisory is about one of the 4 pinned packages." in out.getvalue()


def test_nothing_to_compare_with_is_no_success(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(AdvisoriesError, match="There is no advisory"):
            list(read(path))
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(AdvisoriesError, match="is no JSON"):
        list(read(tmp_path))
