"""Backpropagation from scratch: the package that Chapter 18 builds.

Names are looked up in their modules when they are first used, so a mistake in one file of the package
does not stop the others from being imported.
"""

from importlib import import_module

_MODULE_OF = {
    "NeuralNetwork": "neural_network",
    "GradientCheck": "gradient_check",
    "check_gradients": "gradient_check",
    "numerical_gradient": "gradient_check",
    "relative_error": "gradient_check",
    "epsilon_sweep": "gradient_check",
    "draw_epsilon_sweep": "gradient_check",
    "xor": "datasets",
    "circle": "datasets",
    "sine": "datasets",
    "square": "datasets",
    "make_spirals": "datasets",
    "Recipe": "recipe",
    "square_recipe": "exercises",
    "spirals_recipe": "exercises",
}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
