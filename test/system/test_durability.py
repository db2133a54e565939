# SPDX-License-Identifier: Apache-2.0
"""What was acknowledged is there: after kill -9, on a full disk, in a backup."""
import http.client
import json
import os
import shutil
import subprocess
import threading
import time

import irp
import irp_client
import irp_crypto
from node import FAULT, NETWORK, REFUSED, Node, ansa, programs
from support import PREFIX

COLUMNS = ["--columns", "name,URL,DESC"]


def key_of(node):
    with open(node.path + "/keys/admin.key") as file:
        return irp_crypto.read_pem_private(file.read())


class Creator(threading.Thread):
    """Creates one identifier after the other in a session on one connection until the server is gone."""

    def __init__(self, node, number):
        super().__init__()
        self.node, self.number = node, number
        self.acknowledged, self.refused = [], []
        self.client = node.client(identity=node.identity, key=key_of(node))
        self.client.start_session(identity=irp.reference(node.identity))
        # authenticates the session, so that what follows needs no challenge
        assert self.create("%s/first-%d" % (PREFIX, number)) == irp.SUCCESS

    def create(self, name, size=50):
        values = [irp.text_value(1, "URL", name + "x" * size),
                  irp.admin_value(100, 0x7f3, "0.NA/" + PREFIX, 300)]
        return self.client.call(irp.CREATE, irp.with_values(name, values)).rc

    def run(self):
        for i in range(100000):
            name = "%s/storm-%d-%d" % (PREFIX, self.number, i)
            try:
                code = self.create(name)
            except (OSError, irp_client.NoAnswer):
                return
            (self.acknowledged if code == irp.SUCCESS else self.refused).append(name)


def exported(home):
    return {json.loads(line)["handle"] for line in ansa("export", home).lines()}


def restart_in_time(node):
    begun = time.time()
    node.start()
    took = time.time() - begun
    line = node.daemon.wait_for("event=ready")
    assert int(line.rsplit("start_ms=", 1)[1].split()[0]) < 2000 and took < 10, (took, line)


def test_kill_during_creations():
    with Node() as node:
        total = 0
        for round_ in range(3):
            creators = [Creator(node, 10 * round_ + i) for i in range(4)]
            for creator in creators:
                creator.start()
            time.sleep(0.7 + 0.3 * round_)
            node.kill()
            for creator in creators:
                creator.join(30)
            acknowledged = [name for creator in creators for name in creator.acknowledged]
            assert acknowledged and not any(creator.refused for creator in creators)
            total += len(acknowledged)
            restart_in_time(node)
            there = exported(node.path)
            lost = [name for name in acknowledged if name not in there]
            assert not lost, "%d of %d lost: %s" % (len(lost), len(acknowledged), lost[:5])
            for name in acknowledged[-3:]:
                node.ask("resolve", name)
        print("%d creations acknowledged, none lost" % total)


