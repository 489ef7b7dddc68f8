"""What goes wrong for a person who can mend it: one sentence, and the exit status that goes with it."""

import platform
import sys


class KitError(Exception):
    """The text says what was expected, what came, and what to do."""

    exit_status = 2  # asked for something impossible


def elsewhere(system: str) -> str:
    """What to do on a system, by uname's name of it, that has not what the sandbox is made of."""
    only = "Grading runs students' code in a sandbox that only Linux has"
    if system == "Darwin":
        return (
            f"{only}: say `make container`, which grades in Docker or Podman, or open this folder as a dev container."
        )
    return f"{only}: open this folder in WSL, where `make grade` works, or as a dev container, with Docker or Podman."


def refuse_elsewhere() -> None:
    """Raise KitError where this is not Linux."""
    if platform.system() != "Linux":
        raise KitError(elsewhere(platform.system()))


if __name__ == "__main__":  # for make, before it builds an environment
    sys.exit(f"autograder: {elsewhere(sys.argv[1])}")
