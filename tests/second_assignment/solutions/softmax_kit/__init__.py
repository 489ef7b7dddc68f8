"""Softmax, from scratch."""
