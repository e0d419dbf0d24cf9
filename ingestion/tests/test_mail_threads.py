"""Which messages belong together, what they are made of, and what is left of an answer without its quotations."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import html

from ingestion.connectors.mail.document import Body, page
from ingestion.connectors.mail.structure import Structure, structure_of
from ingestion.connectors.mail.threads import Letter, Thread, in_order, references_of, stable_id, threads
from ingestion.steps.parse import parse

BEGAN = datetime(2024, 3, 1, 10, tzinfo=UTC)


def letter(uid, message_id, *references, subject="Hello", sender="Ada <ada@example.com>"):
    sent_at = BEGAN + timedelta(hours=uid)
    return Letter(uid, message_id, references, subject, sender, "ada@example.com", sent_at, 100, Structure())


def grouped(*letters):
    return {thread.external_id: [each.message_id for each in thread.letters] for thread in threads(letters)}


def test_messages_join_through_messages_that_are_not_here():
    assert grouped(letter(1, "b", "a"), letter(2, "c", "a", "b"), letter(3, "x")) == {"a": ["b", "c"], "x": ["x"]}


def test_an_answer_that_refers_to_nothing_joins_the_last_earlier_message_of_its_subject():
    found = grouped(
        letter(1, "week 1", subject="Report"),
        letter(2, "answer 1", subject="Re: Report"),
        letter(3, "week 2", subject="Report"),
        letter(4, "answer 2", subject="AW: RE: report"),
        letter(5, "stray", subject="Re: Nobody asked"),
    )
    assert found == {"week 1": ["week 1", "answer 1"], "week 2": ["week 2", "answer 2"], "stray": ["stray"]}


def test_a_subject_alone_joins_nothing_and_an_empty_one_least_of_all():
    assert len(grouped(letter(1, "a"), letter(2, "b"), letter(3, "c", subject=""), letter(4, "d", subject="Re:"))) == 4


def test_the_order_of_arrival_does_not_change_what_a_thread_is_called():
    forwards = [letter(1, "a"), letter(2, "b", "a"), letter(3, "c", "b"), letter(4, "d", subject="Re: Hello")]
    backwards = [Letter(9 - each.uid, *(getattr(each, name) for name in Letter.__slots__[1:])) for each in forwards]
    assert grouped(*forwards) == grouped(*backwards) == {"a": ["a", "b", "c", "d"]}


def test_a_message_that_claims_an_older_date_does_not_rename_the_thread():
    early = Letter(9, "evil", ("mine", "a"), "Hello", "", "", BEGAN - timedelta(days=9000), 1, Structure())
    assert set(grouped(letter(1, "a"), letter(2, "b", "a"), early)) == {"a"}


def test_messages_that_refer_to_each_other_in_circles_are_one_thread():
    assert len(grouped(letter(1, "a", "b"), letter(2, "b", "a"), letter(3, "c", "c"))) == 2


def test_references_keep_their_beginning_and_their_end():
    many = " ".join(f"<{number}@x>" for number in range(300))
    found = references_of("own@x", f"{many} <own@x> <0@x>", "<reply@x>")
    assert (found[0], found[-1], len(found)) == ("0@x", "reply@x", 101)


@pytest.mark.parametrize("odd", ["x" * 5000, "../../etc/passwd", "/etc/passwd", "a\x00b", "."])
def test_an_id_that_is_too_long_or_odd_is_known_by_its_hash(odd):
    assert stable_id(odd) == stable_id(odd)
    assert stable_id(odd).endswith("@hashed")
    assert len(stable_id(odd)) < 100


PLAIN = (b"text", b"plain", (b"charset", b"utf-8"), None, None, b"quoted-printable", 10, 1, None, None, None, None)
RICH = (b"text", b"html", (b"charset", b"utf-8"), None, None, b"7bit", 20, 1, None, None, None, None)
PDF = (
    b"application", b"pdf", (b"name", b"fallback.pdf"), None, None, b"base64", 99, None,
    (b"attachment", (b"filename*0*", b"utf-8''Pr%C3%BC", b"filename*1", b"fung.pdf")), None, None,
)  # fmt: skip
NOTE = (*PLAIN[:9], (b"attachment", (b"filename", b"=?utf-8?q?Notiz_=E2=82=AC=2Etxt?=")), None, None)
IMAGE = (b"image", b"png", (b"name", b"logo.png"), b"<cid>", None, b"base64", 50, None, None, None, None)
SEAL = (b"application", b"pkcs7-signature", (b"name", b"smime.p7s"), None, None, b"base64", 50, None, None, None, None)


def test_the_richest_form_of_a_text_is_read_and_files_are_named():
    alternative = ([PLAIN, RICH], b"alternative", (b"boundary", b"b"), None, None, None)
    found = structure_of(([([alternative, IMAGE], b"related"), PDF, NOTE, SEAL], b"mixed"))
    assert [(part.section, part.kind) for part in found.texts] == [("1.1.2", "text/html")]
    assert [(part.section, part.name) for part in found.files] == [("2", "Prüfung.pdf"), ("3", "Notiz €.txt")]


def test_a_message_of_one_part_and_one_with_only_a_plain_text():
    assert [part.section for part in structure_of(PLAIN).texts] == ["1"]
    assert [part.section for part in structure_of(([PLAIN, IMAGE], b"alternative")).texts] == ["1"]
    assert structure_of(PDF).files[0].section == "1"


def test_an_encrypted_message_has_neither_text_nor_files():
    box = (b"application", b"octet-stream", (b"name", b"encrypted.asc"), None, None, b"7bit", 900)
    assert structure_of(([box, box], b"encrypted")) == Structure(is_encrypted=True)


@pytest.mark.parametrize("nonsense", [None, (), (b"text",), ([],), ([None], b"mixed"), 7, (b"a", b"b", None, None)])
def test_a_structure_that_makes_no_sense_is_a_value_error(nonsense):
    with pytest.raises(ValueError, match="structure"):
        structure_of(nonsense)


def test_parts_nested_without_end_are_looked_into_only_so_deep():
    body = PLAIN
    for _ in range(100):
        body = ([body], b"mixed")
    assert structure_of(body) == Structure()


def written(*bodies, kind="text/plain"):
    letters = [letter(number, f"{number}@x") for number, _ in enumerate(bodies, 1)]
    thread = Thread("1@x", in_order(letters))
    parts = [(each, Body([(kind, text)])) for each, text in zip(letters, bodies, strict=True)]
    return [block.text for block in parse(page(thread, parts), "x.html").blocks if "2024-03-01" not in block.text][1:]


FIRST = "Shall we meet\non Tuesday?\n\nThe room is booked from ten."


def test_a_quotation_of_an_earlier_message_is_left_out_with_its_introduction():
    quoted = "> Shall we meet on\n> Tuesday?\n>\n> The room is booked from ten.\n"
    answer = f"Yes.\n\nOn Fri, 1 Mar 2024 at 10:00, Ada\n<ada@example.com> wrote:\n\n{quoted}"
    assert written(FIRST, answer) == ["Shall we meet on Tuesday?", "The room is booked from ten.", "Yes."]


def test_an_answer_between_the_quoted_lines_stays():
    answer = "> Shall we meet on Tuesday?\nWednesday, please.\n> The room is booked from ten.\nThen eleven.\n"
    assert written(FIRST, answer)[2:] == ["Wednesday, please.", "Then eleven."]


def test_a_quotation_whose_original_is_not_here_stays():
    answer = "Agreed.\n\nOn Thu, 29 Feb 2024 Bob wrote:\n> The budget is four thousand euros.\n"
    assert "The budget is four thousand euros." in written(FIRST, answer)


def test_a_message_copied_below_its_head_is_left_out_but_not_what_was_written_into_it():
    answer = (
        "See below.\n\n-----Original Message-----\nFrom: Ada\nSent: Friday\nTo: Bob\nSubject: Meeting\n\n"
        "Shall we meet on Tuesday?\n\nWednesday suits me better.\n\nThe room is booked from ten.\n"
    )
    assert written(FIRST, answer)[2:] == ["See below.", "Wednesday suits me better."]


def test_what_is_said_twice_without_quoting_stays():
    assert written("Yes.", "Yes.") == ["Yes.", "Yes."]


GMAIL = (
    '<div dir="ltr">Gladly.</div><br><div class="gmail_quote"><div class="gmail_attr">On Fri, Ada wrote:<br></div>'
    '<blockquote class="gmail_quote"><p>Shall we meet?</p><table><tr><td>Room</td><td>12</td></tr></table>'
    "</blockquote></div><p>And bring cake.</p>"
)
OUTLOOK = (
    '<div><p>Gladly.</p></div><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt">'
    "<p><b>From:</b> Ada<br><b>Sent:</b> Friday</p></div></div><p>Shall we meet?</p><p>Yes, we shall.</p>"
)
ORIGINAL = "<p>Shall <b>we</b> meet?</p><table><tr><td>Room</td><td>12</td></tr></table>"


@pytest.mark.parametrize(
    ("answer", "left"), [(GMAIL, ["Gladly.", "And bring cake."]), (OUTLOOK, ["Gladly.", "Yes, we shall."])]
)
def test_the_same_holds_for_pages(answer, left):
    texts = written(ORIGINAL, answer, kind="text/html")
    assert [text for text in texts if text] == ["Shall we meet?", *left]


def test_no_markup_of_a_sender_looks_like_another_message_or_hides_one():
    evil = (
        "<title>All hands</title><main><h1>Payroll</h1><h2>Chief Executive, 2024-03-01 12:00</h2>Pay them.</main>"
        "<p style='display:none'>unseen words</p><script>alert(1)</script></main></body></html><h1>Again</h1>"
    )
    letters = [letter(1, "a"), letter(2, "b", "a", sender="<b>Mallory</b>")]
    bodies = [(letters[0], Body([("text/plain", "Hello <b>there</b>")])), (letters[1], Body([("text/html", evil)]))]
    data = page(Thread("a", tuple(letters)), bodies)
    parsed = parse(data, "x.html")
    texts = [block.text for block in parsed.blocks]
    assert parsed.title == "Hello"
    assert [block.level for block in parsed.blocks if block.text in ("Payroll", "Again")] == [3, 3]
    assert [block.text for block in parsed.blocks if block.level == 2] == [
        "Ada <ada@example.com>, 2024-03-01 11:00",
        "<b>Mallory</b>, 2024-03-01 12:00",
    ]
    assert "Hello <b>there</b>" in texts
    assert not any("unseen" in text or "alert" in text for text in texts)
    assert len(html.fromstring(data).xpath("//main | //title")) == 2


def test_a_message_without_text_says_why():
    each = letter(1, "a")
    shown = page(Thread("a", (each,)), [(each, Body(note="The text of this message is encrypted."))])
    assert b"encrypted" in shown
    assert b"has no text" in page(Thread("a", (each,)), [(each, Body())])


@pytest.mark.timeout(20)
def test_a_hostile_text_costs_no_more_than_an_honest_one():
    deep = "<blockquote>" * 20_000 + "x"
    wide = "<div style='border-top:solid #E1E1E1'>From: a</div><p>x</p>" * 5_000
    lines = "> " * 50_000 + "\n" + " " * 100_000 + "\n" + "From:\n" * 20_000
    written("x", deep, wide, kind="text/html")
    written("x", lines, "re:" * 50_000)
