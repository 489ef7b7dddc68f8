"""The system calls that no network needs, refused by the kernel: a seccomp filter.

Namespaces keep the outside away.  The filter closes what they leave open: new namespaces with rights of
their own (root has no other lock against them), memory that no limit counts (sockets hold megabytes each),
keyrings and vsock, which are the host's, and the rarely used parts of the kernel in which holes are found.

And it closes what two sandboxes that run at once could tell each other by: locks, leases, marks and times on the
files that both see, wakes, watches, priorities, counts of the machine.  What remains is how long things take.
"""

import platform
import struct
from collections.abc import Sequence

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
    **{"flock": (73, 32), "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88)},
    **{"inotify_init": (253, -1), "inotify_init1": (294, 26), "inotify_add_watch": (254, 27)},
    **{"fanotify_init": (300, 262), "fanotify_mark": (301, 263)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466)},
    **{"setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setaffinity": (203, 122)},
    **{"sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274)},
    **{"mincore": (27, 232), "cachestat": (451, 451), "readahead": (187, 213), "fadvise64": (221, 223)},
    **{"preadv2": (327, 286), "pwritev2": (328, 287)},  # which can ask for what is cached, and no more
    **{"futex_wake": (454, 454), "futex_requeue": (456, 456), "timer_create": (222, 107)},
    **{"statfs": (137, 43), "fstatfs": (138, 44), "ustat": (136, -1), "quotactl": (179, 60), "quotactl_fd": (443, 443)},
    "file_setattr": (469, 469),
}
# What namespaces would keep apart, and Landlock does not: processes, the rights of files, programs, mounts.
# -1: the generic table does not have it.
STRICTLY_REFUSED = {
    **{"fork": (57, -1), "vfork": (58, -1), "clone": (56, 220), "execve": (59, 221), "execveat": (322, 281)},
    **{"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "pidfd_send_signal": (424, 424)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)},
    **{"chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54)},
    **{"truncate": (76, 45), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265)},
    **{"setpgid": (109, 154), "setsid": (112, 157), "getpgid": (121, 155), "getsid": (124, 156)},
    **{"getpriority": (140, 141), "pidfd_open": (434, 434)},
    **{"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51)},
    **{"open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432)},
    "mount_setattr": (442, 442),
    # what other processes of the same user share by number
    **{"shmat": (30, 196), "shmctl": (31, 195), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192)},
    **{"msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187)},
}
# Calls of which only what stands here in their second argument is allowed: what Python, NumPy and matplotlib need.
ALLOWED_WITH = {
    "fcntl": ((72, 25), (0, 1, 2, 3, 4, 1030)),  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
    # TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
    "ioctl": ((16, 29), (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
}
# A wake of the futex that lies in a file: whoever sees the file can wait for it.  WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP,
# WAKE_BITSET, CMP_REQUEUE_PI; within one process they have another bit set.
FUTEX, SHARED_WAKES, REALTIME = (202, 98), (1, 3, 4, 5, 10, 12), 256
# The CPU time of another process has a clock of its own, with a negative number; here as in the kernel's table.
CLOCKS = {"clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115)}
FIRST_DYNAMIC_CLOCK = 16
PRLIMIT = (302, 261)  # of another process
CLONE3 = 435  # its flags lie out of a filter's sight; without it the C library uses clone
CLONE, PRCTL = (56, 220), (157, 167)
NEW_NAMESPACE = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
PR_SET_PDEATHSIG = 1  # who clears it would outlive the grader
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
EPERM, ENOSYS = 1, 38
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF's instructions
KILL, ALLOW, ERROR = 0x80000000, 0x7FFF0000, 0x00050000
REFUSE = ERROR | EPERM
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # where they lie in what the filter sees


def program(machine: str = platform.machine(), strict: bool = False) -> bytes:
    """The filter in BPF, for prctl; empty where the machine's numbers are not known here.

    `strict` is for the sandbox without namespaces.
    """
    if machine not in MACHINES:
        return b""
    architecture, column = MACHINES[machine]
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]

    def refuse(test: int, value: int, error: int = EPERM) -> None:
        steps.extend([(test, 0, 1, value), (RETURN, 0, 0, ERROR | error)])

    if machine == "x86_64":
        refuse(AT_LEAST, 0x40000000)  # the x32 numbers
    for numbers in [*REFUSED.values(), *(STRICTLY_REFUSED.values() if strict else ())]:
        if numbers[column] >= 0:
            refuse(EQUAL, numbers[column])

    def judge(call: tuple[int, int], argument: int, test: int, values: Sequence[int], listed: int, other: int) -> None:
        """A call's fate by its argument: `listed` where one of the values fits, `other` where none does."""
        fates = [step for value in values for step in ((test, 0, 1, value), (RETURN, 0, 0, listed))]
        steps.extend([(EQUAL, 0, len(fates) + 2, call[column]), (LOAD, 0, 0, argument), *fates])
        steps.append((RETURN, 0, 0, other))

    if strict:
        judge(PRLIMIT, FIRST_ARGUMENT, EQUAL, [0], ALLOW, REFUSE)
        for numbers in CLOCKS.values():
            judge(numbers, FIRST_ARGUMENT, AT_LEAST, [FIRST_DYNAMIC_CLOCK], REFUSE, ALLOW)
    for numbers, values in ALLOWED_WITH.values():
        judge(numbers, SECOND_ARGUMENT, EQUAL, values, ALLOW, REFUSE)
    judge(FUTEX, SECOND_ARGUMENT, EQUAL, [*SHARED_WAKES, *(op | REALTIME for op in SHARED_WAKES)], REFUSE, ALLOW)
    judge(CLONE, FIRST_ARGUMENT, ANY_BIT, [NEW_NAMESPACE], REFUSE, ALLOW)
    judge(PRCTL, FIRST_ARGUMENT, EQUAL, [PR_SET_PDEATHSIG], REFUSE, ALLOW)
    refuse(EQUAL, CLONE3, ENOSYS)
    steps.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
