"""The page of ``gatesim app``: what can be moved, what follows, how it is shown. It needs the extra ``app``."""
