# SPDX-License-Identifier: Apache-2.0
"""Listens in between client and server, and writes what it heard as a capture file.

The relay stands on a port of its own and passes everything on unchanged. No capture
privileges are needed; the headers of the packets in the file are made by hand, with the
server on the protocol's registered port, so that decoders know what they look at.
"""

import selectors
import socket
import struct
import threading

SERVER_PORT = 2641
FIRST_CLIENT_PORT = 40000
SEGMENT = 1400
LINK_RAW_IP = 101
CLIENT, SERVER = 0, 1  # who speaks


class Conversation:
    """What went over one connection, or between two UDP addresses: (who, octets) in order."""

    def __init__(self, transport):
        self.transport = transport
        self.spoken = []

    def said(self, who):
        return [octets for speaker, octets in self.spoken if speaker == who]


class Relay:
    """Passes TCP and UDP on one port to a server, and records what it passes."""

    def __init__(self):
        self.upstream = None  # (host, port), before the first client comes
        self.conversations = []
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.listener, self.datagrams = self.bind()
        self.port = self.listener.getsockname()[1]
        self.udp_peers = {}
        self.running = True
        for sock, handler in ((self.listener, self.accept), (self.datagrams, self.from_udp_client)):
            self.selector.register(sock, selectors.EVENT_READ, handler)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def bind():
        """One port, free for both."""
        for _ in range(20):
            listener = socket.create_server(("127.0.0.1", 0))
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                datagrams.bind(listener.getsockname())
                return listener, datagrams
            except OSError:
                listener.close()
                datagrams.close()
        raise OSError("no port that is free for both UDP and TCP")

    def run(self):
        while self.running:
            for key, _ in self.selector.select(0.05):
                key.data(key.fileobj)

    def begin(self, transport):
        conversation = Conversation(transport)
        with self.lock:
            self.conversations.append(conversation)
        return conversation

    def taken(self):
        """The conversations since the last call."""
        with self.lock:
            heard, self.conversations = self.conversations, []
            self.udp_peers = {}
        return [c for c in heard if c.spoken]

    def accept(self, listener):
        near, _ = listener.accept()
        far = socket.create_connection(self.upstream)
        conversation = self.begin("tcp")
        for source, sink, who in ((near, far, CLIENT), (far, near, SERVER)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            handler = self.pump(sink, who, conversation)
            self.selector.register(source, selectors.EVENT_READ, handler)

    def pump(self, sink, who, conversation):
        def move(source):
            try:
                octets = source.recv(65536)
                if octets:
                    conversation.spoken.append((who, octets))
                    sink.sendall(octets)
                else:
                    sink.shutdown(socket.SHUT_WR)
            except OSError:
                octets = b""
            if not octets:
                self.selector.unregister(source)
                if who == SERVER:  # the server hangs up last, or it is of no use any more
                    source.close()

        return move

    def from_udp_client(self, sock):
        octets, address = sock.recvfrom(65536)
        with self.lock:
            known = self.udp_peers.get(address)
        if known is None:
            far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            far.connect(self.upstream)
            known = (far, self.begin("udp"))
            with self.lock:
                self.udp_peers[address] = known
            self.selector.register(far, selectors.EVENT_READ, self.to_udp_client(address, known[1]))
        known[1].spoken.append((CLIENT, octets))
        known[0].send(octets)

    def to_udp_client(self, address, conversation):
        def move(far):
            octets = far.recv(65536)
            conversation.spoken.append((SERVER, octets))
            self.datagrams.sendto(octets, address)

        return move

    def close(self):
        self.running = False
        self.thread.join()
        self.listener.close()
        self.datagrams.close()


def checksum(octets):
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


LOCALHOST = bytes([127, 0, 0, 1])


def ip_packet(protocol, payload):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0, LOCALHOST,
                         LOCALHOST)  # fmt: skip
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def transport_packet(protocol, header, sum_at, octets):
    """Fills in the checksum, which covers addresses, protocol and length too."""
    whole = header + octets
    pseudo = LOCALHOST + LOCALHOST + struct.pack(">BBH", 0, protocol, len(whole))
    total = struct.pack(">H", checksum(pseudo + whole) or 0xFFFF)
    return ip_packet(protocol, whole[:sum_at] + total + whole[sum_at + 2 :])


def udp_packet(ports, octets):
    return transport_packet(17, struct.pack(">HHHH", *ports, 8 + len(octets), 0), 6, octets)


def tcp_packet(ports, sequence, acknowledged, flags, octets=b""):
    header = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 65535, 0, 0)
    return transport_packet(6, header, 16, octets)


def packets(conversation, client_port):
    """(who, packet) of one conversation."""
    ports = {CLIENT: (client_port, SERVER_PORT), SERVER: (SERVER_PORT, client_port)}
    if conversation.transport == "udp":
        return [(who, udp_packet(ports[who], octets)) for who, octets in conversation.spoken]
    syn, ack, push = 0x02, 0x10, 0x18
    position = {CLIENT: 1000, SERVER: 5000}
    out = [
        (CLIENT, tcp_packet(ports[CLIENT], 1000, 0, syn)),
        (SERVER, tcp_packet(ports[SERVER], 5000, 1001, syn | ack)),
        (CLIENT, tcp_packet(ports[CLIENT], 1001, 5001, ack)),
    ]
    position = {CLIENT: 1001, SERVER: 5001}
    for who, octets in conversation.spoken:
        for at in range(0, len(octets), SEGMENT):
            piece = octets[at : at + SEGMENT]
            out.append((who, tcp_packet(ports[who], position[who], position[1 - who], push, piece)))
            position[who] += len(piece)
    return out


def write_pcap(path, conversations):
    """Writes a capture file; returns for each packet which conversation it is of, and who spoke."""
    origin = []
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, LINK_RAW_IP))
        for number, conversation in enumerate(conversations):
            for who, packet in packets(conversation, FIRST_CLIENT_PORT + number):
                file.write(struct.pack("<IIII", 1700000000, len(origin), len(packet), len(packet)) + packet)
                origin.append((number, who))
    return origin
