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
# What namespaces would keep apart, and Landlock does not: processes, the rights of files, programs, mounts.
# -1: the generic table does not have it.
STRICTLY_REFUSED = {
    **{"fork": (57, -1), "vfork": (58, -1), "clone": (56, 220), "execve": (59, 221), "execveat": (322, 281)},
    **{"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "pidfd_send_signal": (424, 424)},
    **{"rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240)},
    **{"chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54)},
    **{"utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16)},
    **{"truncate": (76, 45), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265)},
    **{"setpriority": (141, 140), "ioprio_set": (251, 30), "sched_setaffinity": (203, 122)},
    **{"sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setattr": (314, 274)},
    **{"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51)},
    **{"open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432)},
    **{"inotify_add_watch": (254, 27), "fanotify_init": (300, 262), "mount_setattr": (442, 442)},
    # what other processes of the same user share by number
    **{"shmat": (30, 196), "shmctl": (31, 195), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192)},
    **{"msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187)},
}
# Calls refused for what stands in their second argument: having the kernel signal another process.
STRICTLY_REFUSED_WITH = {
    "fcntl": ((72, 25), (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX
    "ioctl": ((16, 29), (0x5452, 0x8901, 0x8902)),  # FIOASYNC, FIOSETOWN, SIOCSPGRP
}
PRLIMIT = (302, 261)  # of another process
CLONE3 = 435  # its flags lie out of a filter's sight; without it the C library uses clone
CLONE, PRCTL = (56, 220), (157, 167)
NEW_NAMESPACE = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
PR_SET_PDEATHSIG = 1  # who clears it would outlive the grader
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1), "riscv64": (0xC00000F3, 1)}
EPERM, ENOSYS = 1, 38
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF's instructions
KILL, ALLOW, ERROR = 0x80000000, 0x7FFF0000, 0x00050000
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
    if strict:
        own = [(LOAD, 0, 0, FIRST_ARGUMENT), (EQUAL, 1, 0, 0), (RETURN, 0, 0, ERROR | EPERM), (RETURN, 0, 0, ALLOW)]
        steps.extend([(EQUAL, 0, len(own), PRLIMIT[column]), *own])
        for numbers, values in STRICTLY_REFUSED_WITH.values():
            steps.extend([(EQUAL, 0, 2 * len(values) + 2, numbers[column]), (LOAD, 0, 0, SECOND_ARGUMENT)])
            for value in values:
                refuse(EQUAL, value)
            steps.append((RETURN, 0, 0, ALLOW))
    refuse(EQUAL, CLONE3, ENOSYS)
    for numbers, test, value in ((CLONE, ANY_BIT, NEW_NAMESPACE), (PRCTL, EQUAL, PR_SET_PDEATHSIG)):
        steps.extend([(EQUAL, 0, 4, numbers[column]), (LOAD, 0, 0, FIRST_ARGUMENT)])
        refuse(test, value)
        steps.append((RETURN, 0, 0, ALLOW))
    steps.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
