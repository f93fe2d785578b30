/* SPDX-License-Identifier: MIT */
/* PRF0343: code behind a call that does not return
 * flag: -Wunreachable-code
 * says: code will never be executed */

[[noreturn]] void stop(void);
void go_on(void);
void fire(void);

void fire(void)
{
    stop();
    go_on(); /* HERE */
}
