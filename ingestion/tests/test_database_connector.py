"""Rows as documents: a real PostgreSQL over TCP with passwords, and MariaDB where it is installed."""

import shutil
from datetime import UTC, date, datetime

import pytest

from ingestion.connectors.base import Connection, ConnectorError, ItemVanished
from ingestion.connectors.database import KIND, check
from ingestion.connectors.queries.dialects import DIALECTS
from ingestion.connectors.queries.rows import Columns, RowUnfit, document, moment, words
from ingestion.errors import FailureReason, IngestionError
from ingestion.memory import Forgetful
from ingestion.steps.clean import clean
from ingestion.steps.parse import parse
from ingestion.tests.connectors import ConnectorContract, CredentialsContract, UnreliableContract
from ingestion.tests.cutting_proxy import CuttingProxy
from ingestion.tests.database_servers import READER, READER_PASSWORD, MariaDb, PostgresOnTcp

LIMIT = 5000
QUERY = "SELECT id, body FROM articles;"


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    server = PostgresOnTcp(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory):
    server = MariaDb(tmp_path_factory.mktemp("mariadb") / "home")
    yield server
    server.stop()


def connect(url, *, password=READER_PASSWORD, **settings):
    settings = {"url": url, "user": READER, "query": QUERY, "id_column": "id"} | settings
    check(settings)
    return KIND.build(
        Connection(source_id=0, settings=settings, secrets={"password": password}, memory=Forgetful(), max_bytes=LIMIT)
    )


def listed(connector):
    return [item.external_id for item in connector.items()]


def shown(connector, external_id):
    """What is stored of a row, after our own parser."""
    fetched = connector.fetch(external_id)
    return clean(parse(fetched.data, fetched.name)).text


