/* SPDX-License-Identifier: MIT */

/* The warden as a whole, against a monitor that is a table. */

#include "../../cells/warden/warden.h"

#include "fake_monitor.h"
#include "harness.h"

#include <abi/services.h>
#include <rt/bits.h>
#include <rt/text.h>
#include <sdk/cell.h>
#include <sdk/gate.h>
#include <sdk/monitor.h>

#include <stdio.h>

#define DEFAULT "cell shell\ncell bench\ncell echo\ncell console\ncell spare image=echo start=manual\n"

static void warden_wake(void)
{
    fake_timer = fake_timer <= fake_now_ms ? WAIT_FOREVER : fake_timer;
    cell_operations->notified(BIT64(EVENT_CELLS));
}

/* Until nothing happens any more without time going on. */
static void settle(void)
{
    for (uint32_t i = 0; i < 1000; i++) {
        warden_wake();
        if (!fake_cells_step() && fake_timer > fake_now_ms)
            return;
    }
    fail_msg("it never comes to rest");
}

static void time_pass(uint64_t ms)
{
    settle();
    for (uint64_t end = fake_now_ms + ms; fake_now_ms < end;) {
        uint64_t due = fake_timer == WAIT_FOREVER ? end : fake_timer;
        fake_now_ms = due < end ? due : end;
        settle();
    }
}

static void warden_begin(void)
{
    memset(&warden, 0, sizeof(warden));
    assert_int_equal(cell_operations->init(), ST_OK);
    assert_int_equal(cell_operations->start(), ST_OK);
    settle();
}

static void boot(const char *command_line, const char *appliance, const char *other)
{
    fake_reset(command_line, appliance, other);
    warden_begin();
}

static uint64_t ask(enum warden_call call, const char *name, uint64_t argument)
{
    uint64_t words[2];
    gate_name_pack(name, words);
    return cell_header_instance.entries[0](call, words[0], words[1], argument);
}

static enum cell_state state_of(const char *name)
{
    const struct fake_cell *cell = fake_named(name);
    return cell != nullptr ? cell->state : CELL_EMPTY;
}

TEST(WAR0001)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(state_of("console"), CELL_RUNNING);
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(state_of("shell"), CELL_RUNNING);
    assert_int_equal(state_of("bench"), CELL_RUNNING);
    assert_int_equal(state_of("spare"), CELL_EMPTY);
    assert_int_equal(fake_channels("shell", "console"), 1);
    assert_int_equal(fake_edges("shell", "warden"), 1);
    assert_int_equal(fake_edges("shell", "echo"), 1);
    assert_int_equal(fake_edges("bench", "echo"), 1);
    assert_int_equal(fake_log_errors, 0);
    assert_true(fake_timer == WAIT_FOREVER);
}

TEST(WAR0002)
{
    boot("backend=pku appliance=other", DEFAULT, "cell echo\n");
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(state_of("shell"), CELL_EMPTY);
    boot("appliance=nothing", DEFAULT, nullptr);
    assert_int_equal(state_of("shell"), CELL_RUNNING);
    assert_int_equal(fake_log_errors, 1);
    boot("appliance=other", DEFAULT, "cell echo\ncell echo\n");
    assert_int_equal(state_of("shell"), CELL_RUNNING);
    boot("", "nonsense\n", nullptr);
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_NOT_FOUND);
}

TEST(WAR0003)
{
    boot("", "cell echo\ncell ghost\ncell bench\n", nullptr); /* no image for ghost */
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(state_of("bench"), CELL_RUNNING);
    assert_int_equal(fake_log_errors, 1);
    assert_int_equal(ask(WARDEN_START, "ghost", 0), ST_OK);
    settle();
    assert_int_equal(ask(WARDEN_BUSY, "ghost", 0), 0);
    assert_int_equal(ask(WARDEN_RESULT, "ghost", 0), ST_NOT_FOUND);
}

TEST(WAR0004)
{
    boot("", "cell bench\ncell echo start=manual\n", nullptr);
    assert_int_equal(state_of("bench"), CELL_SPAWNED);
    assert_int_equal(fake_log_errors, 1);
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_OK);
    settle();
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(state_of("bench"), CELL_RUNNING);
    assert_int_equal(fake_edges("bench", "echo"), 1);
}

