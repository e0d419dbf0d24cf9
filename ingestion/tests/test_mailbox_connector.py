"""The mailbox connector against a real IMAP server."""

import copy
import hashlib
import itertools
import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from lxml import html

from app.corpus.models import Document
from ingestion.connectors.base import ConnectorError, ItemVanished
from ingestion.connectors.mail import imap_client
from ingestion.connectors.mail import notes as mail_notes
from ingestion.connectors.mail.imap_client import Place
from ingestion.connectors.mailbox import KIND, MailboxConnector
from ingestion.connectors.registry import connection_of
from ingestion.documents import BlockKind
from ingestion.errors import FailureReason, IngestionError
from ingestion.memory import Forgetful
from ingestion.sources import create_source
from ingestion.steps.parse import parse
from ingestion.tests.connectors import ConnectorContract, CredentialsContract, UnreliableContract
from ingestion.tests.folders import found, synced
from ingestion.tests.mail_server import (
    HAS_DOVECOT,
    PASSWORD,
    USER,
    Mailbox,
    Relay,
    certificate,
    dovecot_server,
    free,
    letter,
    pymap_server,
)

LIMIT = 100_000
numbers = itertools.count()


def connector_at(port, *, since_days=0, with_attachments=True, max_bytes=LIMIT, **changed) -> MailboxConnector:
    where = {
        "host": "127.0.0.1", "port": port, "security": "none", "user": USER, "password": PASSWORD,
        "folder": "INBOX", "allowed_hosts": ("127.0.0.1",), "max_bytes": max_bytes,
    }  # fmt: skip
    return MailboxConnector(Place(**(where | changed)), since_days, with_attachments, Forgetful(), max_bytes)


@pytest.fixture(
    scope="module",
    params=[
        "pymap",
        pytest.param("dovecot", marks=pytest.mark.skipif(not HAS_DOVECOT, reason="needs Dovecot (dovecot-imapd)")),
    ],
)
def imap_port(request):
    port = free()
    with pymap_server(port, "--no-tls") if request.param == "pymap" else dovecot_server(port):
        yield port


@pytest.fixture(scope="module")
def owner(imap_port):
    owner = Mailbox(imap_port)
    yield owner
    owner.close()


@pytest.fixture
def mailbox(owner):
    owner.empty()
    return owner


class TestMailbox(ConnectorContract, CredentialsContract, UnreliableContract):
    two_found = r"2 messages in INBOX"

    @pytest.fixture(autouse=True)
    def _mailbox(self, mailbox, imap_port):
        self.mailbox = mailbox
        self.relay = Relay(imap_port)
        yield
        self.relay.close()

    @pytest.fixture
    def connector(self):
        return connector_at(self.relay.port)

    def put(self, name, data):
        """A thread is known by the message it began with, which nobody has any more."""
        began = f"{hashlib.md5(name.encode()).hexdigest()}@example.com"
        self.mailbox.take_away_answers(began)
        written = letter(f"{next(numbers)}@example.com", data.decode(), subject=name, References=f"<{began}>")
        self.mailbox.put(written)
        return began

    def take_away(self, name):
        self.mailbox.take_away_answers(f"{hashlib.md5(name.encode()).hexdigest()}@example.com")

    def rename(self, name, new_name):
        """A mail is renamed by nobody, but a thread's later messages may have another subject."""
        return self.put(name, b"one")

    def content(self, fetched):
        return html.fromstring(fetched.data).xpath("//p")[-1].text_content().encode()

    def with_wrong_credentials(self):
        return connector_at(self.relay.port, password=self.secret())

    def secret(self):
        return "wrong-password"

    def fail_after(self, requests):
        self.relay.left = requests

    def recover(self):
        self.relay.left = float("inf")


@pytest.fixture
def connector(mailbox, imap_port):
    return connector_at(imap_port)


@pytest.fixture
def relay(imap_port):
    relay = Relay(imap_port)
    yield relay
    relay.close()


def listed(connector):
    return {item.external_id: item for item in connector.items()}


