#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon with records for the pages, then pages.mjs in Chromium: pages.py BUILD [NAME]."""
import json
import os
import shutil
import subprocess
import sys

import support
from node import Node, ansa

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = os.path.join(HERE, "..", "..", "build", "web-pictures")
PASSPHRASE = "a long passphrase"
SECRET = "correct horse"
ALL_S = 600


def text(value):
    return {"format": "string", "value": value}


def values(*pairs):
    return [{"index": i + 1, "type": kind, "data": data} for i, (kind, data) in enumerate(pairs)]


def admin(prefix, index=100):
    return {"index": index, "type": "HS_ADMIN", "data": {"format": "admin", "value": {
        "handle": "0.NA/" + prefix, "index": 300, "permissions": "011111110011"}}}


HOSTILE = values(
    ("URL", text("javascript:document.title='owned'")),
    ("<img src=x onerror=owned()>", text("<script>owned()</script><img src=x onerror=owned()>")),
    ("DESC", text("safe\u202egnp.exe\u2066 \u200bzero")),
    ("EMAIL", text("a@b.example?bcc=x@y.example")),
    ("DESC", text("W" * 60000)),
    ("10320/loc", text('<locations><location href="javascript:owned()" weight="&quot;&gt;&lt;script&gt;owned()"/>'
                       '<location href="data:text/html,&lt;script&gt;owned()&lt;/script&gt;"/></locations>')),
    ("HS_ALIAS", text("javascript:owned()")),
    ("HS_ADMIN", {"format": "admin", "value": {"handle": '"><svg onload=owned()>', "index": 1, "permissions": "000000000001"}}),
    ("HS_SITE", {"format": "base64", "value": "AAEC"}),
    ("URL", text("https://example.org/\"onmouseover=\"owned()")),
    ("URL", text("//example.org/owned")),
    ("{\"__proto__\":{\"x\":1}}", text("{\"__proto__\":{\"owned\":1}}")),
    ("DATA", {"format": "base64", "value": "AAECAwT/"}),
    ("\u0639\u0646\u0648\u0627\u0646", text("\u0627\u0644\u0645\u0643\u062a\u0628\u0629 \u0627\u0644\u0648\u0637\u0646\u064a\u0629")))


def records(prefix):
    yield prefix + "/REPORT-2026", values(
        ("URL", text("https://repository.example.org/records/report-2026")),
        ("10320/loc", text(
            '<locations chooseby="locatt,country,weighted">\n'
            '  <location id="0" href="https://repository.example.org/records/report-2026" country="gb" weight="0"/>\n'
            '  <location id="1" href="https://mirror.example.net/r/2026?a=1&amp;b=2" weight="1"/>\n</locations>')),
        ("EMAIL", text("repository@example.org")),
        ("DESC", text("Annual report of the national library, 2026"))) + [admin(prefix)]
    yield prefix + "/hostile", HOSTILE + [admin(prefix)]
    yield prefix + "/\"><img src=x onerror=owned()>", values(("URL", text("https://example.org/"))) + [admin(prefix)]
    yield prefix + "/edit-me", values(("URL", text("https://example.org/before"))) + [admin(prefix)]
    yield prefix + "/delete-me", values(("URL", text("https://example.org/"))) + [admin(prefix)]
    for i in range(2500):
        yield "%s/item.%04d" % (prefix, i), values(("URL", text("https://example.org/%d" % i)))


def fill(node):
    lines = "".join(json.dumps({"handle": handle, "values": list_}) + "\n" for handle, list_ in records(node.prefix))
    ansa("import", "-", "--home", node.path, "--format", "jsonl", text=lines)
    keys = {"pem": node.path + "/keys/admin.key"}
    with open(node.folder + "/passphrase", "w") as file:
        file.write(PASSPHRASE + "\n")
    for name, options in (("jwk", ["--form", "jwk"]), ("sealed", ["--new-passphrase-file", node.folder + "/passphrase"]),
                          ("public", ["--public"])):
        keys[name] = node.folder + "/" + name + ".key"
        ansa("key", "convert", keys["pem"], keys[name], *options)
    ansa("keygen", node.folder + "/other", "--type", "ed25519")
    keys["other"] = node.folder + "/other"
    return keys


def add_identities(node, keys):
    """A secret key at 301 and an Ed25519 key at 302, which may do as much as the first."""
    public = ansa("key", "show", keys["other"], "--json").json()["public"]
    extra = [{"index": 301, "type": "HS_SECKEY", "data": text(SECRET), "permissions": "1100"},
             {"index": 302, "type": "HS_PUBKEY", "data": {"format": "key", "value": public}},
             {"index": 200, "type": "HS_VLIST", "data": {"format": "vlist", "value": [
                 {"handle": "0.NA/" + node.prefix, "index": i} for i in (300, 301, 302)]}}]
    export = [json.loads(l) for l in ansa("export", node.path).out.splitlines()]
    prefix = next(r for r in export if r["handle"].upper() == "0.NA/" + node.prefix.upper())
    taken = {v["index"] for v in extra}
    prefix["values"] = [v for v in prefix["values"] if v["index"] not in taken] + extra
    ansa("import", "-", "--home", node.path, "--format", "jsonl", text=json.dumps(prefix) + "\n")


def main():
    support.Daemon.program = os.path.abspath(sys.argv[1] + "/src/programs/ansad")
    shutil.rmtree(PICTURES, ignore_errors=True)
    os.makedirs(PICTURES)
    with Node("--key-type", "rsa", "--name", "National library", start=False) as node:
        keys = fill(node)
        add_identities(node, keys)
        node.start()
        what = {"https": "https://127.0.0.1:%d" % node.https_port, "http": "http://127.0.0.1:%d" % node.http_port,
                "prefix": node.prefix, "identity": "0.NA/" + node.prefix, "keys": keys, "passphrase": PASSPHRASE,
                "secret": SECRET, "pictures": PICTURES, "only": sys.argv[2:]}
        done = subprocess.run(["node", os.path.join(HERE, "pages.cjs")], input=json.dumps(what).encode(), timeout=ALL_S)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
