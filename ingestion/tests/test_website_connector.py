"""A web site, read from a real server on loopback that an admin allowed by name."""

import gzip
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from ingestion.connectors.base import Connection, ConnectorError, ItemVanished
from ingestion.connectors.website import KIND, WebsiteConnector
from ingestion.errors import FailureReason, IngestionError
from ingestion.memory import Forgetful, SourceMemory
from ingestion.network_guard import AddressRefused
from ingestion.sources import create_source
from ingestion.tests.connectors import ConnectorContract, UnreliableContract
from ingestion.tests.web_site import running_site
from ingestion.web_pages.visits import recall

LIMIT = 200_000
XML = {"Content-Type": "application/xml"}


class Looking(WebsiteConnector):
    """Each listing is a run of its own, unless a test says that it goes on."""

    goes_on = False

    def items(self):
        if not self.goes_on and isinstance(self.memory, Forgetful):
            self.memory.run_began_at = timezone.now()
        return super().items()


def connector_on(site, *, memory=None, start="/docs/", read_ahead=timedelta(hours=1), max_bytes=LIMIT, **chosen):
    settings = {setting.name: setting.default for setting in KIND.settings}
    settings |= {"start_urls": [site.url(start)], "delay_s": 0, "allowed_internal_hosts": ["127.0.0.1"]} | chosen
    connection = Connection(7, settings, {}, memory or Forgetful(), max_bytes)
    slept = []
    connector = Looking(connection, sleep=slept.append, read_ahead=read_ahead)
    connector.slept = slept
    return connector


def html(said, *, title="Handbook", head="", links=()):
    listed = "".join(f'<a href="{link}">more</a>' for link in links)
    return (
        f"<html><head><title>{title}</title>{head}</head><body><nav>Home Contact</nav>"
        f"<main><p>{said}</p></main><footer>{listed}</footer></body></html>"
    )


def urls(connector):
    return [item.external_id for item in connector.items()]


def prints(connector):
    return {item.external_id: item.fingerprint for item in connector.items()}


@pytest.fixture
def site():
    with running_site() as running:
        yield running


class TestWebsiteConnector(ConnectorContract, UnreliableContract):
    two_found = r"2 pages"

    @pytest.fixture
    def connector(self, site):
        self.site = site
        self.there = set()
        self.link()
        return connector_on(site, read_ahead=timedelta(0))

    def link(self):
        index = html("All pages", head='<meta name="robots" content="noindex">', links=sorted(self.there))
        self.site.page("/docs/", index)

    def put(self, name, data):
        path = f"/docs/{quote(name)}"
        self.there.add(path)
        self.link()
        return self.site.page(path, html(data.decode()), ETag=f'"{len(data)}-{data.decode()}"')

    def take_away(self, name):
        path = f"/docs/{quote(name)}"
        self.there.remove(path)
        self.link()
        del self.site.answers[path]

    def rename(self, name, new_name):
        said = re.search(rb"<p>(.*?)</p>", self.site.answers[f"/docs/{quote(name)}"][2])[1]
        self.take_away(name)
        return self.put(new_name, said)

    def content(self, fetched):
        return re.search(rb"<p>(.*?)</p>", fetched.data)[1]

    def fail_after(self, requests):
        self.site.fail_after = requests

    def recover(self):
        self.site.fail_after = None

    def test_a_listing_cut_at_any_request_is_an_error_or_whole(self, connector):
        put = {self.put(f"{number}.md", b"%d" % number) for number in range(8)}
        outcomes = []
        for requests in range(12):
            self.fail_after(requests)
            try:
                outcomes.append({*urls(connector_on(self.site))})
            except ConnectorError as error:
                outcomes.append(error.permanent)
            self.recover()
        assert all(outcome in (put, False) for outcome in outcomes)
        assert outcomes[0] is False
        assert outcomes[-1] == put


