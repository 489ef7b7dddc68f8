"""Task `backward`: BP1 to BP4, on the last forward pass."""

from .network.proxy import CACHES
from .engine.calls import CallFailed
from .engine.case import difference
from .engine.check import Task

backward = Task("backward", owns=("backward",))

FORWARD_IS_WRONG = "`forward` is wrong, and this does not read `z_cache` and `a_cache`: so it cannot be judged."


def prepare(case, network, X):
    """A forward pass; where the student's own is wrong, in a second run, the true caches take its place."""
    number = case.next("forward pass")
    output, own = None, ([], [])
    try:
        known = case.failures.get("forward")
        if known and known.kind in ("timeout", "crashed"):  # nothing could be asked of that process any more
            raise known
        output = network.forward(X)
        own = tuple(network.read(*CACHES))
    except CallFailed as failure:
        case.intermediates_differ = True
        if output is None:
            case.unjudgeable = FORWARD_IS_WRONG
        if not case.from_solution and failure.method == "forward":
            raise
    truth = [case.recall(f"{name} {number}", c) for name, c in zip(("z_cache", "a_cache"), own, strict=True)]
    if case.expected is None:
        return
    if difference("the output", truth[1][-1], output, False):
        case.unjudgeable = FORWARD_IS_WRONG
    if not all(same_caches(t, c) for t, c in zip(truth, own, strict=True)):
        case.intermediates_differ = True
        if case.from_solution:
            network.replace_caches(*truth)


def same_caches(truth, cache):
    return (
        type(cache) in (list, tuple)
        and len(cache) == len(truth)
        and not any(difference("", t, c, False) for t, c in zip(truth, cache, strict=True))
    )


def judge_gradients(case, network, X, Y, which=lambda name, layer, last: True):
    """A forward pass and its gradients; see `judge_backward`."""
    prepare(case, network, X)
    judge_backward(case, network, Y, which)


def judge_backward(case, network, Y, which=lambda name, layer, last: True):
    """Judge the arrays that `which` names; the others are evidence for naming a mistake."""
    number = case.next("gradient")
    for name, arrays in zip(("dW", "db"), network.backward(Y), strict=True):
        for layer, array in enumerate(arrays):
            label = f"{name}[{layer}] in gradient {number}"
            if which(name, layer, len(arrays) - 1):
                case.close(label, array, gradient=True)
            else:
                case.observe(label, array)


def caches_of(network):
    """What `forward` has left; None where the code keeps it elsewhere."""
    try:
        return network.read(*CACHES)
    except CallFailed:
        return None


def same_after(case, network, before):
    """Fail where the caches are no longer as they were before `backward`; wrong ones are for `forward`'s checks."""
    if before is not None and not case.intermediates_differ:
        said = "`backward`, or a derivative that it calls, has changed what `forward` left there"
        case.same("z_cache and a_cache", before, caches_of(network), said)


def two_networks(student, case, which):
    """Square layers first: there a missing transpose gives wrong numbers, where other layers give an error."""
    judge_gradients(case, case.network(student, [3, 3, 3, 3, 3]), case.array(3, 4), case.targets(3, 4), which)
    judge_gradients(case, case.network(student, [3, 5, 4, 2]), case.array(3, 6), case.targets(2, 6), which)


@backward.check(weight=8)
def test_bp1_output_error(student, case):
    """BP1: the error of the output layer is (a - Y)/m times sigma'(z); `db[-1]` is its sum over the samples."""
    two_networks(student, case, lambda name, layer, last: name == "db" and layer == last)


@backward.check(weight=8)
def test_bp2_hidden_error(student, case):
    """BP2: the error of a hidden layer is W^T delta of the next layer times sigma'(z); `db[:-1]` are its sums."""
    two_networks(student, case, lambda name, layer, last: name == "db" and layer < last)


@backward.check(weight=7)
def test_bp3_weight_gradients(student, case):
    """BP3: the gradient of the weights is delta times the transposed activation of the layer before."""
    two_networks(student, case, lambda name, layer, last: name == "dW")


@backward.check(weight=5)
def test_bp4_bias_gradients(student, case):
    """BP4: the gradient of the biases is delta summed over the samples, of shape (n_out, 1)."""
    two_networks(student, case, lambda name, layer, last: name == "db")


@backward.check(weight=3)
def test_other_batches(student, case):
    """Each call is about the last forward pass alone: a batch, one sample, another size, and the first size again."""
    for sizes, batches in (([3, 3, 3], (5, 1, 2)), ([3, 4, 2], (5, 1, 5))):
        network = case.network(student, sizes)
        for m in batches:
            # Targets so far off that entries of the gradient are beyond 1.
            judge_gradients(case, network, case.array(3, m), 20 * case.targets(sizes[-1], m))


@backward.check(weight=2)
def test_other_activation(student, case):
    """sigma' belongs to the activation of each layer, which at the output may be another one."""
    judge_gradients(case, case.network(student, [5, 5, 5], "sigmoid"), case.array(5, 6), case.targets(5, 6))
    for hidden, options in (("relu", {}), ("sigmoid", {"output_activation": "linear"})):
        try:
            network = case.network(student, [5, 5, 5], hidden, **options)
        except CallFailed as failure:
            if failure.kind not in ("refused", "error"):
                raise
            case.rest_optional = True  # it knows the sigmoid only, or one activation for all layers
            return
        judge_gradients(case, network, case.array(5, 6), case.targets(5, 6))


@backward.check(weight=2)
def test_leaves_the_rest_alone(student, case):
    """`backward` changes neither Y nor parameters nor caches, and two networks do not disturb each other."""
    first, second = case.network(student, [3, 3, 3]), case.network(student, [3, 3, 3])
    X, Y, before = case.array(3, 4), case.targets(3, 4), first.parameters()
    prepare(case, first, X)
    caches = caches_of(first)
    judge_backward(case, first, Y)
    case.same("Y", Y, first.arguments[0], "`backward` has changed the array that it was given")
    same_after(case, first, caches)
    after = first.parameters()
    case.same(
        "weights and biases",
        before,
        after,
        "`backward` has changed them; only `update` may",
    )
    # The first network is asked only after the second one's turn.
    prepare(case, first, X)
    judge_gradients(case, second, case.array(3, 4), case.targets(3, 4))
    judge_backward(case, first, Y)
    try:
        network = case.network(student, [3, 3, 3], "relu")
    except CallFailed:
        return  # it knows the sigmoid only
    prepare(case, network, X)
    caches = caches_of(network)
    network.backward(Y)
    same_after(case, network, caches)
