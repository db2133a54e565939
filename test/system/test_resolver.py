# SPDX-License-Identifier: Apache-2.0
"""The web resolver through real sockets: redirects, locations, pages, other servers."""
import collections
import email.utils
import html.parser
import http.client
import json
import socket
import ssl
import time
import urllib.parse
import xml.etree.ElementTree

from node import Node, ansa
from support import PREFIX
from test_two_nodes import THERE, World

Reply = collections.namedtuple("Reply", "status headers body")
TARGET = "https://example.org/target"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def fetch(node, target, method="GET", headers=None, body=None, tls=False):
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", node.daemon.https_port, timeout=30,
                                                 context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", node.daemon.http_port, timeout=30)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read().decode())
    finally:
        connection.close()


def raw(node, octets):
    with socket.create_connection(("127.0.0.1", node.daemon.http_port), timeout=30) as sock:
        sock.sendall(octets)
        answer = b""
        while True:
            part = sock.recv(65536)
            if not part:
                return answer
            answer += part


def leads_to(reply, location, status=302):
    assert (reply.status, reply.headers["Location"]) == (status, location), reply


class Checker(html.parser.HTMLParser):
    """Every element closed in its order, no script, no style, no handlers; labels for what is filled in."""
    VOID = {"meta", "link", "input", "br"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.seen, self.language, self.labels, self.inputs = [], [], None, set(), set()
        assert text.startswith("<!DOCTYPE html>\n"), text[:40]
        self.feed(text)
        self.close()
        assert not self.open, self.open
        assert self.language and "title" in self.seen and "main" in self.seen
        assert self.seen.count("h1") == 1
        assert self.inputs <= self.labels, (self.inputs, self.labels)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        assert tag not in ("script", "style", "iframe", "object", "base"), tag
        assert not any(name.startswith("on") or name == "style" for name in given), given
        if tag in ("a", "link"):
            assert urllib.parse.urlsplit(given["href"]).scheme in ("", "http", "https", "mailto"), given
        if tag == "html":
            self.language = given.get("lang")
        if tag == "label":
            self.labels.add(given["for"])
        if tag == "input" and given.get("type") != "hidden":
            self.inputs.add(given["id"])
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.open, tag)
        self.open.pop()


def check_page(reply, status=200):
    assert reply.status == status, reply
    assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    Checker(reply.body)
    return reply.body


def test_redirects():
    with Node() as node:
        name = PREFIX + "/a"
        node.admin("create", name, "--value", "3:URL:" + TARGET, "--value", "4:EMAIL:a@example.org")
        odd = PREFIX + "/a b%c/\xe9?#"
        node.admin("create", odd, "--value", "3:URL:https://example.org/\xe9 <x>")
        node.admin("create", PREFIX + "/mail", "--value", "3:EMAIL:a@example.org")
        for method in ("GET", "HEAD", "POST"):
            reply = fetch(node, "/" + name, method, body=b"" if method == "POST" else None)
            leads_to(reply, TARGET)
            assert (TARGET in reply.body) == (method != "HEAD")
        leads_to(fetch(node, "/" + name, tls=True), TARGET)
        for front in ("hdl:", "DOI:", "info:doi/", "info:hdl/", "urn:doi:", "hdl%3a"):
            leads_to(fetch(node, "/" + front + name), TARGET)
        leads_to(fetch(node, "/" + name.replace("/", "%2F")), TARGET)
        leads_to(fetch(node, "/urn:hdl:" + name.replace("/", ":")), TARGET)
        leads_to(fetch(node, "/" + urllib.parse.quote(odd)), "https://example.org/%C3%A9%20%3Cx%3E")
        leads_to(fetch(node, "/%s?urlappend=%%3Fx%%3D1#y" % name), TARGET + "?x=1#y")
        leads_to(fetch(node, "/%s?noredirect=false;type=EMAIL" % name), "mailto:a@example.org")
        leads_to(fetch(node, "/" + PREFIX + "/mail"), "mailto:a@example.org")
        leads_to(fetch(node, "/?hdl=" + urllib.parse.quote("doi:" + name, safe="")), TARGET)
        leads_to(fetch(node, "/", "POST", FORM, b"hdl=" + name.replace("/", "%2F").encode()), TARGET)

        reply = fetch(node, "/" + name)
        ahead = email.utils.parsedate_to_datetime(reply.headers["Expires"]).timestamp() - time.time()
        assert 86000 < ahead <= 86401, ahead
        links = reply.headers.get_all("Link")
        assert links == ['</api/handles/%s>; rel="describedby"; type="application/json"' % name], links
        described = fetch(node, links[0][1:links[0].index(">")])
        assert json.loads(described.body)["handle"] == name
        reply = fetch(node, "/%s?redirectionHeaders" % name)
        leads_to(reply, TARGET, 200)
        assert fetch(node, "/robots.txt").status == 200
        assert fetch(node, "/favicon.ico").headers["Content-Type"].startswith("image/")


