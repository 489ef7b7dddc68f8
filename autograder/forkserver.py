"""What the server of forks imports, once for all submissions: so each fork has it at hand.

And it ends with the run that started it, however that ends.
"""

from .leash import end_with_parent

end_with_parent()

import pytest  # noqa: E402, F401
import pytest_timeout  # noqa: E402, F401

from . import grading  # noqa: E402, F401
