#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds and runs the proofs of test/proof, each from a fresh copy of the shipping sources.

usage: prove.py NAME [--mutants] [DEPTH]
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import annotate
import derive
import mutants

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMPILER = "clang-19"
FLAGS = ["-std=gnu23", "-O2", "-g", "-Wall", "-Werror", "-Wno-unused", "-fno-strict-aliasing",
         "-fsanitize=undefined", "-fno-sanitize=alignment", "-fno-sanitize-recover=all"]

SMALL = [
    ("include/abi/cell.h", "#define CELL_MAX 64u", "#define CELL_MAX 4u"),
    ("include/abi/cell.h", "#define EDGE_SLOTS 48u", "#define EDGE_SLOTS 3u"),
    ("include/abi/cell.h", "#define CHANNEL_SLOTS 40u", "#define CHANNEL_SLOTS 2u"),
    ("include/abi/cell.h", "alignas(4096) struct cell_channel", "struct cell_channel"),
    ("include/abi/cell.h", "static_assert(sizeof(struct cell_info) == 8192 && "
     "offsetof(struct cell_info, channels) == 4096, \"two pages\");", ""),
    ("include/abi/manifest.h", "#define MANIFEST_PROVIDES_MAX 4u", "#define MANIFEST_PROVIDES_MAX 2u"),
    ("include/abi/manifest.h", "#define MANIFEST_USES_MAX 8u", "#define MANIFEST_USES_MAX 2u"),
    ("include/abi/manifest.h", "#define MANIFEST_CAP_MAX 12u", "#define MANIFEST_CAP_MAX 2u"),
    ("include/abi/manifest.h", "#define CELL_ENTRY_MAX 4u", "#define CELL_ENTRY_MAX 1u"),
    ("src/core/edge.h", "#define EDGE_MAX 1024u", "#define EDGE_MAX 4u"),
    ("src/core/cap.h", "#define CAP_MAX 1024u", "#define CAP_MAX 16u"),
    ("src/core/channel.h", "#define CHANNEL_MAX 128u", "#define CHANNEL_MAX 2u"),
    ("src/core/domain.h", "#define DOMAIN_MAX 256u", "#define DOMAIN_MAX 64u"),
    ("src/arch/x86_64/asm_layout.h", "#define CALL_DEPTH_MAX 16", "#define CALL_DEPTH_MAX 2"),
    ("src/arch/x86_64/asm_layout.h", "#define GATE_EDGE_COUNT 1024", "#define GATE_EDGE_COUNT 4"),
    ("src/arch/arch.h", "return __builtin_readcyclecounter();", "return 1000;"),
]

CORE = ("cell", "cell_state", "channel", "edge", "fault", "sched", "bundle", "manifest")
FRAME_RULES = [
    ("src/arch/arch.h", "return (void *)(PHYSICAL_MAP_BASE + address.value);",
     "extern void *machine_memory(uint64_t); return machine_memory(address.value);"),
]
MACHINE_RULES = FRAME_RULES + [
    ("src/arch/x86_64/x86.h", '__asm__ volatile("mov %%" #name ", %0" : "=r"(value));',
     "extern uint64_t machine_##name##_read(void); value = machine_##name##_read();"),
    ("src/arch/x86_64/x86.h", '__asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory");',
     "extern void machine_##name##_write(uint64_t); machine_##name##_write(value);"),
    ("src/arch/x86_64/x86.h", '__asm__ volatile("rdpkru" : "=a"(value) : "c"(0) : "rdx");',
     "extern uint32_t machine_pkru_read(void); value = machine_pkru_read();"),
    ("src/arch/x86_64/x86.h", '__asm__ volatile("wrpkru" ::"a"(value), "c"(0), "d"(0) : "memory");',
     "extern void machine_pkru_write(uint32_t); machine_pkru_write(value);"),
    ("src/arch/x86_64/x86.h", "#define KEY_PARKED 15u", "#define KEY_PARKED 3u"),
]


def proof(name, rules, stateful, plain, *arguments):
    return {"rules": rules, "arguments": arguments, "stateful": [*stateful, f"test/proof/{name}.c"],
            "plain": [*plain, "test/proof/explore.c"]}


