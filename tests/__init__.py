"""The kit's own tests, corpora and benchmarks grade with the public seed, so that they come out the same everywhere."""

from autograder.secret import use_example

use_example()