def test_old_clients():
    with Node() as node:
        name = PREFIX + "/a"
        node.admin("create", name, "--value", "3:10320/loc:<l><location href='%s' http_sc='307'/></l>" % TARGET)
        node.admin("create", PREFIX + "/b", "--value", "3:HS_ALIAS:" + name)
        leads_to(fetch(node, "/" + name), TARGET, 307)
        for target, status in ((name, b"302"), (PREFIX + "/b", b"301")):
            answer = raw(node, b"GET /%s HTTP/1.0\r\n\r\n" % target.encode())
            assert answer.split(b" ")[1] == status, answer


def test_locations():
    worked = ("<locations><location id='0' href='https://e.example/gb' country='gb' weight='0'/>"
              "<location id='1' href='https://e.example/1' weight='1'/>"
              "<location id='2' href='https://e.example/2' weight='1'/></locations>")
    with Node(settings="http.http_country_header = X-Country\nhttp.http_locatt_shortcuts = id\n"
              "http.http_trusted_proxies = 127.0.0.1/32\n") as node:
        name = PREFIX + "/a"
        node.admin("create", name, "--value", "3:10320/loc:" + worked, "--value", "4:URL:" + TARGET)

        def where(query="", **headers):
            found = set()
            for _ in range(40):
                reply = fetch(node, "/" + name + query, headers=headers)
                assert reply.status == 302
                found.add(reply.headers["Location"].rsplit("/", 1)[1])
            return found
        assert where() == {"1", "2"}
        assert where("?country=GB") == {"gb"}
        assert where(**{"X-Country": "gb"}) == {"gb"}
        assert where("?locatt=id:1") == {"1"}
        assert where("?locatt=id:0") == {"gb"}
        assert where("?locatt=country:gb") == {"gb"}
        assert where("?locatt=country:us") == {"1", "2"}
        assert where("?id=2") == {"2"}
        assert fetch(node, "/" + name).headers["Cache-Control"] == "private"

        reply = fetch(node, "/%s?action=showlocations" % name)
        assert reply.headers["Content-Type"].startswith("text/xml")
        tree = xml.etree.ElementTree.fromstring(reply.body)
        assert [l.get("href") for l in tree] == ["https://e.example/gb", "https://e.example/1",
                                                 "https://e.example/2", TARGET]

        node.admin("create", PREFIX + "/net", "--value",
                   "3:10320/loc:<l><location href='https://e.example/in' weight='0' addresses='192.0.2.0/24'/>"
                   "<location href='https://e.example/out'/></l>")
        leads_to(fetch(node, "/%s/net" % PREFIX), "https://e.example/out")
        leads_to(fetch(node, "/%s/net?ip=192.0.2.9" % PREFIX), "https://e.example/in")
        leads_to(fetch(node, "/%s/net" % PREFIX, headers={"X-Forwarded-For": "192.0.2.9"}), "https://e.example/in")

        node.admin("create", PREFIX + "/data", "--value",
                   "3:10320/loc:<l><location href='https://e.example/page' http_role='browser'/>"
                   "<location weight='0' href='https://e.example/ttl' http_role='conneg' ctype='text/turtle'/></l>",
                   "--value", "4:10320/links:<l><location rel='item' href='https://e.example/item'/></l>",
                   "--value", "5:10320/headers:X-Own: yes\nSet-Cookie: a=b\nContent-Length: 0\n<meta name='a' content='&lt;'>")
        reply = fetch(node, "/%s/data" % PREFIX, headers={"Accept": "text/turtle, text/html;q=0.5"})
        leads_to(reply, "https://e.example/ttl")
        assert reply.headers["Vary"] == "Accept"
        assert '<https://e.example/item>; rel="item"' in reply.headers.get_all("Link")
        assert reply.headers["X-Own"] == "yes" and "Set-Cookie" not in reply.headers
        assert '<meta name="a" content="&lt;">' in reply.body
        leads_to(fetch(node, "/%s/data" % PREFIX, headers={"Accept": "text/html,*/*;q=0.8"}), "https://e.example/page")


def test_long_addresses():
    """Whatever a record and a client want to put into a head: there is an answer."""
    with Node() as node:
        many = "".join("<location rel='item' href='https://e/%d/%s'/>" % (i, "b" * 170) for i in range(30))
        statuses = set()
        for size in (2000, 6000, 8000, 10000, 12000, 16000):
            name = "%s/%d" % (PREFIX, size)
            node.admin("create", name, "--value", "1:URL:https://example.org/" + "a" * size, "--value",
                       "2:10320/links:<l>%s</l>" % many, "--value",
                       "3:10320/headers:" + "\n".join("X-%d: %s" % (i, "c" * 300) for i in range(20)))
            for room in (0, 2000, 6000):
                reply = fetch(node, "/" + name, headers={"X-Padding": "p" * room})
                statuses.add(reply.status)
                if reply.status == 302:
                    assert len(reply.headers["Location"]) == size + len("https://example.org/")
                else:
                    assert "too long" in check_page(reply)
        assert statuses == {200, 302}


