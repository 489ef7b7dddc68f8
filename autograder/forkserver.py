"""What the server of forks imports, once for all submissions: so each fork has it at hand.

And it ends with the run that started it, however that ends.
"""

import pytest  # noqa: F401
import pytest_timeout  # noqa: F401

from . import grading  # noqa: F401
from .leash import end_with_parent

end_with_parent()
