"""nbgrader: its gradebook, its marked notebooks, its steps."""

import sys

# With this package jsonschema, which nbgrader imports, would build grammars for most of a second, of internationalised
# addresses: no notebook's schema has any.  `None` is Python's word for a module that is not there.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
