# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Problem set 18: backpropagation from scratch
#
# A network of sigmoids can represent almost anything. What made networks useful is a way to *find* the weights: run the
# data forward, compare the output with what it should be, and send the error backward, layer by layer, until every weight
# knows in which direction it was wrong. In this notebook you write that, in about thirty lines of NumPy, and watch it learn.
#
# Work from top to bottom. Where a cell says `raise NotImplementedError`, put your code in its place. The cells that are locked
# put your functions into the class `NeuralNetwork`, and `check("...")` says at once what is right, what is wrong and why.
# Write helper functions wherever you like. When your work is graded, what your functions depend on is run with them, statement
# by statement; plots and experiments of your own are not. `check` says what would not work there.
#
# The notebook needs the rest of its folder (`backprop/`, `tests/`, `check.py`) beside it. **Hand in `ps18.ipynb`.**

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# %matplotlib inline
from collections.abc import Sequence

import numpy as np

from backprop import exercises
from backprop.activations import ACTIVATIONS, linear, linear_derivative, relu, relu_derivative, sigmoid, sigmoid_derivative
from backprop.neural_network import NeuralNetwork, as_columns
from backprop.recipe import Recipe
from check import check, show

# %% [markdown]
# ## The network
#
# Samples are **columns**: `X` has shape (n_features, m), `Y` and the output have shape (n_outputs, m). Layer $l$ has weights
# $W_l$ of shape (n_out, n_in) and biases $b_l$ of shape (n_out, 1): in code `self.weights[l]` and `self.biases[l]`, which the class
# has made already. The pair `self.layer_activations[l]` holds $\sigma$ and $\sigma'$ of that layer; both are taken at $z$.
#
# ### 1. The forward pass
#
# With $a_0 = X$,
#
# $$z_l = W_l\,a_{l-1} + b_l, \qquad a_l = \sigma(z_l).$$
#
# `forward` returns the last $a$ and leaves two lists behind for `backward`: `self.z_cache`, one $z$ per layer, and `self.a_cache`, which
# starts with X. `as_columns(X, self.layer_sizes[0], "X")` gives X as floats, or says what is wrong with its shape.

# %% nbgrader={"grade": false, "grade_id": "forward-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: neural_network.py NeuralNetwork.forward

# %% nbgrader={"grade": false, "grade_id": "forward-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
NeuralNetwork.forward = forward

# %% nbgrader={"grade": true, "grade_id": "forward", "locked": true, "points": 20, "schema_version": 3, "solution": false, "task": false}
check("forward")

# %% [markdown] tasks=["backward"]
# ### 2. The backward pass
#
# The loss is $C = \frac{1}{2m}\sum (a_L - Y)^2$, summed over outputs and samples (`compute_loss` is given). Its gradient comes from four
# equations, where $\delta_l$ is the derivative of $C$ with respect to $z_l$ and $\odot$ multiplies entry by entry:
#
# | | | |
# |---|---|---|
# | **BP1** | $\delta_L = \frac{1}{m}(a_L - Y) \odot \sigma'(z_L)$ | the error of the output layer |
# | **BP2** | $\delta_l = (W_{l+1}^T\,\delta_{l+1}) \odot \sigma'(z_l)$ | one layer back |
# | **BP3** | $\partial C/\partial W_l = \delta_l\,a_{l-1}^T$ | what to change in the weights |
# | **BP4** | $\partial C/\partial b_l = \sum_{\text{samples}} \delta_l$ | and in the biases |
#
# Write down the shape of every array before you write code: most mistakes are shapes.

# %% nbgrader={"grade": false, "grade_id": "backward-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: neural_network.py NeuralNetwork.backward

# %% nbgrader={"grade": false, "grade_id": "backward-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
NeuralNetwork.backward = backward

# %% nbgrader={"grade": true, "grade_id": "backward", "locked": true, "points": 35, "schema_version": 3, "solution": false, "task": false}
check("backward")

# %% [markdown] tasks=["update"]
# ### 3. The step
#
# `update` takes a step against the gradient, $\theta \leftarrow \theta - \eta\,\partial C/\partial\theta$, on every weight and bias.

# %% nbgrader={"grade": false, "grade_id": "update-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: neural_network.py NeuralNetwork.update

# %% nbgrader={"grade": false, "grade_id": "update-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
NeuralNetwork.update = update

# %% nbgrader={"grade": true, "grade_id": "update", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("update")

# %% [markdown] tasks=["gradient_check"]
# ### 4. Do loss and gradient agree?
#
# Move one weight by a small $\varepsilon$ to either side, and the loss has to change as `backward` says it does. If the two disagree, believe
# the finite difference. Look at the relative error of each array below: the verdict stands beside it.

# %% tasks=["gradient_check"]
show("gradient_check")

# %% nbgrader={"grade": true, "grade_id": "gradient_check", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("gradient_check")

# %% [markdown] tasks=["xor", "circle", "sine"]
# ## Let it learn
#
# Four points of XOR, which no straight line separates; five hundred points in and around a circle; a sine. `train` is given: it
# shuffles the samples, takes them in batches, and calls your three methods.

# %% tasks=["xor"]
show("xor")

# %% nbgrader={"grade": true, "grade_id": "xor", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("xor")

# %% [markdown] tasks=["circle"]
# The circle needs patience: for a thousand epochs the network calls every point outside, and is right for four of five.

# %% tasks=["circle"]
show("circle")