PROOFS = {
    "edges": proof("edge_model", SMALL,
                   [*(f"src/core/{name}.c" for name in CORE), "src/arch/x86_64/thread.c",
                    *(f"test/proof/inside_{name}.c" for name in ("cap", "domain", "gate_pt")),
                    "test/proof/edge_machine.c"], ["src/rt/text.c"], "11"),
    "frames": proof("frame_model", SMALL + MACHINE_RULES,
                    ["src/core/domain.c", "src/arch/x86_64/thread.c",
                     *(f"test/proof/inside_{name}.c" for name in ("frame", "key", "paging"))], [], "6"),
    "grants": proof("grant_model", [("src/core/cap.h", "#define CAP_MAX 1024u", "#define CAP_MAX 8u"),
                                    ("include/abi/cell.h", "#define CELL_MAX 64u", "#define CELL_MAX 4u")],
                    ["test/proof/inside_cap.c"], [], "6"),
    "weak": proof("ring_weak", [("include/abi/ring.h", "#define RING_SLOTS 256u", "#define RING_SLOTS 2u")],
                  [], []),
    "decoder": {"rules": [], "arguments": [], "stateful": [],
                "plain": ["src/verify/decode.c", "test/proof/decode_total.c"]},
    "order": proof("frame_order", FRAME_RULES, ["test/proof/inside_frame.c"], []),
}


# What Frama-C cannot read, none of which changes what is computed.
UNREADABLE = [
    ("include/rt/status.h", "enum [[nodiscard]] status", "enum status"),
    ("include/sdk/pointer.h", "#define SHARED __attribute__((noderef, address_space(1)))", "#define SHARED"),
    ("include/sdk/ring.h", "#define RING_UNCHECKED \\\n    __attribute__((no_sanitize(\"bounds\", "
     "\"pointer-overflow\", \"null\", \"alignment\", \"object-size\")))", "#define RING_UNCHECKED"),
    *(("include/sdk/ring.h", f"[[gnu::noinline]] RING_UNCHECKED static inline void ring_copy_{way}",
       f"RING_UNCHECKED static inline void ring_copy_{way}") for way in ("in", "out")),
    *(("include/sdk/ring.h", "#pragma clang loop unroll(full)\n"
       f"        for (uint32_t i = 0; i < RING_COPY_STEP; i++)\n            {start}",
       "        for (uint32_t i = 0; i < RING_COPY_STEP; i++)\n"
       f"            {start}") for start in ("shared_write64", "to[i]")),
]

# A masked index is a remainder, since RING_SLOTS is a power of two; remainders are what z3 knows.
UNMASKED = [("include/sdk/ring.h", text, text.replace("& RING_MASK", "% RING_SLOTS")) for text in (
    "shared_write64(&ring->slots[tail & RING_MASK], descriptor);",
    "*descriptor = shared_read64(&ring->slots[head & RING_MASK]);",
    "return shared_read64(&consumer->ring->slots[index & RING_MASK]);",
    "uint32_t to_end = RING_SLOTS - (index & RING_MASK);",
    "ring_copy_in(&producer->ring->slots[tail & RING_MASK], descriptors, run);",
    "ring_copy_out(descriptors, &consumer->ring->slots[head & RING_MASK], run);")]

# Frama-C: the file to begin with, what is annotated, which functions are proved, which goals are not.
PROVED = {
    "scanner": {"start": "src/core/scan.c", "annotated": {"src/core/scan.c": "scan.acsl",
                                                          "include/rt/bits.h": "bits.acsl"},
                "functions": "scan_is_forbidden scan_marks scan_record scan_slow scan_step scan_inside "
                             "scan_seam scan_begin scan_feed", "tested": ""},
    "ring": {"start": "test/proof/ring_proof.c", "annotated": {"include/sdk/ring.h": "ring.acsl"},
             "functions": "ring_producer_attach ring_consumer_attach ring_space ring_available "
                          "ring_advance_by ring_put ring_peek ring_look ring_advance ring_get "
                          "ring_copy_in ring_copy_out ring_run ring_put_many ring_get_many "
                          "ring_prepare_sleep_at ring_prepare_sleep ring_wants_doorbell",
             # That the indices an end keeps stay possible: more than z3 can do with remainders of 2^32.
             # test/model/ring_hostile.c looks at it under every combination of lies instead.
             "tested": "typed_ring_advance_by_ensures typed_ring_put_ensures typed_ring_peek_ensures_2 "
                       "typed_ring_get_ensures typed_ring_put_many_ensures_2"},
}
GOALS = re.compile(r"Proved goals:\s+(\d+) / (\d+)")
UNPROVED = re.compile(r"Goal (\S+) : (?!Valid)")


