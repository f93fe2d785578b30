/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <cells/warden/appliance.h>
#include <string.h>

/* An appliance file that may say anything: accepted, or refused with a reason. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct appliance appliance;
    struct appliance_error error = {};
    enum status status = appliance_parse((const char *)data, size, &appliance, &error);
    bool has_reason = error.text[0] != '\0' && memchr(error.text, 0, sizeof(error.text)) != nullptr;
    if (status == ST_OK ? appliance.cell_count == 0 : !has_reason)
        __builtin_trap();
    return 0;
}
