# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Softmax
#
# Write both functions in the cell below. `check` says what is right. **Hand in `softmax.ipynb`.**

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
import numpy as np

from check import check
from softmax_kit import softmax as kit

# %% nbgrader={"grade": false, "grade_id": "softmax-code", "locked": false, "schema_version": 3, "solution": true, "task": false}
# solutions: softmax.py softmax softmax_gradient

# %% nbgrader={"grade": false, "grade_id": "softmax-put", "locked": true, "schema_version": 3, "solution": false, "task": false}
kit.softmax, kit.softmax_gradient = softmax, softmax_gradient

# %% nbgrader={"grade": true, "grade_id": "softmax", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check("softmax")
