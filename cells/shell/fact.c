/* SPDX-License-Identifier: MIT */
#include "fact.h"

#include "names.h"
#include "pci.h"

#include <abi/bundle.h>
#include <abi/monitor_call.h>
#include <rt/bits.h>
#include <rt/text.h>

#define BARS_TEXT_BYTES 128u
#define WORD_BYTES 64u

/* Texts that nobody has checked become one word, which cannot end a fact or begin another. */
static const char *fact_word(const char *text, char word[WORD_BYTES])
{
    (void)text_copy(word, WORD_BYTES, text);
    for (uint32_t i = 0; word[i] != '\0'; i++)
        if (word[i] <= ' ' || word[i] > '~' || word[i] == '=')
            word[i] = '_';
    return word;
}

void fact_build(struct facts *facts, const char *build)
{
    char word[WORD_BYTES];
    fact_add(facts, "build version=%s", fact_word(build, word));
}

static const char *kind_name(uint32_t kind)
{
    static const char *const names[] = { "?", "monitor", "cell", "appliance" };
    return names[kind <= BUNDLE_APPLIANCE ? kind : 0];
}

void fact_image(struct facts *facts, uint32_t kind, const char *name, uint64_t bytes, const char *sha256)
{
    char word[WORD_BYTES];
    fact_add(facts, "image name=%s kind=%s bytes=%llu sha256=%s", fact_word(name, word), kind_name(kind),
             (unsigned long long)bytes, sha256);
}

void fact_appliance(struct facts *facts, const char *name)
{
    char word[WORD_BYTES];
    fact_add(facts, "appliance name=%s", fact_word(name, word));
}

/* "gate+channel+many": the flags of an interface. */
static const char *flags_text(uint32_t flags, char text[40])
{
    static const char *const names[] = { "gate", "channel", "many", "optional", "dma" };
    size_t used = 0;
    for (uint32_t i = 0; i < ARRAY_COUNT(names) && used < 40; i++)
        if ((flags >> i & 1) != 0)
            used += text_format(&text[used], 40 - used, "%s%s", used > 0 ? "+" : "", names[i]);
    return text;
}

static void cell_interfaces(struct facts *facts, const char *name, const struct manifest *manifest)
{
    char flags[40] = "";
    for (uint32_t i = 0; i < MANIFEST_PROVIDES_MAX && manifest->provides[i].name[0] != '\0'; i++)
        fact_add(facts, "provides cell=%s interface=%s kind=%s", name, manifest->provides[i].name,
                 flags_text(manifest->provides[i].flags, flags));
    for (uint32_t i = 0; i < MANIFEST_USES_MAX && manifest->uses[i].name[0] != '\0'; i++)
        fact_add(facts, "uses cell=%s interface=%s kind=%s kib=%u", name, manifest->uses[i].name,
                 flags_text(manifest->uses[i].flags, flags), manifest->uses[i].channel_kib);
}

void fact_cell(struct facts *facts, const struct fact_cell *cell)
{
    const struct manifest *manifest = cell->manifest;
    const struct manifest_limits *limits = &manifest->limits;
    fact_add(facts,
             "cell name=%s image=%s state=%s version=%u.%u class=%s restart=%s profile=%s memory_kib=%u "
             "stack_kib=%u cpu=%u priority=%u timeout_ms=%u requests=%u irqs=%u kib_s=%u",
             cell->name, cell->image, cell->is_up ? "up" : "down", manifest->version_major,
             manifest->version_minor, name_of_class(manifest->device_class), name_of_restart(cell->restart),
             (manifest->flags & MANIFEST_SCAN_ONLY) != 0 ? "scan-only" : "strict", limits->memory_kib,
             limits->stack_kib, limits->cpu_percent, limits->priority, limits->operation_timeout_ms,
             limits->concurrent_requests, limits->irq_per_second, limits->bandwidth_kib_per_s);
    cell_interfaces(facts, cell->name, manifest);
}

