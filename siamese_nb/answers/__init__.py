"""What the comparer says of two pictures: the answer, how sure it is, what speaks against it, and the reason."""

from siamese_nb.answers.desk import Desk, open_comparer

__all__ = ["Desk", "open_comparer"]
