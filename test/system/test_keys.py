# SPDX-License-Identifier: Apache-2.0
"""ansa keygen and ansa key: every kind in every form, there and back, and what openssl says."""
import json
import os
import subprocess

from node import DONE, REFUSED, USAGE, ansa, folder

KINDS = (("rsa", "--bits", "1024"), ("rsa", "--bits", "2048"), ("dsa", "--bits", "1024"), ("ed25519",))
FORMS = ("pem", "jwk", "bin")


def fingerprint(path, *options):
    return ansa("key", "show", path, "--json", *options).json()["sha256"]


def openssl(*words):
    done = subprocess.run(["openssl", *words], capture_output=True, timeout=60)
    assert done.returncode == 0, (words, done.stderr.decode())
    return done.stdout


def test_keys_of_every_kind_in_every_form():
    with folder() as place:
        for kind, *bits in KINDS:
            for form in FORMS:
                key = "%s/%s%s.%s" % (place, kind, "".join(bits[1:]), form)
                made = ansa("keygen", key, "--type", kind, *bits, "--form", form, "--json").json()
                assert made["kind"].lower() == kind and made["half"] == "private", made
                assert bits == [] or made["bits"] == int(bits[1]), made
                assert os.stat(key).st_mode & 0o777 == 0o600
                assert fingerprint(key) == fingerprint(key + ".pub") == made["sha256"]
                shown = ansa("key", "show", key + ".pub").out
                assert "half: public" in shown and made["sha256"] in shown, shown


def test_keys_are_converted_and_back():
    with folder() as place:
        for kind, *bits in KINDS:
            key = "%s/%s%s" % (place, kind, "".join(bits[1:]))
            ansa("keygen", key, "--type", kind, *bits)
            print_ = fingerprint(key)
            last = key
            for form in FORMS + ("pem",):
                new = last + "-" + form
                ansa("key", "convert", last, new, "--form", form)
                assert fingerprint(new) == print_, (kind, form)
                assert ansa("key", "show", new, "--json").json()["half"] == "private"
                ansa("key", "convert", new, new + ".half", "--form", form, "--public")
                half = ansa("key", "show", new + ".half", "--json").json()
                assert half["half"] == "public" and half["sha256"] == print_
                last = new
            with open(key, "rb") as first, open(last, "rb") as again:
                assert first.read() == again.read(), kind
            ansa("key", "convert", key, last, status=REFUSED)  # it exists
            ansa("key", "convert", key, last, "--force")


def test_openssl_reads_our_keys():
    with folder() as place:
        for kind, *bits in KINDS:
            key = "%s/%s%s" % (place, kind, "".join(bits[1:]))
            ansa("keygen", key, "--type", kind, *bits)
            text = openssl("pkey", "-in", key, "-noout", "-text").decode().lower()
            assert kind in text or "private-key" in text, text
            assert openssl("pkey", "-in", key, "-pubout") == \
                openssl("pkey", "-pubin", "-in", key + ".pub", "-pubout")
            # and we read theirs
            with open(key + ".theirs", "wb") as file:
                file.write(openssl("pkey", "-in", key))
            assert fingerprint(key + ".theirs") == fingerprint(key)


def test_encrypted_keys():
    with folder() as place:
        for name, text in (("right", "sesame\n"), ("wrong", "barley\n"), ("empty", "")):
            with open(place + "/" + name, "w") as file:
                file.write(text)
        right, wrong = ["--passphrase-file", place + "/right"], ["--passphrase-file", place + "/wrong"]
        for kind, *bits in KINDS[::2] + KINDS[-1:]:
            for form in ("pem", "bin"):
                key = "%s/%s%s.%s" % (place, kind, "".join(bits[1:]), form)
                ansa("keygen", key, "--type", kind, *bits, "--form", form, *right)
                print_ = fingerprint(key, *right)
                assert print_ == fingerprint(key + ".pub")
                for options in (wrong, ["--passphrase-file", place + "/none"]):
                    ansa("key", "show", key, *options, status=REFUSED)
                assert ansa("key", "show", key, "--json",
                            env={"ANSA_PASSPHRASE": "sesame"}).json()["sha256"] == print_
                other = "bin" if form == "pem" else "pem"
                ansa("key", "convert", key, key + ".other", "--form", other, *right,
                     "--new-passphrase-file", place + "/wrong")
                assert fingerprint(key + ".other", *wrong) == print_
                ansa("key", "convert", key, key + ".open", "--form", other, *right)
                assert fingerprint(key + ".open") == print_
                if form == "pem":
                    openssl("pkey", "-in", key, "-passin", "pass:sesame", "-noout")
                    with open(key) as file:
                        assert "ENCRYPTED" in file.read()


def test_unusable_key_files_are_told():
    with folder() as place:
        for name, octets in (("empty", b""), ("text", b"hello\n"), ("zeros", bytes(100)),
                             ("pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
                             ("jwk", b'{"kty":"RSA","n":"AQ"}'), ("large", b"x" * 100000),
                             ("binary", bytes(range(256)) * 3)):
            with open(place + "/" + name, "wb") as file:
                file.write(octets)
            done = ansa("key", "show", place + "/" + name, status=REFUSED)
            assert done.talk.startswith("ansa key: " + place), done.talk
        ansa("key", "show", place + "/missing", status=REFUSED)
        ansa("keygen", place + "/k", "--type", "ed25519")
        ansa("keygen", place + "/k", "--type", "ed25519", status=REFUSED)
        before = fingerprint(place + "/k")
        ansa("keygen", place + "/k", "--type", "ed25519", "--force")
        assert fingerprint(place + "/k") != before == before
        for bad in (["--form", "der"], ["--bits", "1023"], ["--bits", "4097"], ["--type", "ecdsa"]):
            ansa("keygen", place + "/new", *bad, status=USAGE)
            assert not os.path.exists(place + "/new")
        assert json.loads(ansa("key", "show", place + "/k", "--json", status=DONE).out)["public"]["kty"]
