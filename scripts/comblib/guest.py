# SPDX-License-Identifier: MIT
"""A running Comb: start it, talk to its shell, see how it ends.

    with Guest(Machine(image, options=SCRIPT_OPTIONS)) as guest:
        guest.start()
        result = guest.command("cells --json")
        assert result.status == 0, result.output

Every wait is for a condition, never for a time; the time limit only ends what
would otherwise hang for ever.  In script mode (shell=script) the guest frames
what it says with lines that begin with the byte 1E:

    1E READY              after boot, once
    1E STATUS <number>    after each command line, 0 is success
"""
import ctypes
import dataclasses
import os
import pathlib
import re
import selectors
import signal
import subprocess
import tempfile
import time

from . import accelerator, symbols
from .qmp import Monitor, QmpError

MARK = b"\x1e"
READY = re.compile(rb"\x1eREADY\r?\n")
STATUS = re.compile(rb"\x1eSTATUS (\d+)\r?\n")
SCRIPT_OPTIONS = ["shell=script", "panic=exit"]

TIMEOUT_S = 120.0
PR_SET_PDEATHSIG = 1
POWEROFF_S = 20.0
KVM_FIRST_BYTE_S = 20.0
TAIL_BYTES = 4000
ESCAPES = re.compile(rb"\x1b\[[0-9;=?]*[A-Za-z]")


def _die_with_parent():
    """In the child: however we end, no machine is left running.  [prctl(2)]"""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class GuestError(Exception):
    """The guest did not do what was asked.  `tail` is the last of its serial output."""

    def __init__(self, reason, tail):
        super().__init__(reason)
        self.reason = reason
        self.tail = tail


class GuestDied(GuestError):
    """It ended: `status` is QEMU's, odd for a write to the debug exit device."""

    def __init__(self, reason, tail, status):
        super().__init__(reason, tail)
        self.status = status


class GuestTimeout(GuestError):
    """The time limit passed."""


@dataclasses.dataclass
class Result:
    """What a command printed, and how it ended."""
    output: str
    status: int


def end_reason(status):
    """What QEMU's exit status says about the guest; 0 alone is never success."""
    if status < 0:
        return f"the emulator was killed by signal {-status}"
    if status & 1:
        return f"the guest stopped itself (debug exit {status >> 1:#x}): it panicked"
    if status == 0:
        return "the guest powered off or reset (a triple fault also looks like this)"
    return f"the emulator failed with status {status}"


