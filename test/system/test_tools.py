# SPDX-License-Identifier: Apache-2.0
"""Every verb of ansa against a server, over every transport, in words and in JSON."""
import json

import irp
import irp_crypto
from node import NETWORK, REFUSED, USAGE, Node, ansa, folder, free_ports
from support import PREFIX

NAME = PREFIX + "/thing"


def values_of(node, name, *options):
    return {v["index"]: v for v in node.ask("resolve", name, "--json", *options).json()["values"]}


def test_a_stranger_from_nothing_to_tls():
    """The way that README leads: prefix, administrator, identifier, change, three transports."""
    with Node() as node:
        key = node.folder + "/editor"
        ansa("keygen", key, "--type", "ed25519")
        derived = PREFIX + ".7"
        node.admin("create", "0.NA/" + derived, "--value", "100:HS_ADMIN:111111111111:200:0.NA/" + derived, "--value",
                   "200:HS_VLIST:300:0.NA/%s,%s" % (derived, node.identity), "--value",
                   "300:HS_PUBKEY:@%s.pub" % key)
        node.admin("home", derived)
        who = ["--key", key, "--as", "300:0.NA/" + derived]
        name = derived + "/first"
        assert "created" in node.ask("create", name, "--value", "1:URL:https://example.org/", *who).out
        node.ask("modify", name, "--value", "1:URL:https://example.net/", *who)
        for transport in (["--udp"] + node.server, ["--tcp"] + node.server, node.tls):
            shown = ansa("resolve", name, *transport)
            assert "https://example.net/" in shown.out, shown.out
            assert shown.out.startswith(name) and transport[0][2:] + " 127.0.0.1" in shown.out
        # the group of the prefix holds the first administrator too, so he may
        node.admin("create", derived + "/second", "--value", "1:URL:https://example.com/")
        names = node.ask("list", derived, *who).lines()
        assert [n.lower() for n in names] == [derived + "/first", derived + "/second"], names


def test_who_creates_can_change():
    with Node() as node:
        for verb in ("create", "put"):
            name = "%s/%s" % (PREFIX, verb)
            node.admin(verb, name, "--value", "1:URL:https://example.org/")
            admin = values_of(node, name)[100]
            assert admin["type"] == "HS_ADMIN"
            value = admin["data"]["value"]
            assert (value["handle"], value["index"], value["permissions"]) == \
                ("0.NA/" + PREFIX, 300, "011111110011"), value
            node.admin("add", name, "--value", "2:DESC:more")
            node.admin("modify", name, "--value", "2:DESC:other")
            node.admin("add", name, "--value", "3:DESC:not for everybody", "--permissions", "1100", "--ttl", 60)
            node.admin("modify", name, "--value", "3:DESC:still not")  # nor is it shown by a change
            assert 3 not in values_of(node, name)
            kept = {v["index"]: v for v in json.loads(node.admin("resolve", name, "--json").out)["values"]}[3]
            assert (kept["permissions"], kept["ttl"], kept["data"]["value"]) == ("1100", 60, "still not")
            node.admin("remove", name, 2)
            node.admin("delete", name)
        # at the next index when 100 is taken; and not when told so, or when there is one
        node.admin("create", NAME, "--value", "100:URL:https://example.org/")
        assert values_of(node, NAME)[101]["type"] == "HS_ADMIN"
        node.admin("create", NAME + "1", "--value", "1:URL:x", "--admin", "none")
        assert list(values_of(node, NAME + "1")) == [1]
        node.admin("create", NAME + "2", "--value", "7:HS_ADMIN:200:0.NA/" + PREFIX)
        assert list(values_of(node, NAME + "2")) == [7]


def test_administration_in_words():
    with Node() as node:
        assert node.admin("create", NAME, "--value", "1:URL:https://example.org/").out == \
            NAME + " created\n"
        assert "answered 101" in node.admin("create", NAME, "--value", "1:URL:x", status=REFUSED).talk
        assert "replacing" in node.admin("put", NAME, "--value", "1:URL:b").out
        node.admin("add", NAME, "--value", "2:DESC:two", "--value", "3:DESC:three")
        node.admin("add", NAME, "--value", "2:DESC:zwei", status=REFUSED)
        node.admin("add", NAME, "--value", "2:DESC:zwei", "--overwrite")
        node.admin("modify", NAME, "--value", "9:DESC:none", status=REFUSED)
        node.admin("remove", NAME, 3)
        assert sorted(values_of(node, NAME)) == [1, 2, 100]
        assert values_of(node, NAME)[2]["data"]["value"] == "zwei"
        node.admin("delete", NAME)
        assert "answered 100" in node.ask("resolve", NAME, status=REFUSED).talk
        node.admin("delete", NAME, status=REFUSED)


