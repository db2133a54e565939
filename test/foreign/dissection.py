# SPDX-License-Identifier: Apache-2.0
"""What Wireshark must say of a message, and where its dissector is known to differ.

fields() lists, from our own decoding, what the dissector shows; the dissector's list must
be equal, field by field and in order. Where it departs from what all deployed software
sends, adapt() makes a copy of the message in the form that it can read, and says why:
then the copy is what it decodes. Everything else is decoded as it was sent.
"""

import json
import re
import subprocess
import time
from dataclasses import replace

import capture
import irp

NO_TRUNCATED_BIT = "Fragmentation without TC bit set"
QUIET = ("Expert Info (Chat", "Severity level: ", "Group: ")
STRING = re.compile(r'\\(x[0-9a-f]{2}|.)')

# Types whose data is shown as text, under a name of their own.
TEXT_FIELDS = ("identrecord.value.string", "hsserv.ident", "hsalias", "hsnamespace", "hssignature.jwt", "hscert.jwt")
# What repeats a field in another form.
DERIVED = re.compile(
    r"(string|data)\.(len|value$)|.*_utc$|reassembled|fragment|response_|request_|identrecord\.perm\."
    r"|flags\.|opflags\.|hsadminp?\.perm\.|hssite\.primask\.|hssite\.srv\.if\.type\.|identrecord\.value\.len"
    r"|envelope\.tc_missing|pk\.len|identrecord\.ttl_absolute"
)


def unquote(value):
    """The text of a quoted string in a display filter."""
    if not value.startswith('"'):
        return value
    escapes = {"n": "\n", "t": "\t", "r": "\r"}

    def character(match):
        code = match.group(1)
        return chr(int(code[1:], 16)) if len(code) == 3 else escapes.get(code, code)

    return STRING.sub(character, value[1:-1])


def hexadecimal(value):
    return bytes.fromhex(value.replace(":", "")) if value and value != '""' else b""


def seen(message):
    """The dissector's fields as (name, value), without what repeats others."""
    out = []
    for name, value in message:
        if name == "data.value":
            out.append(("data", hexadecimal(value)))
        elif name in ("digest", "nonce"):
            out.append((name, hexadecimal(value)))
        elif name in TEXT_FIELDS:
            out.append(("data", unquote(value).encode()))
        elif not DERIVED.match(name):
            out.append((name, unquote(value)))
    return out


# What our own decoding says, in the dissector's words


def decimal(name, number):
    return name, str(number)


def record_fields(value):
    yield decimal("identrecord.idx", value.index)
    yield decimal("identrecord.ts", value.timestamp)
    yield decimal("identrecord.ttl_type", int(value.ttl_absolute))
    yield decimal("identrecord.ttl", value.ttl)
    yield "identrecord.perm", f"0x{value.permissions:02x}"
    yield "identrecord.type", value.type
    if value.type == "HS_ADMIN":
        admin = irp.read_admin(value.data)
        yield "hsadmin.perm", f"0x{admin.permissions:04x}"
        yield "hsadmin.ident", admin.identifier
        yield decimal("hsadmin.idx", admin.index)
    elif value.type in ("HS_SITE", "HS_SITE.PREFIX"):
        yield from site_fields(irp.read_site(value.data))
    elif value.type == "HS_PUBKEY":
        yield from key_fields(value.data)
    else:
        yield "data", value.data
    yield decimal("identrecord.refcount", len(value.references))


def key_fields(data):
    """The integers of a key; of a kind that it does not know, only the kind."""
    if not data:
        return
    reader = irp.Reader(data)
    kind = reader.text()
    reader.u16()
    yield "pk.type", kind
    for _ in range({"RSA_PUB_KEY": 2, "DSA_PUB_KEY": 4, "DH_PUB_KEY": 3}.get(kind, 0)):
        yield "data", reader.block()


def ipv6(address):
    """As display filters write an IPv4 address behind zeros: ::7f00:1."""
    groups = [f"{int.from_bytes(address[i : i + 2], 'big'):x}" for i in range(12, 16, 2)]
    if any(address[:12]):
        raise ValueError("the suite has IPv4 servers only")
    return "::" + ":".join(groups)


