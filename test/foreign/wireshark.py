# SPDX-License-Identifier: Apache-2.0
"""What daemon and client send, read by Wireshark: wireshark.py BUILD MODULES.

Each scene speaks with the daemon through a relay that records; then Wireshark decodes all
records. A scene is good when Wireshark complains of nothing, reads in every message what
our second codec (test/system/irp.py) reads, and has seen what the scene says was meant.
"""

import os
import sys
import time
import traceback

import dissection
from capture import CLIENT, SERVER
from stage import ADMIN, ALL_RIGHTS, HERE, PREFIX, RECORD, SECRET, Stage

import irp
import irp_client
import irp_crypto

SCENES = []
NO_CHALLENGE = irp.CLIENT_FLAGS
ASK_ALL = irp.RECURSIVE | irp.CACHE_CERTIFY  # private values too


def scene(function):
    SCENES.append(function)
    return function


class Seen:
    """What a scene meant: messages that must be among those that Wireshark read."""

    def __init__(self):
        self.wanted = []
        self.sessions = []

    def add(self, who, op, rc=0, **wanted):
        """Field names with _ for the dot; a list is all values of the field in the message, in order."""
        conditions = {"opcode": [str(op)], "responsecode": [str(rc)]}
        for name, values in wanted.items():
            values = values if isinstance(values, list) else [values]
            name = name if name in ("digest_algo", "veri_result") else name.replace("_", ".")
            conditions[name] = [v if isinstance(v, bytes) else str(v) for v in values]
        self.wanted.append((who, conditions))

    def check(self, read):
        for who, conditions in self.wanted:
            assert any(who == speaker and matches(fields, conditions) for speaker, fields in read), (
                f"nobody sent {'a response' if who else 'a request'} with {conditions}; Wireshark read "
                + "; ".join(str(fields) for speaker, fields in read if speaker == who)
            )


def matches(fields, conditions):
    return all([v for n, v in fields if n == name] == values for name, values in conditions.items())


def url(index, text="https://example.org/", **more):
    return irp.text_value(index, "URL", text, **more)


def must(response, rc=irp.SUCCESS):
    assert response.rc == rc, f"response code {response.rc} ({response.text}), {rc} wanted"
    return response


ONE = f"{PREFIX}/One"  # has values of every kind
MANY_KINDS = [
    url(1),
    irp.text_value(2, "EMAIL", "who@example.org"),
    irp.text_value(3, "URL.ALT", "https://example.net/\u00e4\u00f6", ttl=60),
    irp.text_value(4, "NOTE", "not for all", permissions=0x0C),
    irp.Value(5, "BINARY", bytes(range(256)), ttl_absolute=True, ttl=2000000000),
    irp.text_value(6, "HS_ALIAS", f"{PREFIX}/two"),
    irp.text_value(7, "HS_SERV", RECORD),
    irp.text_value(8, "HS_NAMESPACE", "<namespace/>"),
    irp.text_value(9, "HS_CERT", "e30.e30.AA"),
    irp.text_value(10, "HS_SIGNATURE", "e30.e30.AA"),
    irp.text_value(11, "TEXT", "", references=(irp.Reference(f"{PREFIX}/two", 7),)),
    irp.admin_value(100, ALL_RIGHTS, RECORD, 300),
    irp.admin_value(101, 0x0FF3, f"{PREFIX}/KEYS", 0),
    irp.Value(200, "HS_VLIST", irp.encode_group([irp.Reference(RECORD, 300), irp.Reference(f"{PREFIX}/KEYS", 1)])),
]


@scene
def create(stage, seen):
    admin = stage.admin()
    must(admin.call(irp.CREATE, irp.with_values(ONE, MANY_KINDS), ASK_ALL))
    seen.add(CLIENT, irp.CREATE, ident=ONE, identcount=len(MANY_KINDS), opflags="0x00000180",
             hsadmin_perm=["0x1fff", "0x0ff3"], hsadmin_ident=[RECORD, f"{PREFIX}/KEYS"], hsadmin_idx=[300, 0],
             identrecord_idx=[v.index for v in MANY_KINDS], identrecord_refcount=[0] * len(MANY_KINDS))  # fmt: skip
    seen.add(SERVER, irp.CREATE, irp.CHALLENGE, digest_algo=3)
    seen.add(CLIENT, irp.ANSWER, authtype="HS_PUBKEY", keyident=RECORD, keyidx=300)
    seen.add(SERVER, irp.CREATE, irp.SUCCESS, ident=ONE)


