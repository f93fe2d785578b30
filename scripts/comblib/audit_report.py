# SPDX-License-Identifier: MIT
"""Facts about an image, put in order: one object for programs, a page for people."""
import hashlib

LISTS = {"provides": "provides", "uses": "uses", "cap": "capabilities"}


def _images(image, facts):
    """Every entry of the bundle; `sha256` is of what the stub leaves in memory, `file_sha256` of the file."""
    files = {(entry.kind, entry.name): hashlib.sha256(entry.payload).hexdigest() for entry in image.entries}
    rows = []
    for fact in facts:
        if fact.kind == "image":
            row = dict(fact.words, bytes=int(fact.words["bytes"]))
            row["file_sha256"] = files[row["kind"], row["name"]]
            rows.append(row)
    for row in rows:
        its = [fact for fact in facts if fact.words.get("image") == row["name"] and row["kind"] == "cell"]
        for fact in its:
            if fact.kind == "page":
                row.setdefault("pages", []).append(_without(fact.words, "image"))
            elif fact.kind != "image":
                row[fact.kind] = _without(fact.words, "image")
    return rows


def _without(words, *keys):
    return {word: value for word, value in words.items() if word not in keys}


def _reach(facts, driver):
    """What the IOMMU opens to a driver's device: its own DMA memory, and pools that clients share with it."""
    offers = {one["interface"] for one in driver["provides"] if "dma" in one["kind"].split("+")}
    own = sum(int(one["size"], 16) for one in driver["capabilities"] if one["type"] == "dma")
    pools = [{"client": fact.words["client"], "interface": fact.words["interface"], "kib": fact.words["kib"]}
             for fact in facts if fact.kind == "channel" and fact.words["server"] == driver["name"] and
             fact.words["interface"] in offers]
    return {"own_bytes": own, "pools": pools,
            "messages": sum(one["type"] == "device-irq" for one in driver["capabilities"])}


def _cells(facts):
    members = {fact.words["cell"]: fact.words for fact in facts if fact.kind == "member"}
    cells = []
    for fact in facts:
        if fact.kind != "cell":
            continue
        name = fact.words["name"]
        row = dict(_without(fact.words, "state"), start=members[name]["start"],
                   driver=members[name]["driver"] == "yes")
        for kind, key in LISTS.items():
            row[key] = [_without(one.words, "cell") for one in facts
                        if one.kind == kind and one.words["cell"] == name]
        if row["driver"]:
            row["device_reaches"] = _reach(facts, row)
        row["domains"] = [_without(one.words, "owner") for one in facts
                          if one.kind == "domain" and one.words["owner"] == name]
        cells.append(row)
    return cells


def _drivers(facts):
    drivers = [dict(fact.words) for fact in facts if fact.kind == "driver"]
    for driver in drivers:
        driver["matches"] = [_without(fact.words, "image") for fact in facts
                             if fact.kind == "match" and fact.words["image"] == driver["image"]]
    return drivers


def appliance(name, fixed, facts):
    """`fixed`: what a fresh boot has; `facts`: with everything that may be started as well."""
    ends = [fact.words for fact in fixed if fact.kind == "hash"]
    return {
        "name": name,
        "facts": int(ends[0]["facts"]),
        "sha256": ends[0]["sha256"],
        "cells": _cells(facts),
        "edges": [_without(fact.words, "state") for fact in facts if fact.kind == "edge"],
        "channels": [_without(fact.words, "state") for fact in facts if fact.kind == "channel"],
        "drivers": _drivers(facts),
        "problems": [fact.words["text"] for fact in facts if fact.kind == "problem"],
    }


def whole(image, facts, appliances, violations):
    return {
        "file": image.path.name,
        "bytes": len(image.bytes),
        "sha256": hashlib.sha256(image.bytes).hexdigest(),
        "build": next(fact.words["version"] for fact in facts if fact.kind == "build"),
        "images": _images(image, facts),
        "appliances": appliances,
        "violations": [violation._asdict() for violation in violations],
    }


def text(report):
    """A page for people; violations are said elsewhere."""
    pages = [page for image in report["images"] for page in image.get("pages", ())]
    clean = sum(page["scan"] == "clean" for page in pages)
    lines = [f"{report['file']}: {report['build']}, {report['bytes']} bytes, sha256 {report['sha256']}",
             f"{len(report['images'])} entries, {len(pages)} executable pages, {clean} of them clean", ""]
    lines.append(f"{'appliance':16}{'cells':>6}{'edges':>7}{'channels':>10}{'drivers':>9}  fresh boot")
    for row in report["appliances"]:
        lines.append(f"{row['name']:16}{len(row['cells']):6}{len(row['edges']):7}{len(row['channels']):10}"
                     f"{len(row['drivers']):9}  {row['sha256']}")
    return "\n".join(lines)