/* What the record's numbers say that is the same for every instance; "" for nothing. */
static void cap_words(const struct fact_cap *cap, char *text, size_t bytes)
{
    unsigned long long base = cap->base, size = cap->size;
    switch (cap->type) {
    case CAP_EDGE:
        (void)text_format(text, bytes, " to=%s interface=%s", cap->to, cap->interface);
        break;
    case CAP_NOTIFY:
        (void)text_format(text, bytes, " to=%s", cap->to);
        break;
    case CAP_PORTS:
    case CAP_IRQ:
        (void)text_format(text, bytes, " base=%llx size=%llx", base, size);
        break;
    case CAP_CELLS:
        (void)text_format(text, bytes, " base=%llx", base);
        break;
    case CAP_MEMORY:
    case CAP_MMIO:
    case CAP_DMA:
        (void)text_format(text, bytes, " size=%llx", size);
        break;
    case CAP_DEVICE_IRQ:
        (void)text_format(text, bytes, " irq=%s", name_of_irq((uint32_t)base));
        break;
    default:
        (void)text_copy(text, bytes, "");
        break;
    }
}

void fact_cap(struct facts *facts, const struct fact_cap *cap)
{
    char rights[RIGHTS_TEXT_BYTES], words[64];
    rights_text(cap->rights, rights);
    cap_words(cap, words, sizeof(words));
    fact_add(facts, "cap cell=%s type=%s rights=%s%s%s%s", cap->cell, name_of_cap(cap->type), rights, words,
             cap->from != nullptr ? " from=" : "", cap->from != nullptr ? cap->from : "");
}

void fact_edge(struct facts *facts, const char *from, const char *to, const char *interface, uint32_t entry,
               uint32_t state)
{
    fact_add(facts, "edge from=%s to=%s interface=%s entry=%u state=%s", from, to, interface, entry,
             name_of_peer(state));
}

void fact_channel(struct facts *facts, const char *client, const char *server, const char *interface,
                  uint64_t bytes, uint32_t state)
{
    fact_add(facts, "channel client=%s server=%s interface=%s kib=%llu state=%s", client, server, interface,
             (unsigned long long)bytes / 1024, name_of_peer(state));
}

void fact_domain(struct facts *facts, const char *owner, uint32_t kind, uint64_t bytes)
{
    if (bytes == 0)
        fact_add(facts, "domain owner=%s kind=%s", owner, name_of_domain(kind));
    else
        fact_add(facts, "domain owner=%s kind=%s kib=%llu", owner, name_of_domain(kind),
                 (unsigned long long)bytes / 1024);
}

/* What a driver can have of it: m, registers in memory; u, those that share a page; p, ports. */
static const char *bar_letter(const struct device_bar *bar)
{
    if (bar->is_io)
        return "p";
    return is_aligned(bar->base, PAGE_BYTES) ? "m" : "u";
}

/* "m4000,-,p10": each with its size, in hexadecimal. */
static void bars_text(const struct device_bar bars[DEVICE_BARS], char text[BARS_TEXT_BYTES])
{
    size_t used = 0;
    for (uint32_t i = 0; i < DEVICE_BARS && used < BARS_TEXT_BYTES; i++) {
        const char *comma = i > 0 ? "," : "";
        if (bars[i].bytes == 0)
            used += text_format(&text[used], BARS_TEXT_BYTES - used, "%s-", comma);
        else
            used += text_format(&text[used], BARS_TEXT_BYTES - used, "%s%s%llx", comma, bar_letter(&bars[i]),
                                (unsigned long long)bars[i].bytes);
    }
}

void fact_device(struct facts *facts, const struct device_record *device, const char *driver)
{
    char bdf[BDF_TEXT_BYTES], bars[BARS_TEXT_BYTES];
    bdf_text(device->bdf, bdf);
    bars_text(device->bars, bars);
    fact_add(facts,
             "device at=%s vendor=%04x device=%04x class=%06x irq=%s messages=%u iommu=%u bars=%s driver=%s",
             bdf, device->vendor, device->device, device->class_code, name_of_irq(device->irq),
             device->messages, device->behind_iommu, bars, driver);
}