def test_pages_are_found_by_their_links_and_by_every_site_map(site):
    site.answers["/robots.txt"] = (200, {}, b"Sitemap: " + site.url("/maps.xml").encode())
    index = (
        "<sitemapindex><sitemap><loc>/one.xml.gz</loc></sitemap><sitemap><loc>/two.txt</loc></sitemap></sitemapindex>"
    )
    site.answers["/maps.xml"] = (200, XML, index.encode())
    one = f"<urlset><url><loc>{site.url('/docs/one')}</loc><lastmod>2024-02-03</lastmod></url></urlset>"
    site.answers["/one.xml.gz"] = (200, {"Content-Type": "application/gzip"}, gzip.compress(one.encode()))
    site.answers["/two.txt"] = (200, {}, f"{site.url('/docs/two')}\n{site.url('/else')}\n".encode())
    guessed = f'<?xml version="1.0"?><urlset><url><loc>{site.url("/docs/three")}</loc></url></urlset>'
    site.answers["/sitemap.xml"] = (200, XML, guessed.encode())
    site.page("/docs/", html("start", links=["/docs/four", "/else", "https://else.example.com/docs/", "mailto:a@b"]))
    for name in ("one", "two", "three", "four"):
        site.page(f"/docs/{name}", html(name, title=name.title()))
    items = {item.external_id: item for item in connector_on(site).items()}
    assert sorted(items) == [site.url(f"/docs/{name}") for name in ("", "four", "one", "three", "two")]
    one = items[site.url("/docs/one")]
    assert (one.title, one.url) == ("One", one.external_id)
    assert one.modified_at == datetime(2024, 2, 3, tzinfo=UTC)
    assert "/else" not in site.asked


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((200, XML, b"<urlset><url><loc>http"), "not readable XML"),
        ((200, XML, b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>'), "not readable XML"),
        ((404, {}, b""), "status 404"),
        ((500, {}, b""), "status 500"),
        ((200, {}, gzip.compress(b"0" * 53_000_000)), "too large or damaged"),
    ],
)
def test_a_site_map_that_cannot_be_read_ends_the_listing(site, answer, what):
    site.answers["/robots.txt"] = (200, {}, b"Sitemap: /map.xml")
    site.answers["/map.xml"] = answer
    site.page("/docs/", html("start"))
    with pytest.raises(ConnectorError, match=what) as caught:
        urls(connector_on(site))
    assert "site maps off" in caught.value.message
    assert urls(connector_on(site, site_maps=False)) == [site.url("/docs/")]


def test_a_guessed_site_map_may_be_any_page(site):
    site.page("/sitemap.xml", html("nothing here"))
    site.page("/docs/", html("start"))
    assert urls(connector_on(site)) == [site.url("/docs/")]


def test_what_robots_txt_forbids_is_not_asked_for(site):
    site.answers["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /docs/private\nCrawl-delay: 3\n")
    site.page("/docs/", html("start", links=["/docs/private", "/docs/open"]))
    site.page("/docs/private", html("secret"))
    site.page("/docs/open", html("open"))
    connector = connector_on(site)
    assert urls(connector) == [site.url("/docs/"), site.url("/docs/open")]
    assert "/docs/private" not in site.asked
    assert max(connector.slept) > 2
    with pytest.raises(ItemVanished):
        connector.fetch(site.url("/docs/private"))


def test_a_forbidden_start_an_endless_delay_and_a_broken_robots_txt_are_errors(site):
    site.page("/docs/", html("start"))
    for answer, what, permanent in (
        ((200, {}, b"User-agent: Attest\nDisallow: /"), "ask the site's owner", True),
        ((200, {}, b"User-agent: *\nCrawl-delay: 100000"), "shorter delay", True),
        ((503, {}, b""), "robots.txt", False),
    ):
        site.answers["/robots.txt"] = answer
        with pytest.raises(ConnectorError, match=what) as caught:
            urls(connector_on(site))
        assert caught.value.permanent is permanent


