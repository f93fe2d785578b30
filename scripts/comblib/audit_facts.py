# SPDX-License-Identifier: MIT
"""Facts about a comb.efi, as scripts/audit finds them: lines "kind key=value key=value"."""
import collections
import hashlib
import pathlib
import re
import subprocess
import tempfile

from . import build, bundle_file, packages
from .project import BUILD, Failure

TARGET = "comb_audit"
TIMEOUT_S = 120
STATUS_BAD_INPUT = 2

# What a fact of each kind may say; policies can ask for nothing else.
WORDS = {
    "build": "version",
    "image": "name kind bytes sha256",
    "appliance": "name",
    "refused": "image why",
    "page": "image at scan sha256",
    "found": "image at bytes",
    "verify": "image verdict at why",
    "cell": "name image state version class restart profile memory_kib stack_kib cpu priority timeout_ms "
            "requests irqs kib_s",
    "provides": "cell interface kind",
    "uses": "cell interface kind kib",
    "cap": "cell type rights base size to interface from irq bar cache message",
    "edge": "from to interface entry state",
    "channel": "client server interface kib state",
    "domain": "owner kind kib",
    "device": "at vendor device class irq messages iommu bars driver",
    "machine": "backend iommu remaps virtio-bypass faults",
    "member": "cell image start driver",
    "driver": "image at line",
    "match": "image vendor device class mask",
    "problem": "text",
    "hash": "part facts sha256",
}
WORDS = {kind: tuple(words.split()) for kind, words in WORDS.items()}
REST = ("why", "text")  # take the rest of the line
NAME = re.compile(r"[a-z0-9_-]{1,15}")

Fact = collections.namedtuple("Fact", "kind words line")


class FactError(Exception):
    """The line is no fact."""


def fact_parse(line):
    kind, _, rest = line.partition(" ")
    if kind not in WORDS:
        raise FactError(f"'{line[:60]}' is no fact")
    if kind == "problem":
        return Fact(kind, {"text": rest}, line)
    words = {}
    while rest:
        key, equals, value = rest.partition("=")
        value, rest = (value, "") if key in REST else value.partition(" ")[::2]
        if not equals or key not in WORDS[kind] or key in words:
            raise FactError(f"'{line[:60]}' is no fact of kind {kind}")
        words[key] = value
    return Fact(kind, words, line)


def facts_hash(lines):
    """What cells/shell/facts.c computes of sorted lines."""
    return hashlib.sha256("".join(line + "\n" for line in lines).encode("ascii")).hexdigest()


def program():
    """Builds the host program, and nothing else of the preset."""
    packages.ensure(packages.BUILD + packages.TEST)
    folder = BUILD / "host-test"
    if not (folder / "build.ninja").exists():
        build.step(["cmake", "--preset", "host-test"], "configuration")
    build.step(["ninja", "-C", str(folder), TARGET], "build")
    return folder / "test" / "audit" / TARGET


class Image:
    """A comb.efi, and questions about it; in a with statement, as the bundle lies in a file meanwhile."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        try:
            self.bytes = bundle_file.read(self.path)
            bundle = bundle_file.bundle_in(self.bytes)
            self.entries = bundle_file.entries(bundle)
        except bundle_file.BundleFileError as error:
            raise Failure(f"{path}: {error}", STATUS_BAD_INPUT) from None
        for entry in self.entries:
            if not NAME.fullmatch(entry.name):
                raise Failure(f"{path}: '{entry.name}' is no name for an entry", STATUS_BAD_INPUT)
        self.program = program()
        self.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.bundle = pathlib.Path(self.folder.name, "bundle")
        self.bundle.write_bytes(bundle)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.folder.cleanup()

    def appliances(self):
        return [entry.name for entry in self.entries if entry.kind == "appliance"]

    def ask(self, *words):
        """(facts, what was wrong): one of the two is None."""
        command = [str(self.program), str(self.bundle), *words]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{TARGET}: {error}") from None
        if result.returncode == 1 and not result.stdout:
            return None, result.stderr.strip()
        if result.returncode:
            raise Failure(f"{TARGET} ended with status {result.returncode}:\n{result.stderr.strip()}")
        return [fact_parse(line) for line in result.stdout.splitlines()], None
