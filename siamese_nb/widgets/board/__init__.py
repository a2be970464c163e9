"""TensorBoard's button."""
