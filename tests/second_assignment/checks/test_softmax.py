"""Task `softmax`: columns as probabilities, and the way back."""

from autograder.engine.check import Task

softmax = Task("softmax", owns=("softmax", "softmax_gradient"))


@softmax.check(weight=6)
def test_values(student, case):
    """Each column of softmax(z) is exp(z) over the column's sum, also where z is large."""
    for z in (case.array(4, 3), case.array(3, 1), 1000 + case.array(5, 2)):
        case.close(f"softmax(z), z {len(z)} x {len(z.T)}", student.run("softmax", z))


@softmax.check(weight=4)
def test_gradient(student, case):
    """softmax_gradient(z, v) is, column by column, the Jacobian of softmax at z, transposed, times v."""
    for rows, columns in ((4, 3), (2, 1)):
        z, v = case.array(rows, columns), case.array(rows, columns)
        name = f"softmax_gradient(z, v), z {rows} x {columns}"
        case.close(name, student.run("softmax_gradient", z, v), gradient=True)