def test_administration_in_json():
    with Node() as node:
        done = node.admin("create", NAME + '"\u00e4', "--value", "1:URL:x", "--json").json()
        assert done == {"responseCode": 1, "handle": NAME + '"\u00e4'}, done
        gone = node.ask("resolve", NAME, "--json", status=REFUSED).json()
        assert gone["responseCode"] == 100, gone
        assert node.admin("list", PREFIX, "--json").out.count("\n") == 1
        assert json.loads(node.admin("list", "--homed", "--json").out) == "0.NA/" + PREFIX
        site = node.ask("site", "--json").json()
        with open(node.path + "/site.json") as file:
            assert site == json.load(file)
        assert node.admin("status", "--json").json()["handle"] == "0.SITE/status"
        minted = node.admin("create", PREFIX + "/", "--mint", "--value", "1:URL:x", "--json").json()
        assert minted["handle"].startswith(PREFIX + "/") and len(minted["handle"]) > len(PREFIX) + 8
        assert node.ask("resolve", minted["handle"], "--json").json()["handle"] == minted["handle"]


def test_site_list_and_status_in_words():
    with Node("--name", "A site of words") as node:
        shown = node.ask("site").out
        assert "A site of words" in shown and "TCP %d" % node.port in shown, shown
        assert node.admin("list", "--homed").lines() == ["0.NA/" + PREFIX]
        node.admin("home", PREFIX + ".1")
        assert sorted(node.admin("list", "--homed").lines()) == ["0.NA/" + PREFIX, "0.NA/" + PREFIX + ".1"]
        node.admin("unhome", PREFIX + ".1")
        assert node.admin("list", "--homed").lines() == ["0.NA/" + PREFIX]
        node.admin("create", "0.NA/" + PREFIX + ".2", "--value", "1:DESC:derived")
        assert [n.upper() for n in node.admin("list", PREFIX, "--prefixes").lines()] == \
            ["0.NA/" + PREFIX + ".2"]
        assert "records=" in node.admin("status").out
        node.ask("status", status=REFUSED)
        node.ask("list", PREFIX, status=REFUSED)


def test_queries_by_type_and_index():
    with Node() as node:
        node.admin("create", NAME, *sum([["--value", v] for v in (
            "1:URL:https://example.org/", "2:URL.fr:https://example.fr/", "3:EMAIL:a@example.org",
            "4:DESC:four")], []))
        assert sorted(values_of(node, NAME, "--type", "URL")) == [1]
        assert sorted(values_of(node, NAME, "--type", "URL.")) == [1, 2]
        assert sorted(values_of(node, NAME, "--type", "EMAIL", "--index", "4")) == [3, 4]
        assert "answered 200" in node.ask("resolve", NAME, "--type", "NONE", status=REFUSED).talk
        signed = ["resolve", NAME, "--authoritative", "--certified"]
        assert "signed by the server" in ansa(*signed, "--site", node.path + "/site.json").out
        node.ask(*signed, status=REFUSED)  # nobody said which key the server should have
        assert sorted(values_of(node, "https://hdl.handle.net/" + NAME)) == [1, 2, 3, 4, 100]
        assert sorted(values_of(node, NAME.upper())) == [1, 2, 3, 4, 100]


def test_values_that_are_not_public():
    with Node() as node:
        node.admin("create", NAME, "--value", "1:URL:seen")
        node.admin("add", NAME, "--value", "2:DESC:hidden", "--permissions", "1100")
        node.admin("add", NAME, "--value", "3:DESC:locked", "--permissions", "0000")
        assert sorted(values_of(node, NAME)) == [1, 100]
        seen = node.admin("resolve", NAME, "--json").json()["values"]
        assert sorted(v["index"] for v in seen) == [1, 2, 100], seen
        assert "[rw--]" in node.admin("resolve", NAME).out


def test_every_kind_of_key():
    with Node("--key-type", "rsa") as node:
        for at, (kind, *bits) in enumerate((("rsa", "--bits", "1024"), ("rsa", "--bits", "4096"),
                                            ("dsa", "--bits", "1024"), ("ed25519",)), 300):
            key = "%s/key%d" % (node.folder, at)
            ansa("keygen", key, "--type", kind, *bits)
            holder = "%s/holder%d" % (PREFIX, at)
            node.admin("create", holder, "--value", "%d:HS_PUBKEY:@%s.pub" % (at, key))
            node.admin("put", NAME, "--value", "1:URL:x", "--value", "100:HS_ADMIN:%d:%s" % (at, holder),
                       "--value", "101:HS_ADMIN:" + node.identity)
            node.ask("add", NAME, "--value", "5:DESC:by key", "--key", key, "--as", "%d:%s" % (at, holder))
            other = "%s/other%d" % (node.folder, at)  # the same kind, and not the one that was named
            ansa("keygen", other, "--type", kind, *bits)
            denied = node.ask("add", NAME, "--value", "6:DESC:x", "--key", other, "--as",
                              "%d:%s" % (at, holder), status=REFUSED)
            assert "answered 403" in denied.talk, denied.talk