TEST(WAR0005)
{
    boot("", "cell left\ncell right\ncell echo\n", nullptr);
    assert_int_equal(state_of("left"), CELL_FAILED);
    assert_int_equal(state_of("right"), CELL_FAILED);
    assert_int_equal(state_of("echo"), CELL_RUNNING);
}

TEST(WAR0010)
{
    boot("", DEFAULT, nullptr);
    fake_end(fake_named("echo"), CELL_CRASHED);
    settle(); /* the first time at once */
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    fake_end(fake_named("echo"), CELL_CRASHED);
    settle();
    assert_int_equal(state_of("echo"), CELL_RESTARTING);
    time_pass(9);
    assert_int_equal(state_of("echo"), CELL_RESTARTING);
    time_pass(1);
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(fake_named("echo")->epoch, 3);
    assert_int_equal(fake_edges("shell", "echo"), 1);
    assert_int_equal(fake_edges("bench", "echo"), 1);
    assert_int_equal(fake_named("bench")->epoch, 1);
}

TEST(WAR0011)
{
    boot("", DEFAULT, nullptr);
    fake_crashes_at_start = true;
    fake_end(fake_named("echo"), CELL_CRASHED);
    time_pass(60000);
    assert_int_equal(state_of("echo"), CELL_FAILED);
    assert_int_equal(fake_named("echo")->starts, POLICY_END_MAX);
    assert_true(fake_timer == WAIT_FOREVER);
    assert_int_equal(state_of("shell"), CELL_RUNNING);
    fake_crashes_at_start = false;
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_OK);
    settle();
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(ask(WARDEN_RESULT, "echo", 0), ST_OK);
}

TEST(WAR0012)
{
    boot("", DEFAULT, nullptr);
    fake_end(fake_named("console"), CELL_STOPPED);
    fake_end(fake_named("bench"), CELL_CRASHED);
    time_pass(1000);
    assert_int_equal(state_of("console"), CELL_RUNNING);
    assert_int_equal(fake_channels("shell", "console"), 1);
    assert_int_equal(state_of("bench"), CELL_CRASHED); /* RESTART_NEVER */
}

static void crash_says(uint32_t image, const char *line)
{
    boot("", DEFAULT, nullptr);
    fake_crash_image = image;
    fake_end(fake_named("echo"), CELL_CRASHED);
    settle();
    assert_string_equal(fake_log_last, line);
}

TEST(WAR0013)
{
    crash_says(FAKE_IMAGE, "echo crashed in letter_count+0x7 (1 of 8), back at once");
    crash_says(FAKE_TRAP_IMAGE, "echo crashed, shift at cells/one/a.c:7 (1 of 8), back at once");
    crash_says(FAKE_IMAGE + 1, "echo crashed (1 of 8), back at once");
    crash_says(CRASH_IMAGE_NONE, "echo crashed (1 of 8), back at once");
    crash_says(CRASH_IMAGE_GATE, "echo crashed in a gate (1 of 8), back at once");
    fake_end(fake_named("echo"), CELL_CRASHED);
    settle();
    assert_string_equal(fake_log_last, "echo crashed in a gate (2 of 8), back in 10 ms");
}

TEST(WAR0020)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_STOP, "echo", 0), ST_OK);
    assert_int_equal(ask(WARDEN_BUSY, "echo", 0), 1);
    assert_int_equal(ask(WARDEN_STOP, "echo", 0), ST_BUSY);
    settle();
    assert_int_equal(ask(WARDEN_BUSY, "echo", 0), 0);
    assert_int_equal(ask(WARDEN_RESULT, "echo", 0), ST_OK);
    time_pass(20000);
    assert_int_equal(state_of("echo"), CELL_STOPPED);
    assert_int_equal(ask(WARDEN_STOP, "echo", 0), ST_STATE);
    assert_int_equal(ask(WARDEN_KILL, "echo", 0), ST_STATE);
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_OK);
    settle();
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_STATE);
}