# %% nbgrader={"grade": true, "grade_id": "circle", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("circle")

# %% [markdown] tasks=["sine"]
# The chapter's network does not fit the sine, and no patience helps: a sigmoid's output cannot go below 0. With the first and the fourth
# exercise done, the picture also shows a network that does fit.

# %% tasks=["sine"]
show("sine")

# %% nbgrader={"grade": true, "grade_id": "sine", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("sine")

# %% [markdown] tasks=["tanh", "l2", "square", "momentum", "spirals"]
# # The exercises
#
# They are a bonus; skipping them costs nothing. After each there is a question: two or three sentences are enough, and what you *saw* counts
# for more than what you know.

# %% [markdown] tasks=["tanh"]
# ## Exercise 18.1: tanh
#
# Write `tanh` and its derivative, both as functions of $z$.

# %% nbgrader={"grade": false, "grade_id": "tanh-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: activations.py tanh tanh_derivative

# %% nbgrader={"grade": false, "grade_id": "tanh-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
ACTIVATIONS["tanh"] = tanh, tanh_derivative

# %% nbgrader={"grade": true, "grade_id": "tanh", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("tanh")

# %% [markdown] nbgrader={"grade": false, "grade_id": "tanh-question-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 1.** Train XOR with sigmoid and with tanh from several starts. Which needs fewer epochs, and what in the two derivatives explains it?

# %% [markdown] nbgrader={"grade": true, "grade_id": "tanh-question", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# YOUR ANSWER HERE

# %% [markdown] tasks=["l2"]
# ## Exercise 18.2: L2
#
# The loss grows by $\frac{\lambda}{2}\sum_l \lVert W_l\rVert_F^2$, with $\lambda$ in `self.l2`. Complete `_l2_penalty` here, and in `backward` above add to `dW` what the
# penalty's gradient is (why not to `db`?).

# %% nbgrader={"grade": false, "grade_id": "l2-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: neural_network.py NeuralNetwork._l2_penalty

# %% nbgrader={"grade": false, "grade_id": "l2-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
NeuralNetwork._l2_penalty = _l2_penalty

# %% nbgrader={"grade": true, "grade_id": "l2", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("l2")

# %% [markdown] nbgrader={"grade": false, "grade_id": "l2-question-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 2.** Train the circle with $\lambda$ from 0 to 0.001. How does the boundary change, at which $\lambda$ does it break down, and what does the network do there?

# %% [markdown] nbgrader={"grade": true, "grade_id": "l2-question", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# YOUR ANSWER HERE

# %% [markdown] tasks=["square"]
# ## Exercise 18.3: x²
#
# `square_recipe` returns a `Recipe`: layer sizes, activations, $\eta$, epochs, and so on. Your network is trained by it on points from [-2, 2];
# the loss on points it has not seen has to be below 0.002, from at least 3 of 5 random starts. At most 500 parameters and 20,000 epochs.

# %% nbgrader={"grade": false, "grade_id": "square-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: exercises.py square_recipe

# %% nbgrader={"grade": false, "grade_id": "square-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
exercises.square_recipe = square_recipe

# %% nbgrader={"grade": true, "grade_id": "square", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("square")

# %% [markdown] nbgrader={"grade": false, "grade_id": "square-question-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 3.** Which of 1-8-1, 1-16-1 and 1-8-8-1 did best on your machine, over several starts, and what does an output of sigmoids do instead?

# %% [markdown] nbgrader={"grade": true, "grade_id": "square-question", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# YOUR ANSWER HERE

# %% [markdown] tasks=["momentum"]
# ## Exercise 18.4: momentum
#
# With `self.momentum` $= \beta$, `update` keeps a velocity for each parameter, $v \leftarrow \beta v + g$, starting at 0, and steps along it: $\theta \leftarrow \theta - \eta v$. The velocities wait
# in `self.weight_velocities` and `self.bias_velocities`. Go back to your `update`, and add it there.

# %% nbgrader={"grade": true, "grade_id": "momentum", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("momentum")

# %% [markdown] nbgrader={"grade": false, "grade_id": "momentum-question-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 4.** How many epochs do XOR and the circle need with $\beta = 0.9$, and how many without? Where does the factor come from?

# %% [markdown] nbgrader={"grade": true, "grade_id": "momentum-question", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# YOUR ANSWER HERE

# %% [markdown] tasks=["spirals"]
# ## Exercise 18.5: two spirals
#
# `spirals_recipe` describes a network that tells the two arms of `make_spirals()` (in `backprop.datasets`) apart: 99 % of the points, from at least 3 of 5 random
# starts. **Smaller networks earn more**: the handout has the table. With a tanh output the targets are -1 and +1, otherwise 0 and 1.

# %% nbgrader={"grade": false, "grade_id": "spirals-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: exercises.py spirals_recipe

# %% nbgrader={"grade": false, "grade_id": "spirals-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
exercises.spirals_recipe = spirals_recipe

# %% nbgrader={"grade": true, "grade_id": "spirals", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("spirals")

# %% [markdown] nbgrader={"grade": false, "grade_id": "spirals-question-text", "locked": true, "schema_version": 3, "solution": false, "task": false}
# **Question 5.** What is the smallest network that you found, how often does it succeed, and what changed when you moved units from one hidden layer to two?

# %% [markdown] nbgrader={"grade": true, "grade_id": "spirals-question", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# YOUR ANSWER HERE
