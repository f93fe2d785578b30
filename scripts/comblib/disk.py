# SPDX-License-Identifier: MIT
"""Writes a bootable disk: a GPT with one FAT16 EFI system partition.

The same input gives the same bytes: dates are fixed, identifiers are derived
from the content.
"""
import hashlib
import math
import struct
import uuid
import zlib

SECTOR = 512
PARTITION_LBA = 2048  # 1 MiB, as everybody aligns
GPT_ENTRIES, GPT_ENTRY_BYTES = 128, 128
GPT_TABLE_SECTORS = GPT_ENTRIES * GPT_ENTRY_BYTES // SECTOR
ESP_TYPE = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")

FAT16_CLUSTERS_MIN, FAT16_CLUSTERS_MAX = 4085, 65524
FAT_ROOT_ENTRIES = 512
FAT_END = 0xFFFF
FAT_DATE = 0x0021  # 1980-01-01, the first there is
ATTRIBUTE_ARCHIVE, ATTRIBUTE_DIRECTORY, ATTRIBUTE_LABEL = 0x20, 0x10, 0x08
LOWER_CASE = 0x18  # name and extension are shown in lower case


class DiskError(Exception):
    """The content does not fit the format."""


def name_8_3(name):
    """The 11 bytes of a short name, and the flags of its case."""
    base, _, extension = name.partition(".")
    if not 1 <= len(base) <= 8 or len(extension) > 3 or not (base + extension).isalnum():
        raise DiskError(f"'{name}' is not a name of at most 8.3 letters and digits")
    short = base.upper().ljust(8) + extension.upper().ljust(3)
    return short.encode("ascii"), LOWER_CASE if name.islower() else 0


def directory_entry(short, flags, attribute, cluster, size):
    return struct.pack("<11sBBBHHHHHHHI", short, attribute, flags, 0, 0, FAT_DATE, FAT_DATE, 0, 0, FAT_DATE,
                       cluster, size)


