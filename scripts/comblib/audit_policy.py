# SPDX-License-Identifier: MIT
"""The rules that an image has to keep; docs/audit.md says how they are written.

    file      = { line newline }
    line      = [ "for" [ "-" ] pattern { [ "-" ] pattern } | name ":" rule ] [ "#" anything ]
    rule      = "only" who "may have" selector
              | "none may have" selector { "and" selector }
              | "all have" selector
              | "all but" who "have" selector
              | "nothing is" selector
    selector  = kind { word operator value }
    operator  = "=" | "!=" | "~" | "<=" | ">="
    who, kind, value = pattern { "|" pattern }, where "*" stands for anything

Kinds and words are those of facts, so a rule that asks for what no fact can say is an error and not
a rule that always holds.
"""
import collections
import fnmatch
import pathlib
import re

from .audit_facts import STATUS_BAD_INPUT, WORDS
from .project import Failure

FILE_BYTES_MAX = 65536
HEXADECIMAL = ("base", "size", "at", "vendor", "device", "class", "mask")
CONDITION = re.compile(r"([a-z0-9_-]+)(!=|<=|>=|=|~)(\S+)")
RULE_NAME = re.compile(r"[a-z0-9-]+")
DRIVERS = "drivers"  # in `who`: every cell that is created for a function

# The word of a fact that says whose it is: a cell, or else an image.
SUBJECT = {"cell": "name", "provides": "cell", "uses": "cell", "cap": "cell", "edge": "from",
           "channel": "client", "domain": "owner", "member": "cell"}
IMAGE = {"page": "image", "found": "image", "refused": "image", "verify": "image", "match": "image",
         "driver": "image"}

Condition = collections.namedtuple("Condition", "word operator value")
Selector = collections.namedtuple("Selector", "kinds conditions")
Rule = collections.namedtuple("Rule", "name appliances form who selectors")
Violation = collections.namedtuple("Violation", "appliance rule cell fact")


class PolicyError(Exception):
    """The rule cannot be understood."""


def matches(pattern, text):
    return any(fnmatch.fnmatchcase(text, one) for one in pattern.split("|"))


# ---- reading ----

def _condition(text, kinds):
    match = CONDITION.fullmatch(text)
    if not match:
        raise PolicyError(f"'{text}' is no condition such as type=dma")
    if not any(match[1] in WORDS[kind] for kind in kinds):
        raise PolicyError(f"no fact of kind {'|'.join(kinds)} says '{match[1]}'")
    if match[2] in ("<=", ">="):
        try:
            _number(match[1], match[3])
        except ValueError:
            raise PolicyError(f"'{match[3]}' is no number") from None
    return Condition(*match.groups())


def _selector(text):
    words = text.split()
    if not words:
        raise PolicyError("a kind of fact is missing")
    kinds = tuple(words[0].split("|"))
    for kind in kinds:
        if kind not in SUBJECT and kind not in IMAGE and kind != "problem":
            raise PolicyError(f"there are no facts of kind '{kind}'")
    return Selector(kinds, tuple(_condition(word, kinds) for word in words[1:]))


FORMS = (  # the first that fits counts
    ("only", re.compile(r"only (\S+) may have (.+)")),
    ("none", re.compile(r"()none may have (.+)")),
    ("all", re.compile(r"all but (\S+) have (.+)")),
    ("all", re.compile(r"()all have (.+)")),
    ("nothing", re.compile(r"()nothing is (.+)")),
)


def _rule(name, text, appliances):
    if not RULE_NAME.fullmatch(name):
        raise PolicyError(f"'{name}' is no name for a rule")
    for form, pattern in FORMS:
        match = pattern.fullmatch(text)
        if match:
            parts = match[2].split(" and ")
            if len(parts) > 1 and form != "none":
                raise PolicyError("'and' stands only in 'none may have'")
            return Rule(name, appliances, form, match[1], tuple(_selector(part) for part in parts))
    raise PolicyError(f"'{text}' is no rule")


def parse(text):
    """The rules of a policy."""
    rules, appliances = [], ("*",)
    for number, line in enumerate(text.splitlines(), 1):
        line = " ".join(line.partition("#")[0].split())
        try:
            if line.startswith("for "):
                appliances = tuple(line.split()[1:])
            elif line:
                name, colon, rest = line.partition(":")
                if not colon:
                    raise PolicyError(f"'{line}' is neither 'for APPLIANCE...' nor 'NAME: RULE'")
                rules.append(_rule(name, rest.strip(), appliances))
        except PolicyError as error:
            raise PolicyError(f"line {number}: {error}") from None
    if not rules:
        raise PolicyError("no rule in it")
    return rules


