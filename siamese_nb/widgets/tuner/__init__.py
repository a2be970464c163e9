"""The threshold tuner."""
