"""The process in which ANNarchy's own converter runs; ANNarchy keeps one network a process.

``python -m spikewatt.analysis.studies.annarchy.converter_process FOLDER PIPE``: prints ``ready``,
then answers each line ``SAMPLE STEPS ENCODING`` with ``class SAMPLE CLASS``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from ....endings import end_group_when_closed, end_with_parent
from ....sim.engines.annarchy.build import import_annarchy, no_arguments
from .converter import INPUTS, MODEL

COMPILED = "compiled"


class OwnConverter:
    """The network in `folder`, converted when the first sample says how."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.inputs = np.load(folder / INPUTS)
        self.converter = None

    def class_of(self, sample: int, steps: int, encoding: str) -> int:
        """The class with the most spikes; one of several is drawn."""
        if self.converter is None:
            self.converter = self._converted(encoding)
        x = self.inputs[sample : sample + 1]
        # Without `multiple` it fails on numpy 2.4.
        with no_arguments():
            first = self.converter.predict(x, duration_per_sample=steps, multiple=True)[0]
        return int(np.random.default_rng(sample).choice(first))

    def _converted(self, encoding: str):
        from ANNarchy.extensions.ann_to_snn_conversion import ANNtoSNNConverter

        converter = ANNtoSNNConverter(
            input_encoding=encoding, hidden_neuron="IaF", read_out="spike_count"
        )
        with no_arguments():
            converter.load_keras_model(
                str(self.folder / MODEL), directory=str(self.folder / COMPILED), show_info=False
            )
        return converter


def main() -> None:
    """Answer until the input ends."""
    end_with_parent()
    folder, watched = Path(sys.argv[1]), int(sys.argv[2])
    end_group_when_closed(watched)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what ANNarchy prints goes to the log

    import_annarchy()
    own = OwnConverter(folder)
    print("ready", file=answers)
    for line in sys.stdin:
        sample, steps, encoding = line.split()
        chosen = own.class_of(int(sample), int(steps), encoding)
        print("class", sample, chosen, file=answers)


if __name__ == "__main__":
    main()