def test_secret_keys():
    with Node() as node:
        secret = node.folder + "/secret"
        with open(secret, "w") as file:
            file.write("correct horse\n")
        holder = PREFIX + "/secret"
        node.admin("create", holder, "--value", "300:HS_SECKEY:correct horse", "--permissions", "1100")
        who = ["--secret-file", secret, "--as", "300:" + holder]
        node.admin("create", NAME, "--value", "1:URL:x", "--value", "100:HS_ADMIN:300:" + holder)
        node.ask("add", NAME, "--value", "2:DESC:more", *who)
        with open(secret, "w") as file:
            file.write("wrong horse")
        assert "answered 403" in node.ask("add", NAME, "--value", "3:DESC:x", *who, status=REFUSED).talk
        assert "horse" not in node.daemon.log()


def test_sessions():
    with Node() as node:
        for transport in (["--tcp"] + node.server, node.server, node.tls):
            ansa("put", NAME, "--value", "1:URL:x", "--session", *transport, *node.key)
            ansa("resolve", NAME, "--session", *transport, *node.key)
        ansa("put", NAME, "--value", "1:URL:x", "--session", "--udp", *node.server, *node.key,
             status=USAGE)
        other = node.folder + "/other"
        ansa("keygen", other, "--type", "ed25519")
        ansa("put", NAME, "--value", "1:URL:y", "--session", *node.server, "--key", other, "--as",
             node.identity, status=REFUSED)


def test_exit_statuses():
    with Node() as node, folder() as place:
        dead, = free_ports(1)
        ansa(status=USAGE)
        ansa("no-such-verb", status=USAGE)
        for words in (["resolve"], ["resolve", "a/b", "c/d"], ["resolve", "a/b", "--nonsense"],
                      ["resolve", "a/b", "--index"], ["resolve", "a/b", "--index", "none"],
                      ["resolve", "a/b", "--udp", "--tcp", *node.server], ["resolve", "a/b"],
                      ["resolve", "a/b", "--json=yes"], ["resolve", "a/b", "--timeout", "0"],
                      ["create", NAME, *node.server], ["create", NAME, "--value", "x", *node.server],
                      ["create", NAME, "--value", "1:URL:x", "--key", "k", *node.server],
                      ["create", NAME, "--value", "1:URL:x", "--permissions", "11", *node.server],
                      ["create", NAME, "--value", "1:HS_ADMIN:", *node.server],
                      ["remove", NAME, "x", *node.server], ["list", *node.server],
                      ["list", PREFIX, "--homed", *node.server], ["completion", "ksh"],
                      ["keygen", place + "/k", "--type", "x"], ["keygen", place + "/k", "--bits", "1"],
                      ["key", "squeeze", place + "/k"], ["import", "x"]):
            done = ansa(*words, status=USAGE)
            assert done.talk.startswith("ansa ") and done.out == "", (words, done.talk)
        node.ask("resolve", PREFIX + "/none", status=REFUSED)
        node.ask("resolve", "10.1000/elsewhere", status=REFUSED)
        node.ask("create", NAME, "--value", "1:URL:x", status=REFUSED)
        for how in (["--udp"], ["--tcp"], ["--tls"], []):
            ansa("resolve", NAME, "--server", "127.0.0.1:%d" % dead, "--timeout", "2", *how, status=NETWORK)
        assert ansa("--help").out and ansa("--version").out.startswith("ansa ")


def test_environment_names_server_and_roots():
    with Node("--root") as node:
        node.admin("create", NAME, "--value", "1:URL:x")
        ansa("resolve", NAME, env={"ANSA_SERVER": "127.0.0.1:%d" % node.port})
        ansa("resolve", NAME, env={"ANSA_ROOTS": node.path + "/bootstrap.json"})
        ansa("resolve", NAME, "--roots", node.path + "/bootstrap.json")


def test_hostile_text_is_shown_escaped():
    with Node() as node:
        node.admin("create", NAME, "--value", "1:DESC:a\x1b[31mred\x07")
        shown = node.ask("resolve", NAME).out
        assert "\x1b" not in shown and "\\x1b[31mred\\x07" in shown, shown
        data = values_of(node, NAME)[1]["data"]
        assert data == {"format": "base64", "value": "YRtbMzFtcmVkBw=="}, data


def test_another_implementation_administers():
    """The codec and client in Python, which share nothing with ours."""
    with Node("--key-type", "rsa") as node:
        with open(node.path + "/keys/admin.key") as file:
            key = irp_crypto.read_pem_private(file.read())
        client = node.client(identity=node.identity, key=key)
        values = [irp.text_value(1, "URL", "https://example.org/"),
                  irp.admin_value(100, 0x7f3, "0.NA/" + PREFIX, 300)]
        assert client.call(irp.CREATE, irp.with_values(NAME, values)).rc == irp.SUCCESS
        assert client.challenges == 1
        client.start_session()
        values = [irp.text_value(1, "URL", "https://example.net/")]
        assert client.call(irp.MODIFY, irp.with_values(NAME, values)).rc == irp.SUCCESS
        assert values_of(node, NAME)[1]["data"]["value"] == "https://example.net/"
