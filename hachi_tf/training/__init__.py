"""Training: the loop, checkpoints, run directories, what it tells a person."""