TEST(WAR0021)
{
    boot("", DEFAULT, nullptr);
    fake_named("echo")->is_deaf = true;
    assert_int_equal(ask(WARDEN_STOP, "echo", 0), ST_OK);
    time_pass(299);
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    time_pass(1);
    assert_int_equal(state_of("echo"), CELL_STOPPED);
    assert_int_equal(ask(WARDEN_RESULT, "echo", 0), ST_OK);
}

TEST(WAR0022)
{
    boot("", DEFAULT, nullptr);
    fake_named("echo")->is_in_call = true;
    assert_int_equal(ask(WARDEN_KILL, "echo", 0), ST_OK);
    time_pass(5000);
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(ask(WARDEN_BUSY, "echo", 0), 1);
    fake_named("echo")->is_in_call = false;
    time_pass(10);
    assert_int_equal(state_of("echo"), CELL_STOPPED);
    assert_int_equal(ask(WARDEN_BUSY, "echo", 0), 0);
}

TEST(WAR0023)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_STOP, "shell", 0), ST_DENIED);
    assert_int_equal(ask(WARDEN_KILL, "console", 0), ST_OK);
    settle();
    assert_int_equal(state_of("console"), CELL_RUNNING);
    assert_int_equal(fake_named("console")->epoch, 2);
    assert_int_equal(ask(WARDEN_RESULT, "console", 0), ST_OK);
    assert_int_equal(ask(WARDEN_RESTART, "echo", 0), ST_OK);
    settle();
    assert_int_equal(fake_named("echo")->epoch, 2);
    assert_int_equal(ask(WARDEN_RESULT, "echo", 0), ST_OK);
}

TEST(WAR0024)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_CYCLE, "echo", 0), ST_RANGE);
    assert_int_equal(ask(WARDEN_CYCLE, "echo", POLICY_CYCLE_MAX + 1), ST_RANGE);
    assert_int_equal(ask(WARDEN_CYCLE, "echo", 100), ST_OK);
    settle();
    assert_int_equal(ask(WARDEN_RESULT, "echo", 0), ST_OK);
    assert_int_equal(state_of("echo"), CELL_RUNNING);
    assert_int_equal(fake_named("echo")->epoch, 101);
    assert_int_equal(ask(WARDEN_CYCLE, "spare", 50 | BIT64(63)), ST_OK);
    settle();
    assert_int_equal(ask(WARDEN_RESULT, "spare", 0), ST_OK);
    assert_int_equal(state_of("spare"), CELL_STOPPED);
    assert_int_equal(fake_named("spare")->epoch, 50);
}

TEST(WAR0025)
{
    boot("", DEFAULT, nullptr);
    fake_crashes_at_start = true;
    assert_int_equal(ask(WARDEN_CYCLE, "spare", 50), ST_OK);
    time_pass(5);
    assert_int_equal(ask(WARDEN_RESULT, "spare", 0), ST_CRASHED);
    assert_int_equal(ask(WARDEN_BUSY, "spare", 0), 0);
}

TEST(WAR0026)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_START, "nobody", 0), ST_NOT_FOUND);
    assert_int_equal(ask(WARDEN_BUSY, "nobody", 0), 0);
    assert_int_equal(cell_header_instance.entries[0](WARDEN_START, 0, 0, 0), ST_NOT_FOUND);
    assert_int_equal(cell_header_instance.entries[0](WARDEN_KILL, UINT64_MAX, UINT64_MAX, 0), ST_NOT_FOUND);
    assert_int_equal(cell_header_instance.entries[0](0, 0, 0, 0), ST_UNSUPPORTED);
    assert_int_equal(cell_header_instance.entries[0](UINT64_MAX, 0, 0, 0), ST_UNSUPPORTED);
    assert_int_equal(cell_header_instance.entries[0](WARDEN_REVOKE, 0x20002, 0, 0), ST_OK);
    assert_int_equal(cell_header_instance.entries[0](WARDEN_REVOKE, 0x30003, 0, 0), ST_HANDLE);
    assert_int_equal(cell_header_instance.entries[0](WARDEN_REVOKE, 0x10001, 0, 0), ST_DENIED);
}

