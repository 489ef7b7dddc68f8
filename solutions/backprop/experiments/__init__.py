"""The experiments of the five exercises: what many starts show, each as a table, a finding and a figure.

`python -m backprop.experiments NAME` runs one, `all` runs all of them, side by side; a few minutes.
Figure and text go to figures/, or where --out says.
"""
