"""The system calls that no network needs, refused by the kernel: a seccomp filter.

Namespaces keep the outside away.  The filter closes what they leave open: new namespaces with rights of
their own (root has no other lock against them), memory that no limit counts (sockets hold megabytes each),
keyrings and vsock, which are the host's, and the rarely used parts of the kernel in which holes are found.
"""

import platform
import struct

# name: its number on x86_64, and on the machines with Linux's generic table
REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "syslog": (103, 116),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
CLONE3 = 435  # its flags lie out of a filter's sight; without it the C library uses clone
CLONE, PRCTL = (56, 220), (157, 167)
NEW_NAMESPACE = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
PR_SET_PDEATHSIG = 1  # who clears it would outlive the grader
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
EPERM, ENOSYS = 1, 38
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF's instructions
KILL, ALLOW, ERROR = 0x80000000, 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # where they lie in what the filter sees


def program(machine: str = platform.machine()) -> bytes:
    """The filter in BPF, for prctl; empty where the machine's numbers are not known here."""
    if machine not in MACHINES:
        return b""
    architecture, column = MACHINES[machine]
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]

    def refuse(test: int, value: int, error: int = EPERM) -> None:
        steps.extend([(test, 0, 1, value), (RETURN, 0, 0, ERROR | error)])

    if machine == "x86_64":
        refuse(AT_LEAST, 0x40000000)  # the x32 numbers
    for numbers in REFUSED.values():
        refuse(EQUAL, numbers[column])
    refuse(EQUAL, CLONE3, ENOSYS)
    for numbers, test, value in ((CLONE, ANY_BIT, NEW_NAMESPACE), (PRCTL, EQUAL, PR_SET_PDEATHSIG)):
        steps.extend([(EQUAL, 0, 4, numbers[column]), (LOAD, 0, 0, FIRST_ARGUMENT)])
        refuse(test, value)
        steps.append((RETURN, 0, 0, ALLOW))
    steps.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