class Fat16:
    """A FAT16 file system under construction; folders and files from a nested dict."""

    def __init__(self, tree, label, serial):
        self.label = label.ljust(11).encode("ascii")
        self.serial = serial
        content = self._tree_bytes(tree)
        self.cluster_bytes = SECTOR
        while content // self.cluster_bytes + 1024 > FAT16_CLUSTERS_MAX:
            self.cluster_bytes *= 2
            if self.cluster_bytes > 64 * SECTOR:
                raise DiskError("the content is too large for FAT16")
        self.table = [0xFFF8, FAT_END]
        self.data = bytearray()
        self.root = directory_entry(self.label, 0, ATTRIBUTE_LABEL, 0, 0) + self._entries(tree)

    def _tree_bytes(self, tree):
        return sum(self._tree_bytes(node) + SECTOR if isinstance(node, dict) else len(node) + SECTOR
                   for node in tree.values())

    def _allocate(self, count):
        """A chain of `count` clusters, all in a row; returns the first."""
        first = len(self.table)
        self.table += list(range(first + 1, first + count)) + [FAT_END]
        self.data += bytes(count * self.cluster_bytes)
        return first

    def _store(self, cluster, payload):
        offset = (cluster - 2) * self.cluster_bytes
        self.data[offset:offset + len(payload)] = payload

    def _file(self, payload):
        if not payload:
            return 0
        cluster = self._allocate(math.ceil(len(payload) / self.cluster_bytes))
        self._store(cluster, payload)
        return cluster

    def _folder(self, tree, parent):
        cluster = self._allocate(math.ceil((len(tree) + 2) * 32 / self.cluster_bytes))
        dots = (directory_entry(b".".ljust(11), 0, ATTRIBUTE_DIRECTORY, cluster, 0) +
                directory_entry(b"..".ljust(11), 0, ATTRIBUTE_DIRECTORY, parent, 0))
        self._store(cluster, dots + self._entries(tree, cluster))
        return cluster

    def _entries(self, tree, parent=0):
        entries = b""
        for name, node in tree.items():
            short, flags = name_8_3(name)
            if isinstance(node, dict):
                entries += directory_entry(short, flags, ATTRIBUTE_DIRECTORY, self._folder(node, parent), 0)
            else:
                entries += directory_entry(short, flags, ATTRIBUTE_ARCHIVE, self._file(node), len(node))
        return entries

    def image(self):
        """The whole partition, a quarter of it free."""
        used = len(self.table) - 2
        clusters = min(max(FAT16_CLUSTERS_MIN + 11, used + used // 3), FAT16_CLUSTERS_MAX)
        fat_sectors = math.ceil((clusters + 2) * 2 / SECTOR)
        root_sectors = FAT_ROOT_ENTRIES * 32 // SECTOR
        cluster_sectors = self.cluster_bytes // SECTOR
        total = 1 + 2 * fat_sectors + root_sectors + clusters * cluster_sectors

        # Jump, name; geometry of the file system; of the disk; then what version 4 of DOS added.
        boot = struct.pack("<3s8s", b"\xeb\x3c\x90", b"COMB    ")
        boot += struct.pack("<HBHBHHBH", SECTOR, cluster_sectors, 1, 2, FAT_ROOT_ENTRIES,
                            total if total < 0x10000 else 0, 0xF8, fat_sectors)
        boot += struct.pack("<HHII", 63, 255, PARTITION_LBA, 0 if total < 0x10000 else total)
        boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, self.serial, self.label, b"FAT16   ")
        boot = boot.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
        table = struct.pack(f"<{len(self.table)}H", *self.table).ljust(fat_sectors * SECTOR, b"\0")
        root = self.root.ljust(root_sectors * SECTOR, b"\0")
        return (boot + table * 2 + root + bytes(self.data)).ljust(total * SECTOR, b"\0")


def gpt_header(lba, other_lba, last_usable, disk_id, table_lba, table):
    def pack(header_crc):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, header_crc, 0, lba, other_lba,
                           2 + GPT_TABLE_SECTORS, last_usable, disk_id.bytes_le, table_lba, GPT_ENTRIES,
                           GPT_ENTRY_BYTES, zlib.crc32(table))
    return pack(zlib.crc32(pack(0))).ljust(SECTOR, b"\0")


def protective_mbr(sectors):
    entry = struct.pack("<B3sB3sII", 0, b"\x00\x02\x00", 0xEE, b"\xff\xff\xff", 1,
                        min(sectors - 1, 0xFFFFFFFF))
    return (bytes(446) + entry).ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


def disk_bytes(efi, config):
    """The disk: /EFI/BOOT/BOOTX64.EFI and /comb/comb.cfg on one EFI system partition."""
    digest = hashlib.sha256(efi + b"\0" + config).hexdigest()
    disk_id = uuid.uuid5(uuid.NAMESPACE_OID, "comb disk " + digest)
    partition_id = uuid.uuid5(uuid.NAMESPACE_OID, "comb partition " + digest)
    esp = Fat16({"EFI": {"BOOT": {"BOOTX64.EFI": efi}}, "comb": {"comb.cfg": config}}, "COMB",
                int(digest[:8], 16)).image()

    end = PARTITION_LBA + len(esp) // SECTOR
    sectors = end + GPT_TABLE_SECTORS + 1
    last_usable = end - 1
    entry = struct.pack("<16s16sQQQ72s", ESP_TYPE.bytes_le, partition_id.bytes_le, PARTITION_LBA, end - 1, 0,
                        "Comb".encode("utf-16-le"))
    table = entry.ljust(GPT_ENTRIES * GPT_ENTRY_BYTES, b"\0")
    first = protective_mbr(sectors) + gpt_header(1, sectors - 1, last_usable, disk_id, 2, table) + table
    last = table + gpt_header(sectors - 1, 1, last_usable, disk_id, end, table)
    return first.ljust(PARTITION_LBA * SECTOR, b"\0") + esp + last


def config_bytes(words):
    """The text of comb.cfg."""
    lines = ["# Options of this image, separated by spaces or line breaks; see docs/abi.md."]
    return ("\n".join(lines + list(words)) + "\n").encode("ascii")