def test_pages_say_whether_they_are_listed_and_followed(site):
    site.page("/docs/", html("start", links=["a", "b", "c", "d"]) + '<a rel="nofollow" href="/docs/e">x</a>')
    site.page("/docs/a", html("a", head='<meta name="ROBOTS" content="NoIndex">', links=["f"]))
    site.page("/docs/b", html("b", head='<meta name="robots" content="nofollow">', links=["g"]))
    site.page("/docs/c", html("c"), X_Robots_Tag="googlebot: nofollow, noindex")
    site.page("/docs/d", html("d", links=["h"]), X_Robots_Tag="none")
    for name in "efgh":
        site.page(f"/docs/{name}", html(name))
    assert urls(connector_on(site)) == [site.url(f"/docs/{name}") for name in ("", "b", "c", "f")]


def test_one_page_under_many_addresses_is_one_document(site):
    many = ["a", "a#part", "a?utm_source=x", "./a", "/docs/x/../a", "A%2F", "a/", "%61", "index.html"]
    many += [f"HTTP://127.0.0.1:{site.port}/docs/a", "copy", "copy?sid=2"]
    site.page("/docs/", html("start", links=many))
    site.page("/docs/index.html", html("start", links=many))
    site.page("/docs/a", html("a"))
    site.page("/docs/a/", html("a"))
    site.page("/docs/copy", html("the same", head='<link rel="canonical" href="/docs/a">'))
    site.page("/docs/copy?sid=2", html("the same", head='<link rel="CANONICAL" href="/docs/a?fbclid=1">'))
    assert urls(connector_on(site)) == [site.url("/docs/"), site.url("/docs/a")]
    assert site.times_asked("/docs/a") == 1


def test_a_canonical_address_without_a_page_or_out_of_scope_is_not_believed(site):
    site.page("/docs/", html("start", links=["a", "b", "c", "d", "e"]))
    site.page("/docs/a", html("a", head='<link rel="canonical" href="/docs/missing">'))
    site.page("/docs/b", html("b", head='<link rel="canonical" href="https://else.example.com/b">'))
    site.page("/docs/c", html("c", head='<link rel="canonical" href="/docs/d">'))
    site.page("/docs/d", html("d", head='<link rel="canonical" href="/docs/c">'))
    site.page("/docs/e", html("e", head='<link rel="canonical" href="/docs/e/">'))
    site.redirect("/docs/e/", "/docs/e", 301)
    found = {url.rpartition("/")[2] for url in urls(connector_on(site))}
    assert found in ({"", "a", "b", "c", "e"}, {"", "a", "b", "d", "e"})


def test_a_redirect_gives_the_page_its_final_address_and_a_circle_gives_none(site):
    site.page("/docs/", html("start", links=["old", "round", "out", "inside", "soon"]))
    site.redirect("/docs/old", "/docs/older", 301)
    site.redirect("/docs/older", "/docs/new", 308)
    site.page("/docs/new", html("new"))
    site.redirect("/docs/round", "/docs/round2")
    site.redirect("/docs/round2", "/docs/round")
    site.redirect("/docs/out", "/else")
    site.redirect("/docs/inside", "http://169.254.169.254/docs/")
    site.page("/docs/soon", '<meta http-equiv="Refresh" content="0; URL=/docs/moved">')
    site.page("/docs/moved", html("moved"))
    site.page("/else", html("else"))
    assert urls(connector_on(site)) == [site.url(f"/docs/{name}") for name in ("", "moved", "new")]
    assert "/else" not in site.asked


def test_a_chain_of_redirects_without_an_end_ends(site):
    class Endless(dict):
        def get(self, path, default=None):
            if path.startswith("/docs/n"):
                return (302, {"Location": f"/docs/n{int(path[7:]) + 1}"}, b"")
            return super().get(path, default)

    site.answers = Endless()
    site.page("/docs/", html("start", links=["n0"]))
    assert urls(connector_on(site)) == [site.url("/docs/")]
    assert len(site.asked) < 20


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((302, {"Location": "https://www.example.com/docs/"}, b""), "enter that address"),
        ((404, {}, b""), "not there, or asks for a login"),
        ((401, {}, b""), "not there, or asks for a login"),
        ((500, {}, b""), "status 500"),
    ],
)
def test_a_start_that_leads_nowhere_is_an_error_and_not_an_empty_site(site, answer, what):
    site.answers["/docs/"] = answer
    with pytest.raises(ConnectorError, match=what) as caught:
        urls(connector_on(site))
    assert not caught.value.permanent


