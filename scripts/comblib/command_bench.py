# SPDX-License-Identifier: MIT
"""comb bench: measures calls, block devices, boot, size and memory."""
import argparse
import dataclasses
import json

from . import accelerator, arguments, block_bench, gate_host, histogram, launch, packages, profile_bench
from .guest import SCRIPT_OPTIONS, Guest, GuestError
from .machine import BACKENDS
from .project import BUILD, ROOT, Failure, commit, say

SUMMARY = "measure calls, block devices, boot, size and memory, next to other systems"
DESCRIPTION = """\
Boots Comb with each backend, once counting instructions and once not, and runs
'ipc' and 'bench' in its shell.  Prints a table next to what other systems need
(docs/data/rivals.json), and writes

  build/bench/ipc.jsonl      one JSON object per path, backend and unit
  build/bench/block.jsonl    the same per block device and kind of load
  build/bench/boot.json      boot, size and least memory
  build/bench/*.svg          histograms
  build/bench/profile.jsonl  the price of the language profile, with --only profile
  build/bench/native.jsonl   the same gate on this processor, if it has protection keys

Instruction counts are exact and repeat.  Times on an emulated CPU are not:
there, changing protection keys costs far more than it does in hardware.

examples:
  comb bench
  comb bench --samples 1000 --backend pku
  comb bench --only block
  comb bench --only profile
"""

SCHEMA_CALL, SCHEMA_BOOT = "comb.ipc.1", "comb.boot.1"
RIVALS = ROOT / "docs" / "data" / "rivals.json"
FIELDS = {"path": str, "backend": str, "unit": str, "n": int, "min": int, "p50": int, "p90": int,
          "p99": int, "p999": int, "max": int, "hist": list, "width": int}
MEMORY_MIB_LOW, MEMORY_MIB_HIGH = 24, 256
MEMORY_BOOT_TIMEOUT_S = 40.0


def add(parser):
    arguments.add_image(parser)
    parser.add_argument("--samples", type=arguments.count, default=10000, metavar="N", help="per path")
    parser.add_argument("--backend", action="append", choices=BACKENDS, help="only this; may be repeated")
    parser.add_argument("--only", choices=("ipc", "block", "profile"),
                        help="only calls, only block devices, or what the language profile costs")
    parser.add_argument("--no-memory", action="store_true", help="do not look for the least memory")
    parser.add_argument("--timeout", type=arguments.seconds, default=900.0, metavar="S", help="per boot")


def machine_for(parsed, backend, icount, memory=256, drives=(), appliance=None):
    flags = argparse.Namespace(preset=parsed.preset, no_build=True, backend=backend, appliance=appliance,
                               append="", icount=icount, disk=False, mem=memory, cpu="", smp=1, gdb=False,
                               drive=list(drives), iommu=True, edu=False, rng=False, qemu_arg=[])
    return launch.machine_for(flags, SCRIPT_OPTIONS)


def records_parse(text):
    """The JSON lines of 'ipc --json', each checked for what is used later."""
    records = []
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            record = json.loads(line)
        except ValueError:
            raise Failure(f"not JSON: {line}") from None
        for field, kind in FIELDS.items():
            if not isinstance(record.get(field), kind):
                raise Failure(f"'{field}' is missing or wrong in: {line}")
        records.append(record)
    return records


@dataclasses.dataclass
class Outcome:
    records: list
    version: dict
    accelerator: str
    complaint: str = ""


def measure(parsed, backend, icount):
    """One boot."""
    with Guest(machine_for(parsed, backend, icount), timeout=parsed.timeout) as guest:
        try:
            guest.start()
            version = json.loads(guest.command("version --json").output)
            result = guest.command(f"ipc -n {parsed.samples} --json")
            outcome = Outcome(records_parse(result.output), version, guest.accelerator)
            if result.status:
                outcome.complaint = f"ipc ended with status {result.status}: {result.output.strip()[-200:]}"
            guest.close()
            return outcome
        except (GuestError, ValueError) as error:
            raise Failure(f"backend {backend}: {error}\n{getattr(error, 'tail', '')}") from None


def measure_all(parsed, backends, folder):
    """All boots; writes and returns the records, the boot facts, and the number of complaints."""
    records, boots, complaints = [], {}, 0
    for icount in (True, False):
        for backend in backends:
            say(f"measuring {backend}, {'instructions' if icount else 'time'}")
            outcome = measure(parsed, backend, icount)
            if outcome.complaint:
                say(f"{backend}: {outcome.complaint}")
                complaints += 1
            about = {"schema": SCHEMA_CALL, "commit": commit(), "cpu": outcome.version.get("cpu", ""),
                     "accelerator": outcome.accelerator, "icount": icount}
            records += [about | record for record in outcome.records]
            if icount:
                boots[backend] = outcome.version.get("boot_ticks", 0)
    with open(folder / "ipc.jsonl", "w", encoding="ascii") as file:
        for record in records:
            file.write(json.dumps(record) + "\n")
    return records, boots, complaints


