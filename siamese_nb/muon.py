"""Muon for convolutions too: each step turns a kernel the same way in all its directions, and learning takes half."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("siamese_nb")
class Muon(keras.optimizers.Muon):  # type: ignore[misc]
    """Optimise kernels by orthogonalised momentum, and all else as Adam does.

    Keras's own Muon takes matrices alone. A convolution's kernel is one, from its whole window to its channels, once
    it is laid flat. The directions of identities are a table with a row for each, not a map, and are left to Adam.

    Parameters
    ----------
    learning_rate : float or schedule
        On the scale of Adam's.

    References
    ----------
    Jordan et al. (2024), Muon: An optimizer for hidden layers in neural networks. Liu et al. (2025), Muon is Scalable
    for LLM Training, section 2.2, for the scale.
    """

    def __init__(self, learning_rate: Any = 0.001, **options: Any) -> None:
        fixed = {"weight_decay": None, "adam_weight_decay": None, "exclude_layers": ["directions", "head"]}
        super().__init__(learning_rate, **{**fixed, **options})

    def _should_use_adamw(self, variable: Any) -> bool:
        if len(variable.shape) < 2:
            return True
        return any(name in variable.path for name in self.exclude_layers)

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign_add(m, gradient + m * (self.momentum - 1))
        ahead = gradient + self.momentum * m
        shape = variable.shape
        flat = self._orthogonalised(ops.reshape(ahead, (-1, shape[-1])))
        self.assign_sub(variable, ops.reshape(self.lr_adjust(lr * flat), shape))

    def _orthogonalised(self, matrix: Any) -> Any:
        """Do Keras's Newton-Schulz steps on the small square of the matrix, and multiply the matrix itself but once.

        All that a step multiplies by is a polynomial of that square, so their order does not matter.
        """
        if matrix.shape[0] < matrix.shape[1]:
            return ops.transpose(self._orthogonalised(ops.transpose(matrix)))
        matrix = matrix / (ops.norm(matrix) + 1e-7)
        square = ops.matmul(ops.transpose(matrix), matrix)
        one = ops.eye(matrix.shape[1], dtype=matrix.dtype)
        turned = one
        for _ in range(self.ns_steps):
            step = self.muon_a * one + self.muon_b * square + self.muon_c * ops.matmul(square, square)
            turned = ops.matmul(turned, step)
            square = ops.matmul(step, ops.matmul(square, step))
        return ops.matmul(matrix, turned)
