"""Too large a body is refused on the wire, announced or not, and what fits passes unchanged."""

import httpx
import pytest

from app.ops.body_limit import limit_bodies


@pytest.fixture
def reached():
    return []


@pytest.fixture
async def client(reached):
    async def application(scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        reached.append(len(body))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    transport = httpx.ASGITransport(app=limit_bodies(application, max_file_mb=2))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as found:
        yield found


async def pieces(megabytes):
    for _ in range(megabytes * 16):
        yield b"x" * 65536


@pytest.mark.parametrize("megabytes", [0, 1])
async def test_what_fits_passes(client, reached, megabytes):
    response = await client.post("/", content=b"x" * megabytes * 2**20)
    assert (response.status_code, reached) == (200, [megabytes * 2**20])


async def test_an_announced_excess_is_refused_unread(client, reached):
    response = await client.post("/", content=b"x" * (2**20 + 1))
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 413
    assert reached == []


async def test_an_unannounced_excess_is_refused_on_the_way(client, reached):
    assert (await client.post("/", content=pieces(2))).status_code == 413
    assert reached == []


async def test_a_form_may_carry_a_file(client, reached):
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await client.post("/", content=pieces(3), headers=form)).status_code == 200
    assert (await client.post("/", content=pieces(4), headers=form)).status_code == 413