def test_more_pages_than_allowed_are_an_error_and_never_a_part(site):
    site.page("/docs/", html("start", links=[str(number) for number in range(5)]))
    for number in range(5):
        site.page(f"/docs/{number}", html(f"page {number}"))
    with pytest.raises(ConnectorError, match="more than 5 pages in scope.*raise the page limit") as caught:
        urls(connector_on(site, max_pages=5))
    assert caught.value.permanent
    assert len(urls(connector_on(site, max_pages=6))) == 6


def test_patterns_and_scope_choose_the_pages(site):
    site.page("/docs/start.html", html("start", links=["/docs/a.html", "/docs/b/c.html", "/docs/b/d.pdf", "/other"]))
    for path in ("/docs/a.html", "/docs/b/c.html", "/other"):
        site.page(path, html(path))
    site.answers["/docs/b/d.pdf"] = (200, {"Content-Type": "application/pdf"}, b"%PDF-1.4 x")
    start = "/docs/start.html"

    def found(**chosen):
        return [url.partition(str(site.port))[2] for url in urls(connector_on(site, start=start, **chosen))]

    assert found() == [start, "/docs/a.html", "/docs/b/c.html"]
    assert found(scope="host") == [start, "/docs/a.html", "/docs/b/c.html", "/other"]
    assert found(exclude=["docs/b"]) == [start, "/docs/a.html"]
    assert found(include=["c.html"]) == ["/docs/b/c.html"]
    assert found(documents=True) == [start, "/docs/a.html", "/docs/b/c.html", "/docs/b/d.pdf"]
    assert found(links=False) == [start]
    pdf = connector_on(site, start=start, documents=True).fetch(site.url("/docs/b/d.pdf"))
    assert (pdf.name, pdf.data) == ("d.pdf", b"%PDF-1.4 x")


def test_a_page_that_has_not_changed_is_told_without_its_body(site):
    site.page("/docs/", html("start", links=["a"]), ETag='"1"')
    site.page("/docs/a", html("a", links=["b"]), Last_Modified="Wed, 01 May 2024 10:00:00 GMT")
    site.page("/docs/b", html("b"))
    connector = connector_on(site)
    before = prints(connector)
    assert prints(connector) == before
    conditional = [headers for headers in site.headers if "If-None-Match" in headers or "If-Modified-Since" in headers]
    assert len(conditional) == 2
    by_url = {item.external_id: item for item in connector.items()}
    assert by_url[site.url("/docs/a")].modified_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_a_changing_banner_is_no_change_and_new_words_are(site):
    def page(said, banner):
        return f"<html class={banner}><title>T</title><header>{banner}</header>{said}<footer>{banner}</footer></html>"

    site.page("/docs/", page("<main data-n=1><h1>Leave</h1><p>Thirty days</p></main>", "one"))
    connector = connector_on(site)
    before = prints(connector)
    site.page("/docs/", page("<main data-n=2><h1>Leave</h1>\n<p>Thirty  days</p></main>", "two"))
    assert prints(connector) == before
    site.page("/docs/", page("<main data-n=2><h1>Leave</h1><p>Forty days</p></main>", "two"))
    assert prints(connector) != before


def test_a_page_that_was_just_listed_is_fetched_without_a_second_request(site):
    site.page("/docs/", html("start"))
    connector = connector_on(site)
    (item,) = connector.items()
    asked = len(site.asked)
    fetched = connector.fetch(item.external_id)
    assert b"start" in fetched.data
    assert b"Home Contact" not in fetched.data
    assert fetched.name == "docs.html"
    assert len(site.asked) == asked


