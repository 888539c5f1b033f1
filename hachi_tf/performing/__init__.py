"""Live performance: models that listen, answer and play in time. Import the modules, not this."""
