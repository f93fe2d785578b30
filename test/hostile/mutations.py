# SPDX-License-Identifier: MIT
"""What holds the wall up, one by one: how to take it away, and who has to notice that it is gone."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Attack:
    """The judge tries that number, and says that it went wrong; or the machine does not survive it."""
    number: int
    backend: str
    words: tuple = ()
    icount: bool = False

    def __str__(self):
        return f"attack {self.number} ({self.backend})"


@dataclasses.dataclass(frozen=True)
class Script:
    """One of these checks of another test fails."""
    path: str
    words: tuple
    identifiers: tuple

    def __str__(self):
        return f"{self.path.rpartition('/')[2]} ({', '.join(self.identifiers)})"


@dataclasses.dataclass(frozen=True)
class Mutation:
    """`edits`: (file, text that stands there once, what it becomes)."""
    name: str
    by: Attack | Script
    edits: tuple


def one(name, by, file, old, new):
    return Mutation(name, by, ((file, old, new),))


def load(*numbers):
    """Images that must not be loaded."""
    return Script("test/qemu/load_test.py", tuple(map(str, numbers)), tuple(f"QEMU{n}" for n in numbers))


def pku(number):
    return Attack(number, "pku")


def pt(number):
    return Attack(number, "pt")


CAP, CALL, CELL, DOMAIN = "src/core/cap.c", "src/core/call.c", "src/core/cell.c", "src/core/domain.c"
DEVICE, FAULT, FRAME, LOAD = "src/core/device.c", "src/core/fault.c", "src/core/frame.c", "src/core/load.c"
CPU, ENTRY, GATE = "src/arch/x86_64/cpu.c", "src/arch/x86_64/entry.S", "src/arch/x86_64/gate.c"
IOMMU, KEY, PAGING = "src/arch/x86_64/iommu.c", "src/arch/x86_64/key.c", "src/arch/x86_64/paging.c"
STUB, TRAP = "src/arch/x86_64/gate_template.S", "src/arch/x86_64/trap.c"

# Byte 115 of the stub, its second WRPKRU, is one of these; all bytes take a quarter of an hour.
BYTES = Attack(18, "pku", ("slice=115",))

# --- the stub of a gate, backend pku ---

GATES = (
    one("the compare behind WRPKRU, on the way in", pku(19), STUB,
        "    jne     gate_bad_in\ngate_checked_in:", "gate_checked_in:"),
    one("the compare behind WRPKRU, on the way out", BYTES, STUB,
        "    jne     gate_bad_out\ngate_checked_out:", "gate_checked_out:"),
    one("the compare of the caller's token", pku(19), STUB,
        "    jne     gate_bad_in\n    mov     0(%rip), %rsp", "    mov     0(%rip), %rsp"),
    one("the compare of the token of a return", pku(21), STUB,
        "    jne     gate_bad_out\ngate_resume:", "gate_resume:"),
    one("one return per call", pku(21), STUB,
        "    mov     %rcx, 0(%rip)           /* one return per call */",
        "    cmp     %rcx, 0(%rip)"),
    one("the clearing of a register across the gate", pku(27), STUB,
        "    xor     %r13d, %r13d\n    xor     %r14d, %r14d", "    xor     %r14d, %r14d"),
    Mutation("cld, on both ways", pku(27), (
        (STUB, "gate_entry_taken:\n    cld\n", "gate_entry_taken:\n"),
        (STUB, "gate_out_stack_clear:\n    cld\n", "gate_out_stack_clear:\n"))),
    one("the way back out of an interrupted stub", Attack(29, "pku", icount=True), TRAP,
        "        gate_restart(home);\n", ""),
    one("tokens that cells can only read", pku(4), GATE,
        "&pages[cell].constants, PAGE_BYTES, PAGE_READ);",
        "&pages[cell].constants, PAGE_BYTES, PAGE_READ | PAGE_WRITE);"),
    one("blame by rights, not by side, in a stub", pku(24), GATE,
        "*guilty = thread_inside(home, (uint32_t)home->arch.pkru);", "*guilty = side;"),
    one("blame by rights, not by thread", pku(1), TRAP,
        "guilty = thread_inside(home, (uint32_t)home->arch.pkru);", "guilty = home;"),
)

# --- gates of backend pt ---

GATES_PT = (
    one("the question whose edge it is", pt(20), ENTRY,
        "    cmp     PT_EDGE_CALLER(%r8), %rdx\n    jne     gate_slow\n", ""),
    one("the question whether a call is open", pt(21), ENTRY,
        "    sub     $1, %r10d\n    jb      gate_slow\n", "    sub     $1, %r10d\n"),
    Mutation("the clearing of a register on return, by either path", pt(27), (
        (ENTRY, "CLEAR   ebx, edx, esi, edi, r8d, r9d, r10d, r12d, r13d, r14d, r15d",
         "CLEAR   ebx, edx, esi, edi, r8d, r9d, r10d, r12d, r14d, r15d"),
        ("src/arch/x86_64/gate_pt.c", "        .rdx = status,\n",
         "        .rdx = status,\n        .r13 = arch->frame.r13,\n"))),
)

# --- code: the scan, the second wall, what the stub of the EFI checks ---

CODE = (
    one("the scan", load(1201, 1202), LOAD,
        "                             ?: load_scan(load->cell);", ";"),
    one("the scan of seams", load(1203, 1204), "src/core/scan.c",
        "if (both >= SCAN_SEQUENCE_BYTES &&", "if (both > sizeof(window) &&"),
    one("XRSTOR in the scan", load(1206), "src/core/scan.c",
        "(sequence[2] & 0x38) == 0x28 && sequence[2] < 0xC0", "sequence[2] == 0x28"),
    one("the check that a cell starts in its text", load(1207), LOAD,
        "return address >= cell->text_start && address < cell->text_end;",
        "return address >= cell->text_start && address != cell->text_end;"),
    one("the check where relocations lie", load(1214), "efi/image_check.c",
        "begin = image_end(image, IMAGE_TEXT);\n    uint64_t end =", "begin = 0;\n    uint64_t end ="),
    one("the verifier", load(1221, 1222, 1223, 1226), "efi/cell_verify.c",
        "    if (!verify(&text, find) || !entries_check",
        "    bool is_fine = verify(&text, find);\n    if ((!is_fine && find == nullptr) || !entries_check"),
    one("the check of addresses that are entered", load(1230), "efi/cell_verify.c",
        "!entries_check(header, &text, find))", "(!entries_check(header, &text, find) && find == nullptr))"),
    one("the check that no relocation meets the maps", load(1227), "efi/image_check.c",
        "!image_relocates(image, image->maps, bytes)",
        "!image_relocates(image, image->maps, bytes) || image->maps != 0"),
    one("the check of ports in a manifest", load(1215), "efi/manifest_check.c",
        "is_range_inside(cap->base, cap->size, MANIFEST_PORTS)",
        "cap->base < MANIFEST_PORTS"),
)

# --- pages, keys, address spaces ---

PAGES = (
    one("writable or executable, not both", pku(2), PAGING,
        "((rights & PAGE_WRITE) != 0 ? PTE_WRITE : 0)",
        "((rights & (PAGE_WRITE | PAGE_EXECUTE)) != 0 ? PTE_WRITE : 0)"),
    one("data that is not executable", pku(5), PAGING,
        "((rights & PAGE_EXECUTE) != 0 ? 0 : PTE_NO_EXECUTE)",
        "((rights & (PAGE_WRITE | PAGE_EXECUTE)) != 0 ? 0 : PTE_NO_EXECUTE)"),
    one("relocated constants that stay constant", pku(2), LOAD,
        "[IMAGE_RELRO] = PAGE_READ,", "[IMAGE_RELRO] = PAGE_READ | PAGE_WRITE,"),
    one("keys that are closed for reading, too", pku(1), KEY,
        "if (holder[key] != nullptr && domain_is_held(cell, holder[key]->id))\n"
        "            pkru &= ~(UINT32_C(3) << (2 * key));",
        "if (holder[key] != nullptr)\n"
        "            pkru &= ~((domain_is_held(cell, holder[key]->id) ? UINT32_C(3) : 1) << (2 * key));"),
    one("another tag for pages whose key is given away", pku(33), KEY,
        "        domain_tag(holder[key], KEY_PARKED);\n        holder[key]->key = -1;",
        "        holder[key]->key = -1;"),
    one("less rights when memory is given back, keys", pku(33), PAGING,
        "    if (arch_backend() == BACKEND_PKU) {\n        key_note_threads();\n        key_changed();\n"
        "    } else if",
        "    if (arch_backend() == BACKEND_PKU) {\n    } else if"),
    one("page tables of one's own", pt(1), PAGING,
        "    slots[gate_region.id] = slot_entry(&gate_region);",
        "    for (uint32_t id = 1; id < DOMAIN_MAX; id++)\n"
        "        slots[id] = domain_at(id) != nullptr ? slot_entry(domain_at(id)) : 0;\n"
        "    slots[gate_region.id] = slot_entry(&gate_region);"),
    one("less rights when memory is given back, page tables", pt(33), PAGING,
        "        slots[domain->id] = 0;\n        paging_flush();",
        "        slots[domain->id] |= 0;\n        paging_flush();"),
    one("the flush when memory is given back", pt(33), PAGING,
        "        slots[domain->id] = 0;\n        paging_flush();", "        slots[domain->id] = 0;"),
    one("frames that come empty", pku(44), FRAME,
        "    memset(phys_pointer((phys_addr){ (uint64_t)number << PAGE_SHIFT }), 0, PAGE_BYTES);",
        "    if (use != FRAME_CELL)\n"
        "        memset(phys_pointer((phys_addr){ (uint64_t)number << PAGE_SHIFT }), 0, PAGE_BYTES);"),
)

# --- the processor ---

PROCESSOR = (
    one("closed ports", pku(17), CPU, "tss.iomap_base = sizeof tss;", "tss.iomap_base = 0;"),
    one("UMIP", pku(13), CPU,
        "    cr4 |= (features.c & CPUID7_ECX_UMIP) != 0 ? CR4_UMIP : 0;\n", ""),
    one("TF off on the way in", pku(14), CPU,
        "msr_write(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF", "msr_write(MSR_SFMASK, RFLAGS_IF"),
    one("the watchdog of callees", pku(26), FAULT,
        "} else if (home->thread.cpu_tsc >= inner->watch_tsc) {",
        "} else if (home->thread.cpu_tsc >= inner->watch_tsc + (UINT64_C(1) << 60)) {"),
    one("the callee's, not the caller's, end by the watchdog", pku(26), FAULT,
        "        fault_cell(callee, &watchdog);", "        fault_cell(home, &watchdog);"),
)

# --- handles, addresses, shares ---

ASKING = (
    one("generations of handles", pku(31), CAP,
        "return cap->is.handle == handle ? cap : nullptr;", "return handle != 0 ? cap : nullptr;"),
    one("owners of handles", pku(31), CAP, "found->is.owner != cell || ", "cell == CELL_MAX || "),
    one("types of handles", pku(31), CAP,
        " || (type != CAP_NONE && found->is.type != type)", " || type >= CAP_TYPE_COUNT"),
    one("rights of handles", pku(31), CAP,
        "if ((found->is.rights & rights) != rights)", "if (rights > RIGHT_ALL)"),
    one("whose memory is written for a caller", pku(30), CELL,
        "return domain_copy_out(cell->domain, address, from, bytes);",
        "return domain_copy_out(domain_at(arch_domain_of(address)) ?: cell->domain, address, from, bytes);"),
    one("whose memory is read for a caller", pku(30), CELL,
        "return domain_copy_in(cell->domain, to, address, bytes);",
        "return domain_copy_in(domain_at(arch_domain_of(address)) ?: cell->domain, to, address, bytes);"),
    one("whether the caller could write there", pku(32), DOMAIN,
        "return domain_write(domain, address, from, bytes, PAGE_READ | PAGE_WRITE);",
        "return domain_write(domain, address, from, bytes, PAGE_READ);"),
    one("where a range ends", pku(30), DOMAIN,
        "page < offset + bytes; page += PAGE_BYTES)", "page < offset + 1; page += PAGE_BYTES)"),
    one("what is bound to one cell", pku(32), CAP,
        "if (to != cell && !cap_is_portable(found))", "if (to == CELL_MAX && !cap_is_portable(found))"),
    one("the switch for planting faults", pku(32), CALL,
        " ?: unless(monitor_boot()->faults != 0, ST_DENIED)", ""),
    one("a share of the capabilities", pku(36), CAP,
        "derived_before >= CAP_DERIVED_MAX", "derived_before >= CAP_MAX"),
    one("the end of a cell's capabilities with it", pku(36), CELL, "    cap_revoke_all(cell->id);\n", ""),
    one("the limit of interrupts", pku(36), "src/core/irq.c",
        "        fault_stop(cell, CRASH_LIMIT);", "        cell->irq_count = 0;"),
)

# --- devices ---

DEVICES = (
    one("the filter of configuration space", pku(43), DEVICE,
        "    if (!is_bus || is_driven)\n        return ST_DENIED;",
        "    if (!is_bus && offset >= PCI_BAR && offset < PCI_BAR + 4 * DEVICE_BARS) {\n"
        "        config_write(bdf, offset, value);\n        return ST_OK;\n    }\n"
        "    if (!is_bus || is_driven)\n        return ST_DENIED;"),
    one("translation of a device's addresses", pku(41), IOMMU,
        "context[0] = cell->arch.iommu.value | ENTRY_PRESENT;",
        "context[0] = cell->arch.iommu.value | ENTRY_PRESENT | 8;"),
    one("bus mastering only when it is asked for", pku(44), DEVICE,
        "((what & DEVICE_MASTER) != 0 ? COMMAND_MASTER : 0)", "COMMAND_MASTER"),
    one("ACCESS_PLATFORM", Script("test/hostile/bypass_test.py", (), ("HOST4201",)), DEVICE,
        "    if (device->bypasses && monitor_boot()->virtio_bypass == 0)\n        return ST_DENIED;\n", ""),
)

MUTATIONS = GATES + GATES_PT + CODE + PAGES + PROCESSOR + ASKING + DEVICES

# The normal run's: one of each kind, by quick checks.
FEW = ("the compare behind WRPKRU, on the way in", "the compare of the caller's token",
       "writable or executable, not both", "owners of handles", "the scan of seams")
