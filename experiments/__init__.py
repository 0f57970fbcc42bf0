"""Entry points: each module asks one question of the library."""
