# SPDX-License-Identifier: MIT
"""comb audit: what an image is, and whether that is allowed."""
import json
import pathlib

from . import arguments, audit_live, audit_picture, audit_policy, audit_report
from .audit_facts import STATUS_BAD_INPUT, Image
from .project import ROOT, Failure, image_path, say

POLICY = ROOT / "scripts" / "audit" / "default.policy"
SUMMARY = "say what an image may do, and check it against a policy"
DESCRIPTION = """\
Reads a finished comb.efi: its cells, who may call whom, what each holds, what
the scanner says of each executable page.  Then checks the rules of a policy.
With --live, compares a running machine with the image instead.

exit status: 0  every rule holds; with --live: there is no difference
             1  a line for each rule that does not hold, or each difference
             2  the image, the policy or the file cannot be read

examples:
  comb audit                                   the release build
  comb audit comb.efi --json > audit.json
  comb audit comb.efi --appliance block --svg block.svg
  comb exec audit > live.txt; comb audit --live live.txt
"""


def add(parser):
    parser.add_argument("image", nargs="?", type=pathlib.Path, default=image_path("release"), metavar="IMAGE",
                        help="a comb.efi, or a disk image that holds one (default: the release build)")
    parser.add_argument("--appliance", type=arguments.name, metavar="NAME", help="look at this one only")
    parser.add_argument("--policy", type=pathlib.Path, default=POLICY, metavar="FILE",
                        help="the rules to check (default: scripts/audit/default.policy)")
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")
    parser.add_argument("--svg", type=pathlib.Path, metavar="FILE",
                        help="draw the appliance (default: the one called 'default')")
    parser.add_argument("--live", metavar="FILE",
                        help="what 'audit' printed on a machine; - is standard input")


def appliances_wanted(image, name):
    names = image.appliances()
    if name and name not in names:
        raise Failure(f"{image.path}: no appliance '{name}' in it", STATUS_BAD_INPUT)
    return [name] if name else names


def appliance_audit(image, name, rules, image_facts):
    """(report or None, violations, facts) of one appliance"""
    facts, wrong = image.ask("all", name)
    if wrong:
        return None, [audit_policy.Violation(name, "readable", "-", wrong)], []
    fixed, _ = image.ask("fixed", name)
    its = {fact.words["image"] for fact in facts if fact.kind == "member"}
    details = [fact for fact in image_facts if fact.words.get("image") in its]
    violations = audit_policy.check(rules, name, facts + details)
    return audit_report.appliance(name, fixed, facts), violations, facts


def svg_write(path, name, facts):
    try:
        path.write_text(audit_picture.draw(name, facts), encoding="ascii")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}", STATUS_BAD_INPUT) from None
    say(f"wrote {path}")


def audit(image, parsed, rules):
    image_facts, wrong = image.ask("images")
    if wrong:
        raise Failure(f"{image.path}: {wrong}", STATUS_BAD_INPUT)
    reports, violations = [], []
    for name in appliances_wanted(image, parsed.appliance):
        report, found, facts = appliance_audit(image, name, rules, image_facts)
        reports += [report] if report else []
        violations += found
        if parsed.svg and name == (parsed.appliance or "default"):
            svg_write(parsed.svg, name, facts)
    report = audit_report.whole(image, image_facts, reports, violations)
    print(json.dumps(report, indent=1) if parsed.json else audit_report.text(report))
    for one in violations:
        say(f"{one.appliance}: {one.rule}: {one.cell}: {one.fact}")
    return 1 if violations else 0


def compare(image, parsed):
    parts = audit_live.read(parsed.live)
    name = appliances_wanted(image, parsed.appliance or audit_live.appliance_of(parts))[0]
    found = audit_live.compare(image, parts, name)
    for part, lines in found.items():
        print(f"{part}: {len(parts[part])} facts, " + (f"{len(lines)} differences" if lines else "as built"))
        for line in lines:
            print(f"  {line}")
    return 1 if any(found.values()) else 0


def main(parsed):
    rules = audit_policy.read(parsed.policy)
    with Image(parsed.image) as image:
        return compare(image, parsed) if parsed.live else audit(image, parsed, rules)
