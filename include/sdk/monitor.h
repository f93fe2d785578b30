/* SPDX-License-Identifier: MIT */
#pragma once

#include <abi/monitor_call.h>
#include <rt/status.h>

/* Monitor calls as C functions; the contract of each is in abi/monitor_call.h. */

#define WAIT_FOREVER UINT64_MAX
#define WAIT_NOT 0u

struct monitor_result monitor_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                   uint64_t e);

void mon_null(void);
uint64_t mon_wait(uint64_t deadline_tsc);  /* -> event word */
enum status mon_notify(cap_handle notify); /* 0: own thread */
enum status mon_state(enum cell_state state);
[[noreturn]] void mon_exit(enum status status);
enum status mon_log(enum log_level level, const char *text, uint64_t bytes);
enum status mon_log_read(cap_handle log, uint64_t sequence, struct log_record *record, uint64_t *next);
enum status mon_query(cap_handle cells, enum query_kind kind, uint64_t index, void *record, uint64_t bytes,
                      uint64_t *next);
enum status mon_cell_create(cap_handle cells, const struct cell_create *create, uint32_t *id);
enum status mon_cell_start(cap_handle cells, uint32_t id);
enum status mon_cell_stop(cap_handle cells, uint32_t id);
enum status mon_cell_kill(cap_handle cells, uint32_t id);
enum status mon_cell_crash(cap_handle cells, uint32_t id,
                           enum crash_reason reason); /* MON_CELL_KILL as a crash */
enum status mon_cell_flip(cap_handle cells, uint32_t id, uint64_t text_offset, uint32_t bit);
enum status mon_cell_set_state(cap_handle cells, uint32_t id, enum cell_state state);
enum status mon_cell_forget(cap_handle cells, uint32_t id);
enum status mon_edge_link(cap_handle cells, uint32_t caller, uint32_t uses_index, uint32_t callee);
enum status mon_channel_link(cap_handle cells, uint32_t client, uint32_t uses_index, uint32_t server);
enum status mon_channel_close(uint32_t slot);
enum status mon_cap_derive(cap_handle handle, uint32_t rights, cap_handle *derived);
enum status mon_cap_grant(cap_handle handle, uint32_t cell, uint32_t rights, cap_handle *granted);
enum status mon_cap_revoke(cap_handle handle);
enum status mon_cap_revoke_any(cap_handle cells, cap_handle handle);
enum status mon_port_write(cap_handle ports, uint32_t offset, const uint8_t *bytes, uint32_t count);
enum status mon_port_read(cap_handle ports, uint32_t offset, uint8_t *byte);
enum status mon_port_drain(cap_handle ports, uint32_t data, uint32_t status_port, uint32_t mask,
                           uint8_t bytes[7], uint32_t *count);
enum status mon_irq_ack(cap_handle irq);
enum status mon_entropy(cap_handle entropy, uint64_t *random);
enum status mon_power(cap_handle power, enum power_action action);
enum status mon_bundle_read(cap_handle cells, uint32_t entry, uint64_t offset, void *buffer, uint64_t bytes,
                            uint64_t *read);
uint32_t mon_pci_read(cap_handle pci, uint32_t bdf, uint32_t offset); /* all ones: refused, too */
enum status mon_pci_write(cap_handle pci, uint32_t bdf, uint32_t offset, uint32_t value);
enum status mon_device_add(cap_handle pci, uint32_t bdf, uint32_t *index);
enum status mon_device_remove(cap_handle pci, uint32_t bdf);
enum status mon_device_enable(cap_handle device, uint32_t what);
enum status mon_device_reset(cap_handle device);
enum status mon_dma_address(cap_handle dma, uint64_t address, uint64_t *device_address);
