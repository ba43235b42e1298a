"""Hold the reading process to its memory, and to the life of the program that started it."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread

MEMORY_EXIT = 77
"""Exit code of a process that passed its memory limit."""

_TICK_SECONDS = 0.02


def confine(memory_bytes: int) -> None:
    """Limit the memory of this process, and end it when its parent ends.

    A watchdog thread looks at the resident memory, and ends the process with ``MEMORY_EXIT`` when it is too much; that
    is what works on macOS, where RLIMIT_AS is not enforced. Behind it stands the system's own limit, twice as much on
    POSIX, for code that grows between two looks or lets no other thread run. On Windows a Job Object is the limit;
    that part has not been run on Windows yet.
    """
    if sys.platform == "win32":
        _limit_by_job_object(memory_bytes)
    else:
        import resource

        address_space = _linux_pages(0) + memory_bytes * 2
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            address_space = min(address_space, hard)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, hard))
        except (OSError, ValueError):
            pass  # macOS may refuse; the watchdog remains
    Thread(target=_watch, args=(memory_bytes, _resident_bytes()), name="watchdog", daemon=True).start()


def set_alarm(seconds: float) -> None:
    """Have the system end this process after ``seconds``, even within code that lets no other thread run; 0 never.

    The parent's own deadline comes first. This one is for a parser that hangs after its parent has died.
    """
    if sys.platform != "win32":
        import signal

        signal.setitimer(signal.ITIMER_REAL, seconds)


def _watch(memory_bytes: int, at_start: int) -> None:
    parent = parent_process()
    while True:
        if parent is not None and wait([parent.sentinel], timeout=_TICK_SECONDS):
            os._exit(0)
        if _resident_bytes() - at_start > memory_bytes:
            os._exit(MEMORY_EXIT)


def _resident_bytes() -> int:
    """Return the resident memory in bytes: now on Linux, the highest on macOS; 0 on Windows."""
    if sys.platform == "linux":
        return _linux_pages(1)
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _linux_pages(field: int) -> int:
    """Return a field of /proc/self/statm in bytes: 0 is the address space, 1 the resident memory."""
    if sys.platform == "linux":
        with suppress(OSError), open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[field]) * os.sysconf("SC_PAGE_SIZE")
    return 0


if sys.platform == "win32":
    from ctypes import wintypes

    class _BasicLimits(ctypes.Structure):
        """JOBOBJECT_BASIC_LIMIT_INFORMATION of winnt.h."""

        _fields_ = (
            ("PerProcessUserTimeLimit", wintypes.LARGE_INTEGER),
            ("PerJobUserTimeLimit", wintypes.LARGE_INTEGER),
            ("LimitFlags", wintypes.DWORD),
            ("MinimumWorkingSetSize", ctypes.c_size_t),
            ("MaximumWorkingSetSize", ctypes.c_size_t),
            ("ActiveProcessLimit", wintypes.DWORD),
            ("Affinity", ctypes.c_size_t),
            ("PriorityClass", wintypes.DWORD),
            ("SchedulingClass", wintypes.DWORD),
        )

    class _ExtendedLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION of winnt.h; six counters of IO_COUNTERS in the middle."""

        _fields_ = (
            ("BasicLimitInformation", _BasicLimits),
            ("IoInfo", ctypes.c_ulonglong * 6),
            ("ProcessMemoryLimit", ctypes.c_size_t),
            ("JobMemoryLimit", ctypes.c_size_t),
            ("PeakProcessMemoryUsed", ctypes.c_size_t),
            ("PeakJobMemoryUsed", ctypes.c_size_t),
        )

    _PROCESS_MEMORY = 0x100
    _DIE_ON_UNHANDLED_EXCEPTION = 0x400
    _EXTENDED_LIMIT_INFORMATION = 9

    def _limit_by_job_object(memory_bytes: int) -> None:
        """Put this process into a job with a memory limit; it stays there to its end, the handle with it.

        Source: https://learn.microsoft.com/windows/win32/procthread/job-objects.
        """
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.CreateJobObjectW.argtypes = (ctypes.c_void_p, wintypes.LPCWSTR)
        kernel.SetInformationJobObject.argtypes = (wintypes.HANDLE, ctypes.c_int, ctypes.c_void_p, wintypes.DWORD)
        kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        limits = _ExtendedLimits()
        limits.BasicLimitInformation.LimitFlags = _PROCESS_MEMORY | _DIE_ON_UNHANDLED_EXCEPTION
        limits.ProcessMemoryLimit = memory_bytes
        job = kernel.CreateJobObjectW(None, None)
        if not job:
            raise ctypes.WinError(ctypes.get_last_error())
        size = ctypes.sizeof(limits)
        if not kernel.SetInformationJobObject(job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size):
            raise ctypes.WinError(ctypes.get_last_error())
        if not kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess()):
            raise ctypes.WinError(ctypes.get_last_error())
