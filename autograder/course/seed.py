"""The hidden seed: 128 random bits that decide the data and the starts that students do not have.

The kit draws it once, into a file that git ignores.  The example class, and the kit's own tests, are graded with a
public one instead, so that they come out the same everywhere.
"""

import hmac
import os
import re
import secrets

from .. import ROOT
from ..errors import KitError

FILE = ROOT / "autograder" / "hidden-seed"
BYTES = 16
EXAMPLE = b"example seed 001"  # public
SWITCH = "AUTOGRADER_EXAMPLE_SEED"  # in the environment: it reaches every process that grades
RENEW = "take the file away, and the next run draws a new one"


class BadSeed(KitError):
    """No hidden seed to grade with; one sentence that says what to do."""


def use_example(example: bool = True) -> None:
    """From here on grade with the public seed, in this process and in those that it starts; or with the hidden one."""
    if example:
        os.environ[SWITCH] = "1"
    else:
        os.environ.pop(SWITCH, None)


def is_example() -> bool:
    return os.environ.get(SWITCH) == "1"


def seed() -> bytes:
    """The seed in use; the hidden one is drawn where there is none yet."""
    return EXAMPLE if is_example() else hidden_seed()


def hidden_seed() -> bytes:
    """What FILE holds, drawn first where there is no such file."""
    if not os.path.lexists(FILE):
        draw()
    return stored()


def draw() -> None:
    """Write a new FILE, whole and for its owner only; one that is there already stays, however soon it came."""
    fresh = FILE.with_name(f".{FILE.name}-{os.getpid()}")
    try:
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_hex(BYTES) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.link(fresh, FILE)
        finally:
            fresh.unlink(missing_ok=True)
    except FileExistsError:
        pass
    except OSError as error:
        raise BadSeed(f"{FILE}: the hidden seed cannot be written ({error.strerror}): see to its rights.") from None


def stored() -> bytes:
    """The seed in FILE; BadSeed where it is missing, guessable or public.  No message tells what the file holds."""
    if not os.path.lexists(FILE):
        raise BadSeed(f"{FILE} is missing: copy it from the machine that grades the class.")
    if not FILE.is_file():
        raise BadSeed(f"{FILE} should be a file with the hidden seed, but is none: {RENEW}.")
    try:
        with open(FILE, "rb") as stream:
            text = stream.read(1000).strip()
    except OSError as error:
        raise BadSeed(f"{FILE} cannot be read ({error.strerror}): see to its rights.") from None
    # A repeated pattern is a person's: chance makes one in 2^64.
    if not re.fullmatch(rb"[0-9a-f]{%d}" % (2 * BYTES), text) or re.fullmatch(rb"(.+?)\1+", text):
        raise BadSeed(f"{FILE} should hold {2 * BYTES} random hexadecimal digits, but holds something else: {RENEW}.")
    found = bytes.fromhex(text.decode())
    if found == EXAMPLE:
        raise BadSeed(f"{FILE} holds the public seed of the example class: {RENEW}.")
    return found


def keyed(what: str) -> bytes:
    """32 bytes that follow from the seed in use and this text, and that tell nothing of the seed."""
    return hmac.digest(seed(), what.encode(), "sha256")