@scene
def create_by_our_client(stage, seen):
    identifier = f"{PREFIX}/two"
    values = ("--value", "1:URL:https://example.org/2", "--value", f"100:HS_ADMIN:{ADMIN}")
    stage.ansa("create", identifier, *values, *stage.as_admin())
    seen.add(CLIENT, irp.CREATE, ident=identifier, identrecord_type=["URL", "HS_ADMIN"], identrecord_idx=[1, 100],
             hsadmin_perm="0x07f3", hsadmin_ident=RECORD, hsadmin_idx=300)  # fmt: skip
    seen.add(CLIENT, irp.ANSWER, authtype="HS_PUBKEY", keyident=RECORD, keyidx=300)
    seen.add(SERVER, irp.CREATE, irp.SUCCESS, ident=identifier)


@scene
def keys(stage, seen):
    """Keys of all kinds in one record, with which later scenes authenticate."""
    rsa, dsa = irp_crypto.Rsa.generate(1024), irp_crypto.Dsa.generate()
    values = [
        irp.Value(1, "HS_PUBKEY", stage.ed25519_key.public()),
        irp.Value(2, "HS_SECKEY", SECRET, permissions=0x0C),
        irp.Value(3, "HS_PUBKEY", rsa.public()),
        irp.Value(4, "HS_PUBKEY", dsa.public()),
        irp.admin_value(100, ALL_RIGHTS, RECORD, 300),
    ]
    must(stage.admin().call(irp.CREATE, irp.with_values(f"{PREFIX}/KEYS", values), ASK_ALL))
    must(stage.client().call(irp.RESOLVE, irp.resolution(f"{PREFIX}/KEYS", types=["HS_PUBKEY"])))
    kinds = ["ED25519_PUB_KEY", "RSA_PUB_KEY", "DSA_PUB_KEY"]
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, pk_type=kinds, identrecord_idx=[1, 3, 4])


@scene
def mint(stage, seen):
    flags = ASK_ALL | irp.MINT
    response = must(stage.admin().call(irp.CREATE, irp.with_values(f"{PREFIX}/m-", [url(1)]), flags))
    assert response.identifier.startswith(f"{PREFIX}/m-") and len(response.identifier) == len(PREFIX) + 3 + 36
    seen.add(CLIENT, irp.CREATE, ident=f"{PREFIX}/m-", opflags="0x00000182")
    seen.add(SERVER, irp.CREATE, irp.SUCCESS, ident=response.identifier)
    minted = stage.ansa("create", f"{PREFIX}/", "--mint", "--value", "1:URL:https://example.org/m", *stage.as_admin())
    seen.add(SERVER, irp.CREATE, irp.SUCCESS, ident=minted.split()[0])


@scene
def resolve_all(stage, seen):
    for transport in (irp_client.Tcp, irp_client.Udp):
        must(stage.client(transport=transport).call(irp.RESOLVE, irp.resolution(f"{PREFIX}/two")))
    stage.ansa("resolve", f"{PREFIX}/two", "--udp")
    stage.ansa("resolve", f"{PREFIX}/two", "--tcp")
    stage.ansa_by_roots("resolve", f"{PREFIX}/two")
    seen.add(CLIENT, irp.RESOLVE, ident=f"{PREFIX}/two", idxcount=0, typecount=0, opflags="0x00000190")
    # Authoritative, recursive (as deployed servers have it), CA and PO of the request
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, ident=f"{PREFIX}/two", identrecord_type=["URL", "HS_ADMIN"],
             data=b"https://example.org/2", sisn=1, opflags="0x00000990")  # fmt: skip


