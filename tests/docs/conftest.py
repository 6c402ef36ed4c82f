"""The generators of the site's pages are beside the documents, and no part of the package."""

from __future__ import annotations

import sys
from pathlib import Path

import spikewatt

sys.path.insert(0, str(Path(spikewatt.__file__).parent / "docs"))