def text_of(connector, external_id):
    fetched = connector.fetch(external_id)
    return [block.text for block in parse(fetched.data, fetched.name).blocks]


def with_file(message: EmailMessage, name: str, data: bytes, kind: str = "application/pdf") -> EmailMessage:
    message, (main, sub) = copy.deepcopy(message), kind.split("/")
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message


CONVERSATION = (
    letter("a@x", "Shall we move the stand-up?", subject="Stand-up", day=1),
    letter("b@x", "Yes, to ten.", subject="Re: Stand-up", day=2, sender="Bob <bob@example.com>", References="<a@x>"),
    letter("c@x", "Fine with me.", subject="AW: Stand-up", day=3, In_Reply_To="<b@x>"),
    letter("d@x", "Then ten it is.", subject="Re: Re: stand-up", day=4),
)


def test_a_conversation_is_one_document_known_by_the_message_it_began_with(mailbox, connector):
    for message in CONVERSATION:
        mailbox.put(message)
    mailbox.put(letter("other@x", subject="Something else", day=5))
    found = listed(connector)
    assert set(found) == {"a@x", "other@x"}
    thread = found["a@x"]
    assert (thread.title, thread.owner, thread.parent) == ("Stand-up", "ada@example.com", "")
    assert thread.modified_at == datetime(2024, 3, 4, 10, tzinfo=UTC)
    fetched = connector.fetch("a@x")
    assert fetched.name == "Stand-up.html"
    parsed = parse(fetched.data, fetched.name)
    assert parsed.title == "Stand-up"
    assert [(block.kind, block.level, block.text) for block in parsed.blocks if block.kind is BlockKind.HEADING] == [
        (BlockKind.HEADING, 1, "Stand-up"),
        (BlockKind.HEADING, 2, "Ada Lovelace <ada@example.com>, 2024-03-01 10:00"),
        (BlockKind.HEADING, 2, "Bob <bob@example.com>, 2024-03-02 10:00"),
        (BlockKind.HEADING, 2, "Ada Lovelace <ada@example.com>, 2024-03-03 10:00"),
        (BlockKind.HEADING, 2, "Ada Lovelace <ada@example.com>, 2024-03-04 10:00"),
    ]
    assert [block.text for block in parsed.blocks if block.kind is not BlockKind.HEADING] == [
        "Shall we move the stand-up?",
        "Yes, to ten.",
        "Fine with me.",
        "Then ten it is.",
    ]


def test_a_thread_whose_beginning_is_removed_is_the_same_document_changed(mailbox, connector):
    for message in CONVERSATION[:3]:
        mailbox.put(message)
    before = listed(connector)["a@x"]
    mailbox.take_away("a@x")
    after = listed(connector)
    assert set(after) == {"a@x"}
    assert after["a@x"].fingerprint != before.fingerprint
    assert "Shall we move the stand-up?" not in text_of(connector, "a@x")
    for message_id in ("b@x", "c@x"):
        mailbox.take_away(message_id)
    assert listed(connector) == {}
    with pytest.raises(ItemVanished):
        connector.fetch("a@x")


def test_what_was_seen_is_never_asked_for_again(mailbox, relay):
    connector = connector_at(relay.port)
    for message in CONVERSATION:
        mailbox.put(message)
    listed(connector)
    relay.said.clear()
    listed(connector)
    assert b"FETCH" not in b"".join(relay.said).upper()
    mailbox.put(letter("e@x", References="<a@x>"))
    listed(connector)
    assert b"".join(relay.said).upper().count(b"FETCH") == 1


def test_nothing_in_the_mailbox_is_changed(mailbox, relay):
    connector = connector_at(relay.port)
    mailbox.put(with_file(CONVERSATION[0], "plan.pdf", b"%PDF-1.4"))
    before = set(mailbox.flags())
    for external_id in listed(connector):
        connector.fetch(external_id)
    assert set(mailbox.flags()) == before
    assert "Seen" not in "".join(before)
    said = b"".join(relay.said).upper()
    assert b"EXAMINE" in said
    assert not any(word in said for word in (b"SELECT", b"STORE", b"EXPUNGE", b"BODY[", b"COPY", b"MOVE"))