def test_an_older_page_is_asked_whether_it_changed_and_a_forgotten_one_is_read(site):
    site.page("/docs/", html("start"), ETag='"1"')
    connector = connector_on(site, read_ahead=timedelta(0))
    (item,) = connector.items()
    assert b"start" in connector.fetch(item.external_id).data
    assert site.headers[-1]["If-None-Match"] == '"1"'
    assert b"start" in connector_on(site).fetch(item.external_id).data
    assert site.asked[-2:] == ["/robots.txt", "/docs/"]


def test_an_interrupted_run_goes_on_without_asking_again(site):
    site.page("/docs/", html("start", links=[str(number) for number in range(20)]))
    for number in range(20):
        site.page(f"/docs/{number}", html(f"page {number}"))
    connector = connector_on(site)
    items = connector.items()
    seen = [next(items).external_id for _ in range(11)]
    items.close()
    asked = len(site.asked)
    again = connector_on(site, memory=connector.memory)
    again.goes_on = True
    assert urls(again)[:11] == seen
    assert len(site.asked) - asked == 10 + len(["/robots.txt", "/sitemap.xml"])
    assert all(site.times_asked(f"/docs/{number}") == 1 for number in range(20))


@pytest.mark.django_db
def test_what_the_database_remembers_serves_the_next_look(site):
    source = create_source(
        actor=None, name="Site", kind="website", everyone=True, settings={"start_urls": [site.url()]}
    )
    site.page("/docs/", html("start", title="A&#0;&#1; \\u0000 😀", links=["a", "broken"]), ETag='"1"')
    site.page("/docs/a", html("a"), ETag='"2"')
    site.answers["/docs/broken"] = (500, {}, b"")
    before = prints(connector_on(site, memory=SourceMemory(source)))
    again = connector_on(site, memory=SourceMemory(source))
    assert prints(again) == before
    assert sum("If-None-Match" in headers for headers in site.headers) == 2
    asked = len(site.asked)
    assert b"<p>a</p>" in again.fetch(site.url("/docs/a")).data
    assert len(site.asked) == asked


def test_a_page_that_fails_is_kept_and_one_that_is_gone_is_not(site):
    site.page("/docs/", html("start", links=["a", "b"]))
    site.page("/docs/a", html("a", links=["behind"]))
    site.page("/docs/behind", html("behind"))
    site.page("/docs/b", html("b"))
    connector = connector_on(site)
    before = prints(connector)
    site.answers["/docs/a"] = (500, {}, b"")
    site.answers["/docs/b"] = (410, {}, b"")
    assert prints(connector) == {url: mark for url, mark in before.items() if not url.endswith("/b")}


def test_a_page_that_nothing_leads_to_any_more_is_forgotten(site):
    site.page("/docs/", html("start", links=["a"]))
    site.page("/docs/a", html("a"), ETag='"1"')
    connector = connector_on(site)
    assert len(urls(connector)) == 2
    site.page("/docs/", html("start"))
    assert urls(connector) == [site.url("/docs/")]
    assert recall(connector.memory, site.url("/docs/a")) is None


def test_an_unknown_page_that_fails_is_its_own_failure_and_hides_nothing_known(site):
    site.page("/docs/", html("start", links=["a"]))
    site.page("/docs/a", html("a"))
    connector = connector_on(site)
    before = prints(connector)
    # The one link to a known page now goes through a page that does not answer.
    site.page("/docs/", html("start", links=["broken"]))
    site.answers["/docs/broken"] = (500, {}, b"")
    after = prints(connector)
    assert after.items() >= {site.url("/docs/a"): before[site.url("/docs/a")]}.items()
    assert site.url("/docs/broken") in after
    with pytest.raises(IngestionError, match="status 500") as caught:
        connector.fetch(site.url("/docs/broken"))
    assert (caught.value.reason, caught.value.permanent) == (FailureReason.UNREADABLE, False)
    site.page("/docs/broken", html("repaired"))
    assert urls(connector) == [site.url("/docs/"), site.url("/docs/broken")]


