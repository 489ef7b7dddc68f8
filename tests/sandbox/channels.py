"""Ways by which two sandboxes that run at once could tell each other something: each of these must be refused.

The file is one of NumPy's, which both see; where a number of a system call differs, there are those of x86_64 and of
the machines with the generic table.
"""

START = """
import ctypes, fcntl, os, platform, resource, struct, tempfile
import numpy
shared = os.open(numpy.__file__, os.O_RDONLY)
own = os.open(tempfile.mkstemp()[1], os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
def call(x86_64, generic, *arguments):
    number = x86_64 if platform.machine() == "x86_64" else generic
    if number < 0 or libc.syscall(number, *arguments) == -1:
        error = ctypes.get_errno() if number >= 0 else 1
        raise OSError(error, os.strerror(error))
def control(command, argument=0):
    if libc.fcntl(shared, command, argument) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
lock = struct.pack("hhqqi", 0, 0, 0, 0, 0)
flags = ctypes.create_string_buffer(8)
word = ctypes.addressof(ctypes.c_uint32(0))
"""
REFUSED = {
    "flock, shared": "fcntl.flock(shared, fcntl.LOCK_SH | fcntl.LOCK_NB)",
    "flock, exclusive": "fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "flock on /dev/null": "fcntl.flock(os.open(os.devnull, os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "lockf": "fcntl.lockf(own, fcntl.LOCK_EX)",
    "F_SETLK": "fcntl.fcntl(shared, fcntl.F_SETLK, lock)",
    "F_SETLKW": "fcntl.fcntl(shared, fcntl.F_SETLKW, lock)",
    "F_GETLK": "fcntl.fcntl(shared, fcntl.F_GETLK, lock)",
    "F_OFD_SETLK": "control(37, lock)",
    "F_OFD_SETLKW": "control(38, lock)",
    "F_OFD_GETLK": "control(36, lock)",
    "F_SETLEASE": "control(1024, 0)",
    "F_GETLEASE": "control(1025)",
    "F_NOTIFY": "fcntl.fcntl(os.open(os.path.dirname(numpy.__file__), 0), 1026, 1)",
    "F_SETPIPE_SZ": "fcntl.fcntl(os.pipe()[1], 1031, 1 << 20)",
    "F_SET_RW_HINT": "fcntl.fcntl(shared, 1036, struct.pack('Q', 2))",
    "F_GET_RW_HINT": "fcntl.fcntl(shared, 1035, struct.pack('Q', 2))",
    "F_SET_FILE_RW_HINT": "fcntl.fcntl(shared, 1038, struct.pack('Q', 2))",
    "F_ADD_SEALS": "control(1033, 1)",
    "F_SETOWN": "control(8, os.getpid())",
    "FS_IOC_SETFLAGS": "fcntl.ioctl(shared, 0x40086602, flags)",
    "FS_IOC_GETFLAGS": "fcntl.ioctl(shared, 0x80086601, flags)",
    "FS_IOC_FSSETXATTR": "fcntl.ioctl(shared, 0x401C5820, bytes(28))",
    "FS_IOC_SETVERSION": "fcntl.ioctl(shared, 0x40087602, flags)",
    "FICLONE": "fcntl.ioctl(own, 0x40049409, shared)",
    "TIOCSTI": "fcntl.ioctl(0, 0x5412, b'x')",
    "FIOASYNC": "fcntl.ioctl(shared, 0x5452, struct.pack('i', 1))",
    "inotify": "call(294, 26, 0)",
    "an inotify watch": "call(254, 27, 0, os.fsencode(numpy.__file__), 1)",
    "fanotify": "call(300, 262, 0, 0)",
    "times": "os.utime(own)",
    "times of /dev/null": "os.utime(os.devnull)",
    "a mark on a file": "os.setxattr(own, 'user.mark', b'x')",
    "a priority": "os.setpriority(os.PRIO_PROCESS, 0, 19)",
    "nice": "os.nice(1)",
    "a place among the processors": "os.sched_setaffinity(0, [0])",
    "a scheduler": "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
    "an I/O priority": "call(251, 30, 1, 0, 3 << 13)",
    "what is cached": "call(27, 232, 0, 4096, flags)",
    "what is cached, in pages": "call(451, 451, shared, bytes(16), bytes(40), 0)",
    "reading what is cached only": "os.preadv(shared, [bytearray(1)], 0, os.RWF_NOWAIT)",
    "dropping what is cached": "os.posix_fadvise(shared, 0, 0, os.POSIX_FADV_DONTNEED)",
    "reading ahead": "call(187, 213, shared, 0, 4096)",
    "a shared wake": "call(202, 98, ctypes.c_void_p(word), 1, 1, 0, 0, 0)",
    "a shared wake by mask": "call(202, 98, ctypes.c_void_p(word), 10, 1, 0, 0, 1)",
    "a shared wake by the other call": "call(454, 454, ctypes.c_void_p(word), 1, 1, 2)",
    "a timer, which is counted by user": "call(222, 107, 0, 0, flags)",
    "the room on a disk": "os.statvfs('.')",
    "System V memory": "call(29, 194, 5, 4096, 0o1600)",
    "System V semaphores": "call(64, 190, 5, 1, 0o1600)",
    "System V messages": "call(68, 186, 5, 0o1600)",
    "POSIX messages": "call(240, 180, b'name', 0o102, 0o600, 0)",
    "shared memory by name": "open('/dev/shm/name', 'w')",
    "a semaphore by name": "import _multiprocessing; _multiprocessing.SemLock(1, 1, 1, '/name', False)",
    "an abstract socket": "import socket; socket.socket(socket.AF_UNIX).bind(chr(0) + 'name')",
}
# Where process numbers are not the sandbox's own: what is told by them.
REFUSED_WITHOUT_NAMESPACES = {
    "a process group": "os.setpgid(0, 0)",
    "another's process group": "os.getpgid(os.getppid())",
    "a session": "os.setsid()",
    "another's session": "os.getsid(os.getppid())",
    "another's priority": "os.getpriority(os.PRIO_PROCESS, os.getppid())",
    "another's life": "os.pidfd_open(os.getppid())",
    "another's CPU time": "import time; time.clock_gettime(~os.getppid() << 3 | 2)",
    "a count of the machine": "open('/proc/loadavg').read()",
}
# And what honest code may need of the same calls.
ALLOWED = """
import fcntl, os, threading, time
fcntl.fcntl(own, fcntl.F_SETFL, fcntl.fcntl(own, fcntl.F_GETFL) | os.O_NONBLOCK)
fcntl.fcntl(own, fcntl.F_SETFD, fcntl.fcntl(own, fcntl.F_GETFD))
os.close(os.dup(own)), os.close(fcntl.fcntl(own, fcntl.F_DUPFD_CLOEXEC, 10))
os.set_inheritable(own, True), os.set_blocking(own, True), os.isatty(own), open(numpy.__file__).isatty()
time.process_time(), time.thread_time(), time.monotonic(), time.sleep(0.001), time.clock_gettime(time.CLOCK_BOOTTIME)
os.sched_getaffinity(0), os.cpu_count(), os.getpgrp(), os.sysconf("SC_PHYS_PAGES")
lock = threading.Lock(); lock.acquire(); lock.acquire(timeout=0.001); lock.release()
numpy.save("saved.npy", numpy.eye(3)); assert numpy.load("saved.npy", mmap_mode="r").trace() == 3
answer = "all of it"
"""
