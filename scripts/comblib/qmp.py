# SPDX-License-Identifier: MIT
"""QEMU's machine protocol: JSON lines over a local socket."""
import json
import socket
import time

CONNECT_PAUSE_S = 0.02


class QmpError(Exception):
    """QEMU refused a command, or did not answer in time."""


class Monitor:
    """One connection.  `deadline` bounds every wait, on the clock of time.monotonic."""

    def __init__(self, path, deadline):
        self.deadline = deadline
        self.events = []  # that nobody has waited for yet
        self._socket = self._connect(str(path))
        self._file = self._socket.makefile("rb")
        self._line()  # the greeting
        self.command("qmp_capabilities", {})

    def _connect(self, path):
        """QEMU makes the socket a moment after it starts."""
        while True:
            client = socket.socket(socket.AF_UNIX)
            try:
                client.connect(path)
                return client
            except (FileNotFoundError, ConnectionRefusedError):
                client.close()
                if time.monotonic() >= self.deadline:
                    raise QmpError("no connection") from None
                time.sleep(CONNECT_PAUSE_S)

    def _line(self):
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise QmpError("no answer in time")
        self._socket.settimeout(remaining)
        line = self._file.readline()
        if not line:
            raise QmpError("QEMU has ended")
        return json.loads(line)

    def command(self, name, arguments):
        self._socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._line()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise QmpError(answer["error"].get("desc", str(answer["error"])))
            else:
                return answer["return"]

    def event(self, name, fields):
        while True:
            for index, event in enumerate(self.events):
                data = event.get("data", {})
                if event["event"] == name and fields.items() <= data.items():
                    del self.events[index]
                    return data
            self.events.append(self._line())

    def close(self):
        self._file.close()
        self._socket.close()
