"""gatesim against other ways to write the same model: `make bench` runs all, docs/speed.md is written from it."""