def test_a_folder_that_was_numbered_anew_lists_the_same_documents(imap_port, owner):
    archive = Mailbox(imap_port, "Archive")
    connector = connector_at(imap_port, folder="Archive")
    messages = [with_file(CONVERSATION[0], "plan.pdf", b"%PDF-1.4"), *CONVERSATION[1:]]
    for message in messages:
        archive.put(message)
    before = listed(connector)
    archive.empty()
    assert listed(connector) == {}
    archive.put(letter("z@x", subject="New"))
    for message in reversed(messages):
        archive.put(message)
    after = listed(connector)
    assert {key: item.fingerprint for key, item in after.items() if key != "z@x"} == {
        key: item.fingerprint for key, item in before.items()
    }
    assert "Then ten it is." in text_of(connector, "a@x")
    archive.close()


def test_attachments_are_documents_below_their_thread(mailbox, connector):
    message = letter("a@x", "See the plan.", subject="Plan")
    message = with_file(message, "Plan für März.pdf", b"%PDF-1.4 plan")
    message = with_file(message, "logo.png", b"\x89PNG", "image/png")
    message.add_attachment("Milk\nBread", filename="list.txt")
    message.add_attachment(letter("inner@x", "Forwarded words", subject="Inner / mail"))
    mailbox.put(message)
    found = listed(connector)
    files = {item.title: item for item in found.values() if item.parent}
    assert {item.parent for item in files.values()} == {"a@x"}
    assert {"Plan für März.pdf", "list.txt"} <= set(files)
    assert len(files) == 3
    plan = connector.fetch(files["Plan für März.pdf"].external_id)
    assert (plan.data, plan.name) == (b"%PDF-1.4 plan", "Plan für März.pdf")
    assert connector.fetch(files["list.txt"].external_id).data.split() == [b"Milk", b"Bread"]
    (inner,) = (item for title, item in files.items() if title.endswith(".eml"))
    assert b"Forwarded words" in connector.fetch(inner.external_id).data
    assert text_of(connector, "a@x")[-1] == "See the plan."
    mailbox.put(letter("b@x", "Thanks.", subject="Re: Plan", References="<a@x>"))
    again = listed(connector)
    assert again[files["list.txt"].external_id].fingerprint == files["list.txt"].fingerprint
    without = connector_at(connector.place.port, with_attachments=False)
    assert set(listed(without)) == {"a@x"}
    mailbox.take_away("a@x")
    with pytest.raises(ItemVanished):
        connector.fetch(files["list.txt"].external_id)


def test_a_thread_is_read_without_its_attachments(mailbox, relay):
    mailbox.put(with_file(letter("a@x", "See the plan."), "plan.pdf", b"x" * 70_000))
    connector = connector_at(relay.port)
    listed(connector)
    relay.said.clear()
    assert text_of(connector, "a@x")[-1] == "See the plan."
    assert b"BODY.PEEK[1]" in b"".join(relay.said)
    assert b"BODY.PEEK[2]" not in b"".join(relay.said)


def test_an_attachment_above_the_limit_is_its_own_failure(mailbox, imap_port):
    mailbox.put(with_file(letter("a@x", "See."), "big.pdf", b"x" * 5000))
    connector = connector_at(imap_port, max_bytes=4999)
    (file,) = (item for item in connector.items() if item.parent)
    with pytest.raises(IngestionError, match="ATTEST_MAX_FILE_MB") as caught:
        connector.fetch(file.external_id)
    assert caught.value.reason == FailureReason.TOO_LARGE
    assert text_of(connector, "a@x")[-1] == "See."


