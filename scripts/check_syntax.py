"""Check that every Python file parses as Python 3.10. Usage: check_syntax.py FOLDER..."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

OLDEST = (3, 10)


def problems(folders: list[Path]) -> list[str]:
    """One line for each file under the folders that Python 3.10 could not read."""
    found = []
    for path in sorted(file for folder in folders for file in folder.rglob("*.py")):
        try:
            ast.parse(path.read_text(encoding="utf-8"), filename=str(path), feature_version=OLDEST)
        except SyntaxError as error:
            found.append(f"{path}:{error.lineno}: {error.msg}")
    return found


def main() -> int:
    """Print the problems; 0 when there is none."""
    found = problems([Path(name) for name in sys.argv[1:]])
    print("\n".join(found) if found else f"All files parse as Python {OLDEST[0]}.{OLDEST[1]}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
