# SPDX-License-Identifier: Apache-2.0
"""ansa import and ansa export: tables, JSON lines and batch files, into a home and through a server."""
import gzip
import json
import random

from node import DONE, FAULT, NETWORK, REFUSED, USAGE, Node, ansa, folder
from support import PREFIX

TABLE = "".join("%s/%d\thttps://example.org/%d\ttitle %d\n" % (PREFIX, i, i, i) for i in range(500))
COLUMNS = ["--columns", "name,URL,DESC"]


def write(path, text):
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def export(home, *options):
    return ansa("export", home, *options).out


def records(home):
    return {r["handle"]: {v["index"]: v for v in r["values"]} for r in map(json.loads, export(home).splitlines())}


def test_table_plain_gzip_and_standard_input():
    with Node(start=False) as node:
        plain = write(node.folder + "/t.tsv", TABLE)
        packed = write(node.folder + "/t.tsv.gz", gzip.compress(TABLE.encode()))
        done = ansa("import", plain, "--home", node.path, *COLUMNS, "--json")
        assert done.json() == {"lines": 500, "records": 500, "bad": 0}, done.out
        first = export(node.path, "--prefix", PREFIX)
        assert first.count("\n") == 500
        for source, text in ((packed, None), ("-", TABLE), ("-", gzip.compress(TABLE.encode())),
                             ("-", "\ufeff" + TABLE), ("-", TABLE.replace("\n", "\r\n")),
                             ("-", TABLE.rstrip("\n"))):
            with Node(start=False) as other:
                ansa("import", source, "--home", other.path, *COLUMNS, text=text)
                mine = records(other.path)
                assert len(mine) == 501
                for name, values in records(node.path).items():
                    if name.startswith("0.NA"):
                        continue
                    for index, value in values.items():
                        assert mine[name][index]["data"] == value["data"]


def test_columns_url_base_and_admin():
    with Node(start=False) as node:
        table = "%s/a b%%\u00e9\t\tkept\tignored\t2001\n" % PREFIX
        ansa("import", "-", "--home", node.path, "--columns", "name,URL,TITLE,,YEAR", "--url-base",
             "https://doi.org/", "--admin", "200:0.NA/" + PREFIX, text=table)
        values = records(node.path)["%s/a b%%\u00e9" % PREFIX]
        assert values[1]["data"]["value"] == "https://doi.org/%s/a%%20b%%25%%C3%%A9" % PREFIX
        assert (values[2]["type"], values[2]["data"]["value"]) == ("TITLE", "kept")
        assert (values[4]["type"], values[4]["data"]["value"]) == ("YEAR", "2001")
        assert values[100]["data"]["value"]["permissions"] == "011111110011" and 3 not in values
        for bad in (["--columns", "URL,name"], ["--columns", ""], ["--admin", ""], ["--format", "xml"],
                    ["--columns", "name" + ",X" * 65], ["--memory", "0"]):
            ansa("import", "-", "--home", node.path, *bad, text=table, status=USAGE)


def test_bad_lines_of_tables():
    with Node(start=False) as node:
        lines = [(b"%s/good1\turl", None), (b"noslash\turl", b"\"/\""), (b"/suffix\turl", b"prefix"),
                 (b"a..b/c\turl", b"prefix"), (b"\xff/x\turl", b"UTF-8"), (b"%s/x\x01\turl", b"control"),
                 (b"%s/bad\t\xff\xfe", b"UTF-8"), (b"%s/wide\ta\tb\tc\td", b"columns"),
                 (b"%s/nothing", b"no values"), (b"%s/" + b"n" * 2100 + b"\turl", b"longer"),
                 (b"%s/nul\0\turl", b"zero octet"), (b"", None), (b"%s/long\t" + b"x" * 5000000, b"longer"),
                 (b"%s/large\t" + b"x" * 300000, b""), (b"%s/good2\turl", None)]
        text = b"\n".join(line.replace(b"%s", PREFIX.encode()) for line, _ in lines) + b"\n"
        done = ansa("import", "-", "--home", node.path, *COLUMNS, text=text, status=REFUSED)
        said = done.talk.splitlines()
        for number, (line, reason) in enumerate(lines, 1):
            told = [word for word in said if "line %d:" % number in word]
            assert (len(told) == 1 and reason.decode() in told[0]) if reason is not None else not told, \
                (number, line[:50], done.talk)
        assert sorted(records(node.path)) == ["0.NA/" + PREFIX, PREFIX + "/good1", PREFIX + "/good2"]
        assert "2 records from 15 lines; 12 bad" in done.talk, done.talk


