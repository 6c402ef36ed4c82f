"""Precision and recall of each class: of Keras, of our cells, and as published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydantic import Field, model_validator

from .... import files
from ....errors import SpikewattError
from ....sim.engines.simulate import simulate
from ...report.tables import class_report
from ..cells.conversion import ENGINE, converted
from ..cells.prepared import PreparedRow
from ..judgement import KERAS
from ..kept import kept
from ..row import Cell, Checked

CLASSES = "classes.csv"
AT_ONCE = 500  # images
DIGITS = 6
