"""Sources and documents over HTTP: readers see what they may read, admins see how it goes and act."""

import pytest

from app.api.tests.company import ingested
from app.audit.models import AuditEvent
from app.corpus.models import Document
from ingestion.models import IngestionJob
from ingestion.pipeline import ingest_document


async def got(api, company, who, path):
    return await api.get(f"/api/v1/{path}", headers=company.key(who))


RULES = ("rules.md", b"# Rules\n\nNo smoking in the archive.")


async def sent(api, company, who, source, file=RULES):
    path = f"/api/v1/sources/{source.pk}/documents"
    return await api.post(path, files={"file": file}, headers=company.key(who))


async def test_each_sees_the_sources_they_may_read_and_an_admin_all(api, company):
    names = {}
    for who in ("alice", "charlie", "ada"):
        body = (await got(api, company, who, "sources")).json()
        names[who] = {source["name"]: source["documents"] for source in body["sources"]}
    assert names["alice"] == {"Finance": 1, "Handbook": 1}
    assert names["charlie"] == {"Handbook": 1}
    assert names["ada"] == {"Finance": 1, "Handbook": 1}


async def test_only_an_admin_sees_how_ingestion_goes(api, company):
    path = f"sources/{company.finance.pk}"
    assert (await got(api, company, "alice", path)).json()["status"] is None
    status = (await got(api, company, "ada", path)).json()["status"]
    assert (status["searchable"], status["waiting"], status["failed"]) == (1, 0, 0)


@pytest.mark.parametrize("path", ["sources/{source}", "sources/{source}/documents", "documents/{document}"])
async def test_what_may_not_be_read_is_as_if_it_were_not_there(api, company, path):
    hidden = path.format(source=company.finance.pk, document=company.budget.pk)
    missing = path.format(source=987654, document=987654)
    refused = (await got(api, company, "charlie", hidden)).json()
    absent = (await got(api, company, "charlie", missing)).json()
    assert refused["status"] == absent["status"] == 404
    assert refused["detail"] == absent["detail"]


async def test_documents_are_listed_for_those_who_may_read_them(api, company):
    listed = {}
    for who in ("alice", "charlie", "ada"):
        body = (await got(api, company, who, "documents")).json()
        listed[who] = ([document["external_id"] for document in body["documents"]], body["total"])
    assert listed["alice"] == (["budget.md", "travel.md"], 2)
    assert listed["charlie"] == listed["ada"] == (["travel.md"], 1)


async def test_an_admin_lists_every_document_of_a_source_with_why_one_failed(api, company):
    from asgiref.sync import sync_to_async

    await sync_to_async(ingested)(company.finance, "broken.pdf", b"%PDF-1.7 this is no PDF")
    path = f"sources/{company.finance.pk}/documents?state=failed"
    [failed] = (await got(api, company, "ada", path)).json()["documents"]
    assert failed["external_id"] == "broken.pdf"
    assert failed["failure"]["reason"]
    assert failed["failure"]["message"]
    [seen] = (await got(api, company, "alice", path)).json()["documents"]
    assert seen["failure"] is None


async def test_a_document_tells_how_it_stands(api, company):
    body = (await got(api, company, "alice", f"documents/{company.travel.pk}")).json()
    assert body["state"] == "ready"
    assert body["source"] == "Handbook"
    assert body["text_length"] > 50
    [version] = body["versions"]
    assert version["is_current"] is True
    assert version["size"] > 50


async def test_pages_of_a_list(api, company):
    first = (await got(api, company, "alice", "documents?limit=1")).json()
    second = (await got(api, company, "alice", "documents?limit=1&offset=1")).json()
    assert [first["documents"][0]["external_id"], second["documents"][0]["external_id"]] == [
        "budget.md",
        "travel.md",
    ]
    assert first["total"] == second["total"] == 2


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "state=lost", "limit=x", "source_id=0"])
async def test_a_wrong_filter_is_named(api, company, query):
    response = await got(api, company, "alice", f"documents?{query}")
    assert response.status_code == 422
    [error] = response.json()["errors"]
    assert (error["location"], error["field"]) == ("query", query.split("=")[0])


async def test_an_admin_uploads_a_file_and_it_becomes_searchable(api, company):
    from asgiref.sync import sync_to_async

    response = await sent(api, company, "ada", company.handbook)
    assert response.status_code == 202, response.text
    body = response.json()
    assert body["state"] == "pending"
    assert response.headers["Location"] == f"/api/v1/documents/{body['id']}"
    await sync_to_async(ingest_document)(body["id"])
    found = await api.post("/api/v1/search", json={"query": "smoking in the archive"}, headers=company.key("charlie"))
    assert found.json()["passages"][0]["document"]["external_id"] == "rules.md"
    assert await AuditEvent.objects.filter(action="document_uploaded", actor_label="ada@example.com").aexists()


async def test_a_reader_may_not_upload(api, company):
    assert (await sent(api, company, "alice", company.handbook)).status_code == 403
    assert (await sent(api, company, "charlie", company.finance)).status_code == 404
    assert not await IngestionJob.objects.aexists()


@pytest.mark.parametrize(("name", "data"), [("empty.md", b""), ("..", b"x")])
async def test_a_file_that_cannot_be_taken_is_refused_in_words(api, company, name, data):
    response = await sent(api, company, "ada", company.handbook, (name, data))
    assert response.status_code == 422
    assert len(response.json()["detail"]) > 20


async def test_a_request_without_a_file_is_refused(api, company):
    path, key = f"/api/v1/sources/{company.handbook.pk}/documents", company.key("ada")
    assert (await api.post(path, json={}, headers=key)).status_code == 415
    assert (await api.post(path, files={"other": ("a.md", b"x")}, headers=key)).status_code == 422
    broken = {**key, "Content-Type": "multipart/form-data"}
    assert (await api.post(path, content=b"xx", headers=broken)).status_code == 400


async def test_too_large_a_file_is_413(api, company, settings):
    settings.ATTEST_MAX_FILE_MB = 1
    response = await sent(api, company, "ada", company.handbook, ("big.txt", b"x" * (2 * 1024 * 1024)))
    assert response.status_code == 413
    assert "1 MB" in response.json()["detail"]


async def test_only_an_admin_removes_a_document_and_it_is_gone_at_once(api, company):
    path = f"/api/v1/documents/{company.budget.pk}"
    assert (await api.delete(path, headers=company.key("alice"))).status_code == 403
    assert (await api.delete(path, headers=company.key("charlie"))).status_code == 404
    assert (await api.delete(path, headers=company.key("ada"))).status_code == 204
    assert not await Document.objects.filter(pk=company.budget.pk).aexists()
    assert (await api.delete(path, headers=company.key("ada"))).status_code == 404


async def test_a_sync_is_started_once_at_a_time(api, company):
    path = f"/api/v1/sources/{company.handbook.pk}/sync"
    started = await api.post(path, json={"everything": True}, headers=company.key("ada"))
    assert started.status_code == 202, started.text
    assert started.json()["state"] == "running"
    assert (await api.post(path, headers=company.key("ada"))).status_code == 409
    assert (await api.post(path, headers=company.key("alice"))).status_code == 403