def site_fields(site):
    yield decimal("hssite.version", site.format)
    yield decimal("hssite.protoversion.major", site.version[0])
    yield decimal("hssite.protoversion.minor", site.version[1])
    yield decimal("hssite.serial", site.serial)
    yield "hssite.primask", f"0x{site.primary:02x}"
    yield "hssite.hashoption", f"0x{site.hash_option:02x}"
    yield "hssite.hashfilter", site.hash_filter.decode()
    yield decimal("hssite.attr.num", len(site.attributes))
    for name, value in site.attributes:
        yield "hssite.attr.key", name
        yield "hssite.attr.value", value
    yield decimal("hssite.srvcount", len(site.servers))
    for server in site.servers:
        yield decimal("hssite.srv.id", server.id)
        yield "hssite.srv.addr", ipv6(server.address)
        yield from key_fields(server.key)
        yield decimal("hssite.srv.ifcount", len(server.interfaces))
        for interface in server.interfaces:
            yield "hssite.srv.if.type", f"0x{interface.type:02x}"
            yield "hssite.srv.if.proto", f"0x{interface.protocol:02x}"
            yield decimal("hssite.srv.if.port", interface.port)


def record_list_fields(values):
    yield decimal("identcount", len(values))
    for value in values:
        yield from record_fields(value)


def index_fields(indexes):
    yield decimal("idxcount", len(indexes))
    for index in indexes:
        yield decimal("idx", index)


def name_list_fields(names):
    yield decimal("identcount", len(names))
    for name in names:
        yield "ident", name


def request_fields(message):
    op, reader = message.op, irp.Reader(message.body)
    if not message.body:
        return
    if op in (irp.GET_SITE, irp.LIST_HOMED):
        yield "ignoredident", reader.text()
    elif op == irp.ANSWER:
        yield "authtype", reader.text()
        yield "keyident", reader.text()
        yield decimal("keyidx", reader.u32())
        yield "data", reader.block()
    elif op == irp.VERIFY:
        yield "keyident", reader.text()
        yield decimal("keyidx", reader.u32())
        for name in ("nonce", "digest"):
            octets = reader.block()
            yield name, irp.block(octets)
            yield "data", octets
        yield "data", reader.block()
    elif op == irp.SESSION_SETUP:
        yield decimal("keyexmode", reader.u16())
        yield decimal("timeout", reader.u32())
        yield "ident", reader.text()
        yield decimal("idx", reader.u32())
        yield from key_fields(reader.block())
    else:
        yield "ident", reader.text()
        if op == irp.RESOLVE:
            yield from index_fields(reader.list(reader.u32))
            types = reader.list(reader.text)
            yield decimal("typecount", len(types))
            for type_ in types:
                yield "type", type_
        elif op in (irp.CREATE, irp.ADD, irp.MODIFY):
            yield from record_list_fields(reader.list(lambda: irp.read_value(reader)))
        elif op == irp.REMOVE:
            yield from index_fields(reader.list(reader.u32))


def response_fields(message):
    digest = irp.read_digest(message, irp.Reader(message.body))
    if digest:
        yield decimal("digest_algo", digest[0])
        yield "digest", digest[1]
    if len(without_body(message)) == len(message.body):
        return
    response = irp.read_response(message)
    if response.nonce is not None:
        yield "nonce", irp.block(response.nonce)
        yield "data", response.nonce
    elif message.rc in (irp.REFERRAL_SERVICE, irp.REFERRAL_PREFIX):
        yield "refident", response.identifier
        if response.values:
            yield from record_list_fields(response.values)
    elif response.text is not None:
        yield "error.msg", response.text
    elif response.site:
        yield from site_fields(response.site)
    elif response.names is not None:
        yield from name_list_fields(response.names)
    elif response.valid is not None:
        yield decimal("veri_result", int(response.valid))
    elif response.mode is not None:
        yield decimal("keyexmode", response.mode)
        yield from key_fields(response.data)
    elif response.identifier is not None:
        yield "ident", response.identifier
        if response.values is not None:
            yield from record_list_fields(response.values)


def envelope_fields(message, length):
    flags = (2 if message.sealed else 0) | (1 if message.truncated else 0)
    yield decimal("version.major", message.version[0])
    yield decimal("version.minor", message.version[1])
    yield "flags", f"0x{flags:02x}"
    yield decimal("version.major_sugg", message.suggested[0])
    yield decimal("version.minor_sugg", message.suggested[1])
    yield decimal("sessid", message.session)
    yield decimal("reqid", message.request)
    yield decimal("msglen", length)


def fields(message):
    """All that Wireshark is to show of a message that is not encrypted."""
    yield from envelope_fields(message, len(message.payload()))
    yield from header_fields(message)
    yield from response_fields(message) if message.rc else request_fields(message)
    yield decimal("credential.len", len(message.credential))
    if message.credential:
        credential = irp.read_credential(message.credential)
        yield decimal("credential.sesscounter", credential.counter)
        yield "credential.type", credential.type
        yield decimal("credential.signedinfo.len", 8 + len(credential.algorithm) + len(credential.proof))
        yield "credential.signedinfo.algo", credential.algorithm.decode()
        yield "data", credential.proof


