"""What a network answers, and how near two networks come to each other."""

from __future__ import annotations

import numpy as np

SMALLEST = 1e-30  # of a probability, before its logarithm
ALARMS = 95  # percent of the inputs whose score lies below the threshold

Measures = dict[str, float]


class Answer:
    """How outputs become an answer.

    Facts
    -----
    name : what a row's file says.
    """

    name = ""

    def decided(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> np.ndarray:
        """(samples,) int, the answer to each input; a threshold is that of `keras`."""
        raise NotImplementedError

    def nearness(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> Measures:
        """How near the outputs come to those of Keras, beyond the answers."""
        raise NotImplementedError

    def measures(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> Measures:
        """Agreement of a network with Keras.

        Parameters
        ----------
        keras, outputs : float (samples, outputs)
            Of Keras, and of the network that is compared.
        x : float (samples, *shape)
            Inputs.

        Returns
        -------
        mapping
            ``agreement``: share of inputs with the answer of Keras; ``usual``: share that have
            its most frequent answer, which a network that always gives it would reach;
            ``agreement_elsewhere``: agreement on the others, where there are any; and what
            `nearness` says.
        """
        theirs, ours = self.decided(keras, keras, x), self.decided(keras, outputs, x)
        same = theirs == ours
        elsewhere = theirs != np.bincount(theirs).argmax()
        found = {"agreement": float(same.mean()), "usual": 1 - float(elsewhere.mean())}
        if elsewhere.any():
            found["agreement_elsewhere"] = float(same[elsewhere].mean())
        return found | self.nearness(keras, outputs, x)


class ClassAnswer(Answer):
    """The class of the largest output; Keras gives probabilities."""

    name = "class"

    def decided(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Ties go to the lowest."""
        return outputs.argmax(axis=1)

    def nearness(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> Measures:
        """``output_correlation``: of logits, each less the mean of its input's.

        Nothing of probabilities, which int8 rounds to 1/256.
        """
        if np.allclose(outputs.sum(axis=1), 1, atol=0.1) and outputs.min() >= 0:
            return {}
        logits = np.log(np.maximum(keras, SMALLEST))
        theirs = logits - logits.mean(axis=1, keepdims=True)
        ours = outputs - outputs.mean(axis=1, keepdims=True)
        return {"output_correlation": _correlation(theirs.ravel(), ours.ravel())}


class ReconstructionAnswer(Answer):
    """The mean squared error of a reconstruction; an alarm above the score that Keras gives to
    one input in twenty.
    """

    name = "reconstruction_error"

    def decided(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> np.ndarray:
        """1 where there is an alarm."""
        threshold = np.percentile(_scores(keras, x), ALARMS)
        return (_scores(outputs, x) > threshold).astype(int)

    def nearness(self, keras: np.ndarray, outputs: np.ndarray, x: np.ndarray) -> Measures:
        """``score_correlation``; ``score_error``, the mean of |score / that of Keras - 1|."""
        theirs, ours = _scores(keras, x), _scores(outputs, x)
        return {
            "score_correlation": _correlation(theirs, ours),
            "score_error": float(np.abs(ours / theirs - 1).mean()),
        }


ANSWERS: dict[str, Answer] = {
    answer.name: answer for answer in (ClassAnswer(), ReconstructionAnswer())
}


def _scores(outputs: np.ndarray, x: np.ndarray) -> np.ndarray:
    flat = x.reshape(len(x), -1)
    return np.square(flat - outputs.reshape(flat.shape)).mean(axis=1)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])
