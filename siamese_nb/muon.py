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
        flat = self.zeropower_via_newtonschulz5(ops.reshape(ahead, (-1, shape[-1])), self.ns_steps)
        self.assign_sub(variable, ops.reshape(self.lr_adjust(lr * flat), shape))
