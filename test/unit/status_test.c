/* SPDX-License-Identifier: MIT */
#include "harness.h"

TEST(STATUS0001)
{
    for (uint32_t i = 0; i < ST_COUNT; i++) {
        const char *name = status_name((enum status)i);
        assert_string_not_equal(name, "unknown");
        assert_int_not_equal(name[0], 0);
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(name, status_name((enum status)k));
    }
}

TEST(STATUS0002)
{
    static const uint32_t strangers[] = { ST_COUNT, 1000, 0x7FFFFFFF, 0x80000000, UINT32_MAX };
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
        assert_string_equal(status_name((enum status)strangers[i]), "unknown");
}

int main(void)
{
    struct harness harness = {};
    ADD(&harness, STATUS0001, "each status has a name of its own");
    ADD(&harness, STATUS0002, "a number from elsewhere has none");
    return harness_run("status", &harness);
}
