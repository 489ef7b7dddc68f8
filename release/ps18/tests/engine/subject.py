"""What students write, for all that has to know it: sandbox, student folder, intake.  It holds no secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Subject:
    """The package that students complete, and how its parts are called.

    `solutions` are the solution cells of the notebook, in its order: by grade id the functions that each defines, and
    where the locked cell after it puts each of them: ``class``, ``module:NAME``, or ``table:MODULE.NAME/KEY/INDEX``.
    """

    package: str  # that students import
    module: str  # of the package: it is imported first
    functions: str  # of the package: the module whose functions are called by name
    files: tuple[str, ...]  # what is taken of a submission; a lone .py file counts as the first
    kind: str | None = None  # the class in `module` that objects are made of; None where there are functions only
    solutions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # that the notebook's first cell imports: MODULE, MODULE.NAME or MODULE.*
    base: tuple[str, ...] = ()  # the functions on which a task without a cell of its own stands
    read_after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # attributes read with each such call
    slow: tuple[str, ...] = ()  # methods that have a training's time

    @property
    def defined(self) -> dict[str, tuple[str, ...]]:
        """By grade id, the functions of each solution cell."""
        return {cell: tuple(functions) for cell, functions in self.solutions.items()}