def test_bad_lines_of_json():
    def value(**more):
        return dict({"index": 1, "type": "URL", "data": {"format": "string", "value": "x"}}, **more)

    good = {"handle": PREFIX + "/good", "values": [value()]}
    with Node(start=False) as node:
        bad = ["{", "{}", "[]", "7", '{"handle":7}', '{"handle":"%s/x"}' % PREFIX,
               json.dumps({"handle": PREFIX + "/a", "values": []}),
               json.dumps({"handle": PREFIX + "/b", "values": [value(index=0)]}),
               json.dumps({"handle": PREFIX + "/c", "values": [value(), value()]}),
               json.dumps({"handle": PREFIX + "/d", "values": [value(index=-1)]}),
               json.dumps({"handle": PREFIX + "/e", "values": [value(index=2 ** 32)]}),
               json.dumps({"handle": PREFIX + "/f", "values": [value(data={"format": "hex", "value": "0"})]}),
               json.dumps({"handle": PREFIX + "/g", "values": [value(permissions="2222")]}),
               json.dumps({"handle": "none", "values": [value()]}),
               json.dumps({"handle": PREFIX + "/h", "values": [
                   value(data={"format": "string", "value": "x" * 1100000})]}),
               json.dumps({"handle": PREFIX + "/i", "values": [value(index=i) for i in range(1, 2100)]}),
               "[" * 100000]
        text = "\n".join([json.dumps(good)] + bad + [json.dumps(dict(good, handle=PREFIX + "/last"))])
        done = ansa("import", "-", "--home", node.path, "--format", "jsonl", text=text, status=REFUSED)
        for number in range(2, len(bad) + 2):
            assert "line %d: " % number in done.talk, (number, bad[number - 2][:80], done.talk)
        assert sorted(records(node.path)) == ["0.NA/" + PREFIX, PREFIX + "/good", PREFIX + "/last"]


def test_many_bad_lines_are_counted_only():
    with Node(start=False) as node:
        done = ansa("import", "-", "--home", node.path, *COLUMNS, text="bad\n" * 5000, status=REFUSED)
        assert done.talk.count("line ") <= 25 and "5000 bad" in done.talk