def read(path):
    """The rules in a file; what is wrong with it ends the program."""
    try:
        data = pathlib.Path(path).read_bytes()
        if len(data) > FILE_BYTES_MAX:
            raise PolicyError(f"longer than {FILE_BYTES_MAX} bytes")
        return parse(data.decode("ascii"))
    except (OSError, UnicodeError) as error:
        raise Failure(f"{path}: {getattr(error, 'strerror', None) or 'is not ASCII text'}",
                      STATUS_BAD_INPUT) from None
    except PolicyError as error:
        raise Failure(f"{path}: {error}", STATUS_BAD_INPUT) from None


# ---- checking ----

def _number(word, text):
    return int(text, 16 if word in HEXADECIMAL else 10)


def _compares(condition, found):
    try:
        number, bound = _number(condition.word, found), _number(condition.word, condition.value)
    except ValueError:
        return False
    return number <= bound if condition.operator == "<=" else number >= bound


def _condition_holds(condition, fact):
    found = fact.words.get(condition.word)
    if condition.operator == "!=":
        return found is None or not matches(condition.value, found)
    if found is None:
        return False
    if condition.operator == "=":
        return matches(condition.value, found)
    if condition.operator == "~":
        return condition.value in found
    return _compares(condition, found)


def selects(selector, fact):
    return fact.kind in selector.kinds and all(_condition_holds(one, fact) for one in selector.conditions)


class Subjects:
    """Whose a fact is."""

    def __init__(self, facts):
        members = [fact.words for fact in facts if fact.kind == "member"]
        self.images = {words["cell"]: words["image"] for words in members}
        self.drivers = {words["cell"] for words in members if words["driver"] == "yes"}

    def cells(self):
        return list(self.images)

    def of(self, fact):
        """The cells that have the fact; an image's facts are those of all its cells."""
        if fact.kind in SUBJECT:
            return [fact.words[SUBJECT[fact.kind]]]
        image = fact.words.get(IMAGE.get(fact.kind))
        return [cell for cell, its in self.images.items() if its == image]

    def is_among(self, cell, who):
        """`who` names images; `drivers` is every cell that is created for a function."""
        is_driver = DRIVERS in who.split("|") and cell in self.drivers
        return is_driver or matches(who, self.images.get(cell, cell))


def _only(rule, facts, subjects):
    for fact in facts:
        if selects(rule.selectors[0], fact):
            for cell in subjects.of(fact):
                if not subjects.is_among(cell, rule.who):
                    yield cell, fact.line


def _none(rule, facts, subjects):
    for cell in subjects.cells():
        its = [fact for fact in facts if cell in subjects.of(fact)]
        found = [next((fact for fact in its if selects(one, fact)), None) for one in rule.selectors]
        if all(found):
            yield cell, "; ".join(fact.line for fact in found)


def _all(rule, facts, subjects):
    for cell in subjects.cells():
        if subjects.is_among(cell, rule.who):
            continue
        its = [fact for fact in facts if cell in subjects.of(fact)]
        if not any(selects(rule.selectors[0], fact) for fact in its):
            same_kind = [fact.line for fact in its if fact.kind in rule.selectors[0].kinds]
            yield cell, "; ".join(same_kind) or "no such fact"


def _nothing(rule, facts, subjects):
    for fact in facts:
        if selects(rule.selectors[0], fact):
            names = subjects.of(fact) if fact.kind in SUBJECT else [fact.words.get("image", "-")]
            yield names[0], fact.line


CHECKS = {"only": _only, "none": _none, "all": _all, "nothing": _nothing}


def is_for(patterns, appliance):
    """Patterns with a "-" in front take away from what the others name."""
    given = any(matches(one, appliance) for one in patterns if one[0] != "-")
    return given and not any(matches(one[1:], appliance) for one in patterns if one[0] == "-")


def check(rules, appliance, facts):
    """The violations of rules that are for this appliance."""
    subjects = Subjects(facts)
    found = []
    for rule in rules:
        if is_for(rule.appliances, appliance):
            found += [Violation(appliance, rule.name, cell, fact)
                      for cell, fact in CHECKS[rule.form](rule, facts, subjects)]
    return found
