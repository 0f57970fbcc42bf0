"""Independent reference solutions: dense, complex, built from Kronecker products.

Nothing here imports `dnplab`, so a mistake in the library cannot hide in its own reference.
"""