@scene
def resolve_filtered(stage, seen):
    must(stage.client().call(irp.RESOLVE, irp.resolution(ONE, [2, 6], ["URL."])))
    stage.ansa("resolve", ONE, "--index", "2", "--type", "HS_SERV")
    seen.add(CLIENT, irp.RESOLVE, idx=[2, 6], type="URL.")
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, identrecord_idx=[1, 2, 3, 6])
    seen.add(CLIENT, irp.RESOLVE, idx=2, type="HS_SERV")
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, identrecord_idx=[2, 7])


@scene
def resolve_not_found(stage, seen):
    must(stage.client(transport=irp_client.Udp).call(irp.RESOLVE, irp.resolution(f"{PREFIX}/none")), irp.NOT_FOUND)
    stage.ansa("resolve", f"{PREFIX}/none", status=1)
    seen.add(SERVER, irp.RESOLVE, irp.NOT_FOUND)


@scene
def resolve_value_not_found(stage, seen):
    must(stage.client().call(irp.RESOLVE, irp.resolution(ONE, types=["FAX"])), irp.VALUE_NOT_FOUND)
    stage.ansa("resolve", ONE, "--type", "FAX", status=1)
    seen.add(SERVER, irp.RESOLVE, irp.VALUE_NOT_FOUND)


@scene
def resolve_private(stage, seen):
    """Not public: a challenge, and after it the value."""
    response = must(stage.admin().call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL))
    assert response.values[0].data == b"not for all"
    seen.add(SERVER, irp.RESOLVE, irp.CHALLENGE, digest_algo=3)
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, data=b"not for all", identrecord_perm="0x0c")
    stage.ansa("resolve", ONE, "--index", "4", *stage.as_admin())


@scene
def resolve_signed(stage, seen):
    response = must(stage.client().call(irp.RESOLVE, irp.resolution(ONE, [1]), NO_CHALLENGE | irp.CERTIFY))
    site = must(stage.client().call(irp.GET_SITE, irp.with_identifier())).site
    key = irp_crypto.read_public_key(site.servers[0].key)
    assert irp_client.signature_verifies(response.message, key), "the signature does not verify"
    stage.ansa_by_roots("resolve", ONE, "--index", "1", "--certified")
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, opflags="0x00000d90", credential_type="HS_SIGNED",
             credential_signedinfo_algo="SHA-256")  # fmt: skip


@scene
def resolve_with_digest(stage, seen):
    request = irp_client.request(irp.RESOLVE, irp.resolution(ONE, [1]), NO_CHALLENGE | irp.REQUEST_DIGEST)
    response = irp.read_response(stage.client().ask(request)[0])
    assert response.digest == request.digest(), "the digest is of another request"
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, digest_algo=3, digest=request.digest()[1])


@scene
def versions(stage, seen):
    """Responses in the version that was suggested, or in ours when that is lower."""
    for version, answered in (((2, 1), (2, 1)), ((2, 3), (2, 3)), ((2, 6), (2, 6)), ((2, 10), (2, 10)),
                              ((3, 0), (2, 11))):  # fmt: skip
        more = {"version": version, "suggested": version}
        response = must(stage.client().call(irp.RESOLVE, irp.resolution(ONE, [1]), **more))
        assert response.message.version == answered, f"{version} is answered in {response.message.version}"
        seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, version_major=answered[0], version_minor=answered[1])
    more = {"version": (2, 3), "suggested": (2, 11)}
    assert must(stage.client().call(irp.RESOLVE, irp.resolution(ONE, [1]), **more)).message.version == (2, 11)


@scene
def challenge_of_old_versions(stage, seen):
    """SHA-1 before 2.7, and before 2.1 a challenge without the kind of its digest."""
    for version, algorithm in (((2, 1), 2), ((2, 6), 2)):
        more = {"version": version, "suggested": version}
        must(stage.admin().call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL, **more))
        seen.add(SERVER, irp.RESOLVE, irp.CHALLENGE, digest_algo=algorithm, version_minor=version[1])
    more = {"version": (2, 0), "suggested": (2, 0)}
    response = stage.client().call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL, **more)
    assert must(response, irp.CHALLENGE).digest[0] == 1
    seen.add(SERVER, irp.RESOLVE, irp.CHALLENGE, version_minor=0)


