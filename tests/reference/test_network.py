"""What `NeuralNetwork` promises besides right numbers."""

import copy
import pickle

import numpy as np
import pytest
from backprop.neural_network import NeuralNetwork

X3 = np.array([[0.1, 0.2, -0.3, 0.4], [1.0, -1.0, 0.5, 0.0], [0.3, 0.3, 0.2, 0.1]])
Y2 = np.array([[0.0, 1.0, 0.5, 0.2], [1.0, 0.0, 0.1, 0.9]])


def parameters(network):
    return [theta.copy() for theta in network.weights + network.biases]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


# ---- Initialisation


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng])
def test_weights_are_drawn_layer_by_layer_with_xavier_scale(kind):
    network, rng = NeuralNetwork([3, 4, 2], rng=kind(7)), kind(7)
    np.testing.assert_array_equal(network.weights[0], rng.standard_normal((4, 3)) * np.sqrt(2 / 7))
    np.testing.assert_array_equal(network.weights[1], rng.standard_normal((2, 4)) * np.sqrt(2 / 6))


def test_without_rng_the_weights_come_from_the_global_state():
    np.random.seed(42)
    network = NeuralNetwork([3, 4, 2])
    right = np.random.RandomState(42)
    np.testing.assert_array_equal(network.weights[0], right.standard_normal((4, 3)) * np.sqrt(2 / 7))


def test_with_an_rng_the_global_state_is_left_alone():
    np.random.seed(3)
    NeuralNetwork([2, 3, 1], rng=np.random.default_rng(0)).train(X3[:2], Y2[:1], 2, 0.1, verbose=False)
    assert np.random.random() == np.random.RandomState(3).random()


def test_biases_start_at_zero_with_one_column():
    network = NeuralNetwork([3, 4, 2])
    assert [b.tolist() for b in network.biases] == [[[0.0]] * 4, [[0.0]] * 2]


def test_members_say_how_the_network_was_made():
    network = NeuralNetwork((3, 4, 2), "relu")
    assert (network.layer_sizes, network.L, network.activation_name) == ([3, 4, 2], 2, "relu")


def test_the_output_activation_holds_for_the_last_layer_only():
    network = NeuralNetwork([3, 4, 4, 2], "relu", output_activation="linear")
    network.forward(X3 - 5)
    assert all(np.all(a >= 0) for a in network.a_cache[1:3])
    np.testing.assert_array_equal(network.a_cache[3], network.z_cache[2])


def test_a_later_change_to_the_list_of_sizes_changes_nothing():
    sizes = [3, 4, 2]
    network = NeuralNetwork(sizes)
    sizes.append(9)
    assert network.layer_sizes == [3, 4, 2]


# ---- Forward and backward


def test_caches_hold_one_z_per_layer_and_one_a_more():
    network = NeuralNetwork([3, 4, 2])
    output = network.forward(X3)
    assert [z.shape for z in network.z_cache] == [(4, 4), (2, 4)]
    assert [a.shape for a in network.a_cache] == [(3, 4), (4, 4), (2, 4)]
    np.testing.assert_array_equal(network.a_cache[0], X3)
    np.testing.assert_array_equal(network.a_cache[-1], output)


def test_caches_start_afresh_at_each_forward_pass():
    network = NeuralNetwork([3, 4, 2])
    network.forward(X3)
    network.forward(X3[:, :1])
    assert [z.shape for z in network.z_cache] == [(4, 1), (2, 1)]
    assert [a.shape for a in network.a_cache] == [(3, 1), (4, 1), (2, 1)]


def test_gradients_have_the_shapes_of_the_parameters():
    network = NeuralNetwork([3, 4, 2])
    network.forward(X3)
    dW, db = network.backward(Y2)
    assert [g.shape for g in dW] == [(4, 3), (2, 4)]
    assert [g.shape for g in db] == [(4, 1), (2, 1)]


def test_backward_twice_gives_the_same_and_changes_no_parameter():
    network = NeuralNetwork([3, 4, 2], l2=0.1)
    network.forward(X3)
    before, first = parameters(network), network.backward(Y2)
    second = network.backward(Y2)
    assert same(first[0] + first[1], second[0] + second[1])
    assert same(before, parameters(network))


@pytest.mark.parametrize("dtype", [int, np.float32, bool])
def test_other_number_types_are_computed_in_float64(dtype):
    X, Y = np.array([[0, 1], [1, 1], [0, 0]], dtype=dtype), np.array([[0, 1], [1, 0]], dtype=dtype)
    network = NeuralNetwork([3, 4, 2])
    assert network.forward(X).dtype == np.float64
    dW, db = network.backward(Y)
    assert {g.dtype for g in dW + db} == {np.dtype(np.float64)}
    assert {a.dtype for a in network.a_cache} == {np.dtype(np.float64)}