def test_while_one_page_is_broken_those_that_are_gone_are_still_seen_to_be(site):
    site.page("/docs/", html("start", links=["a", "b"]))
    for name in "ab":
        site.page(f"/docs/{name}", html(name))
    connector = connector_on(site)
    assert len(urls(connector)) == 3
    site.page("/docs/", html("start", links=["broken"]))
    site.answers["/docs/broken"] = (500, {}, b"")
    del site.answers["/docs/b"]
    wanted = [site.url(f"/docs/{name}") for name in ("", "broken", "a")]
    assert urls(connector) == wanted
    again = connector_on(site, memory=connector.memory)
    again.goes_on = True
    assert urls(again) == wanted


def test_many_broken_pages_on_a_site_that_is_up_do_not_end_the_listing(site):
    site.page("/docs/", html("start", links=[f"{number}" for number in range(12)]))
    for number in range(12):
        site.answers[f"/docs/{number}"] = (500, {}, b"")
    assert len(urls(connector_on(site))) == 13


def test_a_busy_site_is_given_the_time_it_asks_for(site):
    answers = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": "2"}, b"")]
    page = (200, {"Content-Type": "text/html"}, html("start").encode())
    site.answers["/docs/"] = lambda headers: answers.pop(0) if answers else page
    connector = connector_on(site)
    assert urls(connector) == [site.url("/docs/")]
    assert connector.slept == [7, 2]


@pytest.mark.parametrize(
    ("header", "wait_s"), [("3600", 3600), ("Wed, 01 Jan 2120 00:00:00 GMT", 86400), ("9" * 500, 86400)]
)
def test_a_long_wait_is_left_to_the_next_run(site, header, wait_s):
    site.answers["/docs/"] = (429, {"Retry-After": header}, b"")
    connector = connector_on(site)
    with pytest.raises(ConnectorError, match="fewer requests") as caught:
        urls(connector)
    assert caught.value.retry_after_s == wait_s
    assert not caught.value.permanent
    assert connector.slept == []


def test_a_small_answer_that_unpacks_to_a_large_one_is_its_own_failure(site):
    site.page("/docs/", html("start", links=["bomb"]))
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    site.answers["/docs/bomb"] = (200, packed, gzip.compress(b"<p>" + b"0" * 50_000_000))
    connector = connector_on(site)
    assert urls(connector) == [site.url("/docs/"), site.url("/docs/bomb")]
    with pytest.raises(IngestionError, match="ATTEST_MAX_FILE_MB") as caught:
        connector.fetch(site.url("/docs/bomb"))
    assert caught.value.reason is FailureReason.TOO_LARGE


def test_packed_pages_are_read_and_damaged_ones_are_not_taken_for_text(site):
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip", "ETag": '"1"'}
    site.answers["/docs/"] = (200, packed, gzip.compress(html("packed", links=["cut", "odd"]).encode()))
    site.answers["/docs/cut"] = (200, packed, gzip.compress(html("cut off").encode())[:-9])
    site.answers["/docs/odd"] = (200, packed | {"Content-Encoding": "br"}, b"?")
    connector = connector_on(site)
    assert len(urls(connector)) == 3
    assert b"packed" in connector.fetch(site.url("/docs/")).data
    for name in ("cut", "odd"):
        with pytest.raises(IngestionError, match="cannot be unpacked"):
            connector.fetch(site.url(f"/docs/{name}"))


def test_pictures_films_and_programs_are_neither_documents_nor_read(site):
    site.page("/docs/", html("start", links=["a.png", "b", "c", "notes"]))
    site.answers["/docs/b"] = (200, {"Content-Type": "image/png"}, b"x" * 10)
    site.answers["/docs/c"] = (200, {"Content-Type": "application/octet-stream"}, b"x" * 5_000_000)
    site.answers["/docs/notes"] = (200, {"Content-Type": "text/plain"}, "Grüße".encode())
    connector = connector_on(site)
    assert urls(connector) == [site.url("/docs/"), site.url("/docs/notes")]
    assert "/docs/a.png" not in site.asked
    assert connector.fetch(site.url("/docs/notes")).name == "notes.txt"


