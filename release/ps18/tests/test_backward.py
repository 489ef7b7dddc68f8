"""Task `backward`: BP1 to BP4, on the last forward pass.

Each equation is judged on the student's own values: what is wrong in one of them costs that one alone.  Batches are
smaller than the layers, so that `dW` shows the error of each sample.
"""

from .network.cost import COUNT, DEPTH, SIZES, TOO_SLOW, alike, allowed, blamed, deep
from .network.faults import OWNERS
from .network.judging import Gradients
from .network.proxy import CACHES
from .engine.calls import CallFailed, WrongForm
from .engine.case import Blocked, Failed, agree, difference
from .engine.check import Task

backward = Task("backward", owns=("backward",))

FORWARD = {"forward/output", "forward/caches"}
OTHERWISE = f"On a network of {DEPTH} layers and {COUNT} parameters `{{method}}` gives other values than on small ones"
FINE = CallFailed("forward", "", "")
WRITES = "z_cache_overwritten", "a_cache_overwritten"
FORWARD_IS_WRONG = "`forward` is wrong, and this does not read `z_cache` and `a_cache`: so it cannot be judged."


def prepare(case, network, X):
    """A forward pass; where the student's own is wrong, in a second run, the true caches take its place.

    Returns those, or nothing where the student's own stand.
    """
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
        return None
    if difference("the output", truth[1][-1], output, False):
        case.unjudgeable = FORWARD_IS_WRONG
    if not all(same_caches(t, c) for t, c in zip(truth, own, strict=True)):
        case.intermediates_differ = True
        if case.from_solution:
            network.replace_caches(*truth)
            return truth
    return None


def same_caches(truth, cache):
    return (
        type(cache) in (list, tuple)
        and len(cache) == len(truth)
        and not any(difference("", t, c, False) for t, c in zip(truth, cache, strict=True))
    )


def maker(student, case, sizes, activation="sigmoid", **options):
    """What makes networks of the student's with the same weights and biases, time and again."""
    parameters, seed = case.parameters(sizes), case.rng.randint(2**31)
    return lambda: student.network(sizes, activation, seed=seed, parameters=parameters, **options)


def judge_gradients(case, make, X, Y, which=lambda name, layer, last: True, network=None):
    """A forward pass and its gradients; see `judge_backward`."""
    network = network or make()
    judge_backward(case, make, network, X, Y, prepare(case, network, X), which)


def judge_backward(case, make, network, X, Y, caches, which=lambda name, layer, last: True):
    """Judge the arrays that `which` names; the others are evidence for naming a mistake."""
    number = case.next("gradient")
    gradients = network.backward(Y)
    for name, arrays in zip(("dW", "db"), gradients, strict=True):
        for layer, array in enumerate(arrays):
            label = f"{name}[{layer}] in gradient {number}"
            if which(name, layer, len(arrays) - 1):
                case.close(label, array, gradient=True)
            else:
                case.observe(label, array)
    Gradients.of(case).add(network, gradients, Y, number, lambda: alone(make, X, Y, caches))


def alone(make, X, Y, caches=None):
    """The gradients of each sample alone, each by a network of its own; from these caches, if any are given."""
    answers = []
    for sample in range(X.shape[1]):
        network, column = make(), slice(sample, sample + 1)
        network.forward(X[:, column])
        if caches:
            network.replace_caches(*([array[:, column] for array in cache] for cache in caches))
        answers.append(network.backward(Y[:, column]))
    return answers


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
        after = caches_of(network)
        for name, old, new, mistake in zip(CACHES, before, after or before, WRITES, strict=True):
            used_up = type(new) in (list, tuple) and len(new) < len(old)
            case.same(name, old, new, said, ("caches_used_up" if used_up else mistake,))
        case.same("z_cache and a_cache", before, after, said)


def two_networks(student, case, which):
    """Square layers first: there a missing transpose gives wrong numbers, where other layers give an error."""
    for sizes in ([4, 4, 4, 4, 4], [5, 4, 6, 2]):
        judge_gradients(case, maker(student, case, sizes), case.array(sizes[0], 3), case.targets(sizes[-1], 3), which)


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
    for sizes, batches in (([6, 6, 6], (5, 1, 2)), ([6, 7, 2], (5, 1, 5))):
        make = maker(student, case, sizes)
        network = make()
        for m in batches:
            # Targets so far off that entries of the gradient are beyond 1.
            judge_gradients(case, make, case.array(6, m), 20 * case.targets(sizes[-1], m), network=network)