def test_the_callers_arrays_stay_as_they_are():
    X, Y, network = X3.copy(), Y2.copy(), NeuralNetwork([3, 4, 2], momentum=0.9, l2=0.1)
    network.train(X, Y, 3, 0.5, batch_size=3, verbose=False)
    dW, db = network.backward(Y)
    kept = copy.deepcopy((dW, db))
    network.update(dW, db, 0.5)
    network.update(dW, db, 0.5)
    assert same([X, Y, *dW, *db], [X3, Y2, *kept[0], *kept[1]])


def test_two_networks_share_nothing():
    one, other = (NeuralNetwork([3, 4, 2], momentum=0.9, rng=np.random.default_rng(0)) for _ in range(2))
    before = parameters(other)
    other.forward(X3)
    cached = [z.copy() for z in other.z_cache]
    one.train(X3, Y2, 2, 0.5, verbose=False)
    assert same(before, parameters(other)) and same(cached, other.z_cache)
    assert not any(v.any() for v in other.weight_velocities + other.bias_velocities)


def test_loss_is_a_plain_float():
    assert type(NeuralNetwork([1, 1], l2=0.1).compute_loss(np.zeros((1, 2)), np.ones((1, 2)))) is float


# ---- Training


def test_history_has_the_loss_of_all_samples_after_each_epoch():
    network = NeuralNetwork([3, 4, 2], rng=np.random.default_rng(0))
    history = network.train(X3, Y2, 5, 0.5, batch_size=3, verbose=False)
    assert len(history) == 5 and all(type(loss) is float for loss in history)
    assert history[-1] == network.compute_loss(network.forward(X3), Y2)


@pytest.mark.parametrize("batch_size,batches", [(None, [7]), (7, [7]), (3, [3, 3, 1]), (1, [1] * 7), (50, [7])])
def test_every_sample_is_in_one_batch_of_each_epoch(batch_size, batches):
    seen = []

    class Recording(NeuralNetwork):
        def backward(self, Y):
            seen.append((self.a_cache[0].copy(), Y.copy()))
            return super().backward(Y)

    X = np.arange(7.0)[None]
    Recording([1, 2, 1]).train(X, 10 * X, 1, 0.1, batch_size, verbose=False)
    assert [x.shape[1] for x, _ in seen] == batches
    assert sorted(np.hstack([x for x, _ in seen])[0]) == X[0].tolist()
    assert all(np.array_equal(y, 10 * x) for x, y in seen)


def test_each_epoch_draws_one_permutation_and_nothing_else():
    rng, right = np.random.RandomState(1), np.random.RandomState(1)
    network = NeuralNetwork([3, 4, 2], rng=rng)
    network.train(X3, Y2, 5, 0.5, batch_size=2, verbose=False)
    right.standard_normal((4, 3)), right.standard_normal((2, 4))
    for _ in range(5):
        right.permutation(4)
    assert rng.random_sample() == right.random_sample()


@pytest.mark.parametrize("epochs", [*range(1, 13), 19, 100, 101, 999])
def test_verbose_prints_the_first_and_last_epoch_and_about_ten_lines(epochs, capsys):
    history = NeuralNetwork([3, 2]).train(X3, Y2, epochs, 0.1)
    lines = capsys.readouterr().out.splitlines()
    assert min(epochs, 5) <= len(lines) <= 11
    assert lines[0] == f"epoch     0: loss {history[0]:.6f}"
    assert lines[-1] == f"epoch {epochs - 1:5d}: loss {history[-1]:.6f}"


def test_without_verbose_nothing_is_printed(capsys):
    NeuralNetwork([3, 2]).train(X3, Y2, 20, 0.1, verbose=False)
    assert capsys.readouterr().out == ""


def test_training_in_two_parts_equals_training_in_one():
    def network():
        return NeuralNetwork([3, 4, 2], "tanh", momentum=0.9, rng=np.random.RandomState(0))

    whole, parts = network(), network()
    whole.train(X3, Y2, 6, 0.1, 3, verbose=False)
    parts.train(X3, Y2, 4, 0.1, 3, verbose=False)
    parts.train(X3, Y2, 2, 0.1, 3, verbose=False)
    assert same(parameters(whole), parameters(parts))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("rng", [lambda: None, lambda: np.random.RandomState(4), lambda: np.random.default_rng(4)])
def test_a_copy_trains_like_the_original(rng, copied):
    network = NeuralNetwork([3, 4, 2], "tanh", output_activation="linear", l2=0.01, momentum=0.5, rng=rng())
    network.train(X3, Y2, 2, 0.1, 3, verbose=False)
    twin = copied(network)
    histories = []
    for each in (network, twin):
        np.random.seed(0)
        histories.append(each.train(X3, Y2, 3, 0.1, 3, verbose=False))
    assert histories[0] == histories[1]
