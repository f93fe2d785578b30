/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/cell.h>
#include <rt/status.h>
#include <sdk/pointer.h>

/*
 * Registers of a device.
 *
 * A register block is a range of a CAP_MMIO region.  Each access is exactly one
 * load or store of its width; the values are the device's to forge: check them.
 * An access outside the block or misaligned is a bug of the driver and traps
 * (ASSERT).  On the host, test/unit/fake_device.c supplies these functions.
 *
 * A removed device reads as all ones (MMIO_GONE).
 */
struct mmio {
    uint8_t MMIO *base;
    uint64_t bytes;
    bool is_writable;
};

#define MMIO_GONE UINT32_MAX

/* The block of a capability; ST_NOT_FOUND: null, or the function has no such BAR. */
enum status mmio_open(const struct cell_cap *cap, struct mmio *registers);
/* [offset, offset + bytes) of `whole` as a block; ST_RANGE.  Offset and length may be a device's. */
enum status mmio_part(const struct mmio *whole, uint64_t offset, uint64_t bytes, struct mmio *part);

uint8_t mmio_read8(const struct mmio *registers, uint32_t offset);
uint16_t mmio_read16(const struct mmio *registers, uint32_t offset);
uint32_t mmio_read32(const struct mmio *registers, uint32_t offset);
uint64_t mmio_read64(const struct mmio *registers, uint32_t offset); /* two 32-bit reads, low first */
void mmio_write8(const struct mmio *registers, uint32_t offset, uint8_t value);
void mmio_write16(const struct mmio *registers, uint32_t offset, uint16_t value);
void mmio_write32(const struct mmio *registers, uint32_t offset, uint32_t value);
void mmio_write64(const struct mmio *registers, uint32_t offset,
                  uint64_t value); /* two 32-bit writes, low first */
/* One 64-bit write: for the few devices that make one register of it. */
void mmio_write64_whole(const struct mmio *registers, uint32_t offset, uint64_t value);
/* Read, clear bits, set bits, write. */
void mmio_modify32(const struct mmio *registers, uint32_t offset, uint32_t clear, uint32_t set);
/*
 * Reads until (value & mask) == wanted: ST_OK; until `deadline_tsc`: ST_TIMEOUT;
 * all ones while that is not what is wanted: ST_GONE.  Not for an event loop: it spins.
 */
enum status mmio_poll32(const struct mmio *registers, uint32_t offset, uint32_t mask, uint32_t wanted,
                        uint64_t deadline_tsc);
/* The same asleep, for `limit_ms`; all ones are always ST_GONE.  Main thread only; no event gets lost. */
enum status mmio_wait32(const struct mmio *registers, uint32_t offset, uint32_t mask, uint32_t wanted,
                        uint64_t limit_ms);

/*
 * Typed registers: MMIO_REGISTER_RO(nvme_status, 0x1C) defines nvme_status_read;
 * MMIO_REGISTER_RW(nvme_config, 0x14) also nvme_config_write and nvme_config_modify.
 * A field is a mask: MMIO_FIELD_GET(value, NVME_CSTS_READY), MMIO_FIELD(NVME_CC_IOSQES, 6).
 */
#define MMIO_REGISTER_RO(name, at) \
    [[maybe_unused]] static inline uint32_t name##_read(const struct mmio *registers) \
    { \
        return mmio_read32(registers, (at)); \
    }
#define MMIO_REGISTER_RW(name, at) \
    MMIO_REGISTER_RO(name, at) \
    [[maybe_unused]] static inline void name##_write(const struct mmio *registers, uint32_t value) \
    { \
        mmio_write32(registers, (at), value); \
    } \
    [[maybe_unused]] static inline void name##_modify(const struct mmio *registers, uint32_t clear, \
                                                      uint32_t set) \
    { \
        mmio_modify32(registers, (at), clear, set); \
    }
#define MMIO_FIELD(mask, value) ((uint32_t)(value) << __builtin_ctz(mask) & (mask))
#define MMIO_FIELD_GET(value, mask) (((uint32_t)(value) & (mask)) >> __builtin_ctz(mask))
