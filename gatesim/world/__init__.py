"""The world: people, their attributes and needs, what signals read of them, and keyed draws."""
