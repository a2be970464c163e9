"""The pair browser."""
