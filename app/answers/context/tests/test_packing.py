"""What the model reads: whole sections where they fit, everything found shown once or left out for a reason."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.answers.context.packing import Packer, Reason
from app.answers.context.tests.passages import chunked, hit, passage
from retrieval.neighbours import Neighbour

WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")


def said(number: int, words: int = 30) -> str:
    """Text of about `words` tokens that no other number's text resembles."""
    return " ".join(f"{WORDS[(number + at) % 10]}{number}x{at}" for at in range(words))


def packer(passages, near=()) -> Packer:
    return Packer(passages, near, lambda text: len(text.split()), lambda _: 5)


def test_passages_that_fit_are_shown_in_their_order():
    hits = [passage(number, said(number), document=number, rank=number) for number in (1, 2, 3)]
    packed = packer(hits).pack(1000)
    assert [section.passage.chunk_id for section in packed.sections] == [1, 2, 3]
    assert packed.left_out == ()


def test_what_does_not_fit_is_left_out_with_that_reason_and_a_shorter_one_takes_its_place():
    hits = [
        passage(1, said(1, 30), document=1, rank=1),
        passage(2, said(2, 300), document=2, rank=2),
        passage(3, said(3, 10), document=3, rank=3),
    ]
    packed = packer(hits).pack(60)
    assert [section.passage.chunk_id for section in packed.sections] == [1, 3]
    assert [(each.chunk_id, each.reason) for each in packed.left_out] == [(2, Reason.NO_ROOM)]


def test_the_section_around_a_hit_is_filled_up_from_the_nearest_outwards():
    _, chunks = chunked(1, [said(number) for number in range(7)])
    packed = packer([hit(chunks[3])], chunks).pack(5 + 4 * 31 + 5)
    assert [member.chunk_id for member in packed.sections[0].members] == [102, 103, 104, 105]


def test_a_section_is_filled_no_further_than_its_heading():
    _, chunks = chunked(1, [said(number) for number in range(4)])
    chunks[0] = replace(chunks[0], heading_path=("Other",))
    chunks[3] = replace(chunks[3], heading_path=("Rules", "Exceptions"))
    packed = packer([hit(chunks[1])], chunks).pack(1000)
    assert [member.chunk_id for member in packed.sections[0].members] == [101, 102, 103]
    assert packed.sections[0].passage.heading_path == ("Rules",)


def test_text_that_was_left_out_of_the_index_is_not_reached_over():
    _, chunks = chunked(1, [said(number) for number in range(3)])
    chunks[1] = replace(chunks[1], gap=None)
    packed = packer([hit(chunks[1])], chunks).pack(1000)
    assert [member.chunk_id for member in packed.sections[0].members] == [100, 101]


def test_hits_that_follow_upon_each_other_are_one_section_and_the_weaker_says_where_it_went():
    text, chunks = chunked(1, [said(number) for number in range(3)])
    packed = packer([hit(chunks[1], rank=1), hit(chunks[0], rank=2)], chunks[:2]).pack(1000)
    (section,) = packed.sections
    assert section.passage.chunk_id == 101
    assert section.passage.text == text[section.passage.start : section.passage.end]
    assert [(each.chunk_id, each.reason, each.into) for each in packed.left_out] == [(100, Reason.MERGED, 1)]


def test_the_same_words_in_another_document_are_shown_once():
    hits = [passage(1, said(1), document=1, rank=1), passage(2, said(1), document=2, rank=2)]
    packed = packer(hits).pack(1000)
    assert [section.passage.chunk_id for section in packed.sections] == [1]
    assert [(each.chunk_id, each.reason) for each in packed.left_out] == [(2, Reason.DUPLICATE)]


def test_what_only_shares_a_word_with_the_question_is_left_out():
    hits = [passage(1, said(1), document=1, score=1.0, rank=1), passage(2, said(2), document=2, score=0.1, rank=2)]
    packed = packer(hits).pack(1000)
    assert [(each.chunk_id, each.reason) for each in packed.left_out] == [(2, Reason.WEAK)]


def test_the_best_passage_is_cut_where_not_even_that_fits():
    text = said(1, 400)
    packed = packer([passage(1, text, start=50)]).pack(200)
    (section,) = packed.sections
    assert section.is_cut
    assert text.startswith(section.passage.text)
    assert section.passage.end == 50 + len(section.passage.text)
    assert packer([passage(1, text)]).pack(20).sections == ()


def test_a_repeated_header_row_stands_before_a_section_and_moves_no_offset():
    """Of a table cut in parts, the parts behind the first repeat its header."""
    header, rows = "Name | Limit", [f"Row{number} | {number}00 euros" for number in range(6)]
    stored = "\n".join([header, *rows])
    parts = [(0, len("\n".join([header, *rows[:2]])))]
    parts.append((parts[0][1] + 1, len("\n".join([header, *rows[:4]]))))
    parts.append((parts[1][1] + 1, len(stored)))
    chunks = [
        Neighbour(at, 1, at, ("Rules",), None, start, end, ("" if at == 0 else f"{header}\n") + stored[start:end], "\n")
        for at, (start, end) in enumerate(parts)
    ]
    last_two = packer([hit(chunks[1])], [chunks[1], replace(chunks[2], gap=None)]).pack(1000).sections[0].passage
    assert last_two.text == f"{header}\n{stored[parts[1][0] :]}"
    at = last_two.text.index("500 euros")
    quote, start, end = last_two.quoted(at, at + 9)
    assert quote == stored[start:end] == "500 euros"
    whole = packer([hit(chunks[1])], [chunks[0], chunks[1], replace(chunks[2], gap=None)]).pack(1000).sections[0]
    assert whole.passage.text == stored


@st.composite
def libraries(draw):
    """Documents of a few chunks of random lengths, some of which were found."""
    near, stored, found = [], {}, []
    for document in range(1, draw(st.integers(1, 4)) + 1):
        lengths = draw(st.lists(st.integers(1, 120), min_size=1, max_size=6))
        texts = [said(document * 10 + at, words) for at, words in enumerate(lengths)]
        stored[document], chunks = chunked(document, texts, gap=draw(st.sampled_from(["\n\n", "\n", " ", ""])))
        near += chunks
        found += draw(st.lists(st.sampled_from(chunks), max_size=3, unique_by=lambda chunk: chunk.chunk_id))
    hits = [
        hit(chunk, score=draw(st.floats(0.01, 1.0)), rank=rank)
        for rank, chunk in enumerate(draw(st.permutations(found)), 1)
    ]
    return stored, near, hits


@given(libraries(), st.integers(0, 900))
def test_whatever_the_room_offsets_are_exact_and_every_hit_is_accounted_for(library, room):
    stored, near, hits = library
    packed = packer(hits, near).pack(room)
    shown = [member.chunk_id for section in packed.sections for member in section.members]
    assert len(shown) == len(set(shown))
    for section in packed.sections:
        where = section.passage
        assert where.text == stored[where.version_id][where.start : where.end]
        for at in range(0, len(where.text), 40):
            quote, start, end = where.quoted(at, at + 10)
            assert quote == stored[where.version_id][start:end]
            assert section.member_at(start).chunk_id in shown
    own = {section.passage.chunk_id for section in packed.sections}
    left_out = [each.chunk_id for each in packed.left_out]
    assert sorted([*own, *left_out]) == sorted(passage.chunk_id for passage in hits)
    assert all(each.into is None or 1 <= each.into <= len(packed.sections) for each in packed.left_out)
    used = sum(len(section.passage.text.split()) for section in packed.sections)
    assert used <= max(room, 0)
