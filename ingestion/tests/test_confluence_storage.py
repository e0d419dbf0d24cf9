"""A page in Confluence's storage format becomes HTML that our reader of HTML understands."""

from ingestion.connectors.wiki.storage import as_html
from ingestion.formats.html import read_html


def words(storage: str, title: str = "Title") -> list[str]:
    reading = read_html(as_html(title, storage))
    return [block.text for block in reading.blocks]


def macro(name: str, inside: str) -> str:
    return f'<ac:structured-macro ac:name="{name}" ac:schema-version="1">{inside}</ac:structured-macro>'


def test_title_text_and_characters_that_html_names():
    assert words("<p>Gr&uuml;&szlig;e&nbsp;aus&hellip; K&ouml;ln &amp; Br&uuml;hl &lt;3</p>", "A <b> & c") == [
        "A <b> & c",
        "Grüße aus… Köln & Brühl <3",
    ]


def test_boxes_keep_their_title_and_their_content():
    box = macro(
        "info", '<ac:parameter ac:name="title">Note</ac:parameter><ac:rich-text-body><p>Inside</p></ac:rich-text-body>'
    )
    assert words(box) == ["Title", "Note", "Inside"]


def test_code_keeps_its_lines_and_its_literal_text():
    code = macro(
        "code",
        '<ac:parameter ac:name="language">py</ac:parameter>'
        '<ac:plain-text-body><![CDATA[if a < b:\n    print("&nbsp;")]]></ac:plain-text-body>',
    )
    assert words(code) == ["Title", 'if a < b:\n    print("&nbsp;")']


def test_a_link_shows_its_text():
    link = (
        '<p>See <ac:link><ri:page ri:content-title="Other"/><ac:plain-text-link-body><![CDATA[the other page]]>'
        "</ac:plain-text-link-body></ac:link>.</p>"
    )
    assert words(link) == ["Title", "See the other page."]


def test_what_a_macro_would_fetch_from_elsewhere_is_not_there():
    include = macro(
        "include", '<ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Salaries"/></ac:link></ac:parameter>'
    )
    assert words(f"<p>Before</p>{include}<p>After</p>") == ["Title", "Before", "After"]


def test_tasks_dates_and_emoticons():
    storage = (
        "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>complete</ac:task-status>"
        '<ac:task-body>Ask Ada by <time datetime="2026-05-01"/></ac:task-body></ac:task></ac:task-list>'
        '<p>Thanks <ac:emoticon ac:name="smile" ac:emoji-fallback="🙂"/> all</p>'
    )
    assert words(storage) == ["Title", "[x] Ask Ada by 2026-05-01", "Thanks 🙂 all"]


def test_a_table_in_a_layout_stays_a_table():
    storage = (
        "<ac:layout><ac:layout-section><ac:layout-cell><table><tbody><tr><th>City</th><th>Night</th></tr>"
        "<tr><td>Köln</td><td>140</td></tr></tbody></table></ac:layout-cell></ac:layout-section></ac:layout>"
    )
    table = read_html(as_html("Title", storage)).blocks[-1]
    assert [list(row) for row in table.rows] == [["City", "Night"], ["Köln", "140"]]


def test_no_entity_is_looked_up_and_none_multiplies():
    bomb = '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b "&a;&a;">]><p>x &a; &b; y</p>'
    assert "root:" not in as_html("Title", bomb).decode()


def test_what_is_not_well_formed_is_read_as_far_as_it_goes():
    assert "one" in as_html("Title", "<p>one <b>two</p><p>three").decode()
    assert words("", "Empty") == ["Empty"]
