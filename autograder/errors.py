"""What goes wrong for a person who can mend it: one sentence, and the exit status that goes with it."""


class KitError(Exception):
    """The text says what was expected, what came, and what to do."""

    exit_status = 2  # asked for something impossible