def test_kill_during_an_import():
    table = "".join("%s/%06d\thttps://example.org/%d\n" % (PREFIX, i, i) for i in range(60000))
    with Node(start=False) as node:
        path = node.folder + "/table"
        with open(path, "w") as file:
            file.write(table)
        for wait in (0.3, 0.8, 1.3):
            tool = subprocess.Popen([programs() + "/ansa", "import", path, "--home", node.path, *COLUMNS],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(wait)
            tool.kill()
            tool.wait(10)
            restart_in_time(node)
            names = exported(node.path)
            # whole transactions only, in the order of the keys
            assert (len(names) - 1) % 20000 == 0, len(names)
            node.ask("resolve", "0.NA/" + PREFIX)
            node.daemon.stop()
        ansa("import", path, "--home", node.path, *COLUMNS)
        assert len(exported(node.path)) == 60001
        assert sorted(os.listdir(node.path + "/store")) == ["data.mdb", "lock.mdb"]


def test_kill_during_an_import_through_the_server():
    with Node() as node:
        table = "".join("%s/%06d\thttps://example.org/%d\n" % (PREFIX, i, i) for i in range(20000))
        tool = subprocess.Popen([programs() + "/ansa", "import", "-", *COLUMNS, *node.server, *node.key],
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        feeder = threading.Thread(target=feed, args=(tool.stdin, table.encode()))
        feeder.start()
        time.sleep(1.5)
        node.kill()
        said = tool.stderr.read().decode()
        assert tool.wait(60) == 3, said  # the network
        feeder.join(30)
        restart_in_time(node)
        assert "stopped at line" in said and len(exported(node.path)) > 1, said


def feed(stream, octets):
    try:
        stream.write(octets)
        stream.close()
    except BrokenPipeError:
        pass


def test_two_daemons_on_one_home():
    with Node() as node:
        done = subprocess.run([programs() + "/ansad", node.path], capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and "another process" in done.stderr, done.stderr
        node.ask("resolve", "0.NA/" + PREFIX)


def fill(create):
    """Creates large records until one is refused; the code of the refusal and the names made."""
    made = []
    for i in range(3000):
        name = "%s/fill-%d" % (PREFIX, i)
        code = create(name, 20000)
        if code != irp.SUCCESS:
            return code, made
        made.append(name)
    raise AssertionError("it never gets full")


def ready(node):
    c = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=10)
    c.request("GET", "/readyz")
    answer = c.getresponse()
    told = answer.status, answer.read()
    c.close()
    return told


def test_a_full_store():
    """store.size is reached: writes are refused, reads go on, a larger size makes room."""
    with Node(settings="store.size = 2m") as node:
        creator = Creator(node, 0)
        code, made = fill(creator.create)
        assert code == irp.READ_ONLY and len(made) > 20, (code, len(made))
        done = node.admin("create", PREFIX + "/small", "--value", "1:DESC:" + "x" * 30000, status=NETWORK)
        assert "answered 7 " in done.talk, done.talk
        for name in made[::7]:
            node.ask("resolve", name)
        node.daemon.wait_for("no room")
        for _ in range(200):
            assert creator.create(PREFIX + "/again", 20000) == irp.READ_ONLY
        status, told = ready(node)
        assert status == 503 and b"room" in told, told
        assert node.daemon.log().count("event=commit") == 1, node.daemon.log()
        # what is deleted stays in the ledger's history: that takes room, and gives none
        gone = made[:len(made) // 2]
        codes = {creator.client.call(irp.DELETE, irp.with_identifier(name)).rc for name in gone}
        assert irp.READ_ONLY in codes and codes <= {irp.READ_ONLY, irp.SUCCESS}, codes
        assert ready(node)[0] == 503
        # a larger store, after a restart
        node.daemon.stop()
        node.set("store.size = 64m")
        node.start()
        assert ready(node) == (200, b"ok\n")
        assert exported(node.path) >= set(made[len(made) // 2:])
        assert Creator(node, 1).create(PREFIX + "/after", 20000) == irp.SUCCESS
        node.admin("create", PREFIX + "/small", "--value", "1:DESC:" + "x" * 30000)


def test_a_full_disk():
    """A file system of 8 MiB, in a mount namespace of its own; skipped where there is no right to it."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, timeout=20).returncode != 0:
        print("unshare -m is not allowed here")
        return
    with Node(start=False) as node:
        disk, ballast = node.path + "/store", node.path + "/store/ballast"
        saved = node.folder + "/saved"
        shutil.copytree(disk, saved)
        script = ("mount -t tmpfs -o size=8m none %s && cp -a %s/. %s && head -c 3000000 /dev/zero >%s && "
                  "exec %s/ansad %s") % (disk, saved, disk, ballast, programs(), node.path)
        daemon = node.start(["unshare", "-m", "sh", "-c", script])
        creator = Creator(node, 0)
        code, made = fill(creator.create)
        assert code == irp.READ_ONLY and len(made) > 20, (code, len(made))
        for name in made[::9]:
            node.ask("resolve", name)
        daemon.wait_for("no room")
        for _ in range(3):
            assert creator.create(PREFIX + "/while", 20000) == irp.READ_ONLY
        # room comes back by itself: nothing needs to be restarted
        os.unlink("/proc/%d/root%s" % (daemon.process.pid, ballast))
        assert creator.create(PREFIX + "/again", 20000) == irp.SUCCESS
        for name in made[::11] + [PREFIX + "/again"]:
            node.ask("resolve", name)


def test_backup_while_writing():
    with Node() as node:
        creators = [Creator(node, i) for i in range(2)]
        for creator in creators:
            creator.start()
        backups = []
        for i in range(3):
            time.sleep(0.4)
            before = [list(creator.acknowledged) for creator in creators]
            backups.append((node.folder + "/backup%d" % i, before))
            said = ansa("backup", node.path, backups[-1][0], "--json").json()
            assert said["home"] == backups[-1][0] and said["records"] >= sum(map(len, before)), said
        node.kill()
        for creator in creators:
            creator.join(30)
        for path, before in backups:
            names = exported(path)
            for creator, early in zip(creators, before):
                assert names >= set(early)
                # of each writer a beginning of what it wrote, without holes
                mine = [name for name in creator.acknowledged if name in names]
                assert mine == creator.acknowledged[:len(mine)]
            assert not os.path.exists(path + "/keys")
        ansa("backup", node.path, backups[0][0], status=REFUSED)  # it is not empty
        # restored and served, with the files that the configuration names
        node.set("resolver.roots = roots.json\nresolver.local_sites = 1.2=sites/one.json\n"
                 "server.key_passphrase = words")
        os.mkdir(node.path + "/sites")
        shutil.copy(node.path + "/site.json", node.path + "/sites/one.json")
        for name, text in (("roots.json", '{"handles":[]}'), ("words", "")):
            with open(node.path + "/" + name, "w") as file:
                file.write(text)
        ansa("backup", node.path, node.folder + "/named")
        assert sorted(os.listdir(node.folder + "/named")) == ["ansad.conf", "roots.json", "site.json", "sites",
                                                              "store"], os.listdir(node.folder + "/named")
        with_keys, restored = node.folder + "/with-keys", node.folder + "/restored"
        ansa("backup", node.path, with_keys, "--with-keys")
        ansa("restore", with_keys, restored)
        ansa("restore", with_keys, restored, status=REFUSED)
        assert ansa("export", restored).out == ansa("export", node.path).out
        assert os.path.exists(restored + "/words")
        node.set("resolver.roots =\nresolver.local_sites =\nserver.key_passphrase =")
        shutil.copy(node.path + "/ansad.conf", restored)
        shutil.rmtree(node.path)
        os.rename(restored, node.path)
        node.start()
        node.ask("resolve", creators[0].acknowledged[0])
        node.admin("create", PREFIX + "/restored", "--value", "1:URL:x")


def test_a_damaged_store_is_told():
    with Node(start=False) as node:
        for octets in (b"", b"\0" * 8192, os.urandom(65536)):
            with open(node.path + "/store/data.mdb", "wb") as file:
                file.write(octets)
            done = subprocess.run([programs() + "/ansad", node.path], capture_output=True, text=True,
                                  timeout=20) if octets else None
            if done is not None:
                assert done.returncode == 1 and "part=store" in done.stderr, done.stderr
                ansa("export", node.path, status=FAULT)