TEST(WAR0030)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_STOP, "warden", 0), ST_DENIED);
    assert_int_equal(ask(WARDEN_START, "warden", 0), ST_STATE);
    assert_int_equal(ask(WARDEN_KILL, "warden", 0), ST_OK);
    assert_int_equal(fake_self_kills, 0);
    settle();
    assert_int_equal(fake_self_kills, 1);
}

/* The next instance: nothing that runs is touched, what is owed is brought up. */
TEST(WAR0031)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_STOP, "echo", 0), ST_OK);
    settle();
    fake_end(&fake_cells[FAKE_WARDEN], CELL_CRASHED);
    fake_end(fake_named("console"), CELL_CRASHED);
    fake_cells[FAKE_WARDEN].state = CELL_RUNNING;
    warden_begin();
    assert_int_equal(fake_named("shell")->epoch, 1);
    assert_int_equal(fake_named("console")->epoch, 2);
    assert_int_equal(fake_edges("shell", "warden"), 1);
    assert_int_equal(fake_channels("shell", "console"), 1);
    assert_int_equal(state_of("echo"), CELL_STOPPED); /* a user wanted that */
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_OK);
    settle();
    assert_int_equal(fake_edges("bench", "echo"), 1);
}

TEST(WAR0040)
{
    static char text[2048] = DEFAULT;
    for (uint32_t i = 1; i <= 34; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof(text) - used, "cell echo%02u image=echo\n", i);
    }
    boot("", text, nullptr);
    uint32_t running = 0;
    for (uint32_t id = 1; id < CELL_MAX; id++)
        running += fake_cells[id].state == CELL_RUNNING;
    assert_int_equal(running, 39);
    assert_int_equal(fake_edges("shell", "echo34"), 1);
    assert_int_equal(fake_edges("bench", "echo01"), 0);
}

#define DRIVERS "cell checker\ncell echo\ndriver disk\ndriver slowdisk\ndriver toy start=manual\n"

TEST(WAR0050)
{
    boot("", DRIVERS, nullptr);
    assert_true(fake_timer == WAIT_FOREVER); /* nobody to listen for */
    fake_device_add(0x10, FAKE_DISK);
    fake_device_add(0x18, FAKE_DISK);
    fake_device_add(0x20, FAKE_TOY);
    fake_device_add(0x28, 0x0C0500);
    settle();
    assert_int_equal(state_of("disk0"), CELL_RUNNING);
    assert_int_equal(state_of("disk1"), CELL_RUNNING);
    assert_int_equal(fake_named("disk0")->device, 0x11);
    assert_int_equal(state_of("toy0"), CELL_EMPTY);
    assert_int_equal(fake_channels("checker", "disk0"), 1);
    assert_int_equal(fake_edges("checker", "disk1"), 1);
    assert_int_equal(ask(WARDEN_START, "toy0", 0), ST_OK);
    settle();
    assert_int_equal(state_of("toy0"), CELL_RUNNING);
    assert_int_equal(fake_log_errors + fake_log_warnings, 0);
}

TEST(WAR0051)
{
    boot("",
         "cell echo\ndriver slowdisk at=00:03.0\ndriver disk\ndriver disk at=00:03.0\ndriver toy at=00:03.0\n"
         "driver ghost\n",
         nullptr);
    assert_int_equal(fake_log_warnings, 1); /* no image */
    fake_device_add(0x10, FAKE_DISK);
    fake_device_add(0x18, FAKE_DISK);
    settle();
    assert_int_equal(fake_named("disk0")->device, 0x11);
    assert_int_equal(fake_named("slowdisk0")->device, 0x19);
    assert_int_equal(fake_log_warnings, 3); /* line 4: claimed, line 5: does not fit */
    time_pass(1000);
    assert_int_equal(fake_log_warnings, 3);
}

TEST(WAR0052)
{
    boot("", DRIVERS, nullptr);
    fake_device_add(0x10, FAKE_DISK);
    fake_devices[0].owner = 60; /* a cell of which the warden knows nothing */
    settle();
    assert_int_equal(state_of("disk0"), CELL_EMPTY);
    assert_int_equal(fake_log_errors, 1);
    assert_string_equal(fake_log_last, "disk0: DeviceAlreadyClaimed: exists");
    fake_devices[0].owner = 0;
    assert_int_equal(ask(WARDEN_START, "disk0", 0), ST_OK);
    settle();
    assert_int_equal(state_of("disk0"), CELL_RUNNING);
}

