"""`manage.py ingest`: what it prints and what it refuses."""

import json
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from app.corpus.models import Source
from ingestion.tests.folders import found, write

pytestmark = pytest.mark.django_db
HOTELS = "# Hotels\n\nA hotel may cost 140 euros a night.\n"


def ingest(*arguments):
    out = StringIO()
    call_command("ingest", *map(str, arguments), stdout=out)
    return out.getvalue()


def counts(*arguments):
    return json.loads(ingest(*arguments, "--json"))


def test_the_counts_of_a_first_run_and_of_one_that_finds_nothing_new(tmp_path):
    folder = tmp_path / "handbook"
    write(folder / "hotels.md", HOTELS)
    write(folder / "copies" / "hotels.md", HOTELS)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    first = counts(folder)
    assert first["source"] == "handbook"
    assert {name: first[name] for name in ("listed", "added", "documents", "searchable", "duplicates", "failed")} == {
        "listed": 3, "added": 3, "documents": 3, "searchable": 1, "duplicates": 1, "failed": 1,
    }  # fmt: skip
    assert first["waiting"] == 0
    assert [(each["external_id"], each["reason"]) for each in first["failures"]] == [("broken.pdf", "corrupt")]
    second = counts(folder)
    assert (second["listed"], second["unchanged"], second["added"], second["updated"]) == (3, 3, 0, 0)


def test_changes_moves_and_removals_are_counted(tmp_path):
    write(tmp_path / "changed.md", HOTELS, age_s=60)
    moving = write(tmp_path / "moving.md", HOTELS + "Breakfast is included.", age_s=60)
    going = write(tmp_path / "going.md", "# Trains\n\nSecond class.", age_s=60)
    counts(tmp_path, "--source", "Files")
    write(tmp_path / "changed.md", HOTELS.replace("140", "155"))
    moving.rename(tmp_path / "moved.md")
    going.unlink()
    again = counts(tmp_path, "--source", "Files")
    assert [again[name] for name in ("added", "updated", "moved", "unchanged", "removed")] == [0, 1, 1, 0, 1]


def test_the_text_names_each_failure_with_what_to_do(tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    write(tmp_path / "empty.md", "   ")
    lines = ingest(tmp_path, "--source", "Files").splitlines()
    assert lines[0] == "Files: 2 added, 0 updated, 0 moved, 0 unchanged, 0 removed."
    assert lines[1] == "1 of 2 can be searched."
    assert lines[2].startswith("  empty.md: ")
    assert lines[2].endswith(".")


def test_groups_close_a_source_and_without_any_everybody_reads_it(tmp_path):
    write(tmp_path / "hotels.md", HOTELS)
    groups = [Group.objects.create(name=name) for name in ("finance", "sales")]
    counts(tmp_path, "--source", "Files")
    assert found("hotel night") == ["hotels.md"]
    counts(tmp_path, "--source", "Files", "--group", "finance", "--group", "sales")
    assert found("hotel night") == []
    access_set = Source.objects.get().access_set
    assert (access_set.everyone, access_set.group_ids) == (False, [group.pk for group in groups])
    counts(tmp_path, "--source", "Files")
    assert found("hotel night") == []


def test_a_group_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(CommandError, match=r"no group called finance; the groups are: none yet\."):
        ingest(tmp_path, "--group", "finance")
    Group.objects.create(name="sales")
    with pytest.raises(CommandError, match=r"the groups are: sales\."):
        ingest(tmp_path, "--group", "finance", "--group", "sales")
    assert not Source.objects.exists()


def test_what_is_not_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "nothing", write(tmp_path / "file.md", HOTELS)):
        with pytest.raises(CommandError, match="is not a folder"):
            ingest(path)
    assert not Source.objects.exists()


def test_a_name_that_belongs_to_another_folder_is_refused(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / name / "hotels.md", HOTELS)
    counts(tmp_path / "one", "--source", "Files")
    with pytest.raises(CommandError, match="something else already"):
        ingest(tmp_path / "two", "--source", "Files")
