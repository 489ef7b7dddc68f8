"""The assignment's own name, title and course in what students read, which is written with the name it began with."""

import re

from ..course.model import assignment


def named(text: str) -> str:
    """The text with the assignment's name where the first one stands as a word."""
    about = assignment()
    return re.sub(rf"\b{re.escape(about.written_as)}\b", about.name, text)


def titled(text: str) -> str:
    """As `named`, of a text that begins with its title, such as `# Problem set 1`: with the own one, and the course."""
    about, (first, line, rest) = assignment(), named(text).partition("\n")
    course = f"\n\n*{about.course}*" if about.course else ""
    return f"# {about.title}{course}{line}{rest}" if about.title else f"{first}{course}{line}{rest}"
