"""What the server of forks has ready for all submissions: imports, files, answers of the solution and of each mistake.

And it ends with the run that started it, however that ends.
"""

from ..sandbox.lifetime import end_with_parent

end_with_parent()

import gc  # noqa: E402

from ..course.reference import checks, course  # noqa: E402
from ..results.record import kit_sha256  # noqa: E402
from . import submission  # noqa: E402

enabled = {task.id for task in course().tasks}
for check in checks().values():
    if check.compared and check.task.id in enabled:
        for variant in course().variants:
            expected = course().expected(check, variant)
            assert expected is not None and expected.wrong is not None
kit_sha256(), submission.given_files()
gc.freeze()  # else each fork's first collection would copy every page of it