def test_a_thread_above_the_limit_says_how_many_older_messages_it_leaves_out(mailbox, imap_port):
    for number in range(6):
        mailbox.put(letter(f"{number}@x", f"Message {number} " + "word " * 200, References="<root@x>", day=number + 1))
    texts = text_of(connector_at(imap_port, max_bytes=6000), "root@x")
    assert texts[1] == "4 older messages of this thread were left out: together they are too large."
    assert [text[:9] for text in texts if text.startswith("Message")] == ["Message 4", "Message 5"]


RAW = {
    "no id": b"From: ada@example.com\nSubject: No id\nDate: Fri, 01 Mar 2024 10:00:00 +0000\n\nWithout an id\n",
    "no date": b"From: ada@example.com\nMessage-ID: <nodate@x>\nSubject: No date\nDate: yesterday\n\nUndated\n",
    "no subject": b"From: ada@example.com\nMessage-ID: <nosubject@x>\n\nUntitled words\n",
    "nothing": b"\nOnly a text\n",
    "koi8": b"From: ada@example.com\nMessage-ID: <koi8@x>\nSubject: =?koi8-r?B?8NLJ18XU?=\n"
    b"Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ18XU\n",
    "unknown charset": b"From: =?x-nonsense?Q?Gr=FC=DFe?= <ada@example.com>\nMessage-ID: <odd@x>\nSubject: Odd\n"
    b"Content-Type: text/plain; charset=x-nonsense\n\nGr\xc3\xbc\xc3\x9fe\n",
    "raw header": "From: Jürgen <j@example.com>\nMessage-ID: <raw@x>\nSubject: Grüße\n\nHallo\n".encode(),
    "wrong base64": b"From: ada@example.com\nMessage-ID: <b64@x>\nSubject: Broken\n"
    b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGFsbG8=!!!\n",
    "to come": b"From: ada@example.com\nMessage-ID: <future@x>\nDate: Fri, 01 Mar 2199 10:00:00 +0000\n\nLater\n",
}


def test_messages_that_keep_to_no_rule_are_documents_all_the_same(mailbox, connector):
    for message in RAW.values():
        mailbox.put(message)
    found = listed(connector)
    assert len(found) == len(RAW)
    assert found == listed(connector_at(connector.place.port))
    now = datetime.now(UTC) + timedelta(days=1)
    assert all(item.modified_at is not None and item.modified_at < now for item in found.values())
    texts = {external_id: text_of(connector, external_id)[-1] for external_id in found}
    assert texts["koi8@x"] == "Привет"
    assert found["koi8@x"].title == "Привет"
    assert texts["odd@x"] == "Grüße"
    assert (found["raw@x"].title, found["raw@x"].owner) == ("Grüße", "j@example.com")
    assert texts["b64@x"] == "Hallo"
    assert {"Without an id", "Undated", "Untitled words", "Only a text", "Later"} <= set(texts.values())
    assert connector.fetch("nosubject@x").name == "Without a subject.html"


def test_a_second_message_with_the_same_id_neither_doubles_nor_replaces_the_first(mailbox, connector):
    mailbox.put(letter("a@x", "The real one"))
    mailbox.put(letter("a@x", "Somebody pretends"))
    assert set(listed(connector)) == {"a@x"}
    assert text_of(connector, "a@x")[-1] == "The real one"


def test_only_the_last_days_are_listed_when_asked_for(mailbox, imap_port):
    now = datetime.now(UTC)
    mailbox.put(letter("old@x"), arrived=now - timedelta(days=40))
    mailbox.put(letter("new@x"), arrived=now - timedelta(days=3))
    connector = connector_at(imap_port, since_days=30)
    assert set(listed(connector)) == {"new@x"}
    assert connector.test() == "2 messages in INBOX, 1 of the last 30 days"
    with pytest.raises(ItemVanished):
        connector.fetch("old@x")


def test_a_folder_that_is_not_there_is_an_error_that_names_those_that_are(mailbox, imap_port):
    with pytest.raises(ConnectorError, match="There is no folder Nowhere.*INBOX") as caught:
        connector_at(imap_port, folder="Nowhere").test()
    assert caught.value.permanent