def test_damaged_gzip_is_told():
    with Node(start=False) as node:
        packed = gzip.compress(TABLE.encode())
        cut = write(node.folder + "/cut.gz", packed[:-20])
        flipped = bytearray(packed)
        flipped[len(packed) // 2] ^= 0xff
        for source in (cut, write(node.folder + "/flipped.gz", bytes(flipped))):
            done = ansa("import", source, "--home", node.path, *COLUMNS, status=REFUSED)
            assert "after line" in done.talk, done.talk
        ansa("import", node.folder + "/missing", "--home", node.path, status=REFUSED)
        ansa("import", node.folder, "--home", node.path, status=REFUSED)


def test_export_and_import_give_the_same():
    with Node("--root", start=False) as node, Node(start=False) as other:
        rng = random.Random(5)
        lines = []
        for i in range(300):
            values = [{"index": index, "type": rng.choice(["URL", "DESC", "10320/loc", "\u00fc", "X.y"]),
                       "data": rng.choice([{"format": "string", "value": "t\u20ac\"\\%d" % i},
                                           {"format": "base64", "value": "AP8="},
                                           {"format": "string", "value": ""}]),
                       "ttl": rng.choice([0, 1, 86400, 2147483647]), "permissions": rng.choice(["1110", "0000", "1111"]),
                       "timestamp": "2001-02-03T04:05:06Z"} for index in rng.sample(range(1, 1 << 32), 3)]
            lines.append(json.dumps({"handle": "%s/%d\u00e4\"" % (PREFIX, i), "values": values}))
        ansa("import", "-", "--home", node.path, text="\n".join(lines))
        first = export(node.path)
        ansa("import", "-", "--home", other.path, "--home-prefixes", text=first)
        assert export(other.path) == first
        # into a home that says something else already, too
        ansa("import", "-", "--home", other.path, text=first)
        assert export(other.path) == first and "2001-02-03T04:05:06Z" in first
        other.start()
        homed = other.ask("list", "--homed", *node.key).lines()  # its administrator is in the records
        assert "0.NA/" + PREFIX in homed and "0.NA/0.NA" in homed, homed


def test_home_prefixes_and_keep():
    with Node(start=False) as node:
        table = "".join("10.%d/%d\turl %d\n" % (i % 7 + 1000, i, i) for i in range(70))
        done = ansa("import", "-", "--home", node.path, "--home-prefixes", *COLUMNS, text=table)
        assert "7 prefixes homed" in done.talk, done.talk
        done = ansa("import", "-", "--home", node.path, "--keep", *COLUMNS,
                    text=table.replace("url", "other") + "10.1000/new\tother\n")
        assert "70 existed and were kept" in done.talk, done.talk
        mine = records(node.path)
        assert mine["10.1000/0"][1]["data"]["value"] == "url 0"
        assert mine["10.1000/new"][1]["data"]["value"] == "other"
        done = ansa("import", "-", "--home", node.path, *COLUMNS,
                    text="10.1000/0\tfirst\n10.1000/0\tlast\n10.1000/0\tlast of all\n")
        assert "2 identifiers came more than once" in done.talk, done.talk
        assert records(node.path)["10.1000/0"][1]["data"]["value"] == "last of all"
        node.start()
        assert len(node.admin("list", "--homed").lines()) == 8
        assert "url 6" in node.ask("resolve", "10.1006/6").out
        assert "0.NA/0.NA" not in node.admin("list", "--homed").out


def test_a_home_that_is_served_is_refused():
    with Node() as node:
        done = ansa("import", "-", "--home", node.path, *COLUMNS, text=TABLE, status=REFUSED)
        assert "serving this home" in done.talk and "--server" in done.talk, done.talk
        with folder() as place:
            assert "ansa init" in ansa("import", "-", "--home", place, text=TABLE, status=REFUSED).talk
        assert len(export(node.path).splitlines()) == 1  # reading beside the server is fine


def test_import_through_a_server():
    with Node() as node:
        done = node.admin("import", "-", *COLUMNS, "--admin", node.identity, "--json", text=TABLE + "bad\n",
                          status=REFUSED)
        assert done.json() == {"lines": 501, "records": 500, "bad": 1}, (done.out, done.talk)
        assert "title 77" in node.ask("resolve", PREFIX + "/77").out
        # again: replaces; with --keep each is refused by its line
        node.admin("import", "-", *COLUMNS, "--admin", node.identity, text=TABLE.replace("title", "word"))
        assert "word 77" in node.ask("resolve", PREFIX + "/77").out
        few = "".join(TABLE.splitlines(True)[:3]) + PREFIX + "/new\turl\n"
        done = node.admin("import", "-", *COLUMNS, "--keep", "--json", text=few, status=REFUSED)
        assert done.json() == {"lines": 4, "records": 1, "bad": 3}, done.out
        assert "line 2: " in done.talk
        # who may not is told so for each line
        done = node.ask("import", "-", *COLUMNS, "--json", text=few, status=REFUSED)
        assert done.json()["records"] == 0, done.out
        node.admin("import", "-", *COLUMNS, text="10.1000/foreign\turl\n", status=REFUSED)


def test_batch_files():
    with Node("--key-type", "rsa") as node:
        secret = write(node.folder + "/secret.bin", b"\0\1\2binary")
        holder, name, other = PREFIX + "/holder", PREFIX + "/b1", PREFIX + "/b2"
        batch = """AUTHENTICATE PUBKEY:%(id)s
%(key)s

CREATE %(holder)s
300 HS_SECKEY 86400 1100 UTF8 sesame

SESSIONSETUP
USESESSION:1
TIMEOUT:24

CREATE %(name)s
1 URL 86400 1110 UTF8 https://example.org/ with spaces
2 X 0 1110 FILE %(secret)s
100 HS_ADMIN 86400 1110 ADMIN 300:110011111111:%(holder)s
200 HS_VLIST 86400 1110 LIST %(id)s;300:%(holder)s;

CREATE %(other)s
1 URL 86400 1110 UTF8 gone
100 HS_ADMIN 86400 1110 ADMIN 300:110011111111:%(holder)s

SESSIONSETUP
USESESSION:0

AUTHENTICATE SECKEY:300:%(holder)s
sesame

ADD %(name)s
3 DESC 86400 1110 UTF8 three
4 DESC 86400 1110 UTF8 four

MODIFY %(name)s
1 URL 3600 1110 UTF8 https://example.net/

REMOVE 3,4:%(name)s
DELETE %(other)s

AUTHENTICATE PUBKEY:%(id)s
%(key)s|unused passphrase

HOME 127.0.0.1:%(port)d:tcp
0.NA/%(prefix)s.1
%(prefix)s.2

UNHOME 127.0.0.1:%(port)d:tcp
%(prefix)s.2
""" % {"id": node.identity, "key": node.path + "/keys/admin.key", "holder": holder, "name": name,
       "other": other, "secret": secret, "port": node.port, "prefix": PREFIX}
        done = node.ask("import", "-", "--json", text=batch, status=None)
        assert done.status == DONE, done.talk
        values = {v["index"]: v for v in node.ask("resolve", name, "--json").json()["values"]}
        assert sorted(values) == [1, 2, 100, 200], sorted(values)
        assert values[1]["data"]["value"] == "https://example.net/" and values[1]["ttl"] == 3600
        assert values[2]["data"] == {"format": "base64", "value": "AAECYmluYXJ5"}
        assert values[100]["data"]["value"]["permissions"] == "111111110011"
        assert [r["handle"] for r in values[200]["data"]["value"]] == ["0.NA/" + PREFIX, holder]
        node.ask("resolve", other, status=REFUSED)
        assert sorted(node.admin("list", "--homed").lines()) == ["0.NA/" + PREFIX, "0.NA/" + PREFIX + ".1"]
        assert "sesame" not in node.daemon.log()


def test_bad_operations_of_batch_files():
    with Node() as node:
        batch = """NONSENSE x

CREATE
1 URL 86400 1110 UTF8 x

CREATE %(p)s/a
1 URL 86400 1110 WHAT x
2 URL 86400 1110 UTF8 skipped

CREATE %(p)s/b
1 URL 86400 1110 UTF8 x

DELETE %(p)s/none

ADD %(p)s/b
2 DESC 86400 1110 UTF8 y
""" % {"p": PREFIX}
        done = node.admin("import", "-", "--format", "batch", "--json", text=batch, status=REFUSED)
        assert done.json()["bad"] == 4 + 1 and done.json()["records"] == 1, (done.out, done.talk)
        for number in (1, 3, 7, 13, 15):
            assert "line %d: " % number in done.talk, (number, done.talk)
        done = ansa("import", "-", "--format", "batch", "--home", node.path, text=batch, status=USAGE)
        assert "--server" in done.talk


def test_many_records_and_little_memory():
    """200,000 records through a megabyte of sorting memory: many runs on the disk."""
    with Node(start=False, settings="store.sync = no") as node:
        count = 200000
        numbers = list(range(count))
        random.Random(3).shuffle(numbers)
        table = "".join("%s/%d\thttps://example.org/%d\n" % (PREFIX, n, n) for n in numbers)
        table += "%s/7\tlast\n" % PREFIX
        done = ansa("import", "-", "--home", node.path, *COLUMNS, "--memory", "1", "--json", text=table)
        assert done.json()["records"] == count + 1 and "1 identifiers came more" in done.talk, done.talk
        lines = export(node.path, "--prefix", PREFIX).splitlines()
        assert len(lines) == count
        names = [line[11:line.index('"', 11)].upper() for line in lines]
        assert names == sorted(names)
        assert '"value":"last"' in [line for line in lines if '/7"' in line[:40]][0]


def test_a_full_home_is_told():
    with Node(start=False, settings="store.size = 1m") as node:
        table = "".join("%s/%d\t%s\n" % (PREFIX, i, "x" * 1000) for i in range(3000))
        done = ansa("import", "-", "--home", node.path, *COLUMNS, text=table, status=FAULT)
        assert "no room left" in done.talk, done.talk
        assert len(export(node.path).splitlines()) == 1
        node.set("store.size = 64m")
        ansa("import", "-", "--home", node.path, *COLUMNS, text=table)
        assert len(export(node.path).splitlines()) == 3001


def test_import_over_http():
    table = "".join("%s/web-%d\thttps://example.org/%d\ttitle %d\n" % (PREFIX, i, i, i) for i in range(4500))
    with Node() as node, Node(start=False) as stranger:
        door = ["--http", "https://127.0.0.1:%d" % node.https_port]
        ours = door + ["--site", node.path + "/site.json"]
        done = ansa("import", "-", *COLUMNS, *ours, *node.key, "--admin", node.identity, "--json",
                    text=table + "bad\n", status=REFUSED)
        assert done.json() == {"lines": 4501, "records": 4500, "bad": 1}, (done.out, done.talk)
        assert "4500 records written by the server" in done.talk
        for i in (0, 4000, 4499):
            assert "title %d" % i in node.ask("resolve", "%s/web-%d" % (PREFIX, i)).out
        # again replaces; with --keep each is refused by its line
        few = "".join(table.splitlines(True)[:2])
        ansa("import", "-", *COLUMNS, *ours, *node.key, "--admin", node.identity, text=few.replace("title", "word"))
        assert "word 1" in node.ask("resolve", PREFIX + "/web-1").out
        done = ansa("import", "-", *COLUMNS, *ours, *node.key, "--keep", text=few, status=REFUSED)
        assert "line 2: the server answered 101" in done.talk
        # with a secret key
        secret = node.folder + "/secret"
        with open(secret, "w") as f:
            f.write("correct horse\n")
        node.admin("add", "0.NA/" + PREFIX, "--value", "301:HS_SECKEY:correct horse", "--permissions", "1100")
        node.admin("modify", "0.NA/" + PREFIX, "--value", "200:HS_VLIST:300:0.NA/%s,301:0.NA/%s" % (PREFIX, PREFIX))
        who = ["--as", "301:0.NA/" + PREFIX, "--secret-file", secret]
        ansa("import", "-", *COLUMNS, *ours, *who, "--admin", node.identity, text=few.replace("web", "new"))
        # nobody is told a secret who is not the server, nor over plain HTTP; and who may not is told so
        other = door + ["--site", stranger.path + "/site.json"]
        done = ansa("import", "-", *COLUMNS, *other, *node.key, text=few, status=NETWORK)
        assert "certificate" in done.talk.lower(), done.talk
        done = ansa("import", "-", *COLUMNS, "--http", "http://127.0.0.1:%d" % node.http_port, *node.key, text=few,
                    status=USAGE)
        assert "needs https" in done.talk
        with open(secret, "w") as f:
            f.write("wrong\n")
        ansa("import", "-", *COLUMNS, *ours, *who, text=few, status=REFUSED)
        ansa("import", "-", *COLUMNS, *ours, text=few, status=REFUSED)
        ansa("import", "-", *COLUMNS, "--http", "ftp://x", text=few, status=USAGE)