def build(folder, name, stateful, plain):
    include = ["-I" + str(folder / part) for part in ("include", "src", "src/arch/x86_64", "")]
    objects = []
    for source in stateful + plain:
        flags = ["-include", str(folder / "test/proof/section.h")] if source in stateful else []
        objects.append(folder / (source.replace("/", "_") + ".o"))
        subprocess.run([COMPILER, *FLAGS, *flags, *include, "-c", str(folder / source), "-o", objects[-1]],
                       check=True)
    subprocess.run([COMPILER, *FLAGS, *objects, "-o", folder / name], check=True)
    return folder / name


def explore(proof, folder, arguments):
    """Every state: builds the proof and runs it."""
    program = build(folder, "proof", proof["stateful"], proof["plain"])
    return subprocess.run([program, *(arguments or proof["arguments"])], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def annotated(proof, folder):
    for name, annotations in proof["annotated"].items():
        path = folder / name
        text = (folder / "test/proof" / annotations).read_text()
        path.write_text(annotate.annotate(path.read_text(), text))


def deduce(proof, folder):
    """Every input: has Frama-C deduce it.  Its own status does not say whether all was proved."""
    annotated(proof, folder)
    environment = os.environ | {"WHY3CONFIG": str(folder / "why3.conf"), "PWD": str(folder)}
    subprocess.run(["why3", "config", "detect"], env=environment, capture_output=True, check=True)
    shim = folder / "test/proof/shim.h"
    result = subprocess.run(
        ["frama-c", "-machdep", "gcc_x86_64", f"-cpp-extra-args=-Iinclude -Isrc -include {shim}",
         proof["start"], "-wp", "-wp-rte", "-wp-prover", "z3", "-wp-timeout", "20", "-wp-par", "2",
         "-wp-fct", ",".join(proof["functions"].split())],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    proved = GOALS.search(result.stdout)
    unproved = set(UNPROVED.findall(result.stdout))
    if result.returncode or proved is None or int(proved[2]) - int(proved[1]) != len(unproved) or \
            not unproved <= set(proof["tested"].split()):
        result.returncode = 1
        lines = [line for line in result.stdout.splitlines()
                 if ": Valid" not in line and "annotating" not in line]
        result.stdout = "violated: not every goal is proved\n" + "\n".join(lines) + "\n"
    else:
        result.stdout = f"{proved[1]} of {proved[2]} goals proved\n"
        result.stdout += "".join(f"tested instead: {goal}\n" for goal in sorted(unproved))
    return result


def prove(name, arguments, mutation=()):
    """Runs one proof on a fresh copy, changed by `mutation`.  -> (exit status, what it said)."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "copy"
        if name in PROVED:
            derive.derive(ROOT, folder, [*mutation, *UNREADABLE, *UNMASKED])
            result = deduce(PROVED[name], folder)
        else:
            derive.derive(ROOT, folder, [*mutation, *PROOFS[name]["rules"]])
            result = explore(PROOFS[name], folder, arguments)
        return result.returncode, result.stdout


NOTICED = ("violated: ", "runtime error: ", "Sanitizer:")


def mutants_prove(name):
    """Each mutant has to be noticed.  -> how many were not."""
    escaped = 0
    for _, *mutation, why in (mutant for mutant in mutants.MUTANTS if mutant[0] == name):
        status, said = prove(name, [], [tuple(mutation)])
        is_noticed = status != 0 and any(word in said for word in NOTICED)
        escaped += not is_noticed
        first = (said.splitlines() or ["nothing said"])[0]
        print(f"{'ok  ' if is_noticed else 'FAIL'} {why}: {first}", flush=True)
    return escaped


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted([*PROOFS, *PROVED]))
    parser.add_argument("--mutants", action="store_true", help="break the source in each known way instead")
    parser.add_argument("arguments", nargs="*", help="for the proof: how deep")
    parsed = parser.parse_args()
    if parsed.mutants:
        return 1 if mutants_prove(parsed.name) else 0
    status, said = prove(parsed.name, parsed.arguments)
    print(said, end="")
    return status


if __name__ == "__main__":
    sys.exit(main())