def header_fields(message):
    yield decimal("opcode", message.op)
    yield decimal("responsecode", message.rc)
    yield "opflags", f"0x{message.flags >> 20:08x}"  # the field is the upper twelve bits
    yield decimal("sisn", message.serial)
    yield decimal("recursioncount", message.recursion)
    yield "exp", time.strftime("%Y-%m-%d %H:%M:%S+0000", time.gmtime(message.expiration))
    yield decimal("bodylen", len(message.body))


# Where the dissector differs from what is deployed


def rewrite_values(values):
    """Values as it can read them; the same list when it can read all."""
    out = []
    for value in values:
        if value.type == "HS_VLIST":
            # It expects neither the length of the data nor the indexes of the references, which all
            # software sends (RFC 3651 3.2.6 and Handle.Net): under another name it shows the octets.
            value = replace(value, type="HS-VLIST")
        if value.references:
            # It reads the identifier of a reference and not the index behind it.
            value = replace(value, references=())
        out.append(value)
    return out


def body_with_values(message):
    """The body with its values rewritten, for the messages that have any."""
    reader = irp.Reader(message.body)
    digest = b""
    if message.rc and message.flags & irp.REQUEST_DIGEST:
        code = reader.u8()
        digest = bytes([code]) + reader.take({1: 16, 2: 20, 3: 32}[code])
    name = reader.block()
    if not reader.left():
        return message.body
    values = rewrite_values(reader.list(lambda: irp.read_value(reader)))
    return digest + irp.block(name) + irp.items(v.encode() for v in values)


def has_values(message):
    if message.rc in (irp.REFERRAL_SERVICE, irp.REFERRAL_PREFIX):
        return True
    return (message.op == irp.RESOLVE and message.rc == irp.SUCCESS) or (
        message.rc == 0 and message.op in (irp.CREATE, irp.ADD, irp.MODIFY)
    )


def without_body(message):
    """Keeps the digest of the request."""
    if message.rc and message.flags & irp.REQUEST_DIGEST:
        return message.body[: 1 + {1: 16, 2: 20, 3: 32}[message.body[0]]]
    return b""


def adapt(message):
    """(copy, why) in the form that the dissector reads, or None when it reads the message as it is.

    Without a copy only the header can be compared.
    """
    op, rc, body = message.op, message.rc, message.body
    if op == irp.GET_SITE and rc == irp.SUCCESS:
        at = len(without_body(message))
        site = irp.block(body[at:])
        return replace(message, body=body[:at] + site), "it wants a length before the site record; none is sent"
    if op in (irp.SESSION_TERMINATE, irp.SESSION_EXCHANGE) and rc == 0:
        return replace(message, body=b""), "it does not know the body of this operation"
    if op == irp.SESSION_SETUP and rc in (0, irp.SUCCESS):
        return adapt_session_setup(message)
    if rc == irp.CHALLENGE and message.version < (2, 1):
        nonce = irp.read_response(message).nonce
        return replace(message, body=irp.block(nonce)), "it does not know the digest of a challenge of 2.0"
    if has_values(message) and body_with_values(message) != body:
        return replace(message, body=body_with_values(message)), "it misreads HS_VLIST and references"
    return None


def adapt_session_setup(message):
    at = len(without_body(message))
    reader = irp.Reader(message.body[at:])
    mode = reader.u16()
    if mode != irp.MODE_DH:
        return None, "it takes the key of every other mode for one of Diffie-Hellman"
    if message.rc == 0:
        return None
    data = irp.Reader(reader.block())
    data.u32()
    key = irp.u16(mode) + irp.block(data.take(data.left()))
    return replace(message, body=message.body[:at] + key), "it does not know the cipher before the key (2.4)"


# Running it


def messages_of(conversation):
    """(who, message) of a conversation, in the order in which they were complete."""
    out, waiting = [], {capture.CLIENT: b"", capture.SERVER: b""}
    fragments = {}
    for who, octets in conversation.spoken:
        if conversation.transport == "udp":
            envelope = irp.read_envelope(octets)
            parts = fragments.setdefault((who, envelope.request), [])
            parts.append(octets)
            whole = irp.join(parts)
            if whole:
                del fragments[who, envelope.request]
                out.append((who, message_from(whole, len(parts) > 1 and envelope.truncated)))
            continue
        waiting[who] += octets
        while len(waiting[who]) >= irp.ENVELOPE:
            size = irp.ENVELOPE + irp.read_envelope(waiting[who]).length
            if len(waiting[who]) < size:
                break
            out.append((who, message_from(waiting[who][:size], False)))
            waiting[who] = waiting[who][size:]
    if fragments or any(waiting.values()):
        raise irp.Malformed("a conversation that ends within a message")
    return out


def message_from(octets, truncated):
    message = irp.read_message(octets)
    message.truncated = truncated
    return message


