/* SPDX-License-Identifier: MIT */
#include "graphics.h"

#define BYTES_PER_PIXEL 4u
#define PIXELS_PER_AXIS_MAX 32768u

static bool is_mode_sane(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode, uint64_t base, uint64_t bytes)
{
    /* With 32768 x 32768 pixels at most, the product cannot overflow. */
    if (!base || !mode->HorizontalResolution || !mode->VerticalResolution ||
        mode->PixelsPerScanLine > PIXELS_PER_AXIS_MAX || mode->VerticalResolution > PIXELS_PER_AXIS_MAX ||
        mode->HorizontalResolution > mode->PixelsPerScanLine)
        return false;
    uint64_t needed = (uint64_t)mode->PixelsPerScanLine * mode->VerticalResolution * BYTES_PER_PIXEL;
    return needed <= bytes && bytes <= UINT64_MAX - base && mode->PixelFormat < PixelBltOnly;
}

void graphics_read(const struct firmware *firmware, struct boot_framebuffer *framebuffer)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    const EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics = firmware_protocol(firmware, guid);

    if (!graphics || !graphics->Mode || !graphics->Mode->Info)
        return;
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION mode = *graphics->Mode->Info;
    uint64_t base = graphics->Mode->FrameBufferBase;
    uint64_t bytes = graphics->Mode->FrameBufferSize;
    if (!is_mode_sane(&mode, base, bytes))
        return;
    *framebuffer = (struct boot_framebuffer){
        .base = base,
        .bytes = bytes,
        .width = mode.HorizontalResolution,
        .height = mode.VerticalResolution,
        .pixels_per_line = mode.PixelsPerScanLine,
        .format = (uint32_t)mode.PixelFormat,
    };
}