@scene
def get_site(stage, seen):
    site = must(stage.client(transport=irp_client.Udp).call(irp.GET_SITE, irp.with_identifier())).site
    assert [i.protocol for i in site.servers[0].interfaces] == [1, 0, 2]
    stage.ansa("site")
    seen.add(CLIENT, irp.GET_SITE, ignoredident="/")
    seen.add(SERVER, irp.GET_SITE, irp.SUCCESS, hssite_serial=1, hssite_primask="0x80", hssite_srv_id=1,
             hssite_srv_addr="::7f00:1", hssite_srv_if_type=["0x03", "0x02", "0x03"],
             hssite_srv_if_proto=["0x01", "0x00", "0x02"], hssite_srv_if_port=[stage.relay.port] * 2 + [2], pk_type="RSA_PUB_KEY",
             hssite_attr_key=["desc", "ansa.tls"])  # fmt: skip


@scene
def add(stage, seen):
    body = irp.with_values(f"{PREFIX}/two", [url(2, "https://example.org/more"), irp.admin_value(101, 3, RECORD, 200)])
    must(stage.admin().call(irp.ADD, body, ASK_ALL))
    must(stage.admin().call(irp.ADD, irp.with_values(f"{PREFIX}/two", [url(2, "x:")]), ASK_ALL | irp.OVERWRITE))
    stage.ansa("add", f"{PREFIX}/two", "--value", "3:EMAIL:a@example.org", *stage.as_admin())
    seen.add(CLIENT, irp.ADD, ident=f"{PREFIX}/two", identrecord_idx=[2, 101], hsadmin_perm="0x0003")
    seen.add(CLIENT, irp.ADD, identrecord_idx=2, opflags="0x00000184")
    seen.add(CLIENT, irp.ADD, identrecord_idx=3, data=b"a@example.org")
    seen.add(SERVER, irp.ADD, irp.SUCCESS)


@scene
def modify(stage, seen):
    must(stage.admin().call(irp.MODIFY, irp.with_values(f"{PREFIX}/two", [url(2, "https://example.org/new")]), ASK_ALL))
    stage.ansa("modify", f"{PREFIX}/two", "--value", "3:EMAIL:b@example.org", *stage.as_admin())
    seen.add(CLIENT, irp.MODIFY, ident=f"{PREFIX}/two", data=b"https://example.org/new")
    seen.add(CLIENT, irp.MODIFY, identrecord_idx=3, data=b"b@example.org")
    seen.add(SERVER, irp.MODIFY, irp.SUCCESS)


@scene
def remove(stage, seen):
    must(stage.admin().call(irp.REMOVE, irp.with_indexes(f"{PREFIX}/two", [2, 101]), ASK_ALL))
    stage.ansa("remove", f"{PREFIX}/two", "3", *stage.as_admin())
    seen.add(CLIENT, irp.REMOVE, ident=f"{PREFIX}/two", idx=[2, 101])
    seen.add(CLIENT, irp.REMOVE, ident=f"{PREFIX}/two", idx=3)
    seen.add(SERVER, irp.REMOVE, irp.SUCCESS)


@scene
def put(stage, seen):
    """Create with overwriting."""
    values = ("--value", "1:URL:https://example.org/put", "--value", f"100:HS_ADMIN:{ADMIN}")
    stage.ansa("put", f"{PREFIX}/two", *values, *stage.as_admin())
    seen.add(CLIENT, irp.CREATE, ident=f"{PREFIX}/two", opflags="0x000008ac")


@scene
def delete(stage, seen):
    for identifier in (f"{PREFIX}/d1", f"{PREFIX}/d2"):
        values = [url(1), irp.admin_value(100, ALL_RIGHTS, RECORD, 200)]
        must(stage.admin().call(irp.CREATE, irp.with_values(identifier, values), ASK_ALL))
    must(stage.admin().call(irp.DELETE, irp.with_identifier(f"{PREFIX}/d1"), ASK_ALL))
    stage.ansa("delete", f"{PREFIX}/d2", *stage.as_admin())
    seen.add(CLIENT, irp.DELETE, ident=f"{PREFIX}/d1")
    seen.add(CLIENT, irp.DELETE, ident=f"{PREFIX}/d2")
    seen.add(SERVER, irp.DELETE, irp.SUCCESS)