TEST(WAR0053)
{
    boot("", DRIVERS, nullptr);
    fake_device_add(0x10, FAKE_DISK);
    fake_device_add(0x18, FAKE_DISK);
    settle();
    fake_named("disk0")->is_deaf = true;
    fake_device_remove(0x10);
    time_pass(299);
    assert_int_equal(state_of("disk0"), CELL_RUNNING); /* it has its operation timeout */
    time_pass(1);
    assert_int_equal(state_of("disk0"), CELL_STOPPED);
    assert_int_equal(fake_devices[0].class_code, 0);
    time_pass(20000);
    assert_int_equal(fake_named("disk0")->epoch, 1);
    assert_int_equal(ask(WARDEN_START, "disk0", 0), ST_GONE);
    assert_int_equal(ask(WARDEN_RESTART, "disk0", 0), ST_GONE);
    fake_device_add(0x10, FAKE_DISK);
    settle();
    assert_int_equal(fake_named("disk0")->device, 0x11);
    assert_int_equal(fake_named("disk0")->epoch, 2);
    assert_int_equal(state_of("disk0"), CELL_RUNNING);
    assert_int_equal(fake_channels("checker", "disk0"), 1);
    assert_int_equal(fake_named("disk1")->epoch, 1);
}

TEST(WAR0054)
{
    /* It notices before the bus does, and ends by itself: no shame, and no restart once it is known. */
    boot("", DRIVERS, nullptr);
    fake_device_add(0x10, FAKE_DISK);
    settle();
    fake_end(fake_named("disk0"), CELL_FAILED);
    settle();
    fake_end(fake_named("disk0"), CELL_FAILED);
    fake_device_remove(0x10);
    time_pass(20000);
    assert_int_equal(fake_named("disk0")->epoch, 2);
    fake_device_add(0x10, FAKE_DISK);
    settle();
    assert_int_equal(state_of("disk0"), CELL_RUNNING);
}

static uint64_t release(uint64_t bdf)
{
    return cell_header_instance.entries[0](WARDEN_RELEASE, bdf, 0, 0);
}

TEST(WAR0055)
{
    boot("", DRIVERS, nullptr);
    fake_device_add(0x10, FAKE_DISK);
    settle();
    assert_int_equal(release(0x10), ST_OK);
    assert_int_equal(release(0x18), ST_OK); /* nobody's */
    assert_int_equal(release(UINT64_MAX), ST_RANGE);
    settle();
    assert_int_equal(state_of("disk0"), CELL_STOPPED);
    assert_int_equal(fake_devices[0].owner, 0);
    time_pass(20000);
    assert_int_equal(ask(WARDEN_START, "disk0", 0), ST_GONE);
    fake_device_remove(0x10);
    settle();
    fake_device_add(0x10, FAKE_DISK);
    settle();
    assert_int_equal(state_of("disk0"), CELL_RUNNING);
}

TEST(WAR0056)
{
    /* The next warden finds the drivers under the names they had. */
    boot("", DRIVERS, nullptr);
    fake_device_add(0x18, FAKE_DISK);
    settle();
    fake_device_add(0x10, FAKE_DISK);
    settle();
    assert_int_equal(fake_named("disk1")->device, 0x11);
    fake_end(fake_named("disk1"), CELL_CRASHED);
    warden_begin();
    assert_int_equal(fake_named("disk0")->epoch, 1);
    assert_int_equal(fake_named("disk0")->device, 0x19);
    assert_int_equal(fake_named("disk1")->epoch, 2);
    assert_int_equal(fake_named("disk1")->device, 0x11);
    assert_null(fake_named("disk2"));
}

TEST(WAR0057)
{
    boot("", "cell checker\ncell disk0 image=echo\ndriver disk\nwire checker.block=disk2\n", nullptr);
    fake_device_add(0x10, FAKE_DISK);
    fake_device_add(0x18, FAKE_DISK);
    settle();
    assert_int_equal(fake_named("disk1")->device, 0x11); /* that name is taken */
    assert_int_equal(fake_channels("checker", "disk1"), 0);
    assert_int_equal(fake_channels("checker", "disk2"), 1);
}

