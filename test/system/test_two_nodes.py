# SPDX-License-Identifier: Apache-2.0
"""Several servers: a private root, recursion, referrals, administrators and keys that live elsewhere."""
import json

import irp
from node import NETWORK, REFUSED, Node, ansa
from support import PREFIX

THERE = "77777"  # what the second server serves: a prefix right under the root


class World:
    """A root that knows two prefixes: its own, and THERE at the second server."""

    def __init__(self, root_settings="", there_settings=""):
        self.there = self.root = None
        try:
            self.root = Node("--root", settings=root_settings, start=False)
            self.there = Node(prefix=THERE, settings=there_settings, start=False)
            self.roots = self.root.path + "/bootstrap.json"
        except BaseException:
            self.__exit__(True, None, None)
            raise

    def __enter__(self):
        self.root.start()
        self.there.start()
        # the registrar enters what the site bundle says
        self.root.admin("create", "0.NA/" + THERE, "--value", "1:HS_SITE:@%s/site.json" % self.there.path,
                        "--value", "300:HS_PUBKEY:@%s/keys/admin.pub" % self.there.path, "--value",
                        "100:HS_ADMIN:" + self.root.identity, "--as", "300:0.NA/0.NA")
        return self

    def __exit__(self, kind, error, trace):
        for node in (self.there, self.root):
            if node is not None:
                node.__exit__(kind, error, trace)

    def find(self, *words, **more):
        """Without naming a server: from the roots."""
        return ansa(*words, "--roots", self.roots, **more)


def test_a_private_root_leads_everywhere():
    with World() as world:
        world.there.admin("create", THERE + "/x", "--value", "1:URL:https://there.example/")
        world.root.admin("create", PREFIX + "/x", "--value", "1:URL:https://here.example/")
        for transport in ([], ["--udp"], ["--tcp"]):
            found = world.find("resolve", THERE + "/x", *transport)
            assert "https://there.example/" in found.out and ":%d" % world.there.port in found.out, found.out
            assert "https://here.example/" in world.find("resolve", PREFIX + "/x", *transport).out
        assert "signed by the server" in world.find("resolve", THERE + "/x", "--certified").out
        assert "answered 100" in world.find("resolve", THERE + "/none", status=REFUSED).talk
        world.find("resolve", "20.500.66666/x", status=REFUSED)
        world.find("create", THERE + "/y", "--value", "1:URL:made", *world.there.key)
        world.find("delete", THERE + "/y", *world.there.key)
        site = world.find("site", THERE + "/x", "--json").json()
        with open(world.there.path + "/site.json") as file:
            assert site == json.load(file)
        world.there.kill()
        world.find("resolve", THERE + "/x", "--timeout", "3", status=NETWORK)
        world.there.start()


def test_recursion():
    with World() as world:
        name = THERE + "/r"
        world.there.admin("create", name, "--value", "1:URL:seen", "--value", "2:DESC:two")
        world.there.admin("add", name, "--value", "3:DESC:hidden", "--permissions", "1100")
        # the flag alone does nothing, nor does the setting without roots
        assert "answered 301" in world.root.ask("resolve", name, status=REFUSED).talk
        for settings in ("identifier.allow_recursion = yes", "resolver.roots = bootstrap.json"):
            world.root.daemon.stop()
            world.root.set(settings)
            world.root.start()
            if "roots" not in settings:
                assert "event=start" in world.root.daemon.log()
                world.root.ask("resolve", name, status=REFUSED)
        found = world.root.ask("resolve", name, "--json").json()
        assert sorted(v["index"] for v in found["values"]) == [1, 2, 100], found
        assert [v["index"] for v in world.root.ask("resolve", name, "--type", "DESC", "--json").json()["values"]] \
            == [2]
        assert "answered 100" in world.root.ask("resolve", THERE + "/none", status=REFUSED).talk
        world.root.ask("resolve", "20.500.66666/x", status=REFUSED)
        # who does not ask for it does not get it
        client = world.root.client()
        assert client.call(irp.RESOLVE, irp.resolution(name), irp.PUBLIC_ONLY).rc == irp.NOT_RESPONSIBLE
        assert client.call(irp.RESOLVE, irp.resolution(name), irp.RECURSIVE | irp.PUBLIC_ONLY).rc == irp.SUCCESS
        assert client.call(irp.RESOLVE, irp.resolution(name), irp.RECURSIVE | irp.PUBLIC_ONLY,
                           recursion=10).rc == irp.RECURSION_LIMIT
        # a server that is gone keeps nobody else waiting
        world.there.kill()
        for i in range(20):
            client.transport("127.0.0.1", world.root.port).send(
                irp.Message(irp.RESOLVE, 0, irp.RECURSIVE | irp.PUBLIC_ONLY, irp.resolution("%s/%d" % (THERE, i)),
                            request=i + 1, expiration=2 ** 31))
        world.root.ask("resolve", "0.NA/" + PREFIX)
        world.there.start()