@scene
def list_pages(stage, seen):
    """More names than one message holds: CN is set on all but the last."""
    admin = stage.admin()
    must(admin.start_session())
    seen.sessions.append(admin.session)
    for number in range(120):
        identifier = f"{PREFIX}/list/{number:03}"
        must(admin.call(irp.CREATE, irp.with_values(identifier, [url(1)]), ASK_ALL))
    stage.relay.taken()  # the creations are no business of this scene
    responses = stage.admin().call_all(irp.LIST, irp.with_identifier(RECORD), ASK_ALL)
    names = [name for response in responses for name in must(response).names]
    assert len(responses) > 2 and len(set(names)) == len(names) > 120
    assert [bool(r.message.flags & irp.CONTINUES) for r in responses] == [True] * (len(responses) - 1) + [False]
    stage.ansa("list", PREFIX, *stage.as_admin())
    seen.add(CLIENT, irp.LIST, ident=RECORD)
    seen.add(SERVER, irp.LIST, irp.SUCCESS, opflags="0x000009c0", identcount=50)
    seen.add(SERVER, irp.LIST, irp.SUCCESS, opflags="0x00000980", identcount=len(names) % 50)


@scene
def list_prefixes(stage, seen):
    values = [url(1), irp.admin_value(100, ALL_RIGHTS, RECORD, 200)]
    must(stage.admin().call(irp.CREATE, irp.with_values(f"{RECORD}.1", values), ASK_ALL))
    response = must(stage.admin().call(irp.LIST_PREFIXES, irp.with_identifier(RECORD), ASK_ALL))
    assert response.names == [f"{RECORD}.1"], response.names
    # The Java tools ask by operation 105 and a marker.
    response = must(stage.admin().call(irp.LIST, irp.with_identifier(f"0.NA/{RECORD}"), ASK_ALL))
    assert response.names == [f"{RECORD}.1"], response.names
    stage.ansa("list", PREFIX, "--prefixes", *stage.as_admin())
    seen.add(CLIENT, irp.LIST, ident=f"0.NA/{RECORD}")
    seen.add(SERVER, irp.LIST, irp.SUCCESS, ident=f"{RECORD}.1")
    seen.add(CLIENT, irp.LIST_PREFIXES, ident=RECORD)
    seen.add(SERVER, irp.LIST_PREFIXES, irp.SUCCESS, ident=f"{RECORD}.1")


@scene
def home(stage, seen):
    must(stage.admin().call(irp.HOME, irp.with_identifier("0.NA/20.500.77777"), ASK_ALL))
    response = must(stage.admin().call(irp.LIST_HOMED, irp.with_identifier(), ASK_ALL))
    assert "0.NA/20.500.77777" in response.names, response.names
    stage.ansa("list", "--homed", *stage.as_admin())
    must(stage.admin().call(irp.UNHOME, irp.with_identifier("0.NA/20.500.77777"), ASK_ALL))
    seen.add(CLIENT, irp.HOME, ident="0.NA/20.500.77777")
    seen.add(SERVER, irp.HOME, irp.SUCCESS)
    seen.add(CLIENT, irp.LIST_HOMED, ignoredident="/")
    seen.add(SERVER, irp.LIST_HOMED, irp.SUCCESS, ident=response.names)
    seen.add(CLIENT, irp.UNHOME, ident="0.NA/20.500.77777")
    seen.add(SERVER, irp.UNHOME, irp.SUCCESS)


@scene
def answer_with_ed25519(stage, seen):
    client = stage.client(f"1:{PREFIX}/KEYS", stage.ed25519_key)
    must(client.call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL))
    seen.add(CLIENT, irp.ANSWER, authtype="HS_PUBKEY", keyident=f"{PREFIX}/KEYS", keyidx=1)
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, data=b"not for all")


