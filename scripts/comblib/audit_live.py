# SPDX-License-Identifier: MIT
"""What `audit` printed on a machine, next to what the image says it should have."""
import collections
import pathlib
import sys

from . import audit_facts
from .audit_facts import STATUS_BAD_INPUT, FactError
from .project import Failure

BYTES_MAX = 1 << 20
PARTS = ("fixed", "device")
DEVICE_WORDS = ("at", "vendor", "device", "class", "irq", "messages", "iommu", "bars")

# What makes two facts speak of the same thing, so that the one is the other, changed.
KEYS = {"cell": ("name",), "image": ("name", "kind"), "appliance": (), "build": (), "machine": (),
        "cap": ("cell", "type", "to", "interface"), "edge": ("from", "to", "interface"),
        "channel": ("client", "server", "interface"), "domain": ("owner", "kind"),
        "provides": ("cell", "interface"), "uses": ("cell", "interface"), "device": ("at",)}

# What the machine's facts may be for the walls to stand; anything else is a difference.
MACHINE = {"backend": ("pku", "pt"), "virtio-bypass": ("refuse",), "faults": ("refuse",)}


def text_read(path):
    try:
        file = sys.stdin.buffer if str(path) == "-" else pathlib.Path(path).open("rb")
        with file:
            data = file.read(BYTES_MAX + 1)
        if len(data) > BYTES_MAX:
            raise Failure(f"{path}: longer than {BYTES_MAX} bytes", STATUS_BAD_INPUT)
        return data.decode("ascii")
    except (OSError, UnicodeError) as error:
        raise Failure(f"{path}: {getattr(error, 'strerror', None) or 'is not ASCII text'}",
                      STATUS_BAD_INPUT) from None


def parse(text):
    """{part: facts}; every part has to end in its hash, and the hash has to fit."""
    parts, facts = {}, []
    for line in text.split("\n")[:-1]:
        if not line.isprintable():
            raise FactError("it is no text")
        fact = audit_facts.fact_parse(line)
        if fact.kind != "hash":
            facts.append(fact)
            continue
        name = fact.words.get("part")
        if name not in PARTS or name in parts:
            raise FactError(f"part '{name}' is none, or stands twice")
        if audit_facts.facts_hash(one.line for one in facts) != fact.words.get("sha256"):
            raise FactError(f"the hash of part '{name}' does not fit its lines")
        parts[name], facts = facts, []
    if facts or set(parts) != set(PARTS) or not text.endswith("\n"):
        raise FactError("it ends too early")
    return parts


def read(path):
    try:
        return parse(text_read(path))
    except FactError as error:
        raise Failure(f"{path}: not what 'audit' prints: {error}", STATUS_BAD_INPUT) from None


def appliance_of(parts):
    names = [fact.words.get("name", "") for fact in parts["fixed"] if fact.kind == "appliance"]
    return names[0] if len(names) == 1 else ""


def devices_of(parts):
    """The machine's functions, as scripts/audit wants to be told."""
    return [" ".join(fact.words.get(word, "?") for word in DEVICE_WORDS)
            for fact in parts["device"] if fact.kind == "device"]


def _key(fact):
    return (fact.kind,) + tuple(fact.words.get(word) for word in KEYS.get(fact.kind, ()))


def _changed(before, after):
    words = [f"{word} {before.words.get(word, '-')} -> {after.words.get(word, '-')}"
             for word in audit_facts.WORDS[before.kind] if before.words.get(word) != after.words.get(word)]
    what = " ".join(f"{word}={before.words[word]}" for word in KEYS[before.kind] if word in before.words)
    return f"changed: {before.kind} {what}: {', '.join(words)}"


def differences(expected, found):
    """A line for each fact that is not on both sides; as many times as it is one too many."""
    by_line = {fact.line: fact for fact in expected + found}
    wanted = collections.Counter(fact.line for fact in expected)
    there = collections.Counter(fact.line for fact in found)
    extra = collections.defaultdict(list)
    for line in sorted((there - wanted).elements()):
        extra[_key(by_line[line])].append(by_line[line])
    lines = []
    for line in sorted((wanted - there).elements()):
        others = extra[_key(by_line[line])]
        lines.append(_changed(by_line[line], others.pop(0)) if others else f"missing: {line}")
    return lines + [f"extra: {fact.line}" for facts in extra.values() for fact in facts]


def machine_differences(facts):
    for fact in facts:
        for word, good in MACHINE.items() if fact.kind == "machine" else ():
            if fact.words.get(word) not in good:
                yield f"changed: machine: {word} {'|'.join(good)} -> {fact.words.get(word, '-')}"


def compare(image, parts, appliance):
    """{part: differences}; None and why, if the appliance cannot be planned."""
    result = {}
    for part in PARTS:
        expected, wrong = image.ask(part, appliance, *devices_of(parts))
        if wrong:
            raise Failure(f"{image.path}: {wrong}", STATUS_BAD_INPUT)
        expected = [fact for fact in expected if fact.kind != "hash"]
        found = [fact for fact in parts[part] if fact.kind != "machine"]
        result[part] = differences(expected, found) + list(machine_differences(parts[part]))
    return result