def test_local_sites_need_no_root():
    with World() as world:
        world.there.admin("create", THERE + "/l", "--value", "1:URL:seen")
        world.root.daemon.stop()
        world.root.set("identifier.allow_recursion = yes\nresolver.local_sites = %s=%s/site.json" %
                       (THERE, world.there.path))
        world.root.start()
        assert "seen" in world.root.ask("resolve", THERE + "/l").out


def test_prefix_referral():
    """A derived prefix has servers of its own: who asks the old ones is told where (303)."""
    with Node() as here, Node(prefix=PREFIX + ".5") as there:
        there.admin("create", PREFIX + ".5/x", "--value", "1:URL:at the derived one")
        here.admin("create", "0.NA/%s.5" % PREFIX, "--value", "1:HS_SITE.PREFIX:@%s/site.json" % there.path,
                   "--value", "2:HS_SITE:@%s/site.json" % there.path)
        client = here.client()
        response = client.call(irp.RESOLVE, irp.resolution("0.NA/%s.5.6" % PREFIX))
        assert response.rc == irp.REFERRAL_PREFIX, response.rc
        response = client.call(irp.RESOLVE, irp.resolution("0.NA/%s.5.6" % PREFIX), irp.NO_REFERRAL)
        assert response.rc == irp.NOT_RESPONSIBLE, response.rc
        # and our client follows
        there.admin("create", "0.NA/%s.5.6" % PREFIX, "--value", "1:DESC:derived twice")
        assert "derived twice" in ansa("resolve", "0.NA/%s.5.6" % PREFIX, *here.server).out


def test_administrators_whose_key_lives_elsewhere():
    with World() as world:
        root, there = world.root, world.there
        group = "200:0.NA/" + THERE
        there.daemon.stop()
        there.set("resolver.roots = %s" % world.roots)
        there.start()
        editor, holder = root.folder + "/editor", PREFIX + "/editor"
        ansa("keygen", editor, "--type", "ed25519")
        root.admin("create", holder, "--value", "300:HS_PUBKEY:@%s.pub" % editor)
        who = ["--key", editor, "--as", "300:" + holder]
        assert "answered 400" in there.ask("create", THERE + "/k", "--value", "1:URL:x", *who, status=REFUSED).talk
        there.admin("modify", "0.NA/" + THERE, "--value", "200:HS_VLIST:%s,300:%s" % (there.identity, holder))
        there.ask("create", THERE + "/k", "--value", "1:URL:x", *who)
        # the same with a secret, which never leaves the server that has it
        secret = root.folder + "/secret"
        with open(secret, "w") as file:
            file.write("sesame")
        root.admin("create", PREFIX + "/secret", "--value", "300:HS_SECKEY:sesame", "--permissions", "1100")
        there.admin("modify", "0.NA/" + THERE, "--value",
                    "200:HS_VLIST:%s,300:%s/secret" % (there.identity, PREFIX))
        how = ["--secret-file", secret, "--as", "300:%s/secret" % PREFIX]
        there.ask("create", THERE + "/s", "--value", "1:URL:x", *how)
        with open(secret, "w") as file:
            file.write("wrong")
        there.ask("create", THERE + "/t", "--value", "1:URL:x", *how, status=REFUSED)
        # a group that lives elsewhere
        with open(secret, "w") as file:
            file.write("sesame")
        root.admin("create", PREFIX + "/group", "--value", "200:HS_VLIST:300:%s/secret" % PREFIX)
        there.admin("modify", "0.NA/" + THERE, "--value",
                    "200:HS_VLIST:%s,200:%s/group" % (there.identity, PREFIX))
        there.ask("create", THERE + "/g", "--value", "1:URL:x", *how)
        assert group and "sesame" not in there.daemon.log() + root.daemon.log()
        # nobody can vouch for a key whose server is gone
        root.kill()
        there.ask("create", THERE + "/u", "--value", "1:URL:x", *who, status=REFUSED)
        there.admin("create", THERE + "/u", "--value", "1:URL:x")
        root.start()
