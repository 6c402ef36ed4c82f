"""One update of the weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...keras_backend import import_keras
from .operations import OperationsPenalty
from .recipe import Recipe

MOMENTUM = 0.9
SECOND_MOMENT = 0.99  # of AdamW: a short memory, for short trainings
SEEDS_OF_A_NETWORK = 1_000


class Updates:
    """Updates of a model by a recipe.

    Parameters
    ----------
    model : Keras model
        With a softmax at its end, which is left out from here on: it gives logits.
    recipe : Recipe
    teacher : Keras model or None
        Likewise.
    """

    def __init__(self, model, recipe: Recipe, teacher=None):
        import tensorflow as tf

        self.model, self.recipe, self.teacher = model, recipe, teacher
        for each in (model, teacher):
            if each is not None:
                each.layers[-1].activation = import_keras().activations.linear

        self.penalty = OperationsPenalty(model) if recipe.operations_penalty else None
        self.watched = self._watched()
        self.variables = model.trainable_variables
        self.optimizer: Any = self._optimizer()
        self.optimizer.build(self.variables)
        self.gradient_shares = self._gradient_shares()
        self._step = tf.function(self._one, reduce_retracing=True)

    def __call__(self, x: np.ndarray, y: np.ndarray, learning_rate: float) -> float:
        """Learn one batch; its loss."""
        self.optimizer.learning_rate.assign(learning_rate)
        return float(self._step(x, y))

    def draw_anew(self, seed: int, epoch: int) -> None:
        """What dropout drops in an epoch follows from `seed` and `epoch` alone."""
        number = 0
        for layer in self.model.layers:
            if isinstance(layer, import_keras().layers.Dropout):
                state = [seed * SEEDS_OF_A_NETWORK + number, epoch << 16]
                layer.seed_generator.state.assign(np.array(state, np.uint32))
                number += 1

    # What is computed

    def _watched(self):
        """The model with the activations that a penalty counts."""
        if self.penalty is None:
            return self.model
        keras = import_keras()
        return keras.Model(self.model.input, [self.model.output, *self.penalty.outputs])

    def _optimizer(self):
        """The optimiser; its weight decay is that of kernels alone."""
        optimizers, recipe = import_keras().optimizers, self.recipe
        if recipe.optimiser == "sgd":
            return optimizers.SGD(recipe.learning_rate, momentum=MOMENTUM, nesterov=True)

        made = optimizers.AdamW(
            recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            beta_2=SECOND_MOMENT,
            epsilon=1e-8,
        )
        made.exclude_from_weight_decay([v for v in self.variables if len(v.shape) < 2])
        return made

    def _gradient_shares(self) -> list[float]:
        """Of each variable; clips see many values, and their gradient is scaled down.

        Esser et al., Learned step size quantization, ICLR 2020.
        """
        from ...quantised_layers import QCFS

        of_clips = {
            id(layer.clip): 1 / math.sqrt(math.prod(layer.output.shape[1:]) * layer.levels)
            for layer in self.model.layers
            if isinstance(layer, QCFS)
        }
        return [of_clips.get(id(variable), 1.0) for variable in self.variables]

    def _one(self, x, y):
        import tensorflow as tf

        recipe = self.recipe
        with tf.GradientTape() as tape:
            outputs = self.watched(x, training=True)
            logits = outputs if self.penalty is None else outputs[0]
            loss = self._loss(logits, x, y)
            if self.penalty is not None:
                operations = self.penalty.of(outputs[1:], x.shape[0])
                loss += recipe.operations_penalty * operations

        gradients = tape.gradient(loss, self.variables)
        gradients = [g * share for g, share in zip(gradients, self.gradient_shares, strict=True)]
        gradients, _ = tf.clip_by_global_norm(gradients, recipe.largest_gradient)
        if recipe.optimiser == "sgd":
            gradients = [
                g + recipe.weight_decay * v if len(v.shape) > 1 else g
                for g, v in zip(gradients, self.variables, strict=True)
            ]
        self.optimizer.apply_gradients(zip(gradients, self.variables, strict=True))
        return loss

    def _loss(self, logits, x, y):
        """Cross-entropy with the labels, and with the teacher's probabilities."""
        import tensorflow as tf

        recipe, classes = self.recipe, logits.shape[-1]
        smooth = recipe.label_smoothing
        wanted = tf.one_hot(y, classes) * (1 - smooth) + smooth / classes
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(wanted, logits))
        if self.teacher is None:
            return loss

        heat, share = recipe.temperature, recipe.teacher_share
        theirs = self.teacher(x, training=False) / heat
        soft = tf.nn.softmax(theirs)
        apart = tf.nn.log_softmax(theirs) - tf.nn.log_softmax(logits / heat)
        divergence = tf.reduce_mean(tf.reduce_sum(soft * apart, -1)) * heat**2
        return (1 - share) * loss + share * divergence
