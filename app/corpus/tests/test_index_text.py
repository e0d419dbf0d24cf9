"""What a chunk is searched by."""

from app.corpus.index_text import index_text


def test_title_and_headings_stand_before_the_text():
    embedded, indexed = index_text("Handbook", ("Leave", "Parental"), "Ninety days.")
    assert embedded == "Handbook > Leave > Parental\nNinety days."
    assert indexed == embedded


def test_a_heading_that_repeats_the_title_is_said_once():
    assert index_text("Leave", ("Leave", "Parental"), "x")[0] == "Leave > Parental\nx"


def test_a_text_without_title_or_headings_stands_alone():
    assert index_text("", (), "Ninety days.")[0] == "Ninety days."
