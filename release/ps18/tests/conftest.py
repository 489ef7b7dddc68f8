"""Lets `pytest` run the checks on the package beside this folder."""

from pathlib import Path

from .engine import Engine
from .frozen import FILE, Here, load

HERE = Path(__file__).parent


def pytest_configure(config):
    if not any(isinstance(plugin, Engine) for plugin in config.pluginmanager.get_plugins()):  # check.py has its own
        config.pluginmanager.register(Engine(load(HERE / FILE), Here(HERE.parent)))