class OfArticles(ConnectorContract, CredentialsContract, UnreliableContract):
    """A table of articles that `reader` may read. The contract's names are ids."""

    scheme = ""
    two_found = r"2 rows; one is “.+”, \d+ bytes"

    @pytest.fixture(autouse=True)
    def _table(self, server):
        self.server = server
        self.proxy = CuttingProxy(server.port)
        self.make_table()
        yield
        self.proxy.stop()
        server.run("DROP TABLE articles")

    @pytest.fixture
    def connector(self):
        return self.reading()

    def reading(self, **settings):
        return connect(f"{self.scheme}://127.0.0.1:{self.proxy.port}/{self.database}", **settings)

    def put(self, name, data):
        self.take_away(name)
        self.server.run("INSERT INTO articles (id, body) VALUES (%s, %s)", (name, data.decode()))
        return name

    def take_away(self, name):
        self.server.run("DELETE FROM articles WHERE id = %s", (name,))

    def rename(self, name, new_name):
        self.server.run("UPDATE articles SET id = %s WHERE id = %s", (new_name, name))
        return new_name

    def content(self, fetched):
        return clean(parse(fetched.data, fetched.name)).text.strip().encode()

    def with_wrong_credentials(self):
        return self.reading(password=self.secret())

    def secret(self):
        return "wrong-password-91cc"

    def fail_after(self, requests):
        self.proxy.fail_after(requests)

    def recover(self):
        self.proxy.recover()

    def add(self, **values):
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.server.run(f"INSERT INTO articles ({names}) VALUES ({marks})", tuple(values.values()))

    def refused(self, act, match):
        with pytest.raises(ConnectorError, match=match) as caught:
            act()
        assert caught.value.permanent
        return caught.value.message

    def test_a_row_becomes_a_document_with_its_fields(self, connector):
        self.add(
            id="7", title="Trav & <el>", body="Trains first.\n\nThen planes: *never*.\nSecond line", author="Ada",
            link="https://intranet/7", changed="2025-03-01 12:00:00", price=12,
        )  # fmt: skip
        reading = self.reading(
            query="SELECT * FROM articles", title_column="title", text_columns=["body", "price"],
            url_column="LINK", modified_column="changed", owner_column="author",
        )  # fmt: skip
        (item,) = reading.items()
        assert (item.title, item.url, item.owner) == ("Trav & <el>", "https://intranet/7", "Ada")
        assert item.modified_at == datetime(2025, 3, 1, 12, tzinfo=UTC)
        text = shown(reading, "7")
        for part in ("Trav & <el>", "Trains first.", "Then planes: *never*.", "Second line", "price: 12"):
            assert part in text
        assert reading.test() == f"1 row; one is “Trav & <el>”, {len(reading.fetch('7').data):,} bytes"

    def test_without_text_columns_all_the_others_are_text(self):
        self.add(id="7", title="Travel", body="Trains first.", author="Ada")
        text = shown(self.reading(query="SELECT id, title, author, body FROM articles"), "7")
        for part in ("title: Travel", "author: Ada", "body: Trains first."):
            assert part in text

    def test_markdown_and_html_stay_what_they_are(self):
        self.add(id="7", body="## Part\n\n- one\n- two")
        self.add(id="8", body="<h2>Part</h2><p>one</p><script>alert(1)</script>")
        assert shown(self.reading(text_format="markdown"), "7").split() == ["Part", "-", "one", "-", "two"]
        assert shown(self.reading(text_format="html"), "8").split() == ["Part", "one"]

    def test_ids_that_do_not_tell_rows_apart_are_an_error(self, connector):
        for number in range(3):
            self.add(id=str(number), body="x", title="same")
        reading = self.reading(query="SELECT title AS id, body FROM articles")
        self.refused(lambda: listed(reading), "Two rows have the id same")
        self.refused(reading.test, "3 rows have only 1 different")
        reading = self.reading(query="SELECT author AS id, body FROM articles")
        self.refused(lambda: listed(reading), "has no id")
        self.refused(reading.test, "3 of 3 rows have no id")

    def test_more_rows_than_the_limit_are_an_error_and_not_cut(self, connector):
        for number in range(3):
            self.add(id=str(number), body="x")
        assert len(listed(self.reading(row_limit=3))) == 3
        self.refused(lambda: listed(self.reading(row_limit=2)), "more than 2 rows")
        self.refused(self.reading(row_limit=2).test, "more than 2 rows")

    def test_the_last_change_can_be_trusted_alone(self, connector):
        self.add(id="7", body="one", changed="2025-03-01 12:00:00")
        reading = self.reading(
            query="SELECT id, body, changed FROM articles", modified_column="changed", trust_modified=True
        )
        before = self.listed(reading)
        self.server.run("UPDATE articles SET body = 'two'")
        assert self.listed(reading) == before
        self.server.run("UPDATE articles SET changed = '2025-03-02 12:00:00'")
        assert self.listed(reading) != before
        self.server.run("UPDATE articles SET changed = NULL")
        self.refused(lambda: listed(reading), "The row 7 has no changed")

    def test_nothing_is_written_whatever_the_query_says(self, connector):
        self.put("a", b"one")
        self.server.run(f"GRANT ALL ON articles TO {READER}{self.at_any}")
        for query in (
            "DELETE FROM articles",
            "SELECT 1 AS id; DELETE FROM articles",
            "SELECT 1 AS id) x; COMMIT; DELETE FROM articles; SELECT * FROM (SELECT 1 AS id",
            "SELECT 1 AS id) x LIMIT 1; DELETE FROM articles; -- ",
            "WITH gone AS (DELETE FROM articles RETURNING id) SELECT id FROM gone",
            *self.writing,
        ):
            for act in (lambda q=query: listed(self.reading(query=q)), self.reading(query=query).test):
                with pytest.raises(ConnectorError):
                    act()
            assert self.server.run("SELECT count(*) FROM articles")[0][0] == 1

    def test_what_is_wrong_with_a_query_is_said_in_words(self, connector):
        self.server.run("CREATE TABLE hidden (id int)")
        try:
            for query, sentence in (
                ("SELEC id FROM articles", "no single SELECT"),
                ("SELECT id, nothing FROM articles", "names a column that is not there"),
                ("SELECT id FROM nothing", self.no_table),
                ("SELECT id FROM hidden", "grant it SELECT"),
                ("SELECT body FROM articles", "gives no column id; it gives body"),
            ):
                message = self.refused(self.reading(query=query).test, sentence)
                assert READER_PASSWORD not in message
        finally:
            self.server.run("DROP TABLE hidden")

    def test_a_query_that_takes_too_long_is_stopped(self, connector):
        self.put("a", b"one")
        self.put("b", b"two")
        reading = self.reading(query=f"SELECT id, body FROM articles WHERE {self.sleeps}", timeout_s=1)
        self.refused(lambda: listed(reading), "took too long")

    def test_a_colon_a_percent_sign_and_a_comment_mean_what_they_do_in_sql(self, connector):
        self.put("a", b"at 12:30 :noon 100% \\:x")
        reading = self.reading(query="SELECT id, body FROM articles WHERE body LIKE '%:noon 100%' -- all: of %s them")
        assert listed(reading) == ["a"]
        assert ":noon 100%" in shown(reading, "a")

    def test_a_row_that_is_too_large_is_its_own_failure(self, connector):
        self.add(id="7", body="x" * (LIMIT + 1))
        assert listed(connector) == ["7"]
        with pytest.raises(IngestionError, match="split it") as caught:
            connector.fetch("7")
        assert caught.value.reason == FailureReason.TOO_LARGE

    def test_a_database_that_is_not_there_is_said_to_be(self, free_port):
        url = f"{self.scheme}://127.0.0.1:{self.proxy.port}/nothing"
        self.refused(connect(url).test, self.no_database)
        with pytest.raises(ConnectorError, match="tried again") as caught:
            connect(f"{self.scheme}://127.0.0.1:{free_port}/x").test()
        assert not caught.value.permanent


