# SPDX-License-Identifier: Apache-2.0
"""ansa verify: proofs that were made for the fuzzing corpus, by a log and witnesses of the tests."""
import os

from node import DONE, REFUSED, USAGE, ansa, folder

PROOFS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz", "corpus", "proof")
KEYS = [line for line in open(os.path.join(PROOFS, "policy"), encoding="utf-8")
        if line.startswith(("log ", "witness "))]


def proof(name):
    with open(os.path.join(PROOFS, name), "rb") as file:
        return file.read()


def write(place, name, octets):
    path = os.path.join(place, name)
    with open(path, "wb") as file:
        file.write(octets if isinstance(octets, bytes) else octets.encode())
    return path


def policy(place, rest="group g all w0 w1 w2\nquorum g\n"):
    return write(place, "policy", "".join(KEYS) + rest)


def test_proofs_are_told_in_words():
    with folder() as place:
        trust = policy(place)
        words = set()
        for name in ("record", "record.text"):
            done = ansa("verify", os.path.join(PROOFS, name), "--policy", trust)
            for part in ("20.500/A", "value 5", "3 of the record's 7 values are shown.",
                         "log log.example/ansa, of 6 entries, on 2023-11-14T22:13:20Z",
                         "witness w2 saw the same log on 2023-11-14T22:13:30Z"):
                assert part in done.out, done.out
            words.add(done.out)
            stdin = ansa("verify", "-", "--policy", trust, text=proof(name))
            assert stdin.out == done.out
        assert len(words) == 1  # both forms say the same
        none = policy(place, "quorum none\n")
        done = ansa("verify", os.path.join(PROOFS, "absent"), "--policy", none)
        assert "20.500/A does not exist." in done.out, done.out
        told = ansa("verify", os.path.join(PROOFS, "record"), "--policy", none, "--json").json()
        assert told["exists"] and told["identifier"] == "20.500/A" and told["size"] == 6
        assert [w["name"] for w in told["witnesses"]] == ["w0", "w1", "w2"]
        assert [v["index"] for v in told["record"]["values"]] == [1, 2, 6]


def test_what_is_not_proven_is_refused_with_the_step():
    with folder() as place:
        trust = policy(place)
        good = proof("record")
        spoilt = good[:50] + bytes([good[50] ^ 1]) + good[51:]
        rows = (
            (good[:-1], [], "cannot be read"),
            (b"", [], "cannot be read"),
            (spoilt, [], "not signed by the log, or shows something else"),
            (good, ["--id", "20.500/B"], "another identifier"),
            (proof("absent"), [], "cosigned by enough witnesses"),
            (proof("record.text").replace(b"\n6\n", b"\n7\n"), [], "cannot be read"),
        )
        for octets, options, why in rows:
            path = write(place, "proof", octets)
            done = ansa("verify", path, "--policy", trust, *options, status=REFUSED)
            assert why in done.talk and done.out == "", (why, done.talk, done.out)
        path = write(place, "proof", good)
        ansa("verify", path, "--policy", trust, "--id", "doi:20.500/a", status=DONE)
        old = policy(place, "quorum w0\nmax-age 60\n")
        assert "too old" in ansa("verify", path, "--policy", old, status=REFUSED).talk
        stranger = write(place, "policy", "quorum none\n")
        assert "not in the policy" in ansa("verify", path, "--policy", stranger, status=REFUSED).talk


def test_policies_are_found_and_read_strictly():
    with folder() as place:
        path = write(place, "proof", proof("record"))
        assert "whom to believe" in ansa("verify", path, env={"HOME": place}, status=USAGE).talk
        os.makedirs(place + "/.config/ansa")
        os.rename(policy(place), place + "/.config/ansa/policy")
        ansa("verify", path, env={"HOME": place})
        rows = (("quorum all\n", "line 5: the quorum is not defined"), ("", "no quorum line"),
                ("quorum none", "line 5: there is no newline"), (KEYS[0], "line 5: there is a log"))
        for rest, why in rows:
            done = ansa("verify", path, "--policy", policy(place, rest), status=USAGE)
            assert why in done.talk, (rest, done.talk)
        ansa("verify", path, "--policy", place + "/nothing", status=USAGE)
        ansa("verify", place + "/nothing", "--policy", policy(place), status=USAGE)
        ansa("verify", status=USAGE)
