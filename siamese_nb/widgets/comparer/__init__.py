"""The comparer: two pictures, or one and many."""
