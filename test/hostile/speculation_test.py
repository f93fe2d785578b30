# SPDX-License-Identifier: MIT
"""Attack 46: an index of a peer's choice, used before the processor knows that it is wrong.

Against a mispredicted bounds check only data helps: the index of a ring is masked, so that there is no
check to mispredict, and no slot outside the ring to read.  Looked at in the source, for every place, and
in the code that the compiler makes of it with a cell's flags.  What else there is of the kind, training
of branch predictors across cells and the return stack across gates, is not defended against
(docs/caveats.md).
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test" / "qemu"))

from harness import check, expect, expect_equal, verdict  # noqa: E402

CLANG, OBJDUMP = "clang-19", "llvm-objdump-19"
FLAGS = shlex.split("--target=x86_64-unknown-none-elf -std=gnu2x -O2 -ffreestanding -mgeneral-regs-only "
                    "-fPIE -c -x c -")
MASKED = re.compile(r"& RING_MASK$")
SLOT = re.compile(r"\bslots\[([^][]*)\]")
RINGS = re.compile(r"ring->slots\[|\.request\.slots\[|\.completion\.slots\[")

# A number of the peer's, straight to a slot.
PROBE = """
#include <sdk/ring.h>
uint64_t probe(const struct ring_consumer *consumer, const uint32_t SHARED *index);
uint64_t probe(const struct ring_consumer *consumer, const uint32_t SHARED *index)
{
    return ring_look(consumer, shared_read32(index));
}
"""
UNMASKED = PROBE.replace("return ring_look(consumer, shared_read32(index));",
                         "return shared_read64(&consumer->ring->slots[shared_read32(index)]);")


def code_of(source):
    with tempfile.TemporaryDirectory(prefix="comb-test-") as folder:
        made = pathlib.Path(folder) / "probe.o"
        subprocess.run([CLANG, *FLAGS, f"-I{ROOT / 'include'}", "-o", str(made)], input=source, text=True,
                       check=True)
        result = subprocess.run([OBJDUMP, "-d", "--no-show-raw-insn", str(made)], capture_output=True,
                                text=True, check=True)
        return result.stdout


def has_mask(code):
    """A byte extended to a register, or the mask itself: nothing above 255 is left."""
    return re.search(r"movzbl|and[lq]\s+\$0xff,", code) is not None


def unmasked_places():
    """Every `slots[...]` of a ring whose index is neither masked nor a number."""
    found = []
    for path in sorted([*ROOT.glob("include/**/*.h"), *ROOT.glob("cells/**/*.[ch]")]):
        if path.name == "fault_ring.c":
            continue  # breaks its own rings, on purpose, by a counter of its own
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not RINGS.search(line):
                continue
            found += [f"{path.relative_to(ROOT)}:{number}: {index}" for index in SLOT.findall(line)
                      if not MASKED.search(index) and not index.isdigit()]
    return found


def main():
    with check("HOST4601", "every index into a ring is masked where it is used"):
        expect_equal(unmasked_places(), [], "places without")
    with check("HOST4602", "and the mask is in the code, between the peer's number and the slot"):
        expect(has_mask(code_of(PROBE)), code_of(PROBE))
    with check("HOST4603", "which is not so for an index that is used as it comes: the look can tell"):
        expect(not has_mask(code_of(UNMASKED)), code_of(UNMASKED))
    return verdict()


if __name__ == "__main__":
    sys.exit(main())
