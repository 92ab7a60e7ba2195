"""The model without chance: expected numbers in closed form, structural zeros, expected work for the desk."""
