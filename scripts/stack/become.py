"""Start a program so that it ends with the one who started it, and, for Postgres, as an unprivileged user.

    python become.py PARENT_PID SIGNAL USER COMMAND…

Replaces itself with COMMAND. On Linux the kernel sends it SIGNAL when its parent dies, however that happens
(elsewhere the next start takes over what is left). USER is `-` for no change of user.
A program of its own, because such steps between fork and exec are not safe in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 4
CAP_DAC_OVERRIDE = 1
LINUX_CAPABILITY_VERSION_3 = 0x20080522


def main() -> None:
    parent, end_signal, user, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    if user != "-":
        change_user(user)
    if sys.platform == "linux":  # after the change of user, which would clear it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, end_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execvp(command[0], command)  # noqa: S606


def change_user(name: str) -> None:
    """Become `name`, but keep the one capability to pass through folders of root's.

    A clone under /root (0700) is out of reach for anyone else, and opening such a folder is not ours to do.
    Where the capability cannot be kept, it goes on without.
    """
    entry = pwd.getpwnam(name)
    libc = ctypes.CDLL(None)
    # Without this, a change of user drops all capabilities, and access(2) overlooks the one that is kept.
    keeps = sys.platform == "linux" and libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) == 0
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    if keeps:
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
        data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable
        if libc.capset(header, data) != 0:
            sys.exit("cannot drop root's capabilities")
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


main()