static void owe(const char *server, uint32_t head)
{
    uint32_t id = (uint32_t)(fake_named(server) - fake_cells);
    fake_channel_records[0] = (struct channel_record){
        .state = PEER_UP, .server = id, .request_used = 1, .request_head = head, .interface = "block"
    };
}

TEST(WAR0060)
{
    boot("", DRIVERS, nullptr);
    fake_device_add(0x10, FAKE_DISK);
    settle();
    assert_int_equal(fake_timer, fake_now_ms + STALL_LOOK_MS);
    owe("disk0", 7);
    time_pass(300 + STALL_GRACE_MS);
    assert_int_equal(fake_named("disk0")->epoch, 1);
    owe("disk0", 8); /* it answered one */
    time_pass(300 + STALL_GRACE_MS);
    assert_int_equal(fake_named("disk0")->epoch, 1);
    time_pass(2 * STALL_LOOK_MS);
    assert_int_equal(fake_named("disk0")->epoch, 2);
    assert_int_equal(state_of("disk0"), CELL_RUNNING);
    fake_channel_records[0].request_used = 0;
    time_pass(60000);
    assert_int_equal(fake_named("disk0")->epoch, 2);
}

TEST(WAR0061)
{
    /* Whoever is no driver, is suspended or serves a stream may take its time. */
    boot("", DRIVERS, nullptr);
    fake_device_add(0x10, FAKE_DISK);
    settle();
    owe("echo", 7);
    time_pass(20000);
    owe("disk0", 7);
    text_copy(fake_channel_records[0].interface, CELL_NAME_BYTES, "console");
    time_pass(20000);
    owe("disk0", 7);
    fake_named("disk0")->state = CELL_SUSPENDED;
    time_pass(20000);
    assert_int_equal(fake_named("echo")->epoch + fake_named("disk0")->epoch, 2);
}

TEST(WAR0070)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_POLICY_GET, "echo", 0), RESTART_ON_CRASH);
    assert_int_equal(ask(WARDEN_POLICY, "echo", RESTART_ALWAYS + 1), ST_RANGE);
    assert_int_equal(ask(WARDEN_POLICY, "nobody", RESTART_NEVER), ST_NOT_FOUND);
    assert_int_equal(ask(WARDEN_POLICY, "warden", RESTART_NEVER), ST_DENIED);
    assert_true(ask(WARDEN_POLICY_GET, "nobody", 0) == UINT64_MAX);
    assert_int_equal(ask(WARDEN_POLICY, "echo", RESTART_NEVER), ST_OK);
    assert_int_equal(ask(WARDEN_POLICY_GET, "echo", 0), RESTART_NEVER | 1 << 8);
    warden_begin(); /* the next one knows it, too */
    fake_end(fake_named("echo"), CELL_CRASHED);
    time_pass(20000);
    assert_int_equal(state_of("echo"), CELL_CRASHED);
    assert_int_equal(ask(WARDEN_POLICY, "echo", RESTART_ON_CRASH), ST_OK);
    assert_int_equal(ask(WARDEN_POLICY_GET, "echo", 0), RESTART_ON_CRASH);
    assert_int_equal(ask(WARDEN_START, "echo", 0), ST_OK);
    settle();
    fake_end(fake_named("echo"), CELL_CRASHED);
    settle();
    assert_int_equal(state_of("echo"), CELL_RUNNING);
}

TEST(WAR0071)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_POLICY, "bench", RESTART_ALWAYS), ST_OK);
    assert_int_equal(ask(WARDEN_STOP, "bench", 0), ST_DENIED);
    assert_int_equal(ask(WARDEN_POLICY, "console", RESTART_ON_CRASH), ST_OK);
    assert_int_equal(ask(WARDEN_STOP, "console", 0), ST_OK);
    settle();
    assert_int_equal(state_of("console"), CELL_STOPPED);
}

