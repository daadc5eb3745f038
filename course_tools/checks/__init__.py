"""The checks, tested: the bank of right and wrong answers, hidden suites, fingerprints as they are made, the kill matrix."""
