"""The law: orders, readings and standards, as pure functions."""
