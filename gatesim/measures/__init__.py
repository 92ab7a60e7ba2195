"""Measures: what happened, counted; how sure the counts are; and what can be concluded."""