class TestPostgreSQL(OfArticles):
    scheme = "postgresql"
    database = "postgres"
    at_any = ""
    sleeps = "pg_sleep(2) IS NOT NULL"
    no_table = "names a table that is not there"
    no_database = "There is no such database"
    writing = (
        "SELECT set_config('transaction_read_only', 'off', false) AS id; DELETE FROM articles",
        "SELECT nextval('numbers')::text AS id",
        "COPY articles TO PROGRAM 'true'",
        "SELECT id FROM articles FOR UPDATE",
    )

    @pytest.fixture
    def server(self, postgres):
        return postgres

    def make_table(self):
        self.server.run(
            "CREATE TABLE articles (id text, title text, body text, author text, link text, changed timestamptz, "
            "price numeric, tags text[], seal bytea, number serial)"
        )
        self.server.run(f"GRANT SELECT ON articles TO {READER}")
        self.server.run(f"CREATE SEQUENCE IF NOT EXISTS numbers; GRANT ALL ON numbers TO {READER}")
        self.server.run("SET timezone = 'UTC'")

    def test_ids_of_any_type_are_found_again_by_their_text(self, connector):
        ids = {
            "uuid": "6e1f6c5e-0c5f-4d59-9f0e-0f5d3c9f4a11", "bigint": "42", "date": "2025-03-01", "numeric": "1.50",
            "timestamptz": "2025-03-01 12:00:00+00:00", "boolean": "True", "char(10)": "ab        ",
        }  # fmt: skip
        for kind, value in ids.items():
            reading = self.reading(query=f"SELECT '{value}'::{kind} AS id, 'text' AS body")
            assert listed(reading) == [value]
            assert shown(reading, value).strip() == "text"
            for other in ("0", "x", "../x", "1e9999", "\0", "9" * 40):
                with pytest.raises(ItemVanished):
                    reading.fetch(other)

    def test_one_row_is_fetched_by_an_index_and_not_by_reading_all(self, connector):
        self.server.run("INSERT INTO articles (id, body) SELECT n, repeat('x', 200) FROM generate_series(1, 20000) n")
        self.server.run("CREATE INDEX ON articles (number)")
        self.server.run("ANALYZE articles")
        reading = self.reading(query="SELECT number AS id, body FROM articles ORDER BY title")
        reading.fetch("9")
        self.server.run("SELECT pg_stat_force_next_flush()")
        before = self.server.run("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'articles'")[0][0]
        for number in range(1, 6):
            reading.fetch(str(number))
        after = self.server.run("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'articles'")[0][0]
        assert after == before

    def test_a_listing_whose_server_ends_it_is_an_error(self, connector, monkeypatch):
        monkeypatch.setattr("ingestion.connectors.queries.asking.ROWS_AT_ONCE", 10)
        self.server.run("INSERT INTO articles (id, body) SELECT n, 'x' FROM generate_series(1, 5000) n")
        items = connector.items()
        next(items)
        self.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (READER,))
        with pytest.raises(ConnectorError) as caught:
            list(items)
        assert not caught.value.permanent

    def test_rows_are_read_through_a_cursor_of_the_server(self, connector):
        self.server.run("INSERT INTO articles (id, body) SELECT n, 'x' FROM generate_series(1, 2000) n")
        items = connector.items()
        next(items)
        (asked,) = self.server.run("SELECT query FROM pg_stat_activity WHERE usename = %s", (READER,))
        assert asked[0].startswith("FETCH FORWARD")
        items.close()

    def test_a_column_of_bytes_is_no_text(self, connector):
        self.add(id="7", body="x", seal=b"\x00\x01")
        self.refused(lambda: listed(self.reading(query="SELECT id, seal FROM articles")), "seal holds bytes")
        query = "SELECT id, body, title FROM articles"
        self.server.run("UPDATE articles SET title = 'soon'")
        self.refused(lambda: listed(self.reading(query=query, modified_column="title")), "title holds no time")

    def test_a_connection_is_encrypted_or_there_is_none(self, connector):
        self.refused(self.reading(encryption="require").test, "No encrypted connection")

    def test_two_columns_of_one_name_are_said_to_be(self, connector):
        query = "SELECT id, body, title AS id FROM articles"
        self.refused(self.reading(query=query).test, "have the same name")

    def test_passwords_of_this_servers_own_user_are_not_used(self, connector, monkeypatch, tmp_path):
        kept = tmp_path / "pgpass"
        kept.write_text(f"*:*:*:*:{READER_PASSWORD}")
        kept.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(kept))
        with pytest.raises(ConnectorError):
            self.reading(password="").test()


