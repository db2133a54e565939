# SPDX-License-Identifier: Apache-2.0
"""What is written about the programs is what they do: manual pages, help, shell completion."""
import os
import re
import shutil
import subprocess

from node import ansa, folder, programs

MAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "man")


def verbs():
    names = re.findall(r"^  ([a-z]+) ", ansa("--help").out, re.M)
    assert len(names) >= 20, names
    return names


def options(verb):
    return re.findall(r"^  --([a-z-]+)", ansa(verb, "--help").out, re.M)


def manual(name):
    with open(os.path.join(MAN, name)) as file:
        return file.read()


def test_ansa_1_names_every_verb_and_option():
    text = manual("ansa.1").replace("\\-", "-")
    for verb in verbs():
        assert re.search(r"\b(Cm|,) ?%s\b" % verb, text), "ansa.1 says nothing of " + verb
        for option in options(verb):
            assert re.search(r"Fl -?-%s\b" % option, text), "ansa.1 says nothing of %s --%s" % (verb, option)


def test_ansa_1_names_nothing_else():
    text = manual("ansa.1").replace("\\-", "-")
    known = {option for verb in verbs() for option in options(verb)} | {"help", "version", "option", "json"}
    for option in re.findall(r"Fl -([a-z][a-z-]*)", text):
        assert option in known, "ansa.1 tells of --%s, which there is not" % option


def test_ansad_conf_5_names_every_setting():
    text = manual("ansad.conf.5")
    printed = subprocess.run([programs() + "/ansad", "--print-config-man"], capture_output=True, text=True,
                             timeout=20).stdout
    settings = re.findall(r"^\.It Cm (\w+)", printed, re.M)
    assert len(settings) > 40
    for setting in settings:
        assert ".It Cm %s " % setting in text, "ansad.conf.5 says nothing of " + setting


def test_manual_pages_are_well_formed():
    if shutil.which("mandoc") is None:
        return
    for page in sorted(name for name in os.listdir(MAN) if name[-1].isdigit()):
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(MAN, page)], capture_output=True,
                              text=True, timeout=20)
        assert done.returncode == 0, done.stdout


def test_every_verb_has_help():
    for verb in verbs():
        done = ansa(verb, "--help").out
        assert done.startswith("usage: ansa " + verb) and "--json" in done, done
        assert all(len(line) <= 110 for line in done.splitlines()), done


def test_shell_completion():
    with folder() as place:
        for shell in ("bash", "zsh", "fish"):
            text = ansa("completion", shell).out
            path = place + "/" + shell
            with open(path, "w") as file:
                file.write(text)
            for verb in verbs():
                assert verb in text, (shell, verb)
            if shutil.which(shell):
                subprocess.run([shell, "-n", path], check=True, timeout=20)
        # what bash would offer
        script = '. %s/bash; COMP_WORDS=(ansa %%s); COMP_CWORD=%%d; _ansa; echo "${COMPREPLY[@]}"' % place

        def offered(words, at):
            return subprocess.run(["bash", "-c", script % (words, at)], capture_output=True, text=True,
                                  check=True, timeout=20).stdout.split()

        assert offered("res", 1) == ["resolve", "restore"], offered("res", 1)
        assert offered("resolve --ty", 2) == ["--type"]
        assert set(offered("keygen --", 2)) == {"--" + o for o in options("keygen")}