@scene
def answer_with_secret(stage, seen):
    """Every form of MAC; ours by the client too."""
    for form in (1, 2, 3, 0x12, 0x13, 0x22):
        client = stage.client(f"2:{PREFIX}/KEYS", irp_crypto.Secret(SECRET, form))
        must(client.call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL))
    arguments = ("--secret-file", stage.secret_file, "--as", f"2:{PREFIX}/KEYS")
    stage.ansa("resolve", ONE, "--index", "4", *arguments)
    seen.add(CLIENT, irp.ANSWER, authtype="HS_SECKEY", keyident=f"{PREFIX}/KEYS", keyidx=2)
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, data=b"not for all")


@scene
def verify(stage, seen):
    nonce, digest = bytes(range(20)), bytes(32)
    identity = irp.reference(f"2:{PREFIX}/KEYS")
    proof = irp_crypto.Secret(SECRET, 0x22).proof(nonce + digest, (2, 11))
    for valid, octets in ((True, proof), (False, proof[:-1] + bytes([proof[-1] ^ 1]))):
        flags = irp.CERTIFY | irp.REQUEST_DIGEST
        response = must(stage.client().call(irp.VERIFY, irp.verify(identity, nonce, digest, octets), flags))
        assert response.valid == valid
        seen.add(SERVER, irp.VERIFY, irp.SUCCESS, veri_result=int(valid), credential_type="HS_SIGNED")
    seen.add(CLIENT, irp.VERIFY, keyident=f"{PREFIX}/KEYS", keyidx=2, nonce=irp.block(nonce))


@scene
def session(stage, seen):
    """Set-up by Diffie-Hellman, an act in it, the end; also encrypted."""
    for encrypt, group in ((False, 1024), (True, 2048)):
        admin = stage.admin()
        must(admin.start_session(group=group))
        admin.session.encrypt = encrypt
        seen.sessions.append(admin.session)
        flags = ASK_ALL | irp.CERTIFY | (irp.ENCRYPT if encrypt else 0)
        must(admin.call(irp.ADD, irp.with_values(f"{PREFIX}/two", [url(5 + encrypt)]), flags))
        response = must(admin.call(irp.RESOLVE, irp.resolution(ONE, [4]), flags))
        assert admin.challenges == 1, "the session is not authenticated"
        assert admin.session.verifies(response.message), "the MAC of the response is wrong"
        assert bool(response.message.flags & irp.ENCRYPT) == encrypt
        must(admin.call(irp.SESSION_TERMINATE, irp.with_identifier(), flags))
        after = admin.call(irp.RESOLVE, irp.resolution(ONE, [4]), flags)
        assert after.rc == irp.SESSION_GONE, f"{after.rc} after the end of the session"
    seen.add(CLIENT, irp.SESSION_SETUP, keyexmode=4, ident=RECORD, idx=300, pk_type="DH_PUB_KEY")
    seen.add(SERVER, irp.SESSION_SETUP, irp.SUCCESS, keyexmode=4, pk_type="DH_PUB_KEY",
             credential_type="HS_SIGNED")  # fmt: skip
    seen.add(CLIENT, irp.ADD, credential_type="HS_MAC", credential_signedinfo_algo="HMAC-SHA256",
             credential_sesscounter=1)  # fmt: skip
    seen.add(SERVER, irp.SESSION_TERMINATE, irp.SUCCESS, credential_type="HS_MAC")


@scene
def session_of_our_client(stage, seen):
    stage.ansa("add", f"{PREFIX}/two", "--value", "8:URL:https://example.org/8", *stage.as_admin(), "--session")
    seen.add(CLIENT, irp.SESSION_SETUP, keyexmode=4, ident=RECORD, idx=300, pk_type="DH_PUB_KEY")


@scene
def session_by_rsa(stage, seen):
    """The server encrypts the key for us; we for the server; for a key in a value."""
    rsa = irp_crypto.Rsa.generate(1024)
    for mode in (irp.MODE_CLIENT_KEY, irp.MODE_SERVER_KEY):
        admin = stage.admin()
        must(admin.start_session(mode, rsa=rsa))
        seen.sessions.append(admin.session)
        must(admin.call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL | irp.CERTIFY))
    admin = stage.admin()
    must(admin.start_session(irp.MODE_VALUE_KEY, rsa=stage.admin_key, key_reference=irp.reference(ADMIN)))
    must(admin.call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL | irp.CERTIFY))
    seen.add(SERVER, irp.SESSION_EXCHANGE, irp.SUCCESS)


