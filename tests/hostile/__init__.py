"""The hostile corpus: every submission of it is graded by the real engine in the real sandbox, as one class."""
