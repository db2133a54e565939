# SPDX-License-Identifier: Apache-2.0
"""ansa init: what it makes, with every option; and what it refuses to touch."""
import json
import os
import subprocess
import zipfile

import irp
from node import DONE, REFUSED, USAGE, Node, ansa, folder, programs
from support import PREFIX

PRIVATE_MARKS = (b"PRIVATE KEY", b'"d":', b"RSA_PRIV", b"DSA_PRIV", b"ED25519_PRIV")


def check(home):
    done = subprocess.run([programs() + "/ansad", "--check", home], capture_output=True, timeout=20)
    assert done.returncode == 0, done.stderr.decode()


def test_a_new_home():
    with folder() as place:
        home = place + "/home"
        said = ansa("init", home, "--prefix", PREFIX).out
        assert "ansad " + home in said and "sitebndl.zip" in said and "300:0.NA/" + PREFIX in said, said
        assert sorted(os.listdir(home)) == ["ansad.conf", "keys", "lock", "site.json", "sitebndl.zip",
                                            "store"], os.listdir(home)
        assert os.stat(home).st_mode & 0o777 == 0o700
        for key in ("keys/server.key", "keys/admin.key"):
            assert os.stat(home + "/" + key).st_mode & 0o777 == 0o600
        check(home)
        records = [json.loads(line) for line in ansa("export", home).lines()]
        assert [r["handle"] for r in records] == ["0.NA/" + PREFIX]
        assert [(v["index"], v["type"]) for v in records[0]["values"]] == [
            (1, "HS_SITE"), (100, "HS_ADMIN"), (200, "HS_VLIST"), (300, "HS_PUBKEY")]


def test_every_option():
    with folder() as place:
        home, key = place + "/home", place + "/mine"
        ansa("keygen", key, "--type", "ed25519")
        made = ansa("init", home, "--prefix", PREFIX, "--prefix", "0.NA/20.500.2", "--address", "2001:db8::7",
                    "--port", 3000, "--tls-port", 4000, "--name", 'A "quoted" name', "--admin-key",
                    key + ".pub", "--root", "--organisation", 'O "R" G', "--contact", "C\\D", "--email",
                    "e@example.org", "--json").json()
        assert made == {"home": home, "prefix": PREFIX, "administrator": "300:0.NA/" + PREFIX}, made
        check(home)
        with open(home + "/site.json") as file:
            site = json.load(file)
        text = json.dumps(site)
        assert '\\"quoted\\"' in text and "2001" in text and "3000" in text and "4000" in text, text
        records = {r["handle"]: r for r in map(json.loads, ansa("export", home).lines())}
        assert sorted(records) == ["0.NA/0.NA", "0.NA/20.500.2", "0.NA/" + PREFIX]
        assert not os.path.exists(home + "/keys/admin.key")
        with open(home + "/bootstrap.json") as file:
            assert "0.NA/0.NA" in json.load(file)["handles"]
        with zipfile.ZipFile(home + "/sitebndl.zip") as bundle:
            contact = bundle.read("contactdata.dct").decode()
        for line in ('"org_name" = "O \\"R\\" G"', '"contact_name" = "C\\\\D"',
                     '"contact_email" = "e@example.org"', '"site_description" = "A \\"quoted\\" name"'):
            assert line in contact, contact


def test_the_administrators_key():
    with folder() as place:
        with open(place + "/words", "w") as file:
            file.write("open up\n")
        words = ["--passphrase-file", place + "/words"]
        for kind in ("rsa", "ed25519"):
            home = place + "/" + kind
            ansa("init", home, "--prefix", PREFIX, "--key-type", kind, "--encrypt", *words)
            ansa("key", "show", home + "/keys/admin.key", status=REFUSED,
                 env={"ANSA_PASSPHRASE": "other"})
            shown = ansa("key", "show", home + "/keys/admin.key", *words, "--json").json()
            assert shown["kind"].lower() == kind
            public = ansa("key", "show", home + "/keys/admin.pub", "--json").json()
            assert public["sha256"] == shown["sha256"]


def test_the_bundle_holds_nothing_secret():
    with folder() as place:
        home = place + "/home"
        ansa("init", home, "--prefix", PREFIX)
        with zipfile.ZipFile(home + "/sitebndl.zip") as bundle:
            assert bundle.testzip() is None
            files = {name: bundle.read(name) for name in bundle.namelist()}
        assert sorted(files) == ["admpub.bin", "contactdata.dct", "siteinfo.bin", "siteinfo.json"]
        with open(home + "/keys/server.key", "rb") as one, open(home + "/keys/admin.key", "rb") as two:
            secrets = [line for line in one.read().split() + two.read().split() if len(line) > 40]
        assert secrets
        for name, octets in files.items():
            for mark in (*PRIVATE_MARKS, *secrets):
                assert mark not in octets, (name, mark)
        with open(home + "/site.json") as file:
            assert json.loads(files["siteinfo.json"]) == json.load(file)
        site = irp.read_site(files["siteinfo.bin"])
        assert site.servers[0].address[-4:] == bytes([127, 0, 0, 1]) and site.primary & 0x80
        assert files["admpub.bin"][4:15] == b"RSA_PUB_KEY"


def test_what_init_refuses():
    with folder() as place:
        full = place + "/full"
        os.mkdir(full)
        with open(full + "/precious", "w") as file:
            file.write("data")
        done = ansa("init", full, "--prefix", PREFIX, status=REFUSED)
        assert "not empty" in done.talk and os.listdir(full) == ["precious"], done.talk
        done = ansa("init", full + "/precious", "--prefix", PREFIX, status=REFUSED)
        ansa("init", place + "/none/below", "--prefix", PREFIX, status=REFUSED)
        for bad in ([], ["--prefix", ""], ["--prefix", "a/b"], ["--prefix", "a..b"], ["--prefix", "a b"],
                    ["--prefix", PREFIX, "--port", "0"], ["--prefix", PREFIX, "--port", "65536"],
                    ["--prefix", PREFIX, "--address", "here"], ["--prefix", PREFIX, "--key-type", "dsa"],
                    ["--prefix", PREFIX, "extra"]):
            ansa("init", place + "/new", *bad, status=USAGE)
            assert not os.path.exists(place + "/new"), bad
        os.mkdir(place + "/empty")
        ansa("init", place + "/empty", "--prefix", PREFIX, "--key-type", "ed25519", status=DONE)


def test_the_comments_of_the_configuration():
    with Node(start=False) as node:
        with open(node.path + "/ansad.conf") as file:
            lines = file.read().splitlines()
        settings = [i for i, line in enumerate(lines) if line and line[0] not in "#["]
        assert len(settings) > 40
        for i in settings:
            assert lines[i - 1].startswith("# "), lines[i]
