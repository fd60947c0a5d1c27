"""What the benchmark shares with tests/e2e: `from from_e2e import waiting`."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

# pylint: disable=wrong-import-position,unused-import
import backends
import certificates
import waiting
