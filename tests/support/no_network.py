"""Run a command without network except loopback: `python no_network.py COMMAND ...`.

Uses a separate network namespace (Linux), and for non-root users also a user namespace. If the
machine does not permit this, nothing runs and the exit code is 77.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

NOT_PERMITTED = 77

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914
_UP = 1


def leave_network() -> None:
    """Restrict this process and its children to loopback.

    :raises OSError: the machine does not permit it
    """
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NET if user == 0 else _NEW_NET | _NEW_USER):
        raise OSError(ctypes.get_errno(), "cannot create a namespace")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _bring_up(b"lo")
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise OSError("the namespace has other interfaces than loopback")


def _bring_up(name: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        query = struct.pack("16sh14x", name, 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, _GET_FLAGS, query))
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", name, flags | _UP))


def main(command: list[str]) -> None:
    """Leave the network and replace this process with the command."""
    try:
        leave_network()
    except (OSError, AttributeError) as error:
        print(f"no network namespace: {error}", file=sys.stderr)
        raise SystemExit(NOT_PERMITTED) from error
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