def test_a_folder_may_have_a_name_in_any_script(imap_port, owner):
    drafts = Mailbox(imap_port, "Entw&APw-rfe")
    drafts.put(letter("a@x"))
    assert set(listed(connector_at(imap_port, folder="Entwürfe"))) == {"a@x"}
    drafts.close()


def test_a_kept_connection_that_broke_is_replaced(mailbox, relay):
    connector = connector_at(relay.port)
    mailbox.put(letter("a@x"))
    listed(connector)
    for each in relay.open:
        relay._cut(each)
    assert text_of(connector, "a@x")[-1] == "Hello"


def test_one_log_in_serves_many_messages(mailbox, relay):
    connector = connector_at(relay.port)
    for message in CONVERSATION:
        mailbox.put(message)
    for external_id in listed(connector):
        connector.fetch(external_id)
    assert b"".join(relay.said).count(b"AUTHENTICATE") == 1


def test_an_interrupted_first_look_continues_where_it_was(mailbox, relay, monkeypatch):
    monkeypatch.setattr(mail_notes, "BLOCK", 1)
    connector = connector_at(relay.port)
    for message in CONVERSATION:
        mailbox.put(message)
    connector.test()
    relay.left = 5
    with pytest.raises(ConnectorError):
        listed(connector)
    relay.left = float("inf")
    relay.said.clear()
    assert set(listed(connector)) == {"a@x"}
    assert 0 < b"".join(relay.said).upper().count(b"FETCH") < len(CONVERSATION)


def test_a_document_is_read_after_the_notes_were_lost(mailbox, imap_port):
    mailbox.put(letter("a@x", "Still here"))
    assert text_of(connector_at(imap_port), "a@x")[-1] == "Still here"


def test_an_address_inside_the_network_is_refused_unless_an_admin_allowed_it(mailbox, relay):
    with pytest.raises(ConnectorError, match="allowed internal hosts"):
        connector_at(relay.port, allowed_hosts=()).test()
    assert relay.said == []


@pytest.fixture
def tls_relay(imap_port, tmp_path):
    relay = Relay(imap_port, certificate(tmp_path, "localhost"))
    yield relay
    relay.close()


def test_a_certificate_must_be_trusted_and_made_out_for_the_host(mailbox, tls_relay, tmp_path, monkeypatch):
    at = {"security": "tls", "host": "localhost", "allowed_hosts": ("localhost", "127.0.0.1")}
    mailbox.put(letter("a@x"))
    with pytest.raises(ConnectorError, match="not trusted") as caught:
        connector_at(tls_relay.port, **at).test()
    assert caught.value.permanent
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    assert set(listed(connector_at(tls_relay.port, **at))) == {"a@x"}
    with pytest.raises(ConnectorError, match="not trusted"):
        connector_at(tls_relay.port, **(at | {"host": "127.0.0.1"})).test()
    assert PASSWORD.encode() not in b"".join(tls_relay.said)


@pytest.mark.parametrize(("security", "sentence"), [("tls", "does not speak TLS"), ("starttls", "STARTTLS")])
def test_a_server_in_clear_is_not_spoken_to_when_encryption_is_asked_for(mailbox, relay, security, sentence):
    with pytest.raises(ConnectorError, match=sentence) as caught:
        connector_at(relay.port, security=security).test()
    assert caught.value.permanent
    assert b"AUTHENTICATE" not in b"".join(relay.said)


def test_a_connection_becomes_encrypted_before_the_password_is_sent(tmp_path, monkeypatch):
    certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    port = free()
    with pymap_server(port, "--cert", str(tmp_path / "authority.pem"), "--key", str(tmp_path / "key.pem")):
        relay = Relay(port)
        connector = connector_at(relay.port, security="starttls", host="localhost", allowed_hosts=("localhost",))
        assert connector.test() == "0 messages in INBOX"
        relay.close()
    assert b"STARTTLS" in b"".join(relay.said)
    assert b"AUTHENTICATE" not in b"".join(relay.said)


