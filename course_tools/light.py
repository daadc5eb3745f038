"""Make nbformat quick to import: import this before it.

jsonschema, which nbformat imports, compiles a grammar of internationalised addresses, which no notebook format has: 1.4 CPU seconds in
every process that reads a notebook. Without the grammar it leaves that one check out.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