@backward.check(weight=2)
def test_other_activation(student, case):
    """sigma' belongs to the activation of each layer, which at the output may be another one."""
    judge_gradients(case, maker(student, case, [5, 5, 5]), case.array(5, 4), case.targets(5, 4))
    for hidden, options in (("relu", {}), ("sigmoid", {"output_activation": "linear"})):
        try:
            make = maker(student, case, [5, 5, 5], hidden, **options)
            network = make()
        except CallFailed as failure:
            if failure.kind not in ("refused", "error"):
                raise
            case.rest_optional = True  # it knows the sigmoid only, or one activation for all layers
            return
        # Two samples: with units that are off, more would not show apart in `dW`.
        judge_gradients(case, make, case.array(5, 2), case.targets(5, 2), network=network)


@backward.check(weight=2)
def test_leaves_the_rest_alone(student, case):
    """`backward` returns lists of arrays, changes neither Y nor parameters nor caches, and no other network."""
    make, make_other = maker(student, case, [5, 5, 5]), maker(student, case, [5, 5, 5])
    first, second = make(), make_other()
    X, Y, before = case.array(5, 4), case.targets(5, 4), first.parameters()
    true = prepare(case, first, X)
    left = caches_of(first)
    judge_backward(case, make, first, X, Y, true)
    if "forward" not in student.forms:  # else it is charged there
        case.in_form(student, "backward")
    case.same("Y", Y, first.arguments[0], "`backward` has changed the array that it was given")
    same_after(case, first, left)
    after = first.parameters()
    case.same(
        "weights and biases",
        before,
        after,
        "`backward` has changed them; only `update` may",
    )
    # The first network is asked only after the second one's turn.
    true = prepare(case, first, X)
    judge_gradients(case, make_other, case.array(5, 3), case.targets(5, 3), network=second)
    judge_backward(case, make, first, X, Y, true)
    try:
        network = case.network(student, [5, 5, 5], "relu")
    except CallFailed:
        return  # it knows the sigmoid only
    prepare(case, network, X)
    left = caches_of(network)
    network.backward(Y)
    same_after(case, network, left)


@backward.check(weight=0, compared=False, cap=2 / 7)  # 10 of 35 points
def test_cost(student, case):
    """All gradients together cost about two forward passes, not one for each parameter."""
    parameters, X, Y = deep(case.rng), case.array(SIZES[0], 1), case.targets(SIZES[-1], 1)
    right = {"forward": case.passed >= FORWARD, "backward": case.passed >= {*FORWARD, *OWNERS.values()}}
    twins = [guide.network(SIZES, parameters=parameters) for guide in case.guides[:1]]
    true = [twin.forward(X) for twin in twins]
    hangs = case.failures.get("forward", FINE).kind == "timeout"  # on small networks, too: this is charged there
    if hangs and not twins:
        raise Blocked(FORWARD_IS_WRONG)
    try:
        network = student.network(SIZES, seed=0, parameters=parameters)
        if hangs:
            network.replace_caches(*twins[0].read(*CACHES))
        with student.at_most(allowed()):
            output = None if hangs else network.forward(X)
            gradients = network.backward(Y)
    except (CallFailed, WrongForm) as failure:
        method = getattr(failure, "method", "backward")
        if getattr(failure, "kind", "") == "timeout":
            raise Failed(TOO_SLOW.format(method=method)) from None
        if right.get(method, True):
            raise Failed(f"On a network of {DEPTH} layers: {failure}") from None
        raise Blocked(f"`{method}` gives no answer here, as on small networks: this is charged there.") from None
    # What is right on small networks is right here: else another code would answer, as fast as it likes.
    for twin, wanted in zip(twins, true, strict=True):
        if right["forward"] and not alike(wanted, output):
            raise Failed(OTHERWISE.format(method="forward"))
        if not right["forward"] and not agree(wanted, output):
            raise Blocked(FORWARD_IS_WRONG)
        for name, own, right_ones in zip(("dW", "db"), gradients, twin.gradients(X, Y), strict=True):
            for layer in range(DEPTH):
                charged = {OWNERS[equation] for equation in blamed(name, layer)}
                if right["forward"] and charged <= case.passed and not alike(right_ones[layer], own[layer]):
                    raise Failed(OTHERWISE.format(method="backward"))
