"""How checks see a student's network: the proxy, its data, the trainings."""

from autograder.engine.runner import Proxy

from .case import NetworkCase
from .equations import formula
from .probing import METHODS, probe
from .proxy import NetworkStudent
from .worked import example

PROXY = Proxy(NetworkStudent, NetworkCase, probe, METHODS, formula, example)  # type: ignore[arg-type]
