"""One document that cannot be read among a thousand costs itself alone."""

import pytest

from app.corpus.models import Document
from ingestion.models import DocumentFailure, SyncRun
from ingestion.tests.folders import folder_source, found, synced, write

COUNT = 1000
BROKEN = 500


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_corrupt_file_among_a_thousand_costs_one_failure(tmp_path):
    for number in range(COUNT):
        write(tmp_path / f"{number}.md", f"# Rule {number}\n\nForm number{number} is filed in {number} days.\n")
    (tmp_path / f"{BROKEN}.md").unlink()
    (tmp_path / "corrupt.pdf").write_bytes(b"%PDF-1.7\nnothing more")
    run = synced(folder_source(tmp_path))
    assert run.state == SyncRun.State.SUCCEEDED
    failure = DocumentFailure.objects.get()
    assert (failure.document.external_id, failure.reason) == ("corrupt.pdf", "corrupt")
    assert failure.message
    ready = Document.objects.filter(state=Document.State.READY, current_version__chunks__isnull=False).distinct()
    assert ready.count() == COUNT - 1
    assert "7.md" in found("number7")
    assert "999.md" in found("number999")
