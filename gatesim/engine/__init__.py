"""The engines that simulate: people who need, gates that decide, a desk that reviews."""