def test_namespaces():
    with Node() as node:
        node.admin("create", PREFIX + "/l", "--value",
                   "1:10320/loc:<l><location href_template='https://ns.example/{hdl}'/></l>")
        node.admin("create", PREFIX + "/a", "--value", "1:DESC:no URL")
        assert fetch(node, "/%s/a" % PREFIX).status == 200
        record = "0.NA/" + PREFIX
        node.admin("add", record, "--value",
                   "900:HS_NAMESPACE:<namespace><locs>%s/l</locs></namespace>" % PREFIX)
        leads_to(fetch(node, "/%s/a" % PREFIX), "https://ns.example/%s%%2Fa" % PREFIX)
        node.admin("modify", record, "--value",
                   "900:HS_NAMESPACE:<namespace><status>inactive</status><statusmsg>out of use</statusmsg></namespace>")
        body = check_page(fetch(node, "/%s/a" % PREFIX), 404)
        assert "<h1>Inactive Namespace</h1>" in body and "out of use" in body


def test_aliases():
    with Node() as node:
        node.admin("create", PREFIX + "/end x", "--value", "1:URL:" + TARGET)
        node.admin("create", PREFIX + "/a", "--value", "1:HS_ALIAS:%s/b" % PREFIX)
        node.admin("create", PREFIX + "/b", "--value", "1:HS_ALIAS:%s/end x" % PREFIX)
        node.admin("create", PREFIX + "/loop", "--value", "1:HS_ALIAS:%s/loop" % PREFIX)
        reply = fetch(node, "/%s/a?urlappend=/y" % PREFIX)
        leads_to(reply, "/%s/end%%20x?urlappend=/y" % PREFIX, 301)
        leads_to(fetch(node, reply.headers["Location"]), TARGET + "/y")
        leads_to(fetch(node, "/%s/a" % PREFIX, "POST", FORM, b"x=y"), TARGET)
        assert "HS_ALIAS" in check_page(fetch(node, "/%s/a?ignore_aliases;noredirect" % PREFIX))
        assert "Alias chain too long" in check_page(fetch(node, "/%s/loop" % PREFIX), 404)


def test_help():
    with Node() as node:
        check_page(fetch(node, "/help.html"))
        check_page(fetch(node, "/", "POST", FORM, b"hdl="))


def test_pages():
    hostile = "</bdi><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
    with Node() as node:
        node.admin("create", PREFIX + "/h" + hostile.replace("/", "|"), "--value", "1:DESC:" + hostile,
                   "--value", "2:" + hostile.replace(":", "") + ":x", "--value", "3:URL:javascript:alert(1)//" + hostile)
        for query in ("", "?noredirect"):
            body = check_page(fetch(node, "/" + urllib.parse.quote(PREFIX + "/h" + hostile.replace("/", "|")) + query))
            assert "<img" not in body and "&lt;img" in body
        page = check_page(fetch(node, "/0.NA/%s?noredirect" % PREFIX))
        assert "Ed25519 public key" in page and "127.0.0.1, " in page and " may create identifiers" in page

        body = check_page(fetch(node, "/%s/%s" % (PREFIX, urllib.parse.quote(hostile, safe=""))), 404)
        assert "<h1>Not Found</h1>" in body and "What you can do" in body and 'href="/"' in body
        body = check_page(fetch(node, "/20.500.66666/x"), 400)
        assert "<h1>Resolution Error</h1>" in body
        check_page(fetch(node, "/%s/%%ff" % PREFIX), 400)
        node.admin("create", PREFIX + "/v", "--value", "1:DESC:x")
        body = check_page(fetch(node, "/%s/v?type=URL" % PREFIX))
        assert "<h1>No Values Found</h1>" in body and 'href="/%s/v?noredirect"' % PREFIX in body
        node.admin("create", PREFIX + "/hidden", "--value", "1:DESC:nobody sees it", "--permissions", "1100")
        assert "nobody sees it" not in check_page(fetch(node, "/%s/hidden?noredirect" % PREFIX))

        answer = json.loads(fetch(node, "/%s/v?action=rest&type=DESC" % PREFIX).body)
        assert answer["responseCode"] == 1 and [v["type"] for v in answer["values"]] == ["DESC"]
        for octets in (b"GET /%s/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % PREFIX.encode(),
                       b"GET /%s/%%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % PREFIX.encode()):
            assert raw(node, octets).split(b" ")[1] in (b"400", b"404")


def test_others():
    with World(root_settings="http.http_resolve_others = yes\nresolver.roots = bootstrap.json\n") as world:
        world.there.admin("create", THERE + "/x", "--value", "1:URL:" + TARGET)
        leads_to(fetch(world.root, "/" + THERE + "/x"), TARGET)
        assert "Not Found" in check_page(fetch(world.root, "/" + THERE + "/none"), 404)
        body = check_page(fetch(world.root, "/20.500.66666/x"), 404)
        assert "<h1>Prefix [<bdi>20.500.66666</bdi>] Not Found</h1>" in body
        # strangers may still not have others asked over the native protocol
        ansa("resolve", "--server", "127.0.0.1:%d" % world.root.port, THERE + "/x", status=1)
        check_page(fetch(world.there, "/%s/x" % PREFIX), 400)
        world.there.kill()
        body = check_page(fetch(world.root, "/" + THERE + "/new"), 502)
        assert "Cannot Connect to Server" in body
        world.there.start()
