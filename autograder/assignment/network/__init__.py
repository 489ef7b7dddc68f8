"""How checks see a student's network: the proxy, its data, the trainings."""

from autograder.engine.runner import Proxy

from .case import NetworkCase
from .probing import METHODS, probe
from .proxy import NetworkStudent

PROXY = Proxy(NetworkStudent, NetworkCase, probe, METHODS)  # type: ignore[arg-type]
