"""Task `forward`: z = W a + b and a = sigma(z), layer by layer, and what is kept for `backward`.

Where the output is wrong, each layer is judged by what it made of the a before it, as that stands in the caches.
"""

from .network.passes import Passes
from .network.proxy import CACHES
from .engine.calls import CallFailed
from .engine.check import Task

forward = Task("forward", owns=("forward",))


def passes(case, network, X, judge_caches=False):
    """Run `X` forward; the output is judged, the caches are judged or kept as evidence."""
    number = case.next("pass")
    output = network.forward(X)
    case.close(f"the output of pass {number}", output)
    z_cache, a_cache = network.read(*CACHES)
    Passes.of(case).add(network, X, output, z_cache, a_cache, f"pass {number}: ")
    for name, cache in (("z_cache", z_cache), ("a_cache", a_cache)):
        if judge_caches:
            case.close_all(f"{name} of pass {number}", cache)
        elif isinstance(cache, list | tuple):
            for layer, value in enumerate(cache):
                case.observe(f"{name}[{layer}] of pass {number}", value)


@forward.check(weight=7)
def test_output(student, case):
    """The output is a = sigma(W a + b), carried through every layer."""
    passes(case, case.network(student, [3, 4, 2]), case.array(3, 5))
    passes(case, case.network(student, [2, 5, 4, 3]), case.array(2, 6))


@forward.check(weight=5)
def test_caches(student, case):
    """`z_cache` holds z of each layer and `a_cache` holds X and then a of each layer."""
    passes(case, case.network(student, [3, 4, 2]), case.array(3, 5), judge_caches=True)
    passes(case, case.network(student, [3, 3, 3, 3]), case.array(3, 4), judge_caches=True)


@forward.check(weight=2)
def test_caches_start_afresh(student, case):
    """A second pass replaces what the first one left in the caches, also for another number of samples."""
    network = case.network(student, [3, 4, 2])
    passes(case, network, case.array(3, 5))
    passes(case, network, case.array(3, 3), judge_caches=True)


@forward.check(weight=2)
def test_one_sample_and_square_layers(student, case):
    """A single sample passes like many, also where all layers have the same size."""
    passes(case, case.network(student, [3, 4, 2]), case.array(3, 1))
    passes(case, case.network(student, [3, 3, 3, 3]), case.array(3, 1))
    passes(case, case.network(student, [3, 3, 3, 3]), case.array(3, 7, scale=4.0))


@forward.check(weight=2)
def test_other_activation(student, case):
    """The activation is the one that the network was made with, not always the sigmoid."""
    passes(case, case.network(student, [3, 6, 5], "sigmoid"), case.array(3, 5))
    try:
        network = case.network(student, [3, 6, 5], "relu")
    except CallFailed as failure:
        if failure.kind not in ("refused", "error"):
            raise
        case.rest_optional = True  # it knows the sigmoid only
        return
    passes(case, network, case.array(3, 5), judge_caches=True)


@forward.check(weight=2)
def test_leaves_the_rest_alone(student, case):
    """Output and caches are float64 arrays in lists; a pass changes neither X nor parameters, nor another network."""
    X, first, second = case.array(3, 4), case.network(student, [3, 4, 2]), case.network(student, [3, 4, 2])
    before, other = first.parameters(), second.parameters()
    passes(case, first, X)
    case.in_form(student, "forward")
    case.same("X", X, first.arguments[0], "`forward` has changed the array that it was given")
    kept = first.read("z_cache", "a_cache")
    passes(case, second, case.array(3, 6))
    for name, old, new in (("first", before, first.parameters()), ("second", other, second.parameters())):
        case.same(
            f"parameters of the {name} network",
            old[0] + old[1],
            new[0] + new[1],
            "`forward` has changed them",
        )
    for old, new in zip(kept, first.read("z_cache", "a_cache"), strict=True):
        case.same("caches of the first network", old, new, "the second network's pass has changed them")
