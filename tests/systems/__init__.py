"""Small systems shared by the tests: letter-like samples, and cases with a closed form."""
