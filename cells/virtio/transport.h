/* SPDX-License-Identifier: MIT */
#pragma once

#include <sdk/virtio.h>

/* Enables the interrupts; again after a function level reset. */
enum status transport_interrupts_open(struct virtio *device);