@scene
def refer_to_prefix(stage, seen):
    """303, with the sites of the derived prefixes."""
    site = irp.Site(1, (irp.SiteServer(1, bytes(12) + bytes([192, 0, 2, 1]), b"", (irp.Interface(3, 1, 2641),)),))
    values = [irp.Value(10, "HS_SITE.PREFIX", site.encode())]
    must(stage.admin().call(irp.ADD, irp.with_values(RECORD, values), ASK_ALL))
    response = must(stage.client().call(irp.RESOLVE, irp.resolution(f"{RECORD}.refer")), irp.REFERRAL_PREFIX)
    assert [v.type for v in response.values] == ["HS_SITE.PREFIX"] and response.identifier == ""
    seen.add(SERVER, irp.RESOLVE, irp.REFERRAL_PREFIX, refident="", hssite_srv_addr="::c000:201",
             identrecord_type="HS_SITE.PREFIX")  # fmt: skip
    must(stage.client().call(irp.RESOLVE, irp.resolution(f"{RECORD}.refer"), NO_CHALLENGE | irp.NO_REFERRAL),
         irp.NOT_FOUND)  # fmt: skip
    must(stage.admin().call(irp.REMOVE, irp.with_indexes(RECORD, [10]), ASK_ALL))


@scene
def errors_of_identifiers(stage, seen):
    values = [url(1), irp.admin_value(100, ALL_RIGHTS, RECORD, 200)]
    for op, body, rc in (
        (irp.CREATE, irp.with_values(ONE, values), irp.EXISTS),
        (irp.CREATE, irp.block(b"20.500.99999/\xff") + irp.items(v.encode() for v in values), irp.BAD_IDENTIFIER),
        (irp.DELETE, irp.with_identifier(f"{PREFIX}/none"), irp.NOT_FOUND),
        (irp.RESOLVE, irp.resolution("20.500.11111/x"), irp.NOT_RESPONSIBLE),
    ):
        must(stage.admin().call(op, body, ASK_ALL), rc)
        seen.add(SERVER, op, rc)


@scene
def errors_of_values(stage, seen):
    for op, body, rc in (
        (irp.ADD, irp.with_values(ONE, [url(1)]), irp.VALUE_EXISTS),
        (irp.ADD, irp.with_values(ONE, [url(0)]), irp.VALUE_INVALID),
        (irp.MODIFY, irp.with_values(ONE, [url(77)]), irp.VALUE_NOT_FOUND),
        (irp.REMOVE, irp.with_indexes(ONE, [77]), irp.VALUE_NOT_FOUND),
    ):
        must(stage.admin().call(op, body, ASK_ALL), rc)
        seen.add(SERVER, op, rc)


@scene
def errors_of_authentication(stage, seen):
    keys = f"{PREFIX}/KEYS"
    other = irp_crypto.Rsa.generate(1024)
    odd = irp_crypto.Secret(SECRET)
    odd.kind = "HS_PASSWORD"
    read = (irp.RESOLVE, irp.resolution(ONE, [4]))
    never = irp.with_values(ONE, [url(12, permissions=0x08)])
    must(stage.admin().call(irp.ADD, never, ASK_ALL))
    for client, (op, body), rc in (
        (stage.client(f"1:{keys}", stage.ed25519_key), (irp.HOME, irp.with_identifier("0.NA/1")), irp.NOT_ADMIN),
        (stage.admin(), (irp.MODIFY, irp.with_values(ONE, [url(12)])), irp.NO_PERMISSION),
        (stage.client(ADMIN, other), read, irp.AUTH_FAILED),
        (stage.client(f"2:{keys}", irp_crypto.Secret(b"wrong")), read, irp.AUTH_FAILED),
        (stage.client(f"2:{keys}", odd), read, irp.BAD_CREDENTIAL),
    ):
        must(client.call(op, body, ASK_ALL), rc)
        seen.add(SERVER, irp.ANSWER if rc == irp.BAD_CREDENTIAL else op, rc)
    late = irp.answer("HS_SECKEY", irp.reference(f"2:{keys}"), b"\2" + bytes(20))
    must(stage.client().call(irp.ANSWER, late, ASK_ALL, session=12345), irp.AUTH_TIMEOUT)
    seen.add(SERVER, irp.ANSWER, irp.AUTH_TIMEOUT)


