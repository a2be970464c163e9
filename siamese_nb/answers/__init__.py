"""What the comparer says of two pictures: the answer, how sure it is, what speaks against it, and the reason."""

from siamese_nb.answers.answerer import Answerer
from siamese_nb.answers.opening import open_comparer

__all__ = ["Answerer", "open_comparer"]