def boots_with(parsed, memory):
    with Guest(machine_for(parsed, None, False, memory), timeout=MEMORY_BOOT_TIMEOUT_S) as guest:
        try:
            guest.start()
            return guest.command("echo alive").output.strip() == "alive"
        except GuestError:
            return False


def least_memory(parsed):
    """The least MiB with which the default appliance reaches its shell; None: not even with the most."""
    low, high = MEMORY_MIB_LOW, MEMORY_MIB_HIGH
    if not boots_with(parsed, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if boots_with(parsed, middle) else (middle, high)
    return high


def rivals_load():
    try:
        return json.loads(RIVALS.read_text(encoding="utf-8"))["rivals"]
    except (OSError, ValueError, KeyError) as error:
        raise Failure(f"{RIVALS}: {error}") from None


def rivals_print(rivals, path):
    for rival in rivals:
        if rival["path"] == path:
            what = f"{rival['system']}, {rival['operation']}"
            source = "" if rival["source"] == "emulator" else f"  ({rival['source']})"
            print(f"    {what:52}{rival['value']:>9} {rival['unit']}{source}")


def calls_print(records, rivals):
    header = f"{'path':10}{'backend':9}{'unit':14}" + "".join(
        f"{name:>9}" for name in ("min", "p50", "p90", "p99", "p99.9", "max"))
    print(header + "\n" + "-" * len(header))
    for path in dict.fromkeys(record["path"] for record in records):
        for record in (entry for entry in records if entry["path"] == path):
            print(f"{path:10}{record['backend']:9}{record['unit']:14}" + "".join(
                f"{record[field]:>9}" for field in ("min", "p50", "p90", "p99", "p999", "max")))
        rivals_print(rivals, path)


def boot_print(facts, rivals):
    print()
    for backend, instructions in facts["boot_instructions"].items():
        print(f"boot, hand-over to prompt, {backend}: {instructions} instructions")
    print(f"size of comb.efi: {facts['image_bytes']} bytes")
    rivals_print(rivals, "image")
    if "memory_mib" in facts:
        print(f"least memory, default appliance: {facts['memory_mib']} MiB")
        rivals_print(rivals, "memory")


def block_measure(parsed, backends, rivals, folder):
    def machine(backend, icount, drives):
        return machine_for(parsed, backend, icount, drives=drives, appliance="block")

    records = block_bench.measure_all(machine, backends, parsed.samples, parsed.timeout, folder)
    block_bench.show(records, lambda path: rivals_print(rivals, path))
    return sum(record["errors"] for record in records)


def ipc_measure(parsed, backends, rivals, folder, image):
    records, boots, complaints = measure_all(parsed, backends, folder)
    facts = {"schema": SCHEMA_BOOT, "commit": commit(), "boot_instructions": boots,
             "image_bytes": image.stat().st_size}
    if not parsed.no_memory:
        say("looking for the least memory")
        facts["memory_mib"] = least_memory(parsed)
    (folder / "boot.json").write_text(json.dumps(facts) + "\n", encoding="ascii")

    calls_print(records, rivals)
    boot_print(facts, rivals)
    gate_host.measure(folder, parsed.samples)
    files = histogram.draw(records, folder)
    say(f"wrote {folder}: ipc.jsonl, boot.json and {len(files)} histograms")
    return complaints if records else 1


def profile_measure(parsed, folder):
    def machine(backend, icount, drives):
        return machine_for(parsed, backend, icount, drives=drives, appliance="block")

    profile_bench.show(profile_bench.measure_all(machine, parsed.samples, parsed.timeout, folder))
    say(f"wrote {folder / 'profile.jsonl'}")
    return 0


def main(parsed):
    packages.ensure(packages.BENCH)
    image = launch.image_for(parsed)
    rivals = rivals_load()
    folder = BUILD / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    say(f"accelerator without counting: {accelerator.choose()[1]}")

    if parsed.only == "profile":
        return profile_measure(parsed, folder)
    backends, complaints = parsed.backend or BACKENDS, 0
    if parsed.only != "block":
        complaints += ipc_measure(parsed, backends, rivals, folder, image)
    if parsed.only != "ipc":
        complaints += block_measure(parsed, backends, rivals, folder)
    return 1 if complaints else 0