TEST(WAR0080)
{
    boot("", DEFAULT, nullptr);
    assert_int_equal(ask(WARDEN_FLIP, "echo", 0x1234 << 3 | 5), ST_OK);
    assert_int_equal(fake_flip.count, 1);
    assert_string_equal(fake_cells[fake_flip.id].name, "echo");
    assert_int_equal(fake_flip.offset, 0x1234);
    assert_int_equal(fake_flip.bit, 5);
    assert_int_equal(ask(WARDEN_FLIP, "echo", 0), ST_REJECTED);
    assert_int_equal(ask(WARDEN_FLIP, "echo", FAKE_TEXT_BYTES << 3), ST_RANGE);
    assert_int_equal(ask(WARDEN_FLIP, "echo", UINT64_MAX), ST_RANGE);
    assert_int_equal(ask(WARDEN_FLIP, "warden", 8), ST_DENIED);
    assert_int_equal(ask(WARDEN_FLIP, "spare", 8), ST_GONE);
    assert_int_equal(ask(WARDEN_FLIP, "nobody", 8), ST_NOT_FOUND);
    assert_int_equal(ask((enum warden_call)(WARDEN_FLIP + 1), "echo", 8), ST_UNSUPPORTED);
    fake_end(fake_named("echo"), CELL_CRASHED); /* the warden has not seen it yet */
    assert_int_equal(ask(WARDEN_FLIP, "echo", 8), ST_STATE);
    settle();
    fake_flip.is_denied = true;
    assert_int_equal(ask(WARDEN_FLIP, "echo", 8), ST_DENIED);
    assert_int_equal(fake_flip.count, 1);
    assert_int_equal(ask(WARDEN_BUSY, "echo", 0), 0);
}

int main(void)
{
    static struct harness harness;
    ADD(&harness, WAR0001, "brings up the default appliance in order");
    ADD(&harness, WAR0002, "chooses the appliance and falls back to the default one");
    ADD(&harness, WAR0003, "a cell that cannot be loaded stops nobody else");
    ADD(&harness, WAR0004, "a client without a provider waits for it");
    ADD(&harness, WAR0005, "a cycle fails, the rest starts");
    ADD(&harness, WAR0010, "a crashed cell comes back and is linked again");
    ADD(&harness, WAR0011, "gives up a cell that crashes at every start, until a user starts it");
    ADD(&harness, WAR0012, "restarts by policy");
    ADD(&harness, WAR0013, "the log says where a cell crashed");
    ADD(&harness, WAR0020, "stop and start");
    ADD(&harness, WAR0021, "a cell that does not stop is killed after its operation timeout");
    ADD(&harness, WAR0022, "a kill may take effect late");
    ADD(&harness, WAR0023, "cells that always run are not stopped; kill and restart bring them back");
    ADD(&harness, WAR0024, "cycles end where they began");
    ADD(&harness, WAR0025, "a cycle ends when the cell breaks");
    ADD(&harness, WAR0026, "hostile requests get a status");
    ADD(&harness, WAR0030, "ends itself only after answering");
    ADD(&harness, WAR0031, "a new instance adopts what it finds");
    ADD(&harness, WAR0040, "forty cells");
    ADD(&harness, WAR0050, "a cell for every function that a driver fits");
    ADD(&harness, WAR0051, "at= wins; what cannot be bound is said once");
    ADD(&harness, WAR0052, "a function that another cell has is not taken from it");
    ADD(&harness, WAR0053, "a function goes: its driver ends and comes back with it, under its name");
    ADD(&harness, WAR0054, "a driver that sees it first");
    ADD(&harness, WAR0055, "a function is released and stays free");
    ADD(&harness, WAR0056, "a new instance adopts drivers");
    ADD(&harness, WAR0057, "instances have names of their own, which wires may use");
    ADD(&harness, WAR0060, "a driver that answers nothing is stopped");
    ADD(&harness, WAR0061, "others may take their time");
    ADD(&harness, WAR0070, "a restart policy for this boot");
    ADD(&harness, WAR0071, "it also says what may be stopped");
    ADD(&harness, WAR0080, "a bit of a running text is turned over, but of its own");
    return harness_run("warden", &harness);
}
