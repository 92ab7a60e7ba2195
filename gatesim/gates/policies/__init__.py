"""The families of gates, one a file: each turns a policy's parameters into tables."""