class Guest:
    """One virtual machine and the dialogue on its serial line."""

    def __init__(self, machine, timeout=TIMEOUT_S, log=None, qmp=False):
        self.machine = machine
        self.timeout = timeout
        self.has_qmp = qmp         # then self.qmp(command, **arguments) talks to QEMU itself
        self.log = log             # a path: everything the guest says goes there too
        self.accelerator = None
        self.output = bytearray()  # all serial output so far
        self.position = 0          # what expect has consumed
        self.before = b""          # what came before the last match of expect
        self.process = None
        self._emulator = None
        self.deadline = None
        self._log_file = None
        self._selector = None
        self._monitor = None
        self._folder = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    # --- life ---

    def start(self, wait_ready=True):
        """Boots.  With wait_ready, returns when the script shell takes commands."""
        self.deadline = time.monotonic() + self.timeout
        self.accelerator, _ = accelerator.choose(self.machine.icount)
        self._spawn()
        if self.accelerator == "kvm" and not self._wait_first_byte(KVM_FIRST_BYTE_S):
            self.kill()
            self.accelerator = "tcg"
            self._spawn()
        if wait_ready:
            self.expect(READY)

    def _spawn(self):
        command = self.machine.command(self.accelerator, "stdio")
        if self.has_qmp:
            self._folder = tempfile.TemporaryDirectory(prefix="comb-qmp-")
            command += ["-qmp", f"unix:{self._qmp_path()},server=on,wait=off"]
        # What the emulator itself has to say must not land in the middle of an answer of the guest.
        self._emulator = tempfile.TemporaryFile()
        # A session of its own: Ctrl-C in the terminal is for us, not for QEMU.
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self._emulator, start_new_session=True,
                                        preexec_fn=_die_with_parent)
        for stream in (self.process.stdin, self.process.stdout):
            os.set_blocking(stream.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stdout, selectors.EVENT_READ)
        if self.log and not self._log_file:
            self._log_file = open(self.log, "wb")

    def _wait_first_byte(self, seconds):
        end = min(self.deadline, time.monotonic() + seconds)
        while not self.output and time.monotonic() < end:
            if not self._pump(end):
                break
        return bool(self.output)

    def kill(self):
        """Ends the machine at once.  Harmless when it has ended."""
        if self.process:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                stream.close()
            self._selector.close()
            self._emulator.close()
            self._emulator = self.process = None
        if self._log_file:
            self._log_file.close()
            self._log_file = None
        if self._monitor:
            self._monitor.close()
            self._monitor = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def close(self):
        """Powers off through the shell; fails if that does not end the machine properly."""
        self.send(b"poweroff\n")
        status = self.wait_end(POWEROFF_S)
        self.kill()
        if status != 0:
            raise GuestDied(f"after poweroff: {end_reason(status)}", self.tail(), status)

    def wait_end(self, timeout=None):
        """Waits until the machine has ended; returns QEMU's exit status."""
        end = self._end(timeout)
        while self._pump(end):
            if time.monotonic() >= end:
                raise GuestTimeout("the guest did not end in time", self.tail())
        return self.process.wait()

    # --- the machine itself ---

    def qmp(self, command, **arguments):
        """Has QEMU do something to the machine; returns what it answers."""
        try:
            return self._qmp_monitor().command(command, arguments)
        except (QmpError, OSError) as error:
            raise GuestError(f"QMP {command}: {error}", self.tail()) from None

    def qmp_event(self, name, **fields):
        """Waits for an event in whose data all `fields` stand; returns its data."""
        try:
            return self._qmp_monitor().event(name, fields)
        except (QmpError, OSError) as error:
            raise GuestError(f"QMP event {name}: {error}", self.tail()) from None

    def _qmp_path(self):
        return pathlib.Path(self._folder.name) / "qmp"

    def _qmp_monitor(self):
        if not self.has_qmp:
            raise ValueError("this guest was made without qmp=True")
        if not self._monitor:
            self._monitor = Monitor(self._qmp_path(), self.deadline)
        return self._monitor

    # --- dialogue ---

    def send(self, data):
        """Sends bytes; takes what the guest says meanwhile, so that neither side blocks."""
        view = memoryview(data)
        self._selector.register(self.process.stdin, selectors.EVENT_WRITE)
        try:
            while view:
                try:
                    view = view[os.write(self.process.stdin.fileno(), view):]
                except BlockingIOError:
                    pass
                except BrokenPipeError:
                    self._died()
                if view and not self._pump(self.deadline):
                    self._died()
                if view and time.monotonic() >= self.deadline:
                    raise GuestTimeout("the guest does not take input", self.tail())
        finally:
            self._selector.unregister(self.process.stdin)

    def expect(self, pattern, timeout=None):
        """Waits for a pattern (bytes are taken literally) in what has not been consumed yet.

        Returns the match and consumes up to its end; self.before is what it skipped.
        """
        if isinstance(pattern, bytes):
            pattern = re.compile(re.escape(pattern))
        end = self._end(timeout)
        while True:
            match = pattern.search(self.output, self.position)
            if match:
                self.before = bytes(self.output[self.position:match.start()])
                self.position = match.end()
                return match
            if time.monotonic() >= end:
                raise GuestTimeout(f"no {pattern.pattern!r} in time", self.tail())
            if not self._pump(end):
                self._died()

    def command(self, line, timeout=None):
        """Runs one shell command in script mode."""
        if "\n" in line or "\r" in line:
            raise ValueError("a command is one line")
        self.send(line.encode() + b"\n")
        return self.answer(timeout)

    def answer(self, timeout=None):
        """What the next command that has been sent, but not waited for, says."""
        match = self.expect(STATUS, timeout)
        text = self.before.decode(errors="replace")
        return Result(text.replace("\r\n", "\n"), int(match[1]))

    def is_late(self):
        """True: the time limit has passed."""
        return time.monotonic() >= self.deadline

    def tail(self):
        """The last of the serial output, without terminal control, for people; where a panic was."""
        text = ESCAPES.sub(b"", bytes(self.output[-TAIL_BYTES:])).replace(b"\r", b"").replace(MARK, b"")
        note = symbols.panic_note(self.output, self.machine.image)
        said = self._emulator_said()
        return text.decode(errors="replace").strip() + (f"\n{note}" if note else "") + \
            (f"\n--- the emulator said ---\n{said}" if said else "")

    def _emulator_said(self):
        if not self._emulator:
            return ""
        self._emulator.seek(0)
        return self._emulator.read()[-TAIL_BYTES:].decode(errors="replace").strip()

    # --- plumbing ---

    def _end(self, timeout):
        if timeout is None:
            return self.deadline
        return min(self.deadline, time.monotonic() + timeout)

    def _pump(self, end):
        """Waits for input, room for output, or `end`; False: the guest has closed its line."""
        wait = max(0.0, end - time.monotonic())
        for key, _ in self._selector.select(wait):
            if key.fileobj is not self.process.stdout:
                continue
            try:
                data = os.read(self.process.stdout.fileno(), 65536)
            except BlockingIOError:
                continue
            if not data:
                return False
            self.output += data
            if self._log_file:
                self._log_file.write(data)
                self._log_file.flush()
        return True

    def _died(self):
        # The line is closed, so the process is ending: this wait is short.
        status = self.process.wait()
        raise GuestDied(end_reason(status), self.tail(), status)
