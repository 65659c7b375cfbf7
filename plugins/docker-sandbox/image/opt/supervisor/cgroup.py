"""Reads the container's own cgroup, version 1 or 2. Everything is None or 0 where the kernel does not tell."""

import os

ROOT = "/sys/fs/cgroup"
#: Path to a descriptor that stays open, or None where there is no such file: read twice for every cell.
_open = {}


def read(path):
    if path not in _open:
        try:
            _open[path] = os.open(ROOT + path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            _open[path] = None
    fd = _open[path]
    if fd is None:
        return ""
    try:
        return os.pread(fd, 16384, 0).decode("ascii", "replace")
    except OSError:
        return ""


def number(text):
    text = text.strip()
    return int(text) if text.isdigit() else None


def field(text, name):
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return number(value) or 0
    return 0


def first(*paths):
    for path in paths:
        value = number(read(path))
        if value is not None:
            return value
    return None


def oom_kills():
    return field(read("/memory.events"), "oom_kill") + field(read("/memory/memory.oom_control"), "oom_kill")


def cpu_ms():
    usage = read("/cpu.stat")
    if "usage_usec" in usage:
        return field(usage, "usage_usec") / 1000
    value = first("/cpuacct/cpuacct.usage", "/cpu,cpuacct/cpuacct.usage")
    return None if value is None else value / 1e6


def peak():
    return first("/memory.peak", "/memory/memory.max_usage_in_bytes") or memory()


def memory():
    """Bytes in use without the page cache, which the kernel gives back: whoever reads a file of the image first has it."""
    total = first("/memory.current", "/memory/memory.usage_in_bytes") or 0
    stat = read("/memory.stat") or read("/memory/memory.stat")
    prefix = "total_" if "total_inactive_file" in stat else ""
    return max(0, total - field(stat, prefix + "inactive_file") - field(stat, prefix + "active_file"))


def pids():
    return first("/pids.current", "/pids/pids.current") or 0


def confined():
    """The label that AppArmor or SELinux has given to this process."""
    for path in ("/proc/self/attr/apparmor/current", "/proc/self/attr/current"):
        try:
            with open(path, errors="replace") as file:
                return file.read(1024).strip("\0\n") or None
        except OSError:
            pass
    return None


def limits():
    """What the kernel enforces here, for the host to compare with what it asked."""
    quota = first("/cpu/cpu.cfs_quota_us", "/cpu,cpuacct/cpu.cfs_quota_us")
    period = first("/cpu/cpu.cfs_period_us", "/cpu,cpuacct/cpu.cfs_period_us")
    if text := read("/cpu.max"):
        quota, period = map(number, text.split())
    status = {}
    with open("/proc/self/status") as file:
        for line in file:
            key, _, value = line.partition(":")
            status[key] = value.strip()
    return {
        "memory": first("/memory.max", "/memory/memory.limit_in_bytes"),
        "pids": first("/pids.max", "/pids/pids.max"),
        "cpus": quota / period if quota and period else None,
        "capabilities": status.get("CapBnd"),
        "noNewPrivileges": status.get("NoNewPrivs"),
        "seccomp": status.get("Seccomp"),
        "confined": confined(),
    }
