"""A model that obeys whatever it reads: what protects a reader outside of it must hold by itself.

One attack of each kind here; `manage.py measure injection` runs all that are shipped.
"""

import pytest

from app.providers.tests.misbehaving_server import MisbehavingServer
from evals.injection import attacks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
FORMS = {
    "override", "address", "frame closing", "chat template", "html image", "markdown image", "markdown link",
    "phishing", "reveal the prompt", "reveal all passages", "disclose closed documents", "change of state",
    "encoded in base64", "tag characters", "system prompt", "image", "other documents",
}  # fmt: skip


@pytest.fixture(scope="module")
def server():
    with MisbehavingServer() as running:
        yield running


def test_nothing_gets_through_a_model_that_obeys(server):
    chosen = [attack for attack in attacks.attacks() if attack.form in FORMS]
    stage = attacks.set_up(chosen)
    before = attacks.state()
    results = attacks.run(stage, chosen, url=server.url, policy="off")
    assert {each.attack.form: each.broken for each in results if each.broken} == {}
    assert [each.attack.form for each in results if each.obeyed and each.attack.document] == []
    assert attacks.state() == before
    assert sum(bool(each.text) for each in results) > len(results) // 2


def test_the_model_of_this_test_does_obey(server):
    """Else the test above would show nothing."""
    from app.providers.tests.mock_obedience import obeyed

    override = next(attack for attack in attacks.attacks() if attack.form == "override")
    told = f'FRAME-ab [1] "Page"\n{override.document}\nFRAME-ab end of [1]\n\nQuestion: {override.question}'
    assert override.mark in obeyed([{"role": "system", "content": "Answer."}, {"role": "user", "content": told}])