@pytest.mark.skipif(shutil.which("mariadbd") is None, reason="needs MariaDB's server (Debian's package mariadb-server)")
class TestMariaDb(OfArticles):
    scheme = "mariadb"
    database = "company"
    at_any = "@'%'"
    sleeps = "sleep(2) = 0"
    no_table = "grant it SELECT"
    no_database = "grant it SELECT on it"
    writing = ("SELECT 1 AS id INTO OUTFILE '/tmp/attest-should-not-be'",)

    @pytest.fixture
    def server(self, mariadb):
        return mariadb

    def make_table(self):
        self.server.run(
            "CREATE TABLE articles (id varchar(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, title text, body text, "
            "author text, link text, changed datetime, price int) CHARSET utf8mb4"
        )
        self.server.run(f"GRANT SELECT ON company.articles TO {READER}@'%'")

    def test_a_connection_is_encrypted_as_was_asked_for(self, connector):
        assert listed(self.reading(encryption="require")) == []
        assert "certificate" in self.refused(self.reading(encryption="verify").test, "No encrypted connection")

    def test_letters_that_the_database_finds_alike_are_told_apart(self, connector):
        query = "SELECT CONVERT('a' USING utf8mb4) COLLATE utf8mb4_general_ci AS id, 'small' AS body"
        assert shown(self.reading(query=query), "a").strip() == "small"
        with pytest.raises(ItemVanished):
            self.reading(query=query).fetch("A")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "must begin with"),
        ("sqlite:///etc/passwd", "must begin with"),
        ("postgresql+psycopg://h/d", "must begin with"),
        ("postgresql:///attest?host=/run/postgresql", "no options"),
        ("postgresql:///attest", "names no server"),
        ("postgresql://%2Frun%2Fpostgresql/attest", "names no server"),
        ("postgresql://h/d?passfile=/etc/passwd", "no options"),
        ("postgresql://ada:secret@h/d", "fields of their own"),
        ("postgresql://h:many/d", "is not written as"),
        ("postgresql://h", "name of one database"),
        ("postgresql://h/a/b", "name of one database"),
        ("postgresql://a,b/d", "names no server"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_with_a_sentence(url, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        check({"url": url, "query": QUERY, "id_column": "id"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"query": " ;"}, "Enter the query"),
        ({"query": []}, "Enter the query"),
        ({"id_column": ""}, "column with the id"),
        ({"trust_modified": True}, "last change"),
        ({"text_format": "pdf"}, "Choose how"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_with_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        check({"url": "postgresql://h/d", "query": QUERY, "id_column": "id"} | settings)


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymysql", None)
    with pytest.raises(ConnectorError, match=r"PyMySQL.*pip install '.\[mysql\]'"):
        connect("mysql://h/d").test()


def test_the_query_may_be_given_in_lines():
    assert (
        connect("postgresql://h/d", query=["SELECT id,", "  body", "FROM x ; "]).query.sql
        == "SELECT id,\n  body\nFROM x"
    )


def test_values_become_words():
    assert words(None) == ""
    assert words(date(2025, 3, 1)) == "2025-03-01"
    assert words({"ä": [1, date(2025, 3, 1)]}) == '{"ä": [1, "2025-03-01"]}'
    with pytest.raises(RowUnfit):
        words(b"x")
    assert moment("2025-03-01") == moment(date(2025, 3, 1)) == datetime(2025, 3, 1, tzinfo=UTC)
    assert moment(None) is None
    for wrong in ("soon", 7):
        with pytest.raises(RowUnfit):
            moment(wrong)


def test_long_fields_have_headings_of_their_own():
    row = {"id": 1, "a": "short", "b": "one\ntwo", "c": None}
    columns = Columns(id="id", text=("a", "b", "c"))
    assert document(row, columns, "markdown") == b"a: short\n\n## b\n\none\ntwo\n"
    page = document(row, columns, "plain").decode()
    assert "<p>a: short</p><h2>b</h2><p>one<br>two</p>" in page


def test_a_password_of_any_letters_reaches_mysql_as_utf8():
    # Its driver writes what it is given as Latin-1.
    assert DIALECTS["mysql"].as_sent("pä…ß").encode("latin-1") == "pä…ß".encode()
