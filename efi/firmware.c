/* SPDX-License-Identifier: MIT */
#include "firmware.h"

#include <rt/text.h>

/* A table of more entries than any firmware has is a broken count, not a table. */
#define CONFIGURATION_TABLE_MAX 1024u

void *firmware_protocol(const struct firmware *firmware, EFI_GUID guid)
{
    void *interface = NULL;
    EFI_STATUS result = firmware->boot->LocateProtocol(&guid, NULL, &interface);
    return EFI_ERROR(result) ? NULL : interface;
}

uint64_t firmware_table(const struct firmware *firmware, EFI_GUID guid)
{
    const EFI_CONFIGURATION_TABLE *table = firmware->system->ConfigurationTable;
    uint64_t count = u64_min(firmware->system->NumberOfTableEntries, CONFIGURATION_TABLE_MAX);

    for (uint64_t i = 0; table && i < count; i++)
        if (!memcmp(&table[i].VendorGuid, &guid, sizeof(guid)))
            return (uintptr_t)table[i].VendorTable;
    return 0;
}
