"""Confine the process that runs a chapter: it writes no file, reaches no network and starts no program.

`allowed_code` refuses code that would try. This is the second wall, for what that list has overlooked. What holds
where:

- Linux from 5.13 on: the kernel itself refuses every change to files (Landlock); from 6.7 on TCP connections as well,
  from 6.12 on signals to other processes. No rights and no container are needed.
- Everywhere: Python refuses to write, to connect and to start programs. Native code could pass by this one.
- Memory is limited where the system counts it (Linux), and time in `worker`.

Nbval runs chapters in kernels, which need sockets and are not confined; it runs only code that is allowed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from typing import Any

#: Bytes of memory that a chapter may reserve; the most that one needs is a third of it.
MEMORY = 6 * 1024**3

#: Rights on files that Landlock can withdraw, by its version: to write, remove and make; then to move, and to shorten.
_FILES = ((1, 0b1111111110010), (2, 1 << 13), (3, 1 << 14))
_TCP, _SIGNALS_AND_SOCKETS = 0b11, 0b11  # to bind and connect; abstract sockets and signals of other processes
_CREATE, _RESTRICT, _NO_NEW_PRIVILEGES = 444, 446, 38

#: Events of the interpreter that a chapter has no need of, by how their names begin.
_REFUSED = (
    *("socket.", "subprocess.", "ctypes.", "shutil.", "tempfile.", "urllib.", "ftplib.", "http.", "smtplib."),
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.kill", "os.remove", "os.rename", "os.rmdir"),
    *("os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime", "os.putenv", "pty."),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def confine() -> None:
    """Confine this process and all that it starts; what is open stays open, and nothing ends the confinement."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    withdraw_rights()
    sys.addaudithook(_refuse)


def rights() -> int:
    """Give the version of Landlock that this system has; 0 where it has none."""
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE, None, 0, 1))) if sys.platform == "linux" else 0


def withdraw_rights() -> None:
    """Have the kernel refuse changes to files, TCP and signals, as far as it knows how to."""
    version = rights()
    if not version:
        return
    system = ctypes.CDLL(None)
    files = sum(rights for since, rights in _FILES if version >= since)
    handled = (files, _TCP if version >= 4 else 0, _SIGNALS_AND_SOCKETS if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = system.syscall(_CREATE, (ctypes.c_uint64 * 3)(*handled), size, 0)
    if rules >= 0:
        system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        system.syscall(_RESTRICT, rules, 0)
        os.close(rules)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what a chapter has no need of; an audit hook cannot be taken away again."""
    if event == "open":
        _, mode, flags = arguments
        refused = bool((isinstance(flags, int) and flags & _WRITING) or (mode and set(mode) & set("wax+")))
    else:
        refused = event.startswith(_REFUSED)
    if refused:
        raise PermissionError(f"a chapter may not do this ({event})")