def test_a_site_inside_the_network_is_not_read_unless_it_was_allowed(site):
    site.page("/docs/", html("inside"))
    acts = (urls, Looking.test, lambda stranger: stranger.fetch(site.url("/docs/")))
    for allowed in ([], ["localhost"], ["example.com"]):
        for act in acts:
            with pytest.raises(AddressRefused, match="allowed internal hosts"):
                act(connector_on(site, allowed_internal_hosts=allowed))
    assert site.asked == []


def test_a_site_map_or_robots_txt_that_leads_inside_is_refused(site):
    site.page("/docs/", html("start"))
    site.answers["/robots.txt"] = (200, {}, b"Sitemap: http://169.254.169.254/latest/meta-data/")
    with pytest.raises(AddressRefused, match="169.254.169.254"):
        urls(connector_on(site))
    site.redirect("/robots.txt", f"http://localhost:{site.port}/robots.txt")
    with pytest.raises(AddressRefused, match="localhost"):
        urls(connector_on(site))


def test_the_sites_cookies_are_not_given_back(site):
    site.page("/docs/", html("start", links=["a"]), Set_Cookie="visitor=7; Path=/")
    site.page("/docs/a", html("a"))
    urls(connector_on(site))
    assert not any("Cookie" in headers for headers in site.headers)


def test_dates_of_the_map_are_trusted_where_an_admin_says_so(site):
    def mapped(date):
        entry = f"<urlset><url><loc>{site.url('/docs/a')}</loc><lastmod>{date}</lastmod></url></urlset>"
        site.answers["/sitemap.xml"] = (200, XML, entry.encode())

    mapped("2024-01-01")
    site.page("/docs/", html("start"))
    site.page("/docs/a", html("a"))
    connector = connector_on(site, trust_lastmod=True)
    before = prints(connector)
    assert prints(connector) == before
    assert site.times_asked("/docs/a") == 1
    mapped("2024-01-02")
    urls(connector)
    assert site.times_asked("/docs/a") == 2


def test_the_trial_says_what_cannot_be_read_and_stops_in_time(site):
    site.page("/docs/", html("start", links=["a", "closed", "broken"]))
    site.page("/docs/a", html("a"))
    site.answers["/docs/closed"] = (403, {}, b"")
    site.answers["/docs/broken"] = (500, {}, b"")
    assert connector_on(site).test() == "3 pages, 1 not readable without a login, 1 did not answer"
    site.page("/docs/", html("start", links=[f"n{number}" for number in range(300)]))
    for number in range(300):
        site.page(f"/docs/n{number}", html(f"{number}"))
    assert connector_on(site).test() == "More than 200 pages; the trial stopped there"
    site.answers["/sitemap.xml"] = (200, XML, b"<urlset><url><loc>/docs/n1</loc></url></urlset>")
    assert connector_on(site).test().endswith("there, the site maps name 1")
    hurried = connector_on(site, delay_s=60)
    assert hurried.test().startswith("More than 0 pages")


@pytest.mark.timed
def test_two_hundred_pages_are_read_in_seconds(site):
    site.page("/docs/", html("start", links=[f"{number}" for number in range(200)]))
    for number in range(200):
        around = [f"{near % 200}" for near in range(number, number + 20)]
        site.page(f"/docs/{number}", html(f"page {number} " + "with some words " * 100, links=around))
    began = time.monotonic()
    assert len(urls(connector_on(site))) == 201
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("chosen", "what"),
    [
        ({"start_urls": []}, "at least one"),
        ({"start_urls": ["ftp://example.com/"]}, "no address of a web page"),
        ({"start_urls": ["file:///etc/passwd"]}, "no address of a web page"),
        ({"start_urls": ["example.com"]}, "no address of a web page"),
        ({"start_urls": ["https://ada:secret@example.com/"]}, "no user and no password"),
        ({"start_urls": ["https://example.com/"], "site_maps": False, "links": False}, "Switch on"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_in_words(chosen, what):
    with pytest.raises(ValueError, match=what) as caught:
        KIND.check(chosen)
    assert "secret" not in str(caught.value)