def copy_of(message, key):
    """(copy, why): what is decoded instead of the message; why is None when it is decoded as sent."""
    why = None
    if message.sealed:
        if key is None:
            return None, "encrypted with a key that only our client knows"
        message = key.open(message)
        why = "encrypted: decrypted by us"
    try:
        adapted = adapt(message)
        if not adapted:
            list(fields(message))
    except irp.Malformed:
        if message.rc:
            raise
        return None, "a request that the scene has spoiled"
    return adapted or ((message, why) if why else (None, None))


class Decoder:
    """Collects conversations under names, and decodes them all at once."""

    def __init__(self, folder, modules, script):
        self.folder, self.modules, self.script = folder, modules, script
        self.jobs = {}

    def add(self, name, conversations, keys=()):
        sessions = {key.id: key for key in keys}
        copies = []
        for conversation in conversations:
            for who, message in messages_of(conversation):
                copy, why = copy_of(message, sessions.get(message.session))
                if copy:
                    copied = capture.Conversation("tcp")
                    copied.spoken.append((who, copy.encode()))
                    copies.append((copied, copy, why))
        origin = capture.write_pcap(f"{self.folder}/{name}.pcap", conversations)
        copy_origin = capture.write_pcap(f"{self.folder}/{name}.copy.pcap", [c[0] for c in copies])
        self.jobs[name] = (conversations, copies, origin, copy_origin, sessions)

    def decode(self):
        files = [f"{self.folder}/{name}{kind}.pcap" for name in self.jobs for kind in ("", ".copy")]
        done = subprocess.run(["node", self.script, self.modules, *files], capture_output=True, text=True, timeout=100)
        if done.returncode:
            raise RuntimeError(f"the decoder failed:\n{done.stderr[-2000:]}")
        self.packets = {}
        for line in done.stdout.splitlines():
            packet = json.loads(line)
            self.packets.setdefault(packet["file"].removesuffix(".pcap"), []).append(packet)

    def check(self, name):
        """Raises AssertionError when Wireshark complains or reads something else; returns what it read."""
        conversations, copies, origin, copy_origin, sessions = self.jobs[name]
        read = []
        expected = {
            (number, who): [m for speaker, m in messages_of(c) if speaker == who]
            for number, c in enumerate(conversations)
            for who in (capture.CLIENT, capture.SERVER)
        }
        for packet, key in zip(self.packets[name], origin, strict=True):
            whole = [m for m in packet["messages"] if any(field == "opcode" for field, _ in m)]
            excused = False
            for shown in whole:
                assert expected[key], f"{name}: Wireshark sees a message more than we"
                message = expected[key].pop(0)
                if copy_of(message, sessions.get(message.session))[1]:
                    excused = True
                    check_header(name, message, shown)
                else:
                    compare(name, list(fields(message)), seen(shown))
                    read.append((key[1], seen(shown)))
            part = packet["messages"] and not whole  # a piece of a message, shown as plain data
            problems = [p for p in complaints(packet) if not (part and p.startswith("Data ("))]
            assert excused or not problems, f"{name}: packet {packet['number']}: {problems}"
        missing = [m for left in expected.values() for m in left]
        assert not missing, f"{name}: Wireshark does not see {missing}"
        for packet, key in zip(self.packets.get(name + ".copy", []), copy_origin, strict=True):
            _, message, why = copies[key[0]]
            problems = complaints(packet)
            assert not problems, f"{name}: copy ({why}): {problems}"
            for shown in packet["messages"]:
                compare(f"{name}: copy ({why})", list(fields(message)), seen(shown))
                read.append((key[1], seen(shown)))
        return read


def complaints(packet):
    """What the dissector complained of, but for the missing TC bit of responses: no server sets it."""
    problems = [p for p in packet["problems"] if not p.startswith(QUIET)]
    return [p for p in problems if NO_TRUNCATED_BIT not in p]


def check_header(name, message, shown):
    listed = seen(shown)
    wanted = list(envelope_fields(message, len(message.payload())))
    if not message.sealed:  # it reads on in what is encrypted
        wanted += header_fields(message)
    for field in wanted:
        assert field in listed, f"{name}: {field} wanted, Wireshark reads {listed[:9]}"


def compare(name, wanted, shown):
    shown = [field for field in shown if field[0] != "seq"]
    # It takes a key of no octets for one, and shows as its kind what comes behind.
    shown = [f for f in shown if not (f[0] == "pk.type" and f not in wanted)]
    for ours, theirs in zip(wanted, shown):
        assert ours == theirs, f"{name}: we meant {ours}, Wireshark reads {theirs}"
    assert len(wanted) == len(shown), f"{name}: {wanted[len(shown):]} or {shown[len(wanted):]} too much"
