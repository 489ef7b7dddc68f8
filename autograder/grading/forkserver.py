"""What the server of forks has ready for all submissions: imports, files, answers of the solution and of each mistake.

And it ends with the run that started it, however that ends.
"""

from ..sandbox.lifetime import end_with_parent

end_with_parent()

import gc  # noqa: E402

from ..results.record import kit_sha256  # noqa: E402
from . import kept, submission  # noqa: E402

kept.at_hand()
kit_sha256(), submission.given_files()
gc.freeze()  # else each fork's first collection would copy every page of it