@scene
def errors_of_sessions(stage, seen):
    admin = stage.admin()
    must(admin.start_session())
    must(admin.call(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL))
    replayed = admin.session.protect(irp_client.request(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL))
    forged = admin.session.protect(irp_client.request(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL))
    forged.flags |= irp.AUTHORITATIVE
    stranger = irp_client.request(irp.RESOLVE, irp.resolution(ONE, [4]), ASK_ALL, session=admin.session.id ^ 1)
    stranger.credential = replayed.credential
    plain = stage.client()
    for message, rc in (
        (replayed, irp.SUCCESS),
        (replayed, irp.SESSION_REPLAY),
        (forged, irp.SESSION_KEY),
        (stranger, irp.SESSION_GONE),
    ):
        answer = plain.ask(message)[0]
        if answer.sealed:  # private values are encrypted in a session, asked or not
            answer = admin.session.open(answer)
        must(irp.read_response(answer), rc)
    seen.sessions.append(admin.session)
    bad = irp.session_setup(9, irp.Reference("", 0))
    response = plain.call(irp.SESSION_SETUP, bad, irp.CERTIFY)
    assert response.rc in (irp.SESSION_FAILED, irp.SESSION_REQUEST), response.rc
    for rc in (irp.SESSION_REPLAY, irp.SESSION_KEY, irp.SESSION_GONE):
        seen.add(SERVER, irp.RESOLVE, rc)


@scene
def errors_of_protocol(stage, seen):
    """A body cut off, and an operation that is none."""
    response = stage.client().call(irp.RESOLVE, irp.block(ONE)[:-1])
    must(response, irp.PROTOCOL_ERROR)
    seen.add(SERVER, irp.RESOLVE, irp.PROTOCOL_ERROR)


@scene
def fragments(stage, seen):
    """A request and a response in several datagrams each."""
    udp = stage.client(transport=irp_client.Udp)
    response = must(udp.call(irp.RESOLVE, irp.resolution(f"{PREFIX}/two", types=[f"TYPE{n}" for n in range(90)] + ["URL"])))
    seen.add(CLIENT, irp.RESOLVE, typecount=91, flags="0x01")
    assert response.values[0].type == "URL"
    must(udp.call(irp.RESOLVE, irp.resolution(ONE)))
    seen.add(SERVER, irp.RESOLVE, irp.SUCCESS, identrecord_idx=[v.index for v in MANY_KINDS if v.permissions & 2])
    stage.ansa("resolve", ONE, "--udp")


def perform(stage, decoder):
    """Plays all scenes; what went wrong in them."""
    faults, meant = {}, {}
    for function in SCENES:
        seen = meant[function] = Seen()
        try:
            function(stage, seen)
        except Exception:
            faults[function] = traceback.format_exc()
        time.sleep(0.05)  # what was said last reaches the relay
        try:
            decoder.add(function.__name__, stage.relay.taken(), seen.sessions)
        except Exception:
            faults.setdefault(function, traceback.format_exc())
    return faults, meant


def main(build, modules):
    stage = Stage(os.path.abspath(build))
    try:
        decoder = dissection.Decoder(stage.folder, os.path.abspath(modules), os.path.join(HERE, "decode.cjs"))
        faults, meant = perform(stage, decoder)
        decoder.decode()
        for function in SCENES:
            name = function.__name__
            try:
                if function in faults:
                    raise AssertionError(faults[function])
                meant[function].check(decoder.check(name))
                print(f"ok foreign/wireshark-{name.replace('_', '-')}", flush=True)
            except Exception as wrong:
                faults[function] = str(wrong)
                print(f"{wrong}\nnot ok foreign/wireshark-{name.replace('_', '-')}", flush=True)
    finally:
        stage.close()
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