def test_no_password_is_shown_or_logged(mailbox, relay, caplog):
    caplog.set_level(logging.DEBUG)
    connector = connector_at(relay.port)
    connector.test()
    listed(connector)
    shown = caplog.text + repr(connector)
    assert PASSWORD not in shown
    assert "AUTHENTICATE" not in caplog.text.upper()


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (b"", "took too long"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be reached or broke off"),
        (b"* BYE overloaded\r\n", "cannot be reached or broke off"),
        (b"* OK hello\r\n* CAPABILITY {99999999999}\r\n", "cannot be reached or broke off"),
    ],
)
def test_a_server_that_is_none_is_said_to_be(monkeypatch, says, sentence):
    monkeypatch.setattr(imap_client, "CONNECT_S", 0.3)
    monkeypatch.setattr(imap_client, "READ_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            client, _ = listener.accept()
            client.sendall(says)
            client.recv(100)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(ConnectorError, match=sentence) as caught:
            connector_at(listener.getsockname()[1]).test()
    assert not caught.value.permanent


def test_a_port_where_nobody_listens_is_tried_again(free_port):
    with pytest.raises(ConnectorError, match="cannot be reached") as caught:
        connector_at(free_port).test()
    assert not caught.value.permanent


GOOD = {"host": "imap.example.com", "folder": "INBOX"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"host": ""}, "name alone"),
        ({"host": "imap://imap.example.com"}, "name alone"),
        ({"host": "imap.example.com/x"}, "name alone"),
        ({"folder": "a\r\nb"}, "folder"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_in_a_sentence(changed, sentence):
    KIND.check(GOOD)
    with pytest.raises(ValueError, match=sentence):
        KIND.check(GOOD | changed)


@pytest.mark.django_db
def test_a_source_keeps_its_notes_in_the_database(mailbox, imap_port):
    settings = {
        "host": "127.0.0.1", "port": imap_port, "security": "none", "user": USER, "folder": "INBOX",
        "allowed_internal_hosts": ["127.0.0.1"],
    }  # fmt: skip
    secrets = {"password": PASSWORD}
    source = create_source(actor=None, name="Mail", kind="mailbox", settings=settings, secrets=secrets, everyone=True)
    mailbox.put(b"From: ada@example.com\nMessage-ID: <nul@x>\nSubject: =?utf-8?Q?A=00B=ED=A0=80?=\n\nHello\n")
    mailbox.put(with_file(letter("a@x"), "plan.pdf", b"%PDF"))
    found = listed(KIND.build(connection_of(source)))
    assert len(found) == 3
    again = KIND.build(connection_of(source))
    assert {key: again.fetch(key).name for key in found}
    assert listed(again) == found


@pytest.mark.django_db
def test_threads_and_their_attachments_are_found_and_go_with_their_messages(mailbox, imap_port):
    settings = {
        "host": "127.0.0.1", "port": imap_port, "security": "none", "user": USER, "folder": "INBOX",
        "allowed_internal_hosts": ["127.0.0.1"],
    }  # fmt: skip
    secrets = {"password": PASSWORD}
    source = create_source(actor=None, name="Mail", kind="mailbox", settings=settings, secrets=secrets, everyone=True)
    menu = with_file(
        letter("menu@x", "The menu is attached."), "menu.txt", b"On Friday there is lentil soup.", "text/plain"
    )
    for message in (*CONVERSATION, menu):
        mailbox.put(message)
    assert synced(source).added == 3
    attached = Document.objects.get(source=source, external_id__startswith="menu@x/")
    assert (attached.parent.external_id, attached.owner) == ("menu@x", "ada@example.com")
    assert found("When is there lentil soup?")[0] == attached.external_id
    assert found("Shall we move the stand-up?")[0] == "a@x"
    mailbox.take_away("menu@x")
    source.removal_limit = 100
    source.save()
    assert synced(source).removed == 2
    assert not Document.objects.filter(external_id__startswith="menu@x").exists()
